"""Any order of alerts, silences, failures and clock jumps: each story is told once, nothing is lost.

The real gates, the real outbox and the real fold; what each message says is read from the
store just as a channel would be handed it.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from monitor.model import (
    Alert,
    Body,
    Delivery,
    DeliveryState,
    Item,
    Kind,
    Message,
    Rule,
    Severity,
    Silence,
    stable_id,
)
from monitor.notify.digests import Digest
from monitor.notify.gathering import Limit, Terms
from monitor.notify.routes import Route, group_intervals
from monitor.notify.silences import silenced, words_of
from monitor.pipeline.dispatch import Outgoing, dispatch
from monitor.pipeline.gathering import Gatherer, Wishes
from monitor.store.records import Store
from tests.store import samples
from tests.store.samples import HOUR, MINUTE, NOW, RULE, attempt, empty, record

TERMS = {
    "plain": Terms(),
    "digest": Terms(digest=Digest(cron="0 */6 * * *")),
    "limited": Terms(limit=Limit(messages=2, per=HOUR)),
    "late": Terms(expires_after=2 * HOUR),
    "grouped": Terms(limit=Limit(messages=3, per=HOUR), expires_after=12 * HOUR),
}
ROUTE = Route(
    receiver="plain",
    group_wait=2 * MINUTE,
    routes=(
        *(Route(receiver=name, continue_=True) for name in list(TERMS)[:-1]),
        Route(receiver="grouped", group_by=("theme",), group_interval=30 * MINUTE),
    ),
)


@dataclass(frozen=True)
class Audience:
    route: Route = ROUTE
    recipients: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: dict.fromkeys(TERMS, ("",))
    )
    wishes: Wishes = field(
        default_factory=lambda: Wishes(terms=TERMS, intervals=group_intervals(ROUTE))
    )

    def addressed(self, rule: Rule) -> Rule:
        return rule


class Together(RuleBasedStateMachine):
    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.now = NOW
        self.audience = Audience()
        self.gatherer = Gatherer(store, lambda: self.audience.wishes)
        self.alerts: list[tuple[Alert, Item]] = []
        self.silences: list[Silence] = []
        self.sent: dict[str, int] = {}
        """By alert: the number of its last message that was dispatched."""
        self.heard: defaultdict[tuple[str, str], list[Kind]] = defaultdict(list)
        """By receiver and alert: what kinds of messages told of it."""
        self.last: dict[tuple[str, str], int] = {}

    # ── what happens ─────────────────────────────────────────────────────────

    @rule(severity=st.sampled_from(Severity))
    def a_story_is_raised(self, severity: Severity) -> None:
        number = len(self.alerts)
        about = samples.item(f"k{number}", first_seen=self.now)
        made = Alert(
            id=stable_id("alr", str(number)),
            rule=replace(RULE, severity=severity, receivers=()),
            story_id=f"sto_{number}",
            opened=self.now,
            updated=self.now,
        )
        if self._is_silenced(made, about):
            return
        self.alerts.append((made, about))
        self.store.add_feed(samples.FEED, self.now)
        self.store.make_due([samples.FEED.url], self.now)
        with self.store.poll(samples.leased(self.store, now=self.now)) as poll:
            poll.add_items([about])
            poll.lock_stories()
            poll.save_story(samples.story(about, made.story_id))
            poll.save_alert(made, self._message(made, about, Kind.NEW))
            poll.finish(samples.polled(self.now))
        self._dispatch(made, about, Kind.NEW)

    @rule(which=st.integers(0, 30), hurried=st.booleans())
    def a_story_goes_on(self, which: int, *, hurried: bool) -> None:
        if not self.alerts:
            return
        place = which % len(self.alerts)
        before, about = self.alerts[place]
        made = replace(before, sequence=before.sequence + 1, updated=self.now)
        if self._is_silenced(made, about):
            return
        self.alerts[place] = (made, about)
        with self.store.lifecycle() as transaction:
            transaction.tell(
                made,
                self._message(made, about, Kind.UPDATE),
                samples.decision(about, made.story_id),
            )
        self._dispatch(made, about, Kind.UPDATE, hurried=hurried)

    @rule(severity=st.sampled_from(Severity), hours=st.integers(1, 5))
    def somebody_silences(self, severity: Severity, hours: int) -> None:
        self.silences.append(
            Silence(
                id=f"sil_{len(self.silences)}",
                matchers=(("severity", "=", severity.value),),
                starts=self.now,
                ends=self.now + hours * HOUR,
                created=self.now,
            )
        )

    @rule(minutes=st.sampled_from([1, 3, 31, 61, 200, 1500, -45]))
    def time_passes_or_jumps(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(fails=st.lists(st.booleans(), min_size=1, max_size=4))
    def messages_are_tried(self, fails: list[bool]) -> None:
        self._try(fails)

    @rule(name=st.sampled_from(sorted(TERMS)), hours=st.integers(1, 30))
    def a_receiver_is_away(self, name: str, hours: int) -> None:
        self.store.disable_receiver(name, "away", self.now)
        self.now += hours * HOUR
        self._try([False])
        self.store.enable_receiver(name)

    # ── what is done about it ────────────────────────────────────────────────

    def _is_silenced(self, alert: Alert, about: Item) -> bool:
        words = words_of(alert.rule, about, alert.story_id, alert.id)
        return silenced(self.silences, words, self.now) is not None

    def _message(self, alert: Alert, about: Item, kind: Kind) -> Message:
        made = samples.message(alert, about)
        return replace(made, kind=kind, at=self.now, detail=f"said {alert.sequence}")

    def _dispatch(
        self, alert: Alert, about: Item, kind: Kind, *, hurried: bool = False
    ) -> None:
        outgoing = Outgoing(alert=alert, item=about, kind=kind, hurried=hurried)
        with self.store.lifecycle() as transaction:
            number = dispatch(transaction, outgoing, self.audience, self.now)
        assert number == len(TERMS)
        self.sent[alert.id] = alert.sequence

    def _try(self, fails: list[bool]) -> int:
        self.gatherer.decide(self.now)
        leased = self.store.lease_deliveries(self.now, self.now + MINUTE, 200, "x")
        for number, one in enumerate(leased):
            said = self._said(one)
            if one.body is None:
                body = Body(content_type="text/plain", content=b"x")
                self.store.save_bodies([(one, body)])
            if fails[number % len(fails)]:
                state, due = DeliveryState.PENDING, self.now + 5 * MINUTE
            else:
                state, due = DeliveryState.DELIVERED, self.now
                for alert_id, kind, sequence in said:
                    key = (one.receiver, alert_id)
                    self.heard[key].append(kind)
                    self.last[key] = max(self.last.get(key, 0), sequence)
            record(self.store, one, attempt(one, at=self.now), state, due)
        return len(leased)

    def _said(self, one: Delivery) -> list[tuple[str, Kind, int]]:
        if not one.gathered:
            told = [self.store.notice(one)]
        else:
            told = list(self.store.bundle(one).notices)
            assert len(told) >= 1
        ids = [notice.alert.id for notice in told]
        assert len(set(ids)) == len(ids)
        return [(n.alert.id, n.kind, n.sequence) for n in told]

    def teardown(self) -> None:
        try:
            self._settle()
        finally:
            empty(self.store._database)

    def _settle(self) -> None:
        for _ in range(400):
            self.now += HOUR
            self._try([False])
            if not self._pending():
                break
        assert not self._pending()
        for alert_id, last in self.sent.items():
            for name in TERMS:
                heard = self.heard[name, alert_id]
                assert heard.count(Kind.NEW) == 1, (name, heard)
                assert self.last[name, alert_id] == last

    def _pending(self) -> list[str]:
        return [
            one.note
            for one in self.store.deliveries()
            if one.state is DeliveryState.PENDING
        ]


def test_each_story_reaches_each_receiver_once_in_any_order_of_steps(
    store: Store, engine_name: str
) -> None:
    class Here(Together):
        def __init__(self) -> None:
            super().__init__(store)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12 if engine_name == "sqlite" else 5,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_two_replicas_make_one_digest(store: Store, engine_name: str) -> None:
    del engine_name
    machine = Together(store)
    for _ in range(3):
        machine.a_story_is_raised(Severity.LOW)
    later: datetime = NOW + timedelta(hours=7)
    others = [Gatherer(store, lambda: machine.audience.wishes) for _ in range(4)]

    async def at_once() -> list[int]:
        decided = (asyncio.to_thread(one.decide, later) for one in others)
        return await asyncio.gather(*decided)

    made = asyncio.run(at_once())
    digests = [one for one in store.deliveries() if one.gathered == "digest"]
    assert len(digests) == 1
    assert len(store.bundle(digests[0]).notices) == 3
    assert sorted(made)[:3] == [0, 0, 0]
