"""Which story an item belongs to, or a new one.

Identity first, as the store found it. Then the most alike among the items of the
last 72 hours: candidates by rare words, scored by how much of their titles and
texts they share, with a veto where the numbers contradict. Hiding a new event in
another one's story is the worst error, so a doubt opens a story of its own.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest

from monitor.group.scorer import Cluster, contributions, features, probability, scale
from monitor.group.vectors import Frequencies, Report, report_of
from monitor.model import Grouping, Item, Relation, stable_id

_MOST_POSTINGS = 200
_RARE_WORDS = 14
_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Weighed:
    """A report and a story, compared."""

    cluster: Cluster
    score: float
    """Probability that they are one event, 0 to 1."""
    because: tuple[tuple[str, float], ...]
    """Features and what each contributed, strongest first."""
    nearest: Report
    """The story's report that is most like it."""


class Window:
    """The active window: the stories of the last hours, with their latest reports."""

    def __init__(self, *, horizon: timedelta = timedelta(hours=72)) -> None:
        """Begin empty; a report leaves when it is older than `horizon`."""
        self._horizon = horizon
        self._scale = scale()
        self._reports: dict[str, tuple[Report, str]] = {}
        self._stories: dict[str, Cluster] = {}
        self._active: Counter[str] = Counter()
        self._postings: defaultdict[str, deque[str]] = defaultdict(
            lambda: deque(maxlen=_MOST_POSTINGS)
        )
        self.frequencies = Frequencies()
        self._last: tuple[Item, Report] | None = None

    def __len__(self) -> int:
        """Return how many reports are active."""
        return len(self._reports)

    def add(self, item: Item, story_id: str) -> None:
        """Take in an item that has joined a story; one that moved leaves its old one."""
        known = self._reports.get(item.id)
        if known is not None and known[1] == story_id:
            return
        if known is not None:
            self._move(item.id)
        report = self.read(item)
        self._last = None
        self._reports[item.id] = report, story_id
        self._active[story_id] += 1
        cluster = self._stories.setdefault(story_id, Cluster(story_id))
        cluster.add(report)
        for word in report.text.weights:
            row = self._postings[word]
            if not row or row[-1] != story_id:
                row.append(story_id)
        self.frequencies.count({*report.text.weights, *report.names})

    def _move(self, item_id: str) -> None:
        """Take an item out of its story: a person has split it off."""
        report, story_id = self._reports.pop(item_id)
        self.frequencies.discount({*report.text.weights, *report.names})
        self._active[story_id] -= 1
        members = self._stories[story_id].members
        rebuilt = Cluster(story_id)
        for member in members:
            if member.item_id != item_id:
                rebuilt.add(member)
        if rebuilt.members and self._active[story_id]:
            self._stories[story_id] = rebuilt
        else:
            del self._active[story_id], self._stories[story_id]

    def read(self, item: Item) -> Report:
        """Return an item as it is compared; asked again at once, the same one."""
        if self._last is None or self._last[0] is not item:
            self._last = item, report_of(item, self.frequencies)
        return self._last[1]

    def evict(self, now: datetime) -> None:
        """Forget reports that are older than the horizon, and stories without any."""
        oldest = now - self._horizon
        # In the order of arrival: what came late with an old date waits for its turn.
        while self._reports:
            item_id = next(iter(self._reports))
            report, story_id = self._reports[item_id]
            if report.moment >= oldest:
                return
            del self._reports[item_id]
            self.frequencies.discount({*report.text.weights, *report.names})
            self._active[story_id] -= 1
            if not self._active[story_id]:
                del self._active[story_id], self._stories[story_id]

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
        report = self.read(item)
        best: tuple[float, str, Report, dict[str, float]] | None = None
        for cluster in self.candidates(report):
            found, nearest = features(report, cluster)
            parts = contributions(found, self._scale)
            score = probability(parts, self._scale)
            if best is None or score > best[0]:
                best = score, cluster.story_id, nearest, parts
        if best is None:
            return self._new(item, 0.0, (), "")
        score, story_id, nearest, parts = best
        because = tuple(sorted(parts.items(), key=lambda part: -abs(part[1])))
        if score < self._scale.same:
            related = story_id if score >= self._scale.related else ""
            return self._new(item, score, because, nearest.item_id, related)
        return Grouping(
            item_id=item.id,
            story_id=story_id,
            outcome=Relation.SAME,
            score=score,
            because=because,
            nearest=nearest.item_id,
            level=self._scale.version,
        )

    @property
    def same(self) -> float:
        """From where on a report joins a story."""
        return self._scale.same

    @property
    def version(self) -> str:
        """Of the weights in force."""
        return self._scale.version

    def weigh(
        self, report: Report, clusters: Sequence[Cluster] | None = None
    ) -> list[Weighed]:
        """Return how likely a report and stories are one event, the likeliest first.

        The stories that come into question, where none are named.
        """
        asked = self.candidates(report) if clusters is None else clusters
        return sorted(
            (self._weighed(report, one) for one in asked), key=lambda one: -one.score
        )

    def _weighed(self, report: Report, cluster: Cluster) -> Weighed:
        found, nearest = features(report, cluster)
        parts = contributions(found, self._scale)
        score = probability(parts, self._scale)
        because = tuple(sorted(parts.items(), key=lambda part: -abs(part[1])))
        return Weighed(cluster, score, because, nearest)

    def candidates(self, report: Report) -> list[Cluster]:
        """Return the stories that share the most weight in rare words."""
        weights = report.text.weights
        known = [word for word in weights if word in self._postings]
        rare = sorted(known, key=lambda w: (-weights[w], w))[:_RARE_WORDS]
        shared: defaultdict[str, float] = defaultdict(float)
        for word in rare:
            row = self._postings[word]
            # Stories that ended are let go of here, where they would stand in the way.
            while row and row[0] not in self._stories:
                row.popleft()
            if not row:
                del self._postings[word]
            for story_id in set(row):
                shared[story_id] += weights[word]
        alive = [(-weight, i) for i, weight in shared.items() if i in self._stories]
        return [self._stories[i] for _, i in nsmallest(_CANDIDATES, alive)]

    def _new(
        self,
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
            level=self._scale.version,
        )
