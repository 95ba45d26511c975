"""A story of the active window, as new reports are compared with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from monitor.group.meaning import Floats
from monitor.group.vectors import Report, Shared, Vector

_MOST_MEMBERS = 12
_MOST_WORDS = 300


@dataclass(slots=True)
class Cluster:
    """A story, as new reports are compared with it."""

    story_id: str
    kin: str = ""
    """The story that it is threaded to, with all others that are; its own id if none."""
    members: list[Report] = field(default_factory=list)
    """The first and the last ones."""
    size: int = 0
    words: Mapping[str, float] = field(default_factory=dict)
    """The sum of its members' words; of one report, its own."""
    whole: bool = True
    """Whether these are all of them."""
    _centroid: Vector | None = None
    _meaning: Floats | None = None
    """The sum of its members' meanings."""
    _meanings: tuple[Floats, Floats] | None = None

    def add(self, report: Report) -> None:
        """Take in a report that joined the story."""
        self.size += 1
        self.members.append(report)
        if len(self.members) > _MOST_MEMBERS:
            del self.members[1]
        self.words = self._united(report)
        self._centroid = self._meanings = None
        if report.meaning is not None:
            known = self._meaning
            text = report.meaning.text
            self._meaning = text if known is None else known + text

    def _united(self, report: Report) -> Mapping[str, float]:
        """Return the sum of all words; most stories are one report, and keep none twice."""
        if self.size == 1:
            return report.text.weights
        first = self.members[0].text
        by = first.length if self.words is first.weights else 1.0
        summed = {word: weight / by for word, weight in self.words.items()}
        for word, weight in report.text.weights.items():
            summed[word] = summed.get(word, 0.0) + weight / report.text.length
        if len(summed) <= 2 * _MOST_WORDS:
            return summed
        self.whole = False
        kept = sorted(summed, key=lambda word: (-summed[word], word))[:_MOST_WORDS]
        return {word: summed[word] for word in kept}

    def sharing(self, text: Vector) -> Shared:
        """Return the words that a text and the reports of the story may share."""
        if not self.whole:
            return list(text.weights.items())
        known = self.words
        return [
            (word, weight) for word, weight in text.weights.items() if word in known
        ]

    def centroid(self) -> Vector:
        """Return the words that its reports have in common."""
        if self._centroid is None:
            self._centroid = Vector.of(self.words)
        return self._centroid

    def meaning(self) -> Floats | None:
        """Return what its reports mean together, as a vector of length 1."""
        if self._meaning is None:
            return None
        length = float(np.linalg.norm(self._meaning))
        return self._meaning / np.float32(length) if length else self._meaning

    def meanings(self) -> tuple[Floats, Floats] | None:
        """Return its members' titles and texts, a row each; None without an encoder."""
        if self._meanings is None:
            known = [one.meaning for one in self.members if one.meaning is not None]
            if len(known) != len(self.members):
                return None
            titles = np.stack([one.title for one in known])
            same = all(one.title is one.text for one in known)
            texts = titles if same else np.stack([one.text for one in known])
            if len(known) == 1:
                # Most stories are one report: not kept twice.
                return titles, texts
            self._meanings = titles, texts
        return self._meanings
