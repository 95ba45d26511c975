"""How likely a report and a story are one event: features, weighed and added up.

Logistic regression over features that a person can check; the weights are a small
file that `bench/stories/train.py` writes. Contributions to the log-odds are kept with
each decision.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from importlib.resources import files

from monitor.group import places
from monitor.group.vectors import Report, Vector

_MOST_MEMBERS = 12
_MOST_WORDS = 300
_FEW = 3
"""Words in common from which on a likeness is no coincidence."""


@dataclass(slots=True)
class Cluster:
    """A story of the active window, as new reports are compared with it."""

    story_id: str
    members: list[Report] = field(default_factory=list)
    """The first and the last ones."""
    size: int = 0
    words: dict[str, float] = field(default_factory=dict)
    """The sum of its members' words."""
    _centroid: Vector | None = None

    def add(self, report: Report) -> None:
        """Take in a report that joined the story."""
        self.size += 1
        self.members.append(report)
        if len(self.members) > _MOST_MEMBERS:
            del self.members[1]
        for word, weight in report.text.weights.items():
            self.words[word] = self.words.get(word, 0.0) + weight / report.text.length
        if len(self.words) > 2 * _MOST_WORDS:
            kept = sorted(self.words, key=lambda w: (-self.words[w], w))[:_MOST_WORDS]
            self.words = {word: self.words[word] for word in kept}
        self._centroid = None

    def centroid(self) -> Vector:
        """Return what its reports have in common."""
        if self._centroid is None:
            length = math.sqrt(sum(w * w for w in self.words.values())) or 1.0
            self._centroid = Vector(self.words, length)
        return self._centroid


@dataclass(frozen=True, slots=True)
class Scale:
    """The weights in force, and from where on reports are one event."""

    version: str
    bias: float
    weights: Mapping[str, float]
    same: float
    related: float


@lru_cache(maxsize=1)
def scale() -> Scale:
    """Return the weights that ship with this version."""
    text = files("monitor.group").joinpath("weights.json").read_text("utf-8")
    return Scale(**json.loads(text))


def features(report: Report, cluster: Cluster) -> tuple[dict[str, float], Report]:
    """Return what speaks for and against one event, and the nearest member."""
    alike = [(report.text.cosine(one.text), one) for one in cluster.members]
    best, nearest = max(alike, key=lambda pair: pair[0])
    others = sorted((value for value, _ in alike), reverse=True)
    title = max(report.title.cosine(one.title) for one in cluster.members)
    names = _names(report, nearest)
    agree = report.numbers & nearest.numbers
    differ = (
        bool(report.title_numbers and nearest.title_numbers)
        and not report.title_numbers & nearest.numbers
        and not nearest.title_numbers & report.numbers
    )
    shared = report.text.weights.keys() & nearest.text.weights.keys()
    rarest = max((report.text.weights[word] for word in shared), default=0.0)
    found = {
        "title in common": title,
        "text in common": best,
        # One report is its story.
        "like the story": report.text.cosine(cluster.centroid())
        if cluster.size > 1
        else best,
        "like a second report": others[1] if len(others) > 1 else 0.0,
        "story says it too": _covered(report.title, cluster.words),
        "names in common": names,
        "names differ": float(bool(report.names and nearest.names) and not names),
        "numbers agree": float(bool(agree)),
        "numbers differ": float(differ),
        "rarest shared word": rarest / 10.0,
        "places differ": float(_elsewhere(report, cluster)),
        "few words shared": max(0, _FEW - len(shared)) / _FEW,
        "days apart": abs(report.moment - nearest.moment) / timedelta(days=1),
        "size of the story": math.log(cluster.size),
        "other language": float(report.lang != nearest.lang),
        "same outlet": float(bool(report.source) and report.source == nearest.source),
        "title and names": title * names,
    }
    return found, nearest


def contributions(found: Mapping[str, float], by: Scale) -> dict[str, float]:
    """Return what each feature adds to the log-odds; those that add nothing left out."""
    weighed = {name: by.weights[name] * value for name, value in found.items()}
    return {name: value for name, value in weighed.items() if value}


def probability(parts: Mapping[str, float], by: Scale) -> float:
    """Return how likely the two are one event, 0 to 1."""
    odds = by.bias + sum(parts.values())
    return 1.0 / (1.0 + math.exp(-max(min(odds, 60.0), -60.0)))


def _elsewhere(report: Report, cluster: Cluster) -> bool:
    """Say whether the title names places, and all reports of the story other ones."""
    return bool(cluster.members) and all(
        places.differ(report.places, one.places) for one in cluster.members
    )


def _names(one: Report, two: Report) -> float:
    both = sum(weight for key, weight in one.names.items() if key in two.names)
    less = min(sum(one.names.values()), sum(two.names.values()))
    return min(both / less, 1.0) if less else 0.0


def _covered(title: Vector, words: Mapping[str, float]) -> float:
    whole = sum(title.weights.values())
    said = sum(weight for word, weight in title.weights.items() if word in words)
    return said / whole if whole else 0.0
