"""Tells somebody when a source, a receiver or a rule changes its state.

A feed that breaks, falls silent, changes or works again; a receiver that was given up; a
rule that has been silent for too long. Each change is told once; what was told last stands in the store, so
that a restart repeats nothing.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.clock import Clock
from monitor.collect.health import WINDOW, Health, health
from monitor.model import Delivery, Remark, Rule, stable_id
from monitor.model.counts import counted
from monitor.notify.routes import Route, receivers_for
from monitor.notify.triggers import flat
from monitor.notify.wording import minute
from monitor.pipeline.ports import FeedFacts, HealthStore, Noted
from monitor.send.deliveries import Channel

_NOTE = "health of feeds"
_SILENT = "silent rules"
_OFFLINE = "offline"
_TOLD = {"failing", "gone", "silent", _OFFLINE}
_PAGE = 500
MOST_A_LOOK = 10_000
"""Feeds that one look goes through: a hundred thousand at once would take too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Who is told of sources, and how long a fault may last before."""

    receivers: tuple[str, ...] = ()
    """Nobody: nothing is told."""
    failing: timedelta = timedelta(hours=6)
    """How long a feed must have failed; a short fault mends itself."""


class Watch:
    """Compares how feeds fare with what was told last."""

    def __init__(
        self,
        store: HealthStore,
        clock: Clock,
        channels: Callable[[], Mapping[str, Channel]],
    ) -> None:
        """`channels` are asked for at each look: a reload replaces them."""
        self._store = store
        self._clock = clock
        self._channels = channels
        self._after = 0
        self._round: dict[str, list[str]] = {}

    def look(self, patience: Patience) -> int:
        """Store a delivery for each change and receiver; return how many changes.

        A feed that fails is told after the patience; one that was told is told again
        when it is well.
        """
        if not patience.receivers:
            return 0
        try:
            return self._look(patience, self._clock.now())
        except BaseException:
            # What was seen in this round is not told: it is looked at anew.
            self._round, self._after = {}, 0
            raise

    def _look(self, patience: Patience, now: datetime) -> int:
        note = self._store.note(_NOTE)
        told: dict[str, list[str]] = json.loads(note.value) if note else {}
        remarks: list[Remark] = []
        seen = self._look_at_feeds(told, patience, now, remarks)
        remarks += _reached(told, seen)
        disabled = {
            one.name: [one.reason, ""]
            for one in self._store.ailing_receivers()
            if one.disabled is not None
        }
        for name, (reason, _) in disabled.items():
            seen[f"{_RECEIVER}{name}"] = [reason, ""]
            if f"{_RECEIVER}{name}" not in told:
                remarks.append(_given_up(name, reason))
        if seen == told:
            return 0
        to = dict.fromkeys(patience.receivers, now)
        made = list(self._deliveries(remarks, to, now))
        if self._tell(_NOTE, note, json.dumps(seen), made):
            return len(remarks)
        self._round, self._after = {}, 0
        return 0

    def _tell(
        self, key: str, before: Noted | None, value: str, made: Sequence[Delivery]
    ) -> bool:
        """Store messages with what was told by them; False where another process was first."""
        known = before.value if before else None
        with self._store.together():
            if not self._store.change_note(key, known, value, self._clock.now()):
                return False
            self._store.add_deliveries(made)
        return True

    def _look_at_feeds(
        self,
        told: Mapping[str, list[str]],
        patience: Patience,
        now: datetime,
        remarks: list[Remark],
    ) -> dict[str, list[str]]:
        """Return what is now told of feeds; add what there is to tell to `remarks`.

        A look goes through so many feeds, page by page; where there are more, the next
        one goes on, and what was told of the others stands.
        """
        looked = 0
        while looked < MOST_A_LOOK:
            page = self._store.feeds_after(self._after, _PAGE)
            polls = self._store.polled_of(page, now - WINDOW)
            for row in page:
                url = row.feed.url
                fares = health(row.state, polls.get(url, ()), now)
                before = told.get(url, ["", ""])
                self._round[url], said = _compare(row, fares, before, patience, now)
                remarks += said
            if len(page) < _PAGE:
                seen, self._round, self._after = self._round, {}, 0
                return seen
            looked, self._after = looked + len(page), page[-1].number
        feeds = {k: v for k, v in told.items() if not k.startswith(_RECEIVER)}
        return feeds | self._round

    def listen(self, rules: Iterable[Rule], route: Route) -> int:
        """Tell of rules that have been silent for too long; return of how many.

        Each is told once, to whom an alert of it would go, and again only after it has
        fired meanwhile. One that has never fired is silent since it is listened to.
        """
        now = self._clock.now()
        if self._store.oldest_item() is None:
            return 0
        note = self._store.note(_SILENT)
        before = _read(note.value) if note else {}
        after: dict[str, list[str]] = {}
        made: list[Delivery] = []
        told = 0
        for rule in rules:
            if rule.trigger.type == "flatline":
                heard = before.get(rule.id, [now.isoformat(), ""])
                after[rule.id], remarks = self._heard(rule, heard, now)
                told += len(remarks)
                ways = {way.receiver: way for way in receivers_for(route, rule, None)}
                to = {name: way.due(now, rule.severity) for name, way in ways.items()}
                rank = rule.severity.rank
                made += (
                    replace(one, group=ways[one.receiver].place, rank=rank)
                    for one in self._deliveries(remarks, to, now)
                )
        if after == before:
            return 0
        return told if self._tell(_SILENT, note, json.dumps(after), made) else 0

    def _heard(
        self, rule: Rule, before: list[str], now: datetime
    ) -> tuple[list[str], list[Remark]]:
        """Return what is now told of a rule, and what there is to tell."""
        first, told = before
        last = self._store.last_match(rule.id)
        since = last or min(datetime.fromisoformat(first), now)
        if not flat(rule.trigger, since, now):
            return [first, ""], []
        silence = last.isoformat() if last else first
        if silence == told:
            return before, []
        return [first, silence], [_silent(rule, since, fired=last is not None)]

    def _deliveries(
        self, remarks: Sequence[Remark], to: Mapping[str, datetime], now: datetime
    ) -> Iterator[Delivery]:
        channels = self._channels()
        for remark in remarks:
            for name, due in to.items():
                channel = channels.get(name)
                for recipient in channel.recipients if channel else ():
                    facts = json.dumps(dict(remark.facts), sort_keys=True)
                    parts = (remark.kind, facts, name, recipient, now.isoformat())
                    delivery = Delivery(
                        id=stable_id("dlv", *parts),
                        alert_id="",
                        sequence=0,
                        receiver=name,
                        recipient=recipient,
                        due=due,
                        created=now,
                    )
                    if channel:
                        body = channel.compose_remark(remark, delivery, now)
                        yield replace(delivery, body=body)


def _read(note: str) -> dict[str, list[str]]:
    """Return since when each rule is listened to, and which silence of it was told.

    Earlier versions noted the second alone.
    """
    found: dict[str, str | list[str]] = json.loads(note)
    return {
        rule: [one, one] if isinstance(one, str) else one for rule, one in found.items()
    }


def _silent(rule: Rule, since: datetime, *, fired: bool) -> Remark:
    hours = rule.trigger.timeframe / timedelta(hours=1)
    last = f"The last one was seen at {minute(since)}."
    never = f"There was none since the rule is in force, as of {minute(since)}."
    return Remark(
        kind="rule.flatline",
        title=f"{rule.title}: no report for {hours:g} h",
        text=last if fired else never,
        facts={"rule": rule.id, "theme": rule.theme, "severity": rule.severity.value},
    )


def _given_up(name: str, reason: str) -> Remark:
    return Remark(
        kind="receiver.disabled",
        title=f"The receiver {name} is sent nothing more",
        text=f"{reason}. What is due for it waits: tocsin receivers enable {name}",
        facts={"receiver": name},
    )


_RECEIVER = "receiver "


def _reached(
    told: Mapping[str, list[str]], seen: Mapping[str, list[str]]
) -> Iterator[Remark]:
    """Yield what there is to tell where no feed answers, or some do again.

    Of all of them together: a message a feed would say the same many times.
    """
    before, after = (
        [url for url, (state, _) in one.items() if state == _OFFLINE]
        for one in (told, seen)
    )
    if after and not before:
        count = counted(len(after), "feed does", "feeds do")
        why = "this machine has no network, or all that it polls is down"
        text = f"{count} not answer: {why}."
        yield Remark(
            kind="source.failing", title="No feed answers", text=text, facts=_ALL
        )
    elif before and not after:
        text = "Those that do not are told one by one."
        yield Remark(
            kind="source.recovered", title="Feeds answer again", text=text, facts=_ALL
        )


_ALL = {"feed": "all"}


def _compare(
    row: FeedFacts, fares: Health, before: list[str], patience: Patience, now: datetime
) -> tuple[list[str], list[Remark]]:
    """Return what is now told of a feed, and what there is to tell."""
    state_before, format_before = before
    state = _to_tell(row, fares, state_before, patience, now)
    shape = fares.formats[0] if fares.formats else format_before
    said = []
    alone_before = "" if state_before == _OFFLINE else state_before
    if state not in {alone_before, _OFFLINE}:
        said.append(_remark(row, fares, state, alone_before))
    if format_before and shape != format_before:
        text = f"It was {format_before} and is {shape} now; look whether all is read."
        said.append(_about(row, "source.changed", "changed its format", text))
    return [state, shape], said


def _to_tell(
    row: FeedFacts, fares: Health, before: str, patience: Patience, now: datetime
) -> str:
    """Return as what a feed is told of now; "" where it is well."""
    if fares.state not in _TOLD:
        return ""
    if fares.state == _OFFLINE and before:
        return before
    if fares.state in {"failing", _OFFLINE}:
        since = row.state.last_ok or (now - patience.failing)
        return fares.state if now - since >= patience.failing else before
    return fares.state


def _remark(row: FeedFacts, fares: Health, state: str, before: str) -> Remark:
    if not state:
        text = f"It was {before}; now: {fares.reason}."
        return _about(row, "source.recovered", "works again", text)
    if state == "silent":
        return _about(row, "source.silent", "has fallen silent", f"{fares.reason}.")
    return _about(row, "source.failing", "cannot be read", f"{fares.reason}.")


def _about(row: FeedFacts, kind: str, what: str, text: str) -> Remark:
    name = row.feed.name or row.feed.source or row.feed.url
    after = row.state.poll_after
    facts = {
        "feed": row.feed.url,
        "outlet": row.feed.source,
        "next poll": f"{after:%Y-%m-%dT%H:%M:%SZ}" if after else "",
    }
    return Remark(kind=kind, title=f"{name} {what}", text=text, facts=facts)
