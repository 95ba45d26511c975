"""Alerts are closed, acknowledged, repeated and opened again, each once and with a reason."""

from datetime import timedelta
from pathlib import Path

from monitor.model import Alert, Kind, Silence, Updates, Verdict
from monitor.notify.gathering import Terms
from monitor.notify.routes import Route
from monitor.notify.silences import read_matcher
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.lifecycle import Lifecycles, Note
from tests.pipeline.world import World, entry, rule

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DANA = Note(by="dana", comment="handled")


def world(folder: Path, *, closed: bool = True, **route: object) -> World:
    terms = {"desk": Terms(send_closed=closed)}
    rules = (rule(updates=Updates.SOURCE), rule("vilnius"))
    return World(
        folder,
        rules=rules,
        route=Route(receiver="desk", **route),  # type: ignore[arg-type]
        wishes=Wishes(terms=terms, intervals={}),
    )


async def published(world: World, title: str, outlet: str = "a") -> list[str]:
    at = world.clock.now() + HOUR
    world.publish(f"https://{outlet}.example/f", entry(title, at=at), source=outlet)
    return await world.cycle()


async def looked(world: World, after: timedelta) -> list[str]:
    world.clock.sleep(after)
    lifecycles(world).look(world.clock.now())
    return await world.deliver(timedelta())


def lifecycles(world: World) -> Lifecycles:
    return Lifecycles(world.store, lambda: world.teller.policy)


def only(world: World) -> Alert:
    (view,) = world.store.alerts()
    return view.alert


def said(world: World) -> list[tuple[Kind, str]]:
    (view,) = world.store.alerts()
    return [(one.kind, one.reason) for one in view.messages]


async def test_a_story_that_is_quiet_for_long_enough_is_closed_once(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, resolve_after=DAY)
    await published(here, "Rally in Minsk")
    assert await looked(here, 23 * HOUR) == []
    (told,) = await looked(here, HOUR)
    assert told.startswith("closed 2: Rally in Minsk")
    assert await looked(here, DAY) == []
    assert only(here).closed is not None
    decision = here.store.decisions_of(here.store.alerts()[0].messages[0].item_id)[-1]
    assert (decision.verdict, decision.reason) == (Verdict.CLOSE, "quiet")
    assert "no report for 24 h" in decision.detail


async def test_who_does_not_ask_for_it_is_not_told_that_an_alert_was_closed(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, closed=False, resolve_after=DAY)
    await published(here, "Rally in Minsk")
    assert await looked(here, 2 * DAY) == []
    assert said(here)[-1] == (Kind.CLOSED, "quiet")


async def test_a_story_with_further_reports_stays_open(tmp_path: Path) -> None:
    here = world(tmp_path, resolve_after=DAY)
    await published(here, "Rally in Minsk")
    here.clock.sleep(20 * HOUR)
    await published(here, "Rally in Minsk goes on", "b")
    assert await looked(here, 20 * HOUR) == []
    assert only(here).closed is None


async def test_a_rule_may_say_itself_how_long_or_never(tmp_path: Path) -> None:
    here = world(tmp_path, resolve_after=DAY)
    here.rules = (rule(resolve_after=timedelta()), rule("vilnius", resolve_after=HOUR))
    here.restart()
    await published(here, "Rally in Minsk")
    await published(here, "Fog over Vilnius", "b")
    told = await looked(here, 2 * DAY)
    assert [one.split(" ")[0] for one in told] == ["closed"]
    assert "Vilnius" in told[0]


async def test_two_replicas_close_an_alert_once(tmp_path: Path) -> None:
    here = world(tmp_path, resolve_after=DAY)
    await published(here, "Rally in Minsk")
    here.clock.sleep(2 * DAY)
    found = here.store.open_alerts(here.clock.now())
    assert lifecycles(here).look(here.clock.now()) == 1
    assert len(found) == 1
    assert lifecycles(here).look(here.clock.now()) == 0
    assert len(await here.deliver(HOUR)) == 1


async def test_an_alert_that_nobody_acknowledged_is_repeated(tmp_path: Path) -> None:
    here = world(tmp_path, repeat_interval=4 * HOUR)
    await published(here, "Rally in Minsk")
    assert await looked(here, 3 * HOUR) == []
    (told,) = await looked(here, HOUR)
    assert told.startswith("update 2")
    assert await looked(here, 3 * HOUR) == []
    assert len(await looked(here, HOUR)) == 1
    assert said(here)[-1] == (Kind.UPDATE, "repeat")
    assert lifecycles(here).acknowledge(only(here).id, DANA, here.clock.now())
    assert await looked(here, 12 * HOUR) == []


async def test_what_has_not_arrived_or_is_silenced_is_not_repeated(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, repeat_interval=HOUR)
    here.store.disable_receiver("desk", "holiday", here.clock.now())
    await published(here, "Rally in Minsk")
    assert await looked(here, 5 * HOUR) == []
    assert len(said(here)) == 1
    here.store.enable_receiver("desk")
    assert len(await here.deliver(HOUR)) == 1
    silence(here, "theme=test")
    assert await looked(here, HOUR) == []


def silence(world: World, matcher: str, *, until_news: bool = False) -> Silence:
    now = world.clock.now()
    made = Silence(
        id="sil_1",
        matchers=(read_matcher(matcher),),
        starts=now,
        ends=now + 30 * DAY,
        created=now,
        until_news=until_news,
    )
    world.store.add_silence(made)
    return made
