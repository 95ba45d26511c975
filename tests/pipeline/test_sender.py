"""Lanes: how many at a time, how fast, in which order; and outcomes written together."""

import asyncio
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from monitor.errors import LeaseLost, StoreUnavailable
from monitor.model import (
    Body,
    Circuit,
    Delivery,
    DeliveryState,
    Notice,
    Settled,
)
from monitor.pipeline.courier import Attempted
from monitor.pipeline.lanes import MOST_UNRECORDED, Handling, Lane
from monitor.pipeline.reports import DeliveryReport
from monitor.send.deliveries import Receipt
from monitor.send.pacing import Pace
from tests.pipeline.world import ACCEPTED, DOWN, FakeChannel, World, entry

SECOND = timedelta(seconds=1)
BODY = Body(content_type="text/plain", content=b"x")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def add(world: World, count: int, receiver: str = "desk") -> None:
    """Store deliveries a second apart, the oldest first, all due."""
    now = world.clock.now()
    world.store.add_deliveries(
        [
            Delivery(
                id=f"dlv_{receiver}_{number:03}",
                alert_id="",
                sequence=1,
                receiver=receiver,
                due=now,
                created=now - (count - number) * SECOND,
                body=BODY,
            )
            for number in range(count)
        ]
    )


def sent(channel: FakeChannel) -> list[str]:
    return [delivery.id for delivery, _ in channel.sent]


@dataclass
class Gate(FakeChannel):
    """Counts how many attempts are under way at the same time."""

    at_once: int = 0
    most: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        return await super().send(delivery, body)


async def test_a_backlog_is_drained_without_waiting_for_another_tick(
    world: World,
) -> None:
    add(world, 100)
    await world.sender.claim()
    while world.sender.busy:  # noqa: ASYNC110 - it is its own business when it ends
        await asyncio.sleep(0)
    assert len(world.channel.sent) == 100


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_go_at_a_time_than_the_receiver_takes(
    world: World, concurrency: int
) -> None:
    gate = Gate()
    world.courier.channels = {"desk": gate}
    world.sender.lanes.agree({"desk": Handling(concurrency=concurrency)})
    add(world, 20)
    await world.deliver(SECOND)
    assert len(gate.sent) == 20
    assert gate.most == concurrency


async def test_a_receiver_that_failed_often_gets_one_probe_however_many_it_takes(
    world: World,
) -> None:
    gate = Gate(script=[DOWN] * 30)
    world.courier.channels = {"desk": gate}
    world.sender.lanes.agree({"desk": Handling(concurrency=8)})
    add(world, 30)
    await world.deliver(SECOND)
    tried = len(gate.sent)
    (row,) = world.store.receivers()
    assert row.paused_until is not None
    world.clock.time = row.paused_until
    await world.deliver(timedelta())
    assert len(gate.sent) == tried + 1


async def test_where_order_is_asked_for_everything_waits_for_the_oldest(
    world: World,
) -> None:
    world.sender.lanes.agree({"desk": Handling(ordered=True)})
    world.channel.script = [ACCEPTED, DOWN]
    add(world, 6)
    await world.deliver(SECOND)
    assert sent(world.channel) == ["dlv_desk_000", "dlv_desk_001"]
    # Not due yet: nothing overtakes it.
    await world.deliver(SECOND)
    assert len(world.channel.sent) == 2
    await world.deliver(timedelta(seconds=10))
    assert sent(world.channel)[1:] == [f"dlv_desk_{n:03}" for n in (1, 1, 2, 3, 4, 5)]


async def test_what_waits_for_the_end_of_the_night_holds_up_nothing_newer(
    world: World,
) -> None:
    # Such as a critical alert, which never waits.
    world.sender.lanes.agree({"desk": Handling(ordered=True)})
    add(world, 1)
    now = world.clock.now()
    quiet = replace(
        world.store.deliveries()[0],
        id="dlv_desk_quiet",
        created=now - timedelta(hours=1),
        due=now + timedelta(hours=7),
        body=None,
    )
    world.store.add_deliveries([quiet])
    await world.deliver(SECOND)
    assert sent(world.channel) == ["dlv_desk_000"]


