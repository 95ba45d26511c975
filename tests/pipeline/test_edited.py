"""Rules and receivers that are edited while alerts are open: who hears of them then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from monitor.model import DeliveryState, Rule, Severity, Updates
from monitor.notify.routes import Route
from monitor.pipeline.lifecycle import Lifecycles
from monitor.pipeline.policy import Policy
from tests.pipeline.world import WordRules, World, entry, rule

HOUR = timedelta(hours=1)
OURS = rule(updates=Updates.REPORT, receivers=("ops",))


async def published(world: World, title: str, outlet: str = "a") -> list[str]:
    at = world.clock.now() + HOUR
    world.publish(f"https://{outlet}.example/f", entry(title, at=at), source=outlet)
    return await world.cycle()


def reload(world: World, *receivers: str, rules: tuple[Rule, ...]) -> None:
    """Take other rules and receivers into force; all send through one channel."""
    policy: Policy = world.teller.policy
    world.teller.policy = replace(
        policy,
        rules=WordRules({one.id: one for one in rules}),
        recipients=dict.fromkeys(receivers, ("",)),
    )
    world.courier.channels = dict.fromkeys(receivers, world.channel)


def told(world: World) -> list[tuple[str, DeliveryState]]:
    return [(one.receiver, one.state) for one in world.store.deliveries()]


async def test_news_go_to_whom_the_rule_names_by_now(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    reload(world, "ops", "desk", rules=(OURS,))
    assert len(await published(world, "Rally in Minsk")) == 1
    edited = replace(OURS, receivers=("night",))
    reload(world, "night", "desk", rules=(edited,))
    assert len(await published(world, "Rally in Minsk goes on", "b")) == 1
    assert {name for name, _ in told(world)} == {"ops", "night"}
    assert {state for _, state in told(world)} == {DeliveryState.DELIVERED}


async def test_nothing_is_repeated_to_a_receiver_that_was_removed_with_its_rule(
    make_world: Callable[..., World],
) -> None:
    world = make_world(route=Route(receiver="desk", repeat_interval=4 * HOUR))
    reload(world, "ops", "desk", rules=(OURS,))
    assert len(await published(world, "Rally in Minsk")) == 1
    reload(world, "desk", rules=())
    world.clock.sleep(5 * HOUR)
    lifecycles = Lifecycles(world.store, lambda: world.teller.policy)
    assert lifecycles.look(world.clock.now()) == 0
    assert told(world) == [("ops", DeliveryState.DELIVERED)]


async def test_who_hears_of_a_graver_rule_by_now_is_not_told_twice(
    make_world: Callable[..., World],
) -> None:
    world = make_world()
    grave = rule("dead", severity=Severity.CRITICAL, receivers=("desk",))
    reload(world, "ops", "desk", rules=(OURS, grave))
    assert len(await published(world, "Rally in Minsk")) == 1
    edited = replace(OURS, receivers=("desk",), updates=Updates.NONE)
    reload(world, "desk", rules=(edited, grave))
    assert len(await published(world, "Rally in Minsk: one dead", "b")) == 1
    assert DeliveryState.PENDING not in {state for _, state in told(world)}
