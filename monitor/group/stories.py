"""Which story an item belongs to, or a new one.

Identity first, as the store found it. Then the most alike among the stories of the
last 72 hours: candidates by rare words and by meaning, scored by how much of their
titles and texts they share, with a veto where the places contradict. Hiding a new
event in another one's story is the worst error, so a doubt opens a story of its own,
threaded to the one that it may belong to.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from monitor.group.clusters import Cluster
from monitor.group.levels import Level, Scale, base
from monitor.group.meaning import Meaning, Nearby, meanings
from monitor.group.postings import Postings
from monitor.group.scorer import (
    FEW_STORIES,
    Comparison,
    compare,
    contributions,
    probability,
)
from monitor.group.vectors import Frequencies, Report, report_of
from monitor.model import Grouping, Item, Relation, stable_id

HORIZON = timedelta(hours=72)
MOST_REPORTS = 100_000
"""Reports of the window; beyond, the oldest are forgotten before their time."""
_CANDIDATES = 8
_BY_MEANING = 5


class _Entry(NamedTuple):
    """A report of the window."""

    moment: datetime
    story_id: str
    words: tuple[str, ...]


_Texts = tuple[str, str, str]


def _texts(item: Item) -> _Texts:
    return item.title, item.summary, item.body


def read_ahead(items: Sequence[Item], level: Level) -> dict[_Texts, Meaning]:
    """Encode items in one batch, for a window of that level; needs no lock."""
    if level.encoder is None:
        return {}
    made = meanings(items, level.encoder)
    return dict(zip(map(_texts, items), made, strict=True))


class Weighed(NamedTuple):
    """A report and a story, compared."""

    cluster: Cluster
    score: float
    """Probability that they are one event, 0 to 1."""
    nearest: Report
    """The story's report that is most like it."""
    found: Mapping[str, float]
    """The features."""
    scale: Scale
    """What they were weighed by."""

    @property
    def because(self) -> tuple[tuple[str, float], ...]:
        """Features and what each contributed, strongest first."""
        parts = contributions(self.found, self.scale)
        return tuple(sorted(parts.items(), key=lambda part: -abs(part[1])))


