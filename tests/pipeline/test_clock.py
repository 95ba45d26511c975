"""A clock that was ahead for a while, and was set right: nothing is kept back for it."""

from collections.abc import Callable
from datetime import timedelta

from monitor.model import Exchange, Fetched, Trigger, Updates
from monitor.notify.alerts import MOST_AN_HOUR, SETTLING
from monitor.notify.routes import Route
from monitor.pipeline.lifecycle import Lifecycles
from monitor.pipeline.polls import Reachability
from tests.pipeline.world import START, World, entry, failure, rule

HOUR = timedelta(hours=1)
AHEAD = timedelta(days=100)
A_DAY = timedelta(hours=20)
"""The reports of such a day are still one story."""


async def test_what_a_feed_publishes_then_is_no_backfill(world: World) -> None:
    world.publish("https://a.example/f", entry("Fog over Brest"))
    await world.cycle()
    world.clock.sleep(AHEAD)
    await world.cycle()
    world.clock.sleep(-AHEAD)
    at = world.clock.now()
    world.publish("https://a.example/f", entry("Rally in Minsk", at=at))
    assert len(await world.cycle()) == 1


async def test_a_rule_that_counts_reports_does_not_rest_until_then(
    make_world: Callable[..., World],
) -> None:
    counts = rule(trigger=Trigger(type="frequency", timeframe=24 * HOUR, count=2))
    world = make_world(rules=(counts,))
    world.publish("https://a.example/f", entry("Fog over Brest"))
    await world.cycle()
    world.clock.sleep(AHEAD)
    for title in ("Trams of Minsk stop", "Minsk opera burns"):
        at = world.clock.now()
        world.publish("https://a.example/f", entry(title, at=at))
    assert len(await world.cycle()) == 1
    world.clock.sleep(-AHEAD)
    for title in ("Rally in Minsk", "Strike at a plant of Minsk"):
        at = world.clock.now()
        world.publish("https://b.example/f", entry(title, at=at))
    assert len(await world.cycle()) == 1


async def told(world: World, title: str, outlet: str) -> list[str]:
    at = world.clock.now()
    world.publish(f"https://{outlet}.example/f", entry(title, at=at), source=outlet)
    return await world.cycle()


DETAINED = "Rally of miners in Minsk: {} people detained"


async def test_news_of_an_alert_that_was_raised_then_wait_for_nothing(
    make_world: Callable[..., World],
) -> None:
    world = make_world(rules=(rule(updates=Updates.REPORT),))
    await told(world, "Fog over Brest", "a")
    world.clock.sleep(AHEAD)
    assert len(await told(world, DETAINED.format(10), "a")) == 1
    world.clock.sleep(-AHEAD)
    assert len(await told(world, DETAINED.format(20), "b")) == 1


async def test_news_of_an_alert_that_was_told_of_then_wait_for_nothing(
    make_world: Callable[..., World],
) -> None:
    world = make_world(rules=(rule(updates=Updates.NEWS),))
    await told(world, "Fog over Brest", "a")
    assert len(await told(world, DETAINED.format(10), "a")) == 1
    world.clock.sleep(A_DAY)
    for number in range(MOST_AN_HOUR):
        world.clock.sleep(SETTLING - HOUR)
        assert len(await told(world, DETAINED.format(20 * 2**number), "b")) == 1
    world.clock.sleep(-A_DAY)
    await told(world, DETAINED.format(500), "c")
    assert len(await world.deliver(SETTLING)) == 1


async def test_an_alert_that_was_told_of_then_is_closed_and_repeated_as_any_other(
    make_world: Callable[..., World],
) -> None:
    world = make_world(
        rules=(rule(updates=Updates.REPORT),),
        route=Route(receiver="desk", repeat_interval=HOUR, resolve_after=24 * HOUR),
    )
    lifecycles = Lifecycles(world.store, lambda: world.teller.policy)
    await told(world, DETAINED.format(10), "a")
    world.clock.sleep(A_DAY)
    assert len(await told(world, DETAINED.format(20), "b")) == 1
    assert lifecycles.look(world.clock.now() + HOUR) == 1
    world.clock.sleep(-A_DAY)
    world.store.make_due_from_the_future(world.clock.now())
    await world.deliver(timedelta())
    world.clock.sleep(HOUR)
    assert lifecycles.look(world.clock.now()) == 1
    assert len(await world.deliver(timedelta())) == 1
    world.clock.sleep(24 * HOUR)
    lifecycles.look(world.clock.now())
    (view,) = world.store.alerts()
    assert view.alert.closed == world.clock.now()


def test_whether_any_feed_answers_is_not_judged_by_what_happened_then() -> None:
    answered = Exchange(outcome=Fetched.NOT_MODIFIED, url="", final_url="", status=304)
    silent = failure("timeout", 0)
    reach = Reachability()
    assert reach.note("a", silent, START + AHEAD)
    assert not reach.note("a", answered, START)
    assert not reach.offline
    reach.note("a", answered, START + AHEAD)
    assert not reach.note("a", silent, START)
    assert reach.note("b", silent, START + HOUR), "nothing has answered for an hour"