async def test_where_it_is_not_the_others_go_on(world: World) -> None:
    world.channel.script = [DOWN]
    add(world, 3)
    await world.deliver(SECOND)
    assert len(world.channel.accepted) == 2


async def test_one_receiver_s_order_holds_up_no_other(world: World) -> None:
    other = FakeChannel(name="other")
    world.courier.channels = {"desk": world.channel, "other": other}
    world.sender.lanes.agree({"desk": Handling(ordered=True)})
    world.channel.script = [DOWN]
    add(world, 3)
    add(world, 3, "other")
    await world.deliver(SECOND)
    assert (len(world.channel.sent), len(other.accepted)) == (1, 3)


async def test_what_is_over_the_pace_waits_and_is_not_attempted(world: World) -> None:
    pace = Pace(4, timedelta(hours=1))
    world.sender.lanes.agree({"desk": Handling(pace=pace)})
    add(world, 10)
    await world.deliver(SECOND)
    await world.deliver(SECOND)
    assert len(world.channel.sent) == 4
    states = [one.state for one in world.store.deliveries()]
    assert states.count(DeliveryState.PENDING) == 6
    assert {one.attempts for one in world.store.deliveries()} == {0, 1}


async def test_a_reload_does_not_double_what_a_receiver_gets_at_a_time(
    world: World,
) -> None:
    class Held(Gate):
        async def send(self, delivery: Delivery, body: Body) -> Receipt:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await self.open.wait()
            self.at_once -= 1
            return await FakeChannel.send(self, delivery, body)

    gate = Held()
    world.courier.channels = {"desk": gate}
    add(world, 3)
    await world.sender.claim()
    while not gate.at_once:  # noqa: ASYNC110 - it begins by itself
        await asyncio.sleep(0)
    world.sender.lanes.agree({"desk": Handling(pace=Pace(100, SECOND))})
    add(world, 6)
    await world.sender.claim()
    for _ in range(20):
        await asyncio.sleep(0)
    gate.open.set()
    while world.sender.busy:  # noqa: ASYNC110 - it is its own business when it ends
        await asyncio.sleep(0)
    assert gate.most == 1
    assert sent(gate) == [f"dlv_desk_{n:03}" for n in range(6)]


async def test_a_reload_does_not_begin_a_pace_anew(world: World) -> None:
    hour = timedelta(hours=1)
    world.sender.lanes.agree({"desk": Handling(pace=Pace(2, hour))})
    add(world, 9)
    await world.deliver(SECOND)
    world.sender.lanes.agree({"desk": Handling(pace=Pace(3, hour), concurrency=2)})
    await world.deliver(SECOND)
    assert len(world.channel.sent) == 3


async def test_a_short_wait_for_the_pace_is_waited_out() -> None:
    lane = Lane(Handling(pace=Pace(1, timedelta(milliseconds=20))))
    assert [await lane.paced() for _ in range(3)] == [True, True, True]
    assert not lane.resting


async def test_an_attempt_is_not_begun_when_its_lease_is_nearly_over(
    world: World,
) -> None:
    add(world, 3)
    hold = asyncio.Event()

    @dataclass
    class Slow(FakeChannel):
        async def send(self, delivery: Delivery, body: Body) -> Receipt:
            await hold.wait()
            return await super().send(delivery, body)

    slow = Slow()
    world.courier.channels = {"desk": slow}
    world.clock.sleep(SECOND)
    await world.sender.claim()
    await asyncio.sleep(0.05)
    world.clock.sleep(timedelta(seconds=50))
    hold.set()
    await asyncio.gather(*world.sender.tasks)
    assert len(slow.sent) == 1
    assert len(await world.deliver(SECOND)) == 0
    assert len(slow.sent) == 3


async def test_what_is_in_hand_is_not_leased_again_when_its_lease_has_run_out(
    world: World,
) -> None:
    add(world, 1)
    begun, hold = asyncio.Event(), asyncio.Event()

    @dataclass
    class Slow(FakeChannel):
        async def send(self, delivery: Delivery, body: Body) -> Receipt:
            begun.set()
            await hold.wait()
            return await super().send(delivery, body)

    slow = Slow()
    world.courier.channels = {"desk": slow}
    world.clock.sleep(SECOND)
    assert await world.sender.claim() == 1
    await begun.wait()
    world.clock.sleep(timedelta(minutes=5))
    assert await world.sender.claim() == 0
    hold.set()
    await asyncio.gather(*world.sender.tasks)
    assert len(slow.sent) == 1
    (one,) = world.store.deliveries()
    assert one.state is DeliveryState.DELIVERED


