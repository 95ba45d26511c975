"""Which story an item belongs to, or a new one.

Identity first, as the store found it. Then the most alike among the items of the
last 72 hours: candidates by rare words, scored by how much of their titles and
texts they share, with a veto where the numbers contradict. Hiding a new event in
another one's story is the worst error, so a doubt opens a story of its own.
"""

import math
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.group.fingerprints import fold, headline, numbers, stems
from monitor.model import Grouping, Item, Relation, stable_id

SAME = 0.7
RELATED = 0.35
LEVEL = "base-1"
"""Names the scorer and its weights in every decision."""

_TITLE_WEIGHT = 2.0
_SUMMARY_WORDS = 60
_MOST_POSTINGS = 300
_RARE_WORDS = 12
_CANDIDATES = 24
_PRIOR = 2000.0
"""As many items are imagined beside the window, so that a young one can tell
rare words from common ones."""

# log-odds = bias + the weighted features.
_BIAS = -4.5
_WEIGHTS = {
    "title in common": 6.0,
    "text in common": 6.5,
    "numbers agree": 0.8,
    "numbers differ": -2.5,
    "days apart": -0.4,
}


@dataclass(frozen=True, slots=True)
class _Report:
    """An item as the window compares it."""

    item_id: str
    story_id: str
    moment: datetime
    title: Counter[str]
    text: Counter[str]
    numbers: frozenset[str]


class Window:
    """The active window: the items of the last hours that belong to stories."""

    def __init__(self, *, horizon: timedelta = timedelta(hours=72)) -> None:
        """Begin empty; an item leaves when it is older than `horizon`."""
        self._horizon = horizon
        self._reports: dict[str, _Report] = {}
        self._postings: defaultdict[str, deque[str]] = defaultdict(
            lambda: deque(maxlen=_MOST_POSTINGS)
        )
        self._frequency: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many items are active."""
        return len(self._reports)

    def add(self, item: Item, story_id: str) -> None:
        """Take in an item that has joined a story; one that is known is ignored."""
        if item.id in self._reports:
            return
        report = _report(item, story_id)
        self._reports[item.id] = report
        for word in report.text:
            self._frequency[word] += 1
            self._postings[word].append(item.id)

    def evict(self, now: datetime) -> None:
        """Forget items that are older than the horizon."""
        oldest = now - self._horizon
        for item_id in [i for i, r in self._reports.items() if r.moment < oldest]:
            for word in self._reports.pop(item_id).text:
                self._forget(word)

    def _forget(self, word: str) -> None:
        self._frequency[word] -= 1
        if self._frequency[word] <= 0:
            del self._frequency[word]
            self._postings.pop(word, None)

    def decide(self, item: Item, *, twin_story: str = "") -> Grouping:
        """Return the item's story; `twin_story` is the one its exact copy is in."""
        if twin_story:
            return Grouping(
                item_id=item.id,
                story_id=twin_story,
                outcome=Relation.SAME,
                score=1.0,
                because=(("exact copy of an item of the story", 1.0),),
                level="identity",
            )
        report = _report(item, "")
        best: tuple[float, _Report, dict[str, float]] | None = None
        for candidate in self._candidates(report):
            parts = self._parts(report, candidate)
            score = 1.0 / (1.0 + math.exp(-(_BIAS + sum(parts.values()))))
            if best is None or score > best[0]:
                best = score, candidate, parts
        if best is None:
            return _new(item, 0.0, (), "")
        score, nearest, parts = best
        because = tuple(sorted(parts.items(), key=lambda part: -abs(part[1])))
        if score < SAME:
            related = nearest.story_id if score >= RELATED else ""
            return _new(item, score, because, nearest.item_id, related)
        return Grouping(
            item_id=item.id,
            story_id=nearest.story_id,
            outcome=Relation.SAME,
            score=score,
            because=because,
            nearest=nearest.item_id,
            level=LEVEL,
        )

    def _candidates(self, report: _Report) -> list[_Report]:
        """Return the items that share the most weight in rare words."""
        known = [word for word in report.text if word in self._frequency]
        rare = sorted(known, key=lambda w: (self._frequency[w], w))[:_RARE_WORDS]
        shared: Counter[str] = Counter()
        for word in rare:
            weight = self._weight(word)
            for item_id in self._postings[word]:
                shared[item_id] += weight  # type: ignore[assignment]
        ranked = sorted(shared, key=lambda i: (-shared[i], i))
        return [self._reports[i] for i in ranked if i in self._reports][:_CANDIDATES]

    def _weight(self, word: str) -> float:
        total = len(self._reports) + _PRIOR
        return math.log(total / (self._frequency[word] + 1.0))

    def _parts(self, report: _Report, other: _Report) -> dict[str, float]:
        """Return each feature's contribution to the log-odds."""
        days = abs(report.moment - other.moment) / timedelta(days=1)
        agree = bool(report.numbers & other.numbers)
        differ = bool(report.numbers and other.numbers) and not agree
        features = {
            "title in common": self._cosine(report.title, other.title),
            "text in common": self._cosine(report.text, other.text),
            "numbers agree": float(agree),
            "numbers differ": float(differ),
            "days apart": days,
        }
        return {name: _WEIGHTS[name] * value for name, value in features.items()}

    def _cosine(self, one: Counter[str], two: Counter[str]) -> float:
        weigh = self._weight
        dot = sum(n * two[w] * weigh(w) ** 2 for w, n in one.items() if w in two)
        if not dot:
            return 0.0
        lengths = [
            math.sqrt(sum((n * weigh(w)) ** 2 for w, n in words.items()))
            for words in (one, two)
        ]
        return float(dot / (lengths[0] * lengths[1]))


def _report(item: Item, story_id: str) -> _Report:
    moment = item.moment
    if moment is None:
        raise ValueError(f"{item.id} has no moment")
    title = headline(item.title)
    summary = fold(item.summary or item.body[:2000])
    title_words = Counter(stems(title))
    text = Counter(stems(summary)[:_SUMMARY_WORDS])
    for word, count in title_words.items():
        text[word] += round(_TITLE_WEIGHT * count)
    return _Report(
        item_id=item.id,
        story_id=story_id,
        moment=moment,
        title=title_words,
        text=text,
        numbers=numbers(title),
    )


def _new(
    item: Item,
    score: float,
    because: tuple[tuple[str, float], ...],
    nearest: str,
    related_to: str = "",
) -> Grouping:
    return Grouping(
        item_id=item.id,
        story_id=stable_id("sto", item.id),
        outcome=Relation.RELATED if related_to else Relation.NEW,
        score=score,
        because=because,
        nearest=nearest,
        related_to=related_to,
        level=LEVEL,
    )
