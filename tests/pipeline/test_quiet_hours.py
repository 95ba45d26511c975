"""Quiet hours of a route: what has to be tried again, or comes late, waits for their end too."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Severity
from monitor.notify.gathering import Terms
from monitor.notify.intervals import Interval
from monitor.notify.routes import Route, group_intervals, hours_of
from monitor.pipeline.fallbacks import Fallback
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.lanes import Handling
from monitor.send.deliveries import Receipt
from monitor.store.views import DeliveryFilter
from tests.pipeline.world import DOWN, FakeChannel, World, entry, rule

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SIESTA = Interval(name="siesta", times=((10 * 60, 15 * 60),))
"""The world's clock stands at nine in the morning, UTC."""
TITLES = ("Rally in Minsk", "Minsk metro closes a station")


def world(folder: Path, terms: Terms | None = None, **route: object) -> World:
    made = Route(receiver="desk", **route)  # type: ignore[arg-type]
    wishes = Wishes(
        terms={"desk": terms} if terms else {},
        intervals=group_intervals(made),
        hours=hours_of(made),
    )
    return World(folder, route=made, wishes=wishes)


async def published(world: World, title: str, after: timedelta) -> list[str]:
    at = world.clock.now() + after
    world.publish("https://a.example/f", entry(title, at=at), source="a")
    return await world.cycle(after)


@pytest.mark.parametrize("group_by", [(), ("theme",)])
async def test_what_has_to_be_tried_again_does_not_go_in_quiet_hours(
    tmp_path: Path, group_by: tuple[str, ...]
) -> None:
    here = world(tmp_path, mute=(SIESTA,), group_by=group_by)
    here.channel.script = [DOWN]
    await published(here, TITLES[0], after=59 * MINUTE + 58 * SECOND)
    tried = len(here.channel.sent)
    assert tried == 1
    # It is due again a few seconds later, at ten.
    for _ in range(5):
        assert await here.deliver(59 * MINUTE) == []
    assert len(here.channel.sent) == tried
    (waiting,) = here.store.deliveries()
    assert waiting.due.hour == 15
    assert "siesta" in waiting.note
    assert len(await here.deliver(10 * MINUTE)) == 1


async def test_what_could_not_go_in_time_waits_for_the_end_of_quiet_hours(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, mute=(SIESTA,), group_wait=30 * MINUTE)
    await published(here, TITLES[0], after=MINUTE)
    here.restart()  # it was down from half past nine on
    assert await here.deliver(2 * HOUR) == []
    assert len(await here.deliver(4 * HOUR)) == 1


@pytest.mark.parametrize("why", ["critical", "wished", "ordered"])
async def test_what_may_go_in_quiet_hours_is_tried_again_in_them(
    tmp_path: Path, why: str
) -> None:
    here = world(tmp_path, mute=(SIESTA,))
    if why == "critical":
        here.rules = [rule("minsk", severity=Severity.CRITICAL)]
        here.restart()
    if why == "ordered":
        here.sender.lanes.agree({"desk": Handling(ordered=True)})
    here.channel.script = [DOWN]
    await published(here, TITLES[0], after=59 * MINUTE + 58 * SECOND)
    if why == "wished":
        assert await here.deliver(HOUR) == []
        here.store.hurry(DeliveryFilter(), here.clock.now())
    assert len(await here.deliver(10 * MINUTE)) == 1


async def test_a_weekend_of_quiet_hours_is_not_taken_for_a_clock_that_was_ahead(
    tmp_path: Path,
) -> None:
    weekend = Interval(name="weekend", days_of_month=frozenset({30, 31}))
    here = world(tmp_path, mute=(weekend,))
    here.channel.script = [DOWN]
    await published(here, TITLES[0], after=15 * HOUR - SECOND)
    assert len(here.channel.sent) == 1
    for _ in range(47):
        assert await here.deliver(HOUR) == []
        here.store.make_due_from_the_future(here.clock.now())
    assert len(here.channel.sent) == 1
    assert len(await here.deliver(2 * HOUR)) == 1


async def test_who_is_told_instead_is_not_told_in_quiet_hours_either(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, mute=(SIESTA,))
    spare = FakeChannel(name="spare")
    here.courier.channels = {"desk": here.channel, "spare": spare}
    here.courier.fallbacks = {"desk": Fallback(receiver="spare")}
    here.channel.script = [DOWN, Receipt(outcome="permanent", status="413")]
    await published(here, TITLES[0], after=59 * MINUTE + 58 * SECOND)
    for _ in range(4):
        await here.deliver(HOUR)
        here.courier.fall_back()
    assert spare.accepted == []
    await here.deliver(HOUR)
    await here.deliver(10 * SECOND)
    assert len(spare.accepted) == 1


async def test_a_catch_up_waits_for_the_end_of_quiet_hours(tmp_path: Path) -> None:
    here = world(tmp_path, Terms(expires_after=HOUR), mute=(SIESTA,))
    here.store.disable_receiver("desk", "a person", here.clock.now())
    for title in TITLES:
        await published(here, title, after=MINUTE)
    assert await here.deliver(2 * HOUR) == []
    here.store.enable_receiver("desk")
    assert await here.deliver(MINUTE) == []
    (told,) = await here.deliver(4 * HOUR)
    assert told.startswith("catch-up of 2")
