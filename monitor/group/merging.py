"""Whether two stories turn out to be one: a later report that is close to both; pure."""

import re
from dataclasses import dataclass

from monitor.group.fingerprints import headline
from monitor.group.sentences import is_live
from monitor.group.stories import Weighed, Window
from monitor.group.vectors import Report
from monitor.group.words import likely
from monitor.model import Grouping, Item, Relation

_SURE = 0.9
_AKIN = 0.35
"""How likely two stories must be one by themselves, where the report is not sure."""
_TITLES = 0.2
"""How alike the titles of a report and a story must be."""
_ROUNDUP = re.compile(
    r"(?i)\b(?:briefing|digest|round-?up|newsletter|recap|what we know|timeline"
    r"|week in|day in|дайджест|главное|итоги|хроника|сводка|підсумки|головне|зведення|хроніка"
    r"|галоўнае|вынікі|podsumowanie|przegląd|santrauka|überblick|nachrichten|revue|résumé)\b"
)
_SEVERAL = re.compile(r"[;|\u2022]")
"""Titles of pages that sum up what happened; in the second the outlet's name counts not."""


def _sums_up(title: str) -> bool:
    return bool(_ROUNDUP.search(title) or _SEVERAL.search(headline(title)))


@dataclass(frozen=True, slots=True)
class Rival:
    """Another story that a report, and the story that it joined, are close to."""

    story_id: str
    score: float
    """How likely the report and that story are one event."""
    between: float
    """The same for that story's nearest report and the story that was joined."""
    because: tuple[tuple[str, float], ...]
    """What speaks for it, as in `Grouping.because`."""

    @property
    def detail(self) -> str:
        """Its figures, for people."""
        parts = ", ".join(f"{name} {weight:+.2f}" for name, weight in self.because[:3])
        return (
            f"a report is {likely(self.score)} likely to be one event with it, and its nearest "
            f"report {likely(self.between)} with the story that was joined ({parts})"
        )


def rivals(window: Window, item: Item, grouping: Grouping) -> tuple[Rival, ...]:
    """Return the other stories that an item belongs to as well, the likeliest first.

    It must be as likely as a report that joins. Either the two stories are related by
    themselves, or the report is all but sure to be of both, title and all. A page that
    sums a day up touches many stories and makes none one.
    """
    if grouping.outcome is not Relation.SAME or grouping.level == "identity":
        return ()
    report = window.read(item)
    weighed = window.weigh(report)
    joined = next(
        (one for one in weighed if one.cluster.story_id == grouping.story_id), None
    )
    if joined is None or is_live(item.title) or _sums_up(item.title):
        return ()
    found = (
        _rival(window, one, joined)
        for one in weighed
        if one is not joined and one.score >= window.same
    )
    sure = _is_sure(report, joined)
    by_id = {one.cluster.story_id: one for one in weighed}
    return tuple(
        one
        for one in found
        if one.between >= _AKIN or (sure and _is_sure(report, by_id[one.story_id]))
    )


def _is_sure(report: Report, one: Weighed) -> bool:
    titles = max(report.title.cosine(member.title) for member in one.cluster.members)
    return one.score >= _SURE and titles >= _TITLES


def _rival(window: Window, other: Weighed, joined: Weighed) -> Rival:
    (between,) = window.weigh(other.nearest, [joined.cluster])
    return Rival(other.cluster.story_id, other.score, between.score, other.because)
