"""How many independent sources report a story, and what their word is worth; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Source


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


def admiralty(sources: Sequence[Source]) -> Grade:
    """Return the grade that a story's sources give it."""
    if not sources:
        return Grade("F6", "no source is known")
    best = min(sources, key=lambda one: (one.grade, one.name))
    voices = independent(sources)
    good = independent(one for one in sources if one.grade in _GOOD)
    number = _credibility(best.grade, len(voices), len(good))
    graded = (
        f"{len(good)} of them graded C or better" if good else "none graded C or better"
    )
    state = sum(one.state for one in sources)
    owned = f"; {state} of {len(sources)} outlets of a state" if state else ""
    count = f"{len(voices)} independent {'voice' if len(voices) == 1 else 'voices'}"
    best_is = f"best source {best.name or 'unknown'} ({best.grade})"
    return Grade(f"{best.grade}{number}", f"{best_is}; {count}, {graded}{owned}")


def _credibility(best: str, voices: int, good: int) -> int:
    if good >= 3:  # noqa: PLR2004 - confirmed: three good voices
        return 1
    if good == 2 or (good and voices >= 3):  # noqa: PLR2004 - two, or one and others
        return 2
    if good or voices >= 3:  # noqa: PLR2004 - one good voice, or many unknown ones
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
