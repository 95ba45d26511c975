"""A delivery is stored before it is attempted, and recorded after."""

from datetime import timedelta

from monitor.model import Circuit, DeliveryState
from monitor.send.deliveries import Receipt
from monitor.store.views import DeliveryFilter
from tests.pipeline.world import DOWN, World, entry

NEWS = "Thirty-three men detained near Minsk"


async def test_a_retry_sends_the_same_bytes_under_the_same_id(world: World) -> None:
    world.channel.script = [DOWN, DOWN]
    world.publish("https://a.example/f", entry(NEWS))
    assert await world.cycle() == []
    assert await world.deliver(timedelta(seconds=10)) == []
    assert len(await world.deliver(timedelta(minutes=1))) == 1
    assert len({(d.id, body.content) for d, body in world.channel.sent}) == 1
    assert world.channel.composed == 1
    assert [r.outcome for r in world.seen.deliveries] == ["retry", "retry", "delivered"]


async def test_it_is_not_tried_before_it_is_due(world: World) -> None:
    world.channel.script = [
        Receipt(outcome="temporary", status="429", retry_after=timedelta(hours=1))
    ]
    world.publish("https://a.example/f", entry(NEWS))
    await world.cycle()
    assert await world.deliver(timedelta(minutes=59)) == []
    assert len(await world.deliver(timedelta(minutes=2))) == 1


async def test_a_fault_in_a_channel_is_a_failure_to_be_retried(world: World) -> None:
    world.channel.script = [RuntimeError("a bug")]
    world.publish("https://a.example/f", entry(NEWS))
    await world.cycle()
    assert "a bug" in world.seen.deliveries[0].receipt.problem
    assert len(await world.deliver(timedelta(minutes=1))) == 1


async def test_gone_disables_the_receiver_and_the_rest_waits(world: World) -> None:
    world.channel.script = [
        Receipt(outcome="permanent", status="410", problem="gone", disable="it is gone")
    ]
    world.publish("https://a.example/f", entry(NEWS))
    await world.cycle()
    world.publish("https://a.example/f", entry("Minsk bakers strike over flour"))
    assert await world.cycle() == []
    states = [d.state for d in world.store.deliveries(DeliveryFilter())]
    assert sorted(states) == [DeliveryState.DEAD, DeliveryState.PENDING]
    world.store.enable_receiver("desk")
    assert len(await world.deliver(timedelta(minutes=1))) == 1


async def test_a_receiver_that_is_no_longer_configured_is_a_dead_letter(
    world: World,
) -> None:
    world.courier.channels = {}
    world.publish("https://a.example/f", entry(NEWS))
    await world.cycle()
    for _ in range(3):
        await world.deliver(timedelta(hours=1))
    (delivery,) = world.store.deliveries(DeliveryFilter())
    assert (delivery.state, delivery.attempts) == (DeliveryState.DEAD, 3)
    assert "no receiver is called 'desk'" in delivery.problem


async def test_a_receiver_that_one_process_does_not_know_yet_is_told_by_another(
    world: World,
) -> None:
    """They read a new configuration one after the other; or a line was lost for a minute."""
    world.courier.channels = {}
    world.publish("https://a.example/f", entry(NEWS))
    await world.cycle()
    assert world.store.circuits(["desk"]) == {"desk": Circuit()}
    world.restart()
    assert len(await world.deliver(timedelta(minutes=10))) == 1


async def test_a_dead_letter_can_be_replayed_under_its_id(world: World) -> None:
    world.channel.script = [Receipt(outcome="permanent", status="413", problem="big")]
    world.publish("https://a.example/f", entry(NEWS))
    await world.cycle()
    world.store.replay(DeliveryFilter(receiver="desk"), world.clock.now())
    assert len(await world.deliver(timedelta(seconds=1))) == 1
    assert len({delivery.id for delivery, _ in world.channel.sent}) == 1


async def test_what_is_in_hand_at_the_end_is_released(world: World) -> None:
    world.publish("https://a.example/f", entry(NEWS))
    world.clock.sleep(timedelta(hours=1))
    await world.crew.claim_polls()
    await world.crew.drain(timedelta(seconds=5))
    world.restart()
    assert len(await world.cycle(timedelta(seconds=1))) <= 1
    assert world.channel.accepted == [f"new 1: {NEWS} [{NEWS}]"]
