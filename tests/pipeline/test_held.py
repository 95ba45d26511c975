"""What is held back although a rule fired: recorded with its reason, told later as new."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Severity, Silence, Updates
from monitor.notify.intervals import Interval
from monitor.notify.routes import Route
from monitor.notify.silences import Inhibition, read_matcher
from tests.pipeline.world import START, World, entry, rule

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, rules=(rule(updates=Updates.REPORT), rule("vilnius")))


def silence(world: World, *matchers: str, lasts: timedelta = 2 * HOUR) -> Silence:
    now = world.clock.now()
    made = Silence(
        id=f"sil_{len(world.store.silences(None))}",
        matchers=tuple(read_matcher(text) for text in matchers),
        starts=now,
        ends=now + lasts,
        created=now,
        author="ann",
        comment="drill",
    )
    world.store.add_silence(made)
    return made


async def published(world: World, title: str, outlet: str = "a") -> list[str]:
    at = world.clock.now() + HOUR
    world.publish(f"https://{outlet}.example/f", entry(title, at=at), source=outlet)
    return await world.cycle()


async def test_a_silence_holds_back_what_fits_and_nothing_else(world: World) -> None:
    silence(world, "rule=minsk")
    assert await published(world, "Rally in Minsk") == []
    (told,) = await published(world, "Fog over Vilnius", "b")
    assert "Fog over Vilnius" in told
    (held,) = world.store.held_back(START)
    assert (held.rule_id, held.reason) == ("minsk", "silenced")
    assert "ann" in held.detail
    assert "drill" in held.detail


async def test_after_the_silence_the_story_is_told_as_new(world: World) -> None:
    silence(world, "theme=test", "severity!=critical")
    assert await published(world, "Rally in Minsk today") == []
    world.clock.sleep(3 * HOUR)
    (told,) = await published(world, "Rally in Minsk today goes on", "b")
    assert told.startswith("new 1")


async def test_a_story_that_was_told_can_be_silenced(world: World) -> None:
    await published(world, "Rally in Minsk today")
    (story,) = world.store.stories()
    silence(world, f"story={story.id}")
    assert await published(world, "Rally in Minsk today again", "b") == []
    assert await published(world, "Court in Minsk frees a doctor", "c") != []


async def test_a_silence_can_be_ended(world: World) -> None:
    made = silence(world, "rule=minsk", lasts=DAY)
    assert world.store.expire_silence(made.id, world.clock.now())
    assert not world.store.expire_silence(made.id, world.clock.now())
    assert await published(world, "Rally in Minsk") != []


@pytest.mark.parametrize("text", ["minsk", "colour=red", "rule~minsk", "=x"])
def test_what_is_no_matcher_is_refused_with_the_names(text: str) -> None:
    with pytest.raises(ValueError, match="theme, severity, rule"):
        read_matcher(text)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("severity!=crtical", "one of info, low, medium, high, critical"),
        ("severity=high,critical", "one of info, low"),
        ("severity!=High", "info, low, medium, high, critical"),
        ("theme==wagner", "write theme=VALUE"),
        ("theme=~wag.*", "write theme=VALUE"),
        ('theme=""', "write theme=VALUE"),
    ],
)
def test_a_matcher_that_no_alert_can_fit_is_refused(text: str, mend: str) -> None:
    """With `!=` it would hold back what is critical too, with `=` nothing."""
    with pytest.raises(ValueError, match=mend):
        read_matcher(text)


def test_what_is_in_quotes_is_meant_as_it_stands() -> None:
    assert read_matcher('source="=Wire"') == ("source", "=", "=Wire")
    assert read_matcher("severity != critical") == ("severity", "!=", "critical")


@pytest.mark.parametrize("grave_first", [True, False])
async def test_a_graver_alert_keeps_another_of_the_same_story_quiet(
    tmp_path: Path, *, grave_first: bool
) -> None:
    grave = rule("minsk", severity=Severity.CRITICAL)
    light = rule("rally", severity=Severity.LOW)
    # In whatever order the packs list them, the graver one is decided first.
    world = World(tmp_path, rules=(grave, light) if grave_first else (light, grave))
    inhibition = Inhibition(
        source={"severity": ("critical",)}, target={"severity": ("low", "medium")}
    )
    policy = world.teller.policy
    from dataclasses import replace  # noqa: PLC0415

    world.teller.policy = replace(policy, inhibitions=(inhibition,))
    (told,) = await published(world, "Rally in Minsk")
    assert "Rally in Minsk" in told
    (held,) = world.store.held_back(START)
    assert (held.rule_id, held.reason) == ("rally", "inhibited")
    # Another story is none of its business.
    (told,) = await published(world, "Rally at sea", "b")
    assert "Rally at sea" in told


async def test_at_night_messages_wait_for_the_morning_unless_critical(
    tmp_path: Path,
) -> None:
    # The world's clock stands at nine in the morning, UTC.
    forenoon = Interval(name="forenoon", times=((9 * 60, 12 * 60),))
    route = Route(receiver="desk", mute=(forenoon,))
    rules = (rule(), rule("vilnius", severity=Severity.CRITICAL))
    world = World(tmp_path, rules=rules, route=route)
    assert await published(world, "Rally in Minsk") == []
    (told,) = await published(world, "Blast in Vilnius", "b")
    assert "Blast in Vilnius" in told
    (delivery,) = [d for d in world.store.deliveries() if d.delivered is None]
    assert delivery.due == START.replace(hour=12)
    (told,) = await world.deliver(3 * HOUR)
    assert "Rally in Minsk" in told