async def test_nothing_is_begun_after_it_was_told_to_stop(world: World) -> None:
    gate = Gate()
    world.courier.channels = {"desk": gate}
    add(world, 30)
    world.clock.sleep(SECOND)
    await world.sender.claim()
    assert await world.crew.drain(timedelta(seconds=5))
    assert len(gate.sent) < 5
    world.restart()
    world.courier.channels = {"desk": gate}
    await world.deliver(SECOND)
    assert sorted(set(sent(gate))) == sorted(sent(gate))
    assert len(gate.sent) == 30


async def test_outcomes_that_come_together_are_written_together(world: World) -> None:
    batches: list[int] = []
    settle = world.store.settle

    def counted(batch: list[Settled]) -> list[LeaseLost | None]:
        batches.append(len(batch))
        return settle(batch)

    world.store.settle = counted  # type: ignore[assignment,method-assign]
    world.sender.lanes.agree({"desk": Handling(concurrency=32)})
    add(world, 64)
    await world.deliver(SECOND)
    assert sum(batches) == 64
    assert len(batches) < 32


@pytest.mark.parametrize(("due", "unrecorded"), [(3, 3), (20, 8), (64, 8)])
async def test_what_would_go_again_after_a_kill_is_bounded(
    world: World, due: int, unrecorded: int
) -> None:
    """A message that was sent goes again where it was not recorded: few may be so."""
    written = threading.Event()
    settle = world.store.settle

    def slow(batch: list[Settled]) -> list[LeaseLost | None]:
        written.wait()
        return settle(batch)

    world.store.settle = slow  # type: ignore[assignment,method-assign]
    add(world, due)
    world.clock.sleep(SECOND)
    await world.sender.claim()
    try:
        for _ in range(1000):  # many times what it takes to send all
            await asyncio.sleep(0)
        assert len(world.channel.sent) == unrecorded
    finally:
        written.set()
    while world.sender.busy:  # noqa: ASYNC110 - it is its own business when it ends
        await asyncio.sleep(0)
    assert len(world.channel.accepted) == due


async def test_a_late_outcome_takes_no_other_of_its_batch_along(world: World) -> None:
    add(world, 2)
    world.clock.sleep(SECOND)
    now = world.clock.now()
    first, second = world.store.lease_deliveries(now, now + SECOND, 2, "test")
    stolen = world.store.lease_deliveries(
        now + 2 * SECOND, now + 60 * SECOND, 1, "thief"
    )
    assert stolen[0].id == first.id
    attempts = [await world.courier.attempt(one) for one in (first, second)]
    done = await asyncio.gather(
        *(world.courier.record(one) for one in attempts), return_exceptions=True
    )
    assert isinstance(done[0], LeaseLost)
    assert not isinstance(done[1], BaseException)
    states = {one.id: one.state for one in world.store.deliveries()}
    assert states[second.id] is DeliveryState.DELIVERED
    assert states[first.id] is DeliveryState.PENDING


async def test_claims_asked_for_while_one_waits_for_its_turn_are_one(
    world: World,
) -> None:
    add(world, 3)
    world.clock.sleep(SECOND)
    claimed = await asyncio.gather(*(world.sender.claim() for _ in range(5)))
    assert set(claimed) == {3}
    while world.sender.busy:  # noqa: ASYNC110 - it is its own business when it ends
        await asyncio.sleep(0)
    assert len(world.channel.accepted) == 3


async def test_what_another_process_leases_meanwhile_is_left_to_it(
    world: World,
) -> None:
    """It was rendered here before it was leased, and is not sent from here."""

    class Slow(FakeChannel):
        def compose(self, notice: Notice, delivery: Delivery) -> Body:
            now = world.clock.now()
            world.store.lease_deliveries(now, now + 60 * SECOND, 1, "thief")
            return super().compose(notice, delivery)

    world.courier.channels = {"desk": Slow()}
    world.publish("https://a.example/f", entry("Minsk"))
    world.clock.sleep(SECOND)
    await world.crew.claim_polls()
    while world.crew.busy:  # noqa: ASYNC110 - it is its own business when it ends
        await asyncio.sleep(0)
    (row,) = world.store.deliveries()
    assert row.state is DeliveryState.PENDING
    assert world.channel.sent == []


