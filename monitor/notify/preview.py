"""Who would hear of an item under a rule, when, and what would keep it from them; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Alert, Delivery, Item, Rule, Severity, Silence, Way
from monitor.model.counts import counted
from monitor.notify.gathering import PLAIN, Terms, admit
from monitor.notify.intervals import quiet
from monitor.notify.routes import Route, Routing, receivers_for
from monitor.notify.silences import Inhibition, inhibited, silenced, words_of
from monitor.notify.wording import duration, minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is in force at a moment."""

    route: Route
    terms: Mapping[str, Terms]
    silences: Sequence[Silence] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    told: Sequence[Alert] = ()
    """Alerts that may keep others from being told."""
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One receiver of an alert that would be raised now."""

    receiver: str
    because: str
    """The way through the tree, or the rule's own choice."""
    due: datetime | None
    """When it would be told; None: never."""
    when: str
    """The same in words, with all that it would wait for."""


def preview(rule: Rule, item: Item, story: str, situation: Situation) -> list[Preview]:
    """Return who would hear of an item as the first report of its story."""
    held = _held(rule, item, story, situation)
    return [
        _of(way, rule, held, situation)
        for way in receivers_for(situation.route, rule, item, story)
    ]


def _held(rule: Rule, item: Item, story: str, situation: Situation) -> str:
    """Return what would keep it from everybody; "" for nothing."""
    words = words_of(rule, item, story)
    silence = silenced(situation.silences, words, situation.now)
    if silence is not None:
        news = ", or news" if silence.until_news else ""
        until = f"{minute(silence.ends)}{news}"
        return f"never: the silence {silence.id} holds it back until {until}"
    why = inhibited(situation.inhibitions, situation.told, words, situation.now)
    return f"never: inhibited, {why}" if why else ""


def _of(way: Routing, rule: Rule, held: str, situation: Situation) -> Preview:
    if held:
        return Preview(receiver=way.receiver, because=way.because, due=None, when=held)
    now = situation.now
    terms = situation.terms.get(way.receiver, PLAIN)
    pending = Delivery(
        id="preview",
        alert_id="",
        sequence=1,
        receiver=way.receiver,
        due=way.due(now + way.group_wait, rule.severity),
        created=now,
    )
    made = admit(pending, way.group, terms, rule.severity)
    words = [_when(made, way, rule, now), *_gates(made, way, terms)]
    return Preview(
        receiver=way.receiver,
        because=way.because,
        due=made.due,
        when=", ".join(words),
    )


def _when(made: Delivery, way: Routing, rule: Rule, now: datetime) -> str:
    if made.way is Way.DIGEST:
        return f"in the digest of {minute(made.due)}"
    interval = quiet(now + way.group_wait, way.mute, way.active)
    if interval and rule.severity is not Severity.CRITICAL:
        return f"{minute(made.due)}, after {interval}"
    return f"after {duration(way.group_wait)}" if way.group_wait else "at once"


def _gates(made: Delivery, way: Routing, terms: Terms) -> list[str]:
    words = []
    if made.way is Way.GROUP:
        common = made.group.partition("?")[2].replace("&", " and ")
        every = duration(way.group_interval)
        words.append(f"with others of {common}, once in {every}")
    if terms.limit is not None and made.way is not Way.DIGEST:
        per = duration(terms.limit.per)
        words.append(f"one of {counted(terms.limit.messages, 'message')} in {per}")
    if way.repeat_interval > timedelta():
        words.append(f"again every {duration(way.repeat_interval)}")
    return words
