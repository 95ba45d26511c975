"""What is new in a message, and what its story is worth, in words; pure."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.model import Change, Kind, Notice
from monitor.send.render.clean import line

_FACTS = 400
_SENTENCE = 400
_VOICES = 6


def later(notice: Notice) -> timedelta | None:
    """Return how long after the first report this one came, where both are dated."""
    made = notice.assessment
    moment = notice.reports[0].item.moment if notice.reports else None
    if made is None or made.first_at is None or moment is None:
        return None
    return max(moment - made.first_at, timedelta())


def heading(notice: Notice) -> str:
    """Return the words over what is new, "" where nothing is."""
    if not notice.changes:
        return ""
    if notice.kind is Kind.CORRECTION:
        return "What is taken back, corrected or denied"
    return "What is new"


def facts(change: Change) -> str:
    """Return what is new in a sentence, "" where only the sentence is."""
    return line("; ".join(change.facts), _FACTS)


def sentence(change: Change) -> str:
    """Return a sentence as published, in quotes."""
    return f"\u201c{line(change.sentence, _SENTENCE)}\u201d"


def graded(notice: Notice) -> str:
    """Return the grade of the story with its derivation, "" where there is none."""
    made = notice.assessment
    return f"Graded {made.grade}: {line(made.because, 600)}" if made else ""


def timing(notice: Notice) -> str:
    """Return who was first and how outlets of states differ, "" where nobody is known."""
    made = notice.assessment
    if made is None or not made.first_by:
        return ""
    return "; ".join(_timing(notice))


def _timing(notice: Notice) -> Iterator[str]:
    made = notice.assessment
    if made is None:
        return
    yield f"First reported by {line(made.first_by, 100)}"
    lag = later(notice)
    if lag:
        yield f"this report {span(lag)} later"
    if made.state:
        whole = made.state + made.others
        yield f"{made.state} of {whole} reports by outlets of states"
    if made.state_lag is not None:
        order = "after" if made.state_lag >= timedelta() else "before"
        yield f"theirs {span(abs(made.state_lag))} {order} the first other one"


def span(time: timedelta) -> str:
    """Return a duration for people: `25 min`, `3 h 05 min`."""
    minutes = round(time / timedelta(minutes=1))
    hours, left = divmod(minutes, 60)
    return f"{hours} h {left:02} min" if hours else f"{left} min"