async def test_what_another_process_has_by_the_time_it_is_rendered_is_left_to_it(
    world: World,
) -> None:
    """Else one id would go out with two bodies."""

    class Late(FakeChannel):
        def compose(self, notice: Notice, delivery: Delivery) -> Body:
            self.composed += 1
            if self.composed < 3:  # as a draft, and when it has been leased
                raise RuntimeError("not now")
            world.clock.sleep(world.sender.lease)
            now = world.clock.now()
            assert world.store.lease_deliveries(now, now + 60 * SECOND, 1, "thief")
            return super().compose(notice, delivery)

    late = Late()
    world.courier.channels = {"desk": late}
    world.publish("https://a.example/f", entry("Minsk"))
    world.clock.sleep(SECOND)
    await world.crew.claim_polls()
    while world.crew.busy:  # noqa: ASYNC110 - it is its own business when it ends
        await asyncio.sleep(0)
    assert late.composed > 2
    assert late.sent == []
    (row,) = world.store.deliveries()
    assert (row.state, row.attempts) == (DeliveryState.PENDING, 0)


async def test_what_is_leased_again_before_its_task_has_ended_leaves_no_trace(
    world: World,
) -> None:
    world.channel.script = [DOWN]
    add(world, 1)
    record = world.courier.record

    async def slow(attempted: Attempted) -> DeliveryReport:
        report = await record(attempted)
        if len(world.channel.sent) == 1:
            world.clock.sleep(10 * SECOND)
            assert await world.sender.claim() == 1
        return report

    world.courier.record = slow  # type: ignore[method-assign] # its end comes late
    await world.sender.claim()
    while world.sender.busy:  # noqa: ASYNC110 - it is its own business when it ends
        await asyncio.sleep(0)
    assert len(world.channel.sent) == 2
    assert world.sender.lanes.of("desk").in_hand == 0
    await world.deliver(SECOND)
    assert len(world.channel.accepted) == 1


async def test_what_was_not_attempted_while_the_store_was_down_goes_when_it_works_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not said to be repeated: nobody has had it."""

    def down(*_: object) -> None:
        raise StoreUnavailable("the server is starting up")

    add(world, 3)
    world.sender.lanes.agree({"desk": Handling(ordered=True)})
    world.channel.script = [DOWN]
    structlog.reset_defaults()
    with capture_logs() as told, monkeypatch.context() as patch:
        patch.setattr(world.store, "release_deliveries", down)
        await world.sender.claim()
        await asyncio.gather(*world.sender.tasks)
    waits = [line for line in told if line["event"] == "not attempted; it waits"]
    assert [line["delivery"] for line in waits] == ["dlv_desk_001", "dlv_desk_002"]
    assert not any("repeated" in line["event"] for line in told)
    # As soon as the store works again they are given back; nobody waits for their leases.
    await world.deliver(timedelta(seconds=10))
    assert len(world.channel.accepted) == 3


async def test_while_outcomes_cannot_be_recorded_nothing_more_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go a second time: those that showed it do, and the others wait."""

    def down(*_: object) -> None:
        raise StoreUnavailable("nothing listens there")

    add(world, 30)
    world.clock.sleep(SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "settle", down)
        patch.setattr(world.store, "release_deliveries", down)
        await world.sender.claim()
        await asyncio.gather(*world.sender.tasks)
        assert len(world.channel.sent) == MOST_UNRECORDED
        with pytest.raises(StoreUnavailable):
            await world.sender.claim()
    await world.deliver(SECOND)
    assert len(set(sent(world.channel))) == 30
    await world.deliver(timedelta(minutes=2))
    assert len(world.channel.sent) == 30 + MOST_UNRECORDED
    assert world.store.counts()["deliveries_delivered"] == 30


