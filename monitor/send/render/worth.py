"""What is new in a message, and what its story is worth, in words; pure."""

from collections.abc import Iterator
from datetime import timedelta

from monitor.model import Change, Kind, Notice
from monitor.send.render.clean import line
from monitor.send.render.derivation import derived
from monitor.send.render.voice import ENGLISH, Voice

_FACTS = 400
_SENTENCE = 400


def later(notice: Notice) -> timedelta | None:
    """Return how long after the first report this one came, where both are dated."""
    made = notice.assessment
    moment = notice.reports[0].item.moment if notice.reports else None
    if made is None or made.first_at is None or moment is None:
        return None
    return max(moment - made.first_at, timedelta())


def heading(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return the words over what is new, "" where nothing is."""
    if not notice.changes:
        return ""
    if notice.kind is Kind.CORRECTION:
        return voice.say("What is taken back, corrected or denied")
    return voice.say("What is new")


def facts(change: Change) -> str:
    """Return what is new in a sentence, "" where only the sentence is."""
    return line("; ".join(change.facts), _FACTS)


def sentence(change: Change) -> str:
    """Return a sentence as published, in quotes."""
    return f"\u201c{line(change.sentence, _SENTENCE)}\u201d"


def graded(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return the grade of the story with its derivation, "" where there is none."""
    made = notice.assessment
    if made is None:
        return ""
    because = derived(line(made.because, 600), voice)
    return voice.say("Graded {grade}: {because}", grade=made.grade, because=because)


def timing(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return who was first and how outlets of states differ, "" where nobody is known."""
    made = notice.assessment
    if made is None or not made.first_by:
        return ""
    return "; ".join(_timing(notice, voice))


def _timing(notice: Notice, voice: Voice) -> Iterator[str]:
    made = notice.assessment
    if made is None:
        return
    yield voice.say("First reported by {outlet}", outlet=line(made.first_by, 100))
    lag = later(notice)
    if lag:
        yield voice.say("this report {time} later", time=span(lag, voice))
    if made.state:
        whole = made.state + made.others
        said = "{state} of {all} reports by outlets of states"
        yield voice.say(said, state=made.state, all=whole)
    if made.state_lag is not None:
        order = "after" if made.state_lag >= timedelta() else "before"
        said = f"theirs {{time}} {order} the first other one"
        yield voice.say(said, time=span(abs(made.state_lag), voice))


def span(time: timedelta, voice: Voice = ENGLISH) -> str:
    """Return a duration for people: `25 min`, `3 h 05 min`."""
    minutes = round(time / timedelta(minutes=1))
    hours, left = divmod(minutes, 60)
    if not hours:
        return voice.say("{minutes} min", minutes=left)
    return voice.say("{hours} h {minutes} min", hours=hours, minutes=f"{left:02}")
