"""Several alerts as one message: waits, groups, digests, rates and catch-ups, end to end."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from monitor.model import Severity, Updates
from monitor.notify.digests import Digest
from monitor.notify.gathering import Limit, Terms
from monitor.notify.intervals import Interval
from monitor.notify.routes import Route, group_intervals, hours_of
from monitor.pipeline.fallbacks import Fallback
from monitor.pipeline.gathering import Wishes
from tests.pipeline.world import DOWN, FakeChannel, World, entry, rule

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TITLES = (
    "Rally in Minsk",
    "Minsk metro closes a station",
    "Court in Minsk frees a doctor",
    "Snow falls on Minsk airport",
    "Minsk theatre opens its season",
)


def world(folder: Path, terms: Terms | None = None, **route: object) -> World:
    made = Route(receiver="desk", **route)  # type: ignore[arg-type]
    wishes = Wishes(
        terms={"desk": terms} if terms else {},
        intervals=group_intervals(made),
        hours=hours_of(made),
    )
    severities = (Severity.MEDIUM, Severity.CRITICAL)
    rules = [
        rule(name, severity=severity, updates=Updates.SOURCE)
        for name, severity in zip(("minsk", "vilnius"), severities, strict=True)
    ]
    return World(folder, rules=rules, route=made, wishes=wishes)


async def published(
    world: World, *titles: str, outlet: str = "a", after: timedelta = MINUTE
) -> list[str]:
    at = world.clock.now() + after
    for title in titles:
        world.publish(f"https://{outlet}.example/f", entry(title, at=at), source=outlet)
    return await world.cycle(after)


def states(world: World) -> list[str]:
    return sorted(one.state.value for one in world.store.deliveries())


async def test_three_outlets_within_a_minute_make_one_message_that_tells_of_all(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, group_wait=5 * MINUTE)
    for outlet in "abc":
        title = f"Rally in Minsk today {outlet}"
        assert await published(here, title, outlet=outlet) == []
    (told,) = await here.deliver(5 * MINUTE)
    assert told.startswith("new 3")
    assert all(f"Rally in Minsk today {outlet}" in told for outlet in "abc")
    assert states(here) == ["delivered", "folded", "folded"]
    assert await here.deliver(HOUR) == []


async def test_alerts_of_one_group_are_one_message_once_an_interval(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, group_by=("theme",), group_wait=MINUTE, group_interval=HOUR)
    await published(here, *TITLES[:2])
    (told,) = await here.deliver(MINUTE)
    assert told.startswith("batch of 2")
    # The group was told of just now: what comes next waits until the hour is over.
    assert await published(here, *TITLES[2:4], after=10 * MINUTE) == []
    assert await here.deliver(40 * MINUTE) == []
    (told,) = await here.deliver(10 * MINUTE)
    assert told.startswith("batch of 2")
    # After a silence of its own a group speaks at once, and of one alert by itself.
    assert await published(here, TITLES[4], after=2 * HOUR) == []
    (told,) = await here.deliver(MINUTE)
    assert told.startswith("new 1")


NOON = Interval(name="noon", times=((10 * 60, 12 * 60),))
"""The world's clock stands at nine in the morning, UTC."""


async def test_a_group_that_may_speak_again_at_night_waits_for_the_morning(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, group_by=("theme",), group_interval=HOUR, mute=(NOON,))
    assert len(await published(here, TITLES[0], after=30 * MINUTE)) == 1
    assert await published(here, TITLES[1], after=20 * MINUTE) == []
    for _ in range(6):
        assert await here.deliver(20 * MINUTE) == []
    (waiting,) = [d for d in here.store.deliveries() if d.delivered is None]
    assert waiting.due.hour == 12
    assert "noon" in waiting.note
    assert len(await here.deliver(20 * MINUTE)) == 1


async def test_what_is_quiet_does_not_come_along_with_its_group(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, group_by=("theme",), group_interval=HOUR, mute=(NOON,))
    assert len(await published(here, TITLES[0], after=30 * MINUTE)) == 1
    assert await published(here, TITLES[1], after=20 * MINUTE) == []
    assert await published(here, TITLES[2], after=20 * MINUTE) == []
    assert await here.deliver(30 * MINUTE) == []
    (told,) = await here.deliver(90 * MINUTE)
    assert told.startswith("batch of 2")


async def test_a_route_that_is_always_quiet_speaks_all_the_same(
    tmp_path: Path,
) -> None:
    always = Interval(name="always")
    here = world(tmp_path, group_by=("theme",), group_interval=HOUR, mute=(always,))
    assert len(await published(here, TITLES[0])) == 1
    assert await published(here, TITLES[1]) == []
    assert len(await here.deliver(HOUR)) == 1


async def test_what_is_over_the_rate_at_night_waits_for_the_morning(
    tmp_path: Path,
) -> None:
    terms = Terms(limit=Limit(messages=1, per=HOUR))
    here = world(tmp_path, terms, mute=(NOON,))
    assert len(await published(here, TITLES[0], after=30 * MINUTE)) == 1
    assert await published(here, TITLES[1], after=20 * MINUTE) == []
    assert await here.deliver(HOUR) == []
    assert len(await published(here, "Blast in Vilnius", outlet="b")) == 1
    assert len(await here.deliver(90 * MINUTE)) == 1


async def test_what_is_critical_waits_for_no_group(tmp_path: Path) -> None:
    here = world(tmp_path, group_by=("theme",), group_interval=HOUR)
    await published(here, TITLES[0])
    assert await published(here, TITLES[1]) == []
    (told,) = await published(here, "Blast in Vilnius")
    assert "Blast in Vilnius" in told