class Window:
    """The active window: the stories of the last hours, with their latest reports."""

    def __init__(
        self, level: Level | None = None, *, horizon: timedelta = HORIZON
    ) -> None:
        """Begin empty; a report leaves when it is older than `horizon`."""
        self._horizon = horizon
        self.level = level or base()
        self._reports: dict[str, _Entry] = {}
        self._stories: dict[str, Cluster] = {}
        self._active: Counter[str] = Counter()
        self._postings = Postings()
        self._nearby = Nearby()
        self.frequencies = Frequencies()
        self._last: tuple[Item, Report] | None = None
        self._weighed: tuple[Report, list[Weighed]] | None = None
        self._meanings: dict[_Texts, Meaning] = {}

    def __len__(self) -> int:
        """Return how many reports are active."""
        return len(self._reports)

    def __contains__(self, item_id: str) -> bool:
        """Say whether a report is active."""
        return item_id in self._reports

    @property
    def stories(self) -> Collection[str]:
        """The ids of the active stories."""
        return self._stories.keys()

    def prepare(self, items: Sequence[Item]) -> None:
        """Encode items that will be read next, in one batch; without it, one by one."""
        if self.level.encoder is not None:
            self.expect(read_ahead(items, self.level))

    def expect(self, read: Mapping[_Texts, Meaning]) -> None:
        """Take what `read_ahead` made of items that will be read next."""
        self._meanings = dict(read)
        self._nearby.expect([meaning.text for meaning in read.values()])

    def add(self, item: Item, story_id: str, related_to: str = "") -> None:
        """Take in an item that has joined a story; one that moved leaves its old one.

        `related_to` is the story that the item's own one is threaded to.
        """
        known = self._reports.get(item.id)
        if known is not None and known.story_id == story_id:
            return
        if known is not None:
            self._move(item.id)
        report = self.read(item)
        self._last = self._weighed = None
        words = (*report.text.weights, *(report.names.keys() - report.text.weights))
        self._reports[item.id] = _Entry(report.moment, story_id, words)
        self._active[story_id] += 1
        cluster = self._stories.get(story_id)
        if cluster is None:
            cluster = Cluster(story_id, self._kin(related_to) or story_id)
            self._stories[story_id] = cluster
        if known is not None and known.story_id not in self._stories:
            self._rethread(known.story_id, cluster.kin)
        cluster.add(report)
        self._file(report, cluster)
        self.frequencies.count(words)
        if len(self._reports) > MOST_REPORTS:
            self._forget(next(iter(self._reports)))

    def _kin(self, related_to: str) -> str:
        other = self._stories.get(related_to)
        return other.kin if other else related_to

    def _rethread(self, gone: str, kin: str) -> None:
        """Let what was threaded to a story be threaded to the one that took it in."""
        for cluster in self._stories.values():
            if cluster.kin == gone:
                cluster.kin = kin

    def _file(self, report: Report, cluster: Cluster) -> None:
        self._postings.file(cluster.story_id, report.text.weights)
        middle = cluster.meaning()
        if middle is not None:
            self._nearby.put(cluster.story_id, middle)

    def _move(self, item_id: str) -> None:
        """Take an item out of its story: a person has split it off."""
        story_id = self._reports[item_id].story_id
        rebuilt = Cluster(story_id, self._stories[story_id].kin)
        for member in self._stories[story_id].members:
            if member.item_id != item_id:
                rebuilt.add(member)
        self._forget(item_id)
        if story_id not in self._stories:
            return
        if rebuilt.members:
            self._stories[story_id] = rebuilt
        else:
            self._end(story_id)

    def _forget(self, item_id: str) -> None:
        self._weighed = None
        entry = self._reports.pop(item_id)
        self.frequencies.discount(entry.words)
        if entry.story_id not in self._stories:
            return
        self._active[entry.story_id] -= 1
        if not self._active[entry.story_id]:
            self._end(entry.story_id)

    def _end(self, story_id: str) -> None:
        del self._active[story_id]
        del self._stories[story_id]
        self._postings.end(story_id)
        self._nearby.drop(story_id)

    def read(self, item: Item) -> Report:
        """Return an item as it is compared; asked again at once, the same one."""
        if self._last is None or self._last[0] is not item:
            report = report_of(item, self.frequencies, self._meaning(item))
            self._last = item, report
        return self._last[1]

    def _meaning(self, item: Item) -> Meaning | None:
        if self.level.encoder is None:
            return None
        known = self._meanings.get(_texts(item))
        return known or meanings([item], self.level.encoder)[0]

    def evict(self, now: datetime) -> None:
        """Forget reports that are older than the horizon, and stories without any."""
        oldest = now - self._horizon
        # In the order of arrival: what came late with an old date waits for its turn.
        while self._reports:
            item_id = next(iter(self._reports))
            if self._reports[item_id].moment >= oldest:
                return
            self._forget(item_id)

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
        found = self.weigh(self.read(item))
        if not found:
            return self._new(item)
        best, scale = found[0], self.level.scale
        story_id = best.cluster.story_id
        if best.score < scale.same:
            related = story_id if best.score >= scale.related else ""
            return self._new(item, best, related)
        return Grouping(
            item_id=item.id,
            story_id=story_id,
            outcome=Relation.SAME,
            score=best.score,
            because=best.because,
            nearest=best.nearest.item_id,
            level=scale.version,
        )

    @property
    def same(self) -> float:
        """From where on a report joins a story."""
        return self.level.scale.same

    @property
    def version(self) -> str:
        """Of the weights in force."""
        return self.level.scale.version

    def weigh(
        self, report: Report, clusters: Sequence[Cluster] | None = None
    ) -> list[Weighed]:
        """Return how likely a report and stories are one event, the likeliest first.

        The stories that come into question, where none are named; asked again at once,
        the same ones.
        """
        if clusters is not None:
            return self._compared(report, clusters)
        if self._weighed is None or self._weighed[0] is not report:
            self._weighed = report, self._compared(report, self.candidates(report))
        return self._weighed[1]

    def _compared(self, report: Report, clusters: Sequence[Cluster]) -> list[Weighed]:
        few = len(self._stories) < FEW_STORIES
        weighed = (self._weigh(one) for one in compare(report, clusters, few=few))
        return sorted(weighed, key=lambda one: -one.score)

    def _weigh(self, one: Comparison) -> Weighed:
        scale = self.level.scale
        score = probability(one.found, scale)
        return Weighed(one.cluster, score, one.nearest, one.found, scale)

    def candidates(self, report: Report) -> list[Cluster]:
        """Return the stories that share the most weight in rare words, or the meaning."""
        found = dict.fromkeys(self._postings.sharing(report.text.weights, _CANDIDATES))
        if report.meaning is not None:
            near = self._nearby.most_alike(report.meaning.text, _BY_MEANING)
            found.update(dict.fromkeys(near))
        return [self._stories[i] for i in found]

    def _new(
        self, item: Item, best: Weighed | None = None, related_to: str = ""
    ) -> Grouping:
        return Grouping(
            item_id=item.id,
            story_id=stable_id("sto", item.id),
            outcome=Relation.RELATED if related_to else Relation.NEW,
            score=best.score if best else 0.0,
            because=best.because if best else (),
            nearest=best.nearest.item_id if best else "",
            related_to=related_to,
            level=self.level.scale.version,
        )