async def test_what_is_leased_and_cannot_be_stored_as_rendered_goes_when_it_can(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailable("another program holds it")

    for outlet in "abcdefghi":
        title = f"{outlet * 7} {outlet * 5} in Minsk"
        url = f"https://{outlet}.example/f"
        world.publish(url, entry(title, at=world.clock.now()))
    with monkeypatch.context() as patch:
        patch.setattr(world.sender, "claim", down)
        for _ in range(3):
            await world.crew.claim_polls()
            await asyncio.gather(*world.crew._polls)
    assert len(world.store.deliveries()) == 9
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "save_bodies", down)
        with pytest.raises(StoreUnavailable):
            await world.sender.claim()
    # Nobody waits for the leases to run out.
    assert len(await world.deliver(SECOND)) == 9


async def test_a_receiver_that_rests_for_its_pace_keeps_nothing_busy(
    world: World,
) -> None:
    other = FakeChannel(name="other")
    world.courier.channels = {"desk": world.channel, "other": other}
    world.sender.lanes.agree({"desk": Handling(pace=Pace(1, timedelta(hours=1)))})
    add(world, 2)
    await world.deliver(SECOND)
    assert len(world.channel.sent) == 1
    add(world, 1, "other")
    await world.deliver(SECOND)
    assert len(other.sent) == 1
    # Else it would ask the store again and again, for an hour.
    async with asyncio.timeout(5):
        while world.sender.busy:  # noqa: ASYNC110 - it is its own business when it ends
            await asyncio.sleep(0.01)
    # What a reload allows it need not wait for.
    world.sender.lanes.agree({})
    await world.deliver(SECOND)
    assert len(world.channel.sent) == 2


async def test_a_poll_that_was_recorded_is_not_said_to_be_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its messages are asked for at once; where they cannot be, a tick says why."""

    def down(*_: object) -> None:
        raise StoreUnavailable("the server is starting up")

    world.publish("https://a.example/f", entry("Rally in Minsk"))
    structlog.reset_defaults()
    with capture_logs() as told, monkeypatch.context() as patch:
        patch.setattr(world.store, "due_deliveries", down)
        assert await world.crew.claim_polls() == 1
        while world.crew.busy:  # noqa: ASYNC110 - it is its own business when it ends
            await asyncio.sleep(0.01)
    assert [report.status for report in world.seen.polls] == ["ok"]
    assert not any("repeated" in line["event"] for line in told)
    assert len(await world.deliver(SECOND)) == 1


async def test_a_store_that_cannot_be_read_is_no_failure_of_the_receiver(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StoreUnavailable("the server is starting up")

    world.publish("https://a.example/f", entry("Rally in Minsk"))
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "notice", down)
        await world.crew.claim_polls()
        while world.crew.busy:  # noqa: ASYNC110 - it is its own business when it ends
            await asyncio.sleep(0.01)
    assert world.store.circuits(["desk"]) == {"desk": Circuit()}
    assert world.seen.deliveries == []
    assert len(await world.deliver(timedelta())) == 1


async def test_other_terms_of_a_receiver_hold_after_what_is_in_hand(
    world: World,
) -> None:
    """Else what is newer would go beside it, and an update before what it updates."""
    begun, hold = asyncio.Event(), asyncio.Event()

    @dataclass
    class Slow(FakeChannel):
        async def send(self, delivery: Delivery, body: Body) -> Receipt:
            begun.set()
            await hold.wait()
            return await super().send(delivery, body)

    slow = Slow()
    world.courier.channels = {"desk": slow}
    add(world, 3)
    world.clock.sleep(SECOND)
    assert await world.sender.claim() == 3
    await begun.wait()
    world.sender.lanes.agree({"desk": Handling(pace=Pace(100, SECOND))})
    newer = [replace(one, id=f"{one.id}_newer") for one in world.store.deliveries()]
    world.store.add_deliveries([replace(one, body=BODY) for one in newer])
    assert await world.sender.claim() == 0
    hold.set()
    await asyncio.gather(*world.sender.tasks)
    await world.deliver(SECOND)
    assert [name.endswith("newer") for name in sent(slow)] == [False] * 3 + [True] * 3
    assert world.sender.lanes.of("desk").handling.pace == Pace(100, SECOND)
