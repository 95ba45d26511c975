"""A receiver that is down costs it no attempts, and others no time."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.model import Body, DeliveryState
from monitor.notify.digests import Digest
from monitor.notify.gathering import Limit, Terms
from monitor.notify.intervals import Interval
from monitor.notify.routes import Route
from monitor.pipeline.fallbacks import PAGE, Fallback
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.watch import Patience, Watch
from monitor.send.deliveries import Receipt
from tests.pipeline.world import DOWN, FakeChannel, World, entry

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
EIGHT = (
    "Rally against the tax fills the streets of Minsk",
    "Court frees a doctor who was held for a year in Minsk",
    "Fog closes the airport of Minsk, flights are diverted",
    "Metro tunnel under Minsk floods after a pipe bursts",
    "Theatre opens its new stage in Minsk with an opera",
    "Thieves empty the safe of a jeweller in Minsk",
    "Tractor works of Minsk lay off four hundred welders",
    "Chess champion loses to a schoolgirl at Minsk club",
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def publish(world: World, number: int) -> None:
    at = world.clock.now()
    words = EIGHT[number % len(EIGHT)]
    world.publish(f"https://{number}.example/f", entry(words, at=at))
    await world.cycle(SECOND)


async def test_after_five_failures_nothing_is_attempted_until_a_probe(
    world: World,
) -> None:
    world.channel.script = [DOWN] * 50
    for number in range(8):
        await publish(world, number)
    tried = len(world.channel.sent)
    row = next(r for r in world.store.receivers() if r.name == "desk")
    assert row.failures >= 5
    assert row.paused_until is not None
    assert row.paused_until > world.clock.now()
    # While it rests, deliveries are due and none is attempted.
    await world.deliver(SECOND)
    assert len(world.channel.sent) == tried
    # Then one goes as a probe; as it fails, the others keep their attempts.
    world.clock.time = row.paused_until
    await world.deliver(timedelta())
    assert len(world.channel.sent) == tried + 1


async def test_all_is_delivered_once_it_is_up_again(world: World) -> None:
    world.channel.script = [DOWN] * 12
    for number in range(6):
        await publish(world, number)
    for _ in range(40):
        await world.deliver(HOUR)
    assert len(set(world.channel.accepted)) == len(world.channel.accepted)
    states = {d.state for d in world.store.deliveries()}
    assert states == {DeliveryState.DELIVERED}
    (row,) = world.store.receivers()
    assert (row.failures, row.paused_until) == (0, None)


async def test_a_wish_to_wait_pauses_the_receiver_not_only_the_message(
    world: World,
) -> None:
    asked = Receipt(outcome="temporary", status="429", retry_after=2 * HOUR)
    world.channel.script = [asked]
    await publish(world, 0)
    await publish(world, 1)
    assert len(world.channel.sent) == 1
    assert len(await world.deliver(2 * HOUR)) == 2


async def test_after_an_hour_the_fallback_is_told_instead_and_once(
    world: World,
) -> None:
    spare = FakeChannel(name="spare")
    world.courier.channels = {"desk": world.channel, "spare": spare}
    world.courier.fallbacks = {"desk": Fallback(receiver="spare")}
    world.channel.script = [DOWN] * 50
    await publish(world, 0)
    for _ in range(6):
        await world.deliver(HOUR)
    assert len(spare.accepted) == 1
    assert "Rally against the tax" in spare.accepted[0]


async def test_the_fallback_is_told_of_what_waits_while_the_receiver_rests(
    world: World,
) -> None:
    spare = FakeChannel(name="spare")
    world.courier.channels = {"desk": world.channel, "spare": spare}
    world.courier.fallbacks = {"desk": Fallback(receiver="spare")}
    world.channel.script = [DOWN] * 50
    for number, title in enumerate(EIGHT):
        at = world.clock.now()
        world.publish(f"https://{number}.example/f", entry(title, at=at))
        await world.cycle(SECOND)
    alerts = len({d.alert_id for d in world.store.deliveries()})
    assert alerts == len(EIGHT)
    # One failed probe after the hour is enough for all of them.
    world.clock.sleep(2 * HOUR)
    tried = len(world.channel.sent)
    await world.deliver(timedelta())
    await world.deliver(SECOND)
    assert len(world.channel.sent) == tried + 1
    assert len(spare.accepted) == alerts


REFUSES = Receipt(outcome="refused", status="404")


async def test_a_quiet_receiver_is_not_disabled_for_one_failure_days_after_another(
    world: World,
) -> None:
    world.channel.script = [REFUSES] * 3
    await publish(world, 0)
    for _ in range(2):
        await world.deliver(HOUR)
    world.clock.sleep(7 * 24 * HOUR)
    world.channel.script = [DOWN]
    await publish(world, 1)
    assert not world.store.receivers()[0].disabled
    assert len(await world.deliver(60 * SECOND)) == 1


async def test_the_first_failures_after_a_long_time_down_disable_nobody(
    world: World,
) -> None:
    world.channel.script = [DOWN] * 200
    for number in range(5):
        await publish(world, number)
    await world.deliver(HOUR)
    world.clock.sleep(6 * 24 * HOUR)
    world.restart()
    await world.deliver(SECOND)
    assert not world.store.receivers()[0].disabled
    await world.deliver(60 * SECOND)
    assert not world.store.receivers()[0].disabled
    # It fails on for a while: then it is as it seemed.
    await publish(world, 5)
    await world.deliver(HOUR)
    await world.deliver(HOUR)
    assert world.store.receivers()[0].disabled


async def test_a_receiver_that_is_well_after_a_long_time_down_gets_all(
    world: World,
) -> None:
    world.channel.script = [DOWN] * 8
    for number in range(5):
        await publish(world, number)
    await world.deliver(HOUR)
    world.clock.sleep(6 * 24 * HOUR)
    world.restart()
    world.channel.script = [DOWN]
    for _ in range(4):
        await world.deliver(HOUR)
    states = {d.state for d in world.store.deliveries()}
    assert states == {DeliveryState.DELIVERED}


async def test_what_was_tried_before_a_long_time_down_is_tried_for_three_days_in_all(
    world: World,
) -> None:
    world.channel.script = [DOWN] * 300
    await publish(world, 0)
    for _ in range(24):
        await world.deliver(HOUR)
    (before,) = world.store.deliveries()
    world.clock.sleep(8 * 24 * HOUR)
    world.restart()
    tries = []
    for _ in range(72):
        await world.deliver(HOUR)
        world.store.enable_receiver("desk")
        (now,) = world.store.deliveries()
        if now.state is DeliveryState.DEAD:
            break
        tries.append(now.attempts)
    assert max(tries) >= before.attempts + 2
    assert 40 < len(tries) < 60


async def test_a_receiver_that_was_disabled_for_long_is_tried_again(
    world: World,
) -> None:
    world.channel.script = [DOWN] * 2
    await publish(world, 0)
    await world.deliver(60 * SECOND)
    world.store.disable_receiver("desk", "moving house", world.clock.now())
    world.clock.sleep(8 * 24 * HOUR)
    world.store.enable_receiver("desk")
    world.channel.script = [DOWN]
    await world.deliver(SECOND)
    assert len(await world.deliver(HOUR)) == 1


async def test_a_receiver_that_takes_nothing_for_five_days_is_disabled(
    world: World,
) -> None:
    world.channel.script = [DOWN] * 200
    await publish(world, 0)
    await publish(world, 1)
    for day in range(5):
        assert not world.store.receivers()[0].disabled
        await publish(world, 2 + day)
        for _ in range(8):
            await world.deliver(3 * HOUR)
    assert world.store.receivers()[0].disabled


async def test_one_that_refuses_all_for_days_is_disabled_when_a_message_is_given_up(
    world: World,
) -> None:
    world.channel.script = [REFUSES] * 200
    await publish(world, 0)
    await world.deliver(HOUR)
    world.clock.sleep(5 * 24 * HOUR)
    await publish(world, 1)
    assert not world.store.receivers()[0].disabled
    for _ in range(2):
        await world.deliver(HOUR)
    (row,) = world.store.receivers()
    assert row.reason.startswith("all of ")


def with_spare(world: World) -> FakeChannel:
    """Give the desk another receiver to fall back to after an hour."""
    spare = FakeChannel(name="spare")
    world.courier.channels = {"desk": world.channel, "spare": spare}
    world.courier.fallbacks = {"desk": Fallback(receiver="spare")}
    return spare


@pytest.mark.parametrize("fails", [DOWN, REFUSES], ids=["down", "refuses"])
async def test_two_that_stand_in_for_each_other_are_told_once_each(
    world: World, fails: Receipt
) -> None:
    spare = with_spare(world)
    world.courier.fallbacks = {
        "desk": Fallback(receiver="spare"),
        "spare": Fallback(receiver="desk"),
    }
    world.channel.script = [fails] * 500
    spare.script = [fails] * 500
    await publish(world, 0)
    for _ in range(12):
        await world.deliver(HOUR)
        world.courier.fall_back()
    told = sorted(d.receiver for d in world.store.deliveries())
    assert told == ["desk", "spare"]
    world.channel.script = spare.script = []
    for _ in range(3):
        await world.deliver(3 * HOUR)
    taken = 1 if fails is DOWN else 0
    assert len(world.channel.accepted) == len(spare.accepted) == taken


@pytest.mark.parametrize("why", ["disabled", "asked for a day's rest"])
async def test_while_nothing_is_attempted_the_fallback_is_told_all_the_same(
    world: World, why: str
) -> None:
    spare = with_spare(world)
    if why == "disabled":
        world.store.disable_receiver("desk", "gone", world.clock.now())
    else:
        rest = Receipt(outcome="temporary", status="429", retry_after=24 * HOUR)
        world.channel.script = [rest]
        await publish(world, 0)
    tried = len(world.channel.sent)
    await publish(world, 1)
    assert world.courier.fall_back() == 0
    world.clock.sleep(HOUR)
    told = world.courier.fall_back()
    assert told == len(world.store.deliveries()) // 2
    assert world.courier.fall_back() == 0
    await world.deliver(SECOND)
    assert len(world.channel.sent) == tried
    assert len(spare.accepted) == told


async def test_a_receiver_that_is_well_and_slow_is_waited_for(world: World) -> None:
    with_spare(world)
    await publish(world, 0)
    now = world.clock.now()
    waiting = replace(
        world.store.deliveries()[0], id="dlv_slow", created=now, due=now + 9 * HOUR
    )
    world.store.add_deliveries([waiting])
    world.clock.sleep(2 * HOUR)
    assert world.courier.fall_back() == 0


@pytest.mark.parametrize("why", ["disabled", "down"])
async def test_the_fallback_is_not_told_at_night_of_what_waits_for_the_morning(
    make_world: Callable[..., World], why: str
) -> None:
    forenoon = Interval(name="forenoon", times=((9 * 60, 15 * 60),))
    route = Route(receiver="desk", mute=(forenoon,))
    world = make_world(route=route)
    spare = with_spare(world)
    await publish(world, 0)
    world.channel.script = [DOWN] * 50
    if why == "disabled":
        world.store.disable_receiver("desk", "gone", world.clock.now())
    else:
        add_one(world, due=world.clock.now())
    for _ in range(4):
        await world.deliver(HOUR)
        world.courier.fall_back()
    assert not any(EIGHT[0] in told for told in spare.accepted)
    # From then on it waits for its receiver.
    for _ in range(4):
        await world.deliver(HOUR)
        world.courier.fall_back()
    await world.deliver(SECOND)
    assert sum(EIGHT[0] in told for told in spare.accepted) == 1


def add_one(world: World, due: datetime) -> None:
    """Store a message that is due, so that its receiver is found to fail."""
    body = Body(content_type="text/plain", content=b"x")
    known = world.store.deliveries()[0]
    world.store.add_deliveries(
        [replace(known, id="dlv_x", alert_id="", due=due, body=body)]
    )


async def test_a_message_that_was_given_up_goes_to_the_fallback_at_once(
    world: World,
) -> None:
    spare = with_spare(world)
    world.channel.script = [Receipt(outcome="permanent", status="413")]
    await publish(world, 0)
    await world.deliver(SECOND)
    assert len(spare.accepted) == 1
    stand_in = next(d for d in world.store.deliveries() if d.receiver == "spare")
    assert stand_in.note == "instead of desk"


async def test_a_crash_after_a_message_was_given_up_keeps_nobody_from_hearing_of_it(
    world: World,
) -> None:
    spare = with_spare(world)
    world.channel.script = [Receipt(outcome="permanent", status="413")] * 9
    with closing(sqlite3.connect(world.folder / "t.db")) as other, other:
        # The disk is full just when the other receiver's message is to be stored.
        other.execute(
            "CREATE TRIGGER full BEFORE INSERT ON deliveries WHEN new.receiver = "
            "'spare' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    await publish(world, 0)
    with closing(sqlite3.connect(world.folder / "t.db")) as other, other:
        other.execute("DROP TRIGGER full")
    world.restart()
    world.courier.channels = {"desk": world.channel, "spare": spare}
    world.courier.fallbacks = {"desk": Fallback(receiver="spare")}
    await world.deliver(HOUR)
    await world.deliver(SECOND)
    assert len(spare.accepted) == 1


GATES = {
    "rate": Terms(limit=Limit(messages=1, per=HOUR)),
    "digest": Terms(digest=Digest(cron="*/30 * * * *")),
}


@pytest.mark.parametrize("gate", GATES)
async def test_the_fallback_is_told_of_what_waits_at_a_gate_that_does_not_open(
    make_world: Callable[..., World], gate: str
) -> None:
    world = make_world(wishes=Wishes(terms={"desk": GATES[gate]}, intervals={}))
    spare = with_spare(world)
    world.store.disable_receiver("desk", "gone", world.clock.now())
    for number in range(3):
        await publish(world, number)
    world.clock.sleep(2 * HOUR)
    assert world.courier.fall_back() == 3
    assert world.courier.fall_back() == 0
    await world.deliver(SECOND)
    assert len(spare.accepted) == 3
    # What goes as one now is nothing that the fallback does not know.
    world.store.enable_receiver("desk")
    world.channel.script = [DOWN] * 9
    for _ in range(3):
        await world.deliver(HOUR)
    assert world.courier.fall_back() == 0
    assert len(spare.accepted) == 3


async def test_however_many_wait_each_is_told_once_and_a_page_at_a_time(
    world: World,
) -> None:
    with_spare(world)
    await publish(world, 0)
    one = world.store.deliveries()[0]
    world.store.disable_receiver("desk", "gone", world.clock.now())
    many = 2 * PAGE + 7
    waiting = replace(one, state=DeliveryState.PENDING, delivered=None, attempts=0)
    # Due in the other order than they are named, some at the same moment.
    world.store.add_deliveries(
        [
            replace(
                waiting, id=f"dlv_{n:04}", due=one.created + (many - n) // 3 * SECOND
            )
            for n in range(many)
        ]
    )
    world.clock.sleep(2 * HOUR)
    assert world.courier.fall_back() == many
    stood_in = [d.carries for d in world.store.deliveries() if d.receiver == "spare"]
    assert sorted(stood_in) == sorted(f"dlv_{n:04}" for n in range(many))
    assert world.courier.fall_back() == 0


async def test_a_receiver_that_fails_for_five_days_is_disabled_and_that_is_told(
    world: World,
) -> None:
    other = FakeChannel(name="ops")
    world.courier.channels = {"desk": world.channel, "ops": other}
    world.channel.script = [DOWN] * 500
    await publish(world, 0)
    for number in range(1, 7):
        world.clock.sleep(timedelta(days=1))
        await publish(world, number)
    row = next(r for r in world.store.receivers() if r.name == "desk")
    assert row.disabled is not None
    assert "failed since" in row.reason
    assert [r.disabled for r in world.seen.deliveries if r.disabled] == [row.reason]
    watch = Watch(world.store, world.clock, lambda: world.courier.channels)
    ops = Patience(receivers=("ops",))
    assert watch.look(ops) >= 1
    assert watch.look(ops) == 0
    await world.deliver(SECOND)
    assert any("receiver.disabled" in text for text in other.accepted)