async def test_a_digest_tells_once_of_what_was_not_told_at_once(tmp_path: Path) -> None:
    here = world(tmp_path, Terms(digest=Digest(cron="0 12 * * *")))
    assert await published(here, *TITLES[:2]) == []
    (urgent,) = await published(here, "Blast in Vilnius")
    assert "Blast in Vilnius" in urgent
    # A second outlet: the digest tells of the story once, as new, with both.
    await published(here, "Rally in Minsk again", outlet="b", after=30 * MINUTE)
    here.restart()
    (told,) = await here.deliver(3 * HOUR)
    assert told.startswith("digest of 2")
    assert told.count("Rally in Minsk") == 1
    assert "new 2: Rally in Minsk" in told
    assert "Blast" not in told
    assert await here.deliver(24 * HOUR) == []


async def test_an_empty_digest_is_not_sent(tmp_path: Path) -> None:
    here = world(tmp_path, Terms(digest=Digest(cron="0 12 * * *")))
    await published(here, "Fog over Riga")
    assert await here.deliver(48 * HOUR) == []
    assert here.store.deliveries() == []


async def test_an_urgent_message_tells_what_waited_for_the_digest(
    tmp_path: Path,
) -> None:
    digest = Digest(cron="0 12 * * *", bypass=Severity.MEDIUM)
    here = world(tmp_path, Terms(digest=Digest(cron="0 12 * * *")))
    await published(here, TITLES[0])
    # The digest's terms change: the next message about the story goes at once.
    here.wishes = Wishes(terms={"desk": Terms(digest=digest)}, intervals={})
    here.restart()
    (told,) = await published(here, "Rally in Minsk goes on", outlet="b")
    assert told.startswith("new 2")
    assert await here.deliver(24 * HOUR) == []


async def test_a_burst_is_one_message_that_lists_what_is_over_the_rate(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, Terms(limit=Limit(messages=2, per=HOUR)))
    told = await published(here, *TITLES)
    assert len(told) == 2
    assert sorted(one.split(" ")[0] for one in told) == ["burst", "new"]
    assert any(one.startswith("burst of 4") for one in told)
    assert all(title in "".join(told) for title in TITLES)
    # What is critical goes whatever the rate; the rest waits for the hour to pass.
    (told_too,) = await published(here, "Blast in Vilnius")
    assert "Blast" in told_too
    assert await published(here, "Minsk bakery burns") == []
    (waiting,) = here.store.deliveries()[:1]
    assert "2 messages" in waiting.note
    (late,) = await here.deliver(HOUR)
    assert "Minsk bakery burns" in late


async def test_what_is_stale_is_one_catch_up_and_not_hundreds_of_messages(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, Terms(expires_after=6 * HOUR))
    here.store.disable_receiver("desk", "holiday", here.clock.now())
    assert await published(here, *TITLES) == []
    here.clock.sleep(12 * HOUR)
    await published(here, "Minsk bakery burns")
    here.store.enable_receiver("desk")
    told = await here.deliver(MINUTE)
    assert len(told) == 2
    assert "catch-up of 5" in "".join(told)
    assert "new 1: Minsk bakery burns" in "".join(told)
    assert states(here) == ["delivered"] * 2 + ["folded"] * 5


async def test_while_a_catch_up_fails_what_gets_stale_waits_for_the_next(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, Terms(expires_after=HOUR))
    here.store.disable_receiver("desk", "holiday", here.clock.now())
    await published(here, *TITLES[:2])
    here.clock.sleep(2 * HOUR)
    here.store.enable_receiver("desk")
    here.channel.script = [DOWN]
    assert await here.deliver(MINUTE) == []
    here.store.disable_receiver("desk", "holiday", here.clock.now())
    await published(here, *TITLES[2:4])
    here.clock.sleep(2 * HOUR)
    here.store.enable_receiver("desk")
    told = await here.deliver(MINUTE)
    told += await here.deliver(MINUTE)
    assert [one[:13] for one in told] == ["catch-up of 2"] * 2


async def test_a_reload_without_the_digest_lets_go_what_waits_for_it(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, Terms(digest=Digest(cron="0 12 * * *")))
    await published(here, *TITLES[:2])
    plain = Wishes(terms={}, intervals={})
    here.teller.policy = replace(here.teller.policy, wishes=plain)
    assert len(await here.deliver(MINUTE)) == 2
    assert states(here) == ["delivered", "delivered"]


async def test_a_digest_that_its_receiver_does_not_take_goes_to_the_fallback_whole(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, Terms(digest=Digest(cron="0 12 * * *")))
    spare = FakeChannel(name="spare")
    here.courier.channels = {"desk": here.channel, "spare": spare}
    here.courier.fallbacks = {"desk": Fallback(receiver="spare")}
    here.channel.script = [DOWN] * 50
    await published(here, *TITLES[:3])
    for _ in range(8):
        await here.deliver(HOUR)
    (told,) = spare.accepted
    assert told.startswith("digest of 3")


async def test_a_digest_that_is_to_come_sooner_brings_what_waits_for_it_along(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, Terms(digest=Digest(cron="0 7 1 * *")))
    assert await published(here, TITLES[0]) == []
    hourly = Terms(digest=Digest(cron="0 * * * *"))
    wishes = replace(here.wishes, terms={"desk": hourly})
    here.teller.policy = replace(here.teller.policy, wishes=wishes)
    assert await published(here, TITLES[1]) == []
    (told,) = await here.deliver(HOUR)
    assert told.startswith("digest of 2")
    assert await here.deliver(HOUR) == []
