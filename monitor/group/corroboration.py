"""How many independent sources report a story, and what their word is worth; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.group.copies import Voice, voices
from monitor.model import Assessment, Item, Source


def independent(sources: Iterable[Source]) -> tuple[str, ...]:
    """Return the distinct voices among the outlets, in order of appearance.

    Outlets of one owner are one voice: they share newsrooms, wires and interests.
    """
    return tuple(dict.fromkeys(source.owner or source.name for source in sources))


@dataclass(frozen=True, slots=True)
class Grade:
    """An Admiralty grade: how reliable the best source is, how credible the story.

    The letter is the best source's own grade, A (reliable) to E, F (cannot be judged).
    The number is 1 (confirmed by other independent sources) to 6 (cannot be judged), as in
    NATO's AJP-2.1, derived from the independent voices and their grades.
    """

    code: str
    """Such as `B2`."""
    because: str
    """The derivation, for people."""


_GOOD = frozenset("ABC")


def admiralty(found: Sequence[Voice]) -> Grade:
    """Return the grade that a story's independent sources give it."""
    if not found:
        return Grade("F6", "no source is known")
    best = min((one.source for one in found), key=lambda one: (one.grade, one.name))
    good = [one for one in found if one.source.grade in _GOOD]
    number = _credibility(best.grade, len(found), len(good))
    graded = (
        f"{len(good)} of them graded C or better" if good else "none graded C or better"
    )
    state = sum(one.source.state for one in found)
    owned = f"; {state} of {len(found)} of a state" if state else ""
    count = f"{len(found)} independent {'voice' if len(found) == 1 else 'voices'}"
    best_is = f"best source {best.name or 'unknown'} ({best.grade})"
    because = f"{best_is}; {count}, {graded}{owned}{_copied(found)}"
    return Grade(f"{best.grade}{number}", because)


def _copied(found: Sequence[Voice]) -> str:
    """Say how many reports are no word of their own, and whose they are."""
    taken = {one.name: sum(not origin.own for origin in one.origins) for one in found}
    whose = [f"{n} of {name or 'an unknown outlet'}" for name, n in taken.items() if n]
    total = sum(taken.values())
    noun = "report is a copy" if total == 1 else "reports are copies"
    return f"; {total} {noun}: {', '.join(whose)}" if whose else ""


def _credibility(best: str, count: int, good: int) -> int:
    if good >= 3:  # noqa: PLR2004 - confirmed: three good voices
        return 1
    if good == 2 or (good and count >= 3):  # noqa: PLR2004 - two, or one and others
        return 2
    if good or count >= 3:  # noqa: PLR2004 - one good voice, or many unknown ones
        return 3
    if best in "DE":
        return 4 if best == "D" else 5
    return 6


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who was first, and how outlets of states and others differ."""

    first: str
    """The outlet that reported it first."""
    state: int
    others: int
    state_lag: timedelta | None
    """From the first report of any other outlet to the first one of a state's;
    negative where a state's came first, None where one side is silent."""


def coverage(reports: Sequence[tuple[Source, datetime]]) -> Coverage:
    """Return who reported a story, and when; ValueError without reports."""
    ordered = sorted(reports, key=lambda report: report[1])
    if not ordered:
        raise ValueError("a story has a report")
    state = [moment for source, moment in ordered if source.state]
    others = [moment for source, moment in ordered if not source.state]
    lag = state[0] - others[0] if state and others else None
    return Coverage(ordered[0][0].name, len(state), len(others), lag)


_NEVER = datetime.max.replace(tzinfo=UTC)


def assess(reports: Sequence[Item], sources: Mapping[str, Source]) -> Assessment:
    """Return what the reports of a story are worth together; one without is F6."""
    found = voices(reports, sources)
    grade = admiralty(found)
    dated = [
        (sources.get(one.source, Source(name=one.source)), one.moment)
        for one in reports
        if one.moment is not None
    ]
    who = coverage(dated) if dated else Coverage("", 0, 0, None)
    return Assessment(
        grade=grade.code,
        because=grade.because,
        voices=tuple(one.name for one in found),
        first_by=who.first,
        first_at=min((moment for _, moment in dated), default=None),
        state=who.state,
        others=who.others,
        state_lag=who.state_lag,
    )
