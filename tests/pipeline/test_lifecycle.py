"""Alerts are closed, acknowledged, repeated and opened again, each once and with a reason."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.model import (
    Alert,
    DeliveryState,
    Escalation,
    Kind,
    Severity,
    Silence,
    Standing,
    Updates,
    Verdict,
)
from monitor.notify.digests import Digest
from monitor.notify.gathering import Terms
from monitor.notify.intervals import Interval
from monitor.notify.routes import Route
from monitor.notify.silences import read_matcher
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.lifecycle import Lifecycles, Note, Transaction
from monitor.store.records import Store
from tests.pipeline.world import DOWN, FakeChannel, World, entry, rule

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
    """Return the one that this world keeps, as a daemon does."""
    made = Lifecycles(world.store, lambda: world.teller.policy)
    kept: Lifecycles = vars(world).setdefault("lifecycles", made)
    return kept


@dataclass
class Counted:
    """A store that counts which alerts are looked at."""

    store: Store
    looked: list[str] = field(default_factory=list)

    def open_alerts(self, quiet_since: datetime) -> Sequence[str]:
        return self.store.open_alerts(quiet_since)

    def standing(self, alert_id: str) -> Standing | None:
        self.looked.append(alert_id)
        return self.store.standing(alert_id)

    def lifecycle(self) -> AbstractContextManager[Transaction]:
        return self.store.lifecycle()


async def test_an_alert_is_looked_at_when_something_can_be_due_for_it(
    tmp_path: Path,
) -> None:
    # The other rule's alerts are repeated each hour, so there is always something to see.
    hourly = Route(receiver="desk", repeat_interval=HOUR, match={"rule": ("x",)})
    here = world(tmp_path, resolve_after=3 * DAY, routes=(hourly,))
    await published(here, "Rally in Minsk")
    counted = Counted(here.store)
    kept = Lifecycles(counted, lambda: here.teller.policy)
    changed = 0
    for _ in range(4 * 24 * 6):
        here.clock.sleep(timedelta(minutes=10))
        changed += kept.look(here.clock.now())
    assert changed == 1
    assert only(here).closed is not None
    assert len(counted.looked) <= 4 * 4 + 2
    # Other rules or routes may say something else.
    here.restart()
    await published(here, "Rally in Minsk grows as thousands march", "b")
    counted.looked.clear()
    here.clock.sleep(2 * HOUR)
    for _ in range(3):
        kept.look(here.clock.now())
    assert len(counted.looked) == 1


async def test_of_very_many_open_alerts_each_gets_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.pipeline.lifecycle.MOST", 2)
    here = world(tmp_path, resolve_after=DAY)
    for title in ("Rally in Minsk", "Fire in Vilnius", "Flood in Minsk airport"):
        await published(here, title)
    counted = Counted(here.store)
    kept = Lifecycles(counted, lambda: here.teller.policy)
    here.clock.sleep(2 * DAY)
    assert [kept.look(here.clock.now()) for _ in range(3)] == [2, 1, 0]
    assert len(set(counted.looked)) == 3


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
    about = here.store.alerts()[0].messages[0].item_id
    decision = here.store.explained(about).decisions[-1]
    assert (decision.verdict, decision.reason) == (Verdict.CLOSE, "quiet")
    assert "no report for 24 h" in decision.detail
    first, last = here.store.alerts()[0].messages
    assert last.assessment == first.assessment is not None


async def test_who_does_not_ask_for_it_is_not_told_that_an_alert_was_closed(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, closed=False, resolve_after=DAY)
    await published(here, "Rally in Minsk")
    assert await looked(here, 2 * DAY) == []
    assert said(here)[-1] == (Kind.CLOSED, "quiet")


async def test_a_story_with_further_reports_stays_open(tmp_path: Path) -> None:
    here = world(tmp_path, resolve_after=DAY)
    await published(here, "Opposition rally in Minsk")
    here.clock.sleep(20 * HOUR)
    await published(here, "Opposition rally in Minsk goes on", "b")
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


async def test_a_person_closes_an_alert_and_only_news_opens_it_again(
    tmp_path: Path,
) -> None:
    here = world(tmp_path)
    await published(here, "Ten arrested at rally in Minsk")
    made = lifecycles(here).close(only(here).id, DANA, here.clock.now())
    assert made is not None
    assert lifecycles(here).close(only(here).id, DANA, here.clock.now()) is None
    (told,) = await here.deliver(HOUR)
    assert told.startswith("closed 2")
    # Another outlet says the same: it is over all the same.
    assert await published(here, "Ten arrested at rally in Minsk", "b") == []
    assert only(here).closed_by == "dana"
    (again,) = await published(here, "Forty arrested at rally in Minsk", "c")
    assert again.startswith("update 3")
    assert only(here).closed is None
    assert said(here)[-1] == (Kind.UPDATE, "reopened")


async def test_who_hears_of_an_alert_only_when_it_is_over_hears_that_it_is(
    tmp_path: Path,
) -> None:
    here = world(tmp_path)
    here.store.disable_receiver("desk", "gone", here.clock.now())
    await published(here, "Ten arrested at rally in Minsk")
    lifecycles(here).close(only(here).id, DANA, here.clock.now())
    here.store.enable_receiver("desk")
    (told,) = await here.deliver(HOUR)
    assert told.startswith("closed 2")
    (waited,) = [d for d in here.store.deliveries() if d.sequence == 1]
    assert waited.state is DeliveryState.FOLDED
    notice = here.store.notice(here.channel.sent[-1][0])
    assert "dana" in notice.detail
    assert "first matching report" in notice.detail


async def test_the_end_of_an_alert_is_told_after_what_has_to_be_tried_again(
    tmp_path: Path,
) -> None:
    here = world(tmp_path)
    here.channel.script = [DOWN, DOWN]
    assert await published(here, "Ten arrested at rally in Minsk") == []
    lifecycles(here).close(only(here).id, DANA, here.clock.now())
    assert await here.deliver(timedelta(seconds=1)) == []
    told = [one for _ in range(4) for one in await here.deliver(timedelta(minutes=1))]
    assert [one.split(":")[0] for one in told] == ["new 1", "closed 2"]


async def test_whoever_heard_of_an_alert_hears_of_its_end_whatever_routes_say_by_then(
    tmp_path: Path,
) -> None:
    pager = FakeChannel(name="pager")
    by_outlet = Route(receiver="pager", match={"source": ("a",)})
    here = world(tmp_path, routes=(by_outlet,))
    here.wishes = Wishes(
        terms={name: Terms(send_closed=True) for name in ("desk", "pager")},
        intervals={},
    )
    here.restart()
    here.courier.channels = {"desk": here.channel, "pager": pager}
    await published(here, "Ten arrested at rally in Minsk", "a")
    await published(here, "Ten are arrested at a rally in Minsk", "b")
    assert [one.split(":")[0] for one in pager.accepted] == ["new 1"]
    lifecycles(here).close(only(here).id, DANA, here.clock.now())
    await here.deliver(HOUR)
    assert [one.split(":")[0] for one in pager.accepted] == ["new 1", "closed 3"]
    assert here.channel.accepted[-1].startswith("closed 3")


async def test_news_that_a_publisher_writes_into_its_report_open_it_again(
    tmp_path: Path,
) -> None:
    here = world(tmp_path)
    url = "https://a.example/f"

    async def edited(title: str) -> list[str]:
        here.server.pages[url] = []
        here.publish(url, entry(title, guid="one", at=here.clock.now()), source="a")
        return await here.cycle()

    await edited("Ten arrested at rally in Minsk")
    lifecycles(here).close(only(here).id, DANA, here.clock.now())
    await here.deliver(HOUR)
    assert await edited("Rally in Minsk: ten arrested") == []
    (again,) = await edited("Forty arrested at rally in Minsk")
    assert again.startswith("update 3")
    assert said(here)[-1] == (Kind.UPDATE, "reopened")


async def test_a_report_after_a_quiet_time_opens_the_alert_again(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, resolve_after=5 * HOUR)
    await published(here, "Rally in Minsk")
    await looked(here, 6 * HOUR)
    (told,) = await published(here, "Rally in Minsk, again", "b")
    assert told.startswith("update 3")
    assert said(here) == [
        (Kind.NEW, "new-story"),
        (Kind.CLOSED, "quiet"),
        (Kind.UPDATE, "reopened"),
    ]


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


async def test_what_is_in_a_digest_that_has_not_arrived_is_not_repeated(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, repeat_interval=4 * HOUR)
    digest = Digest(cron="0 * * * *")
    wishes = Wishes(terms={"desk": Terms(digest=digest)}, intervals={})
    here.teller.policy = replace(here.teller.policy, wishes=wishes)
    await published(here, "Rally in Minsk")
    here.channel.script = [DOWN] * 99
    for _ in range(5):
        assert await looked(here, 4 * HOUR) == []
    assert len(said(here)) == 1
    here.channel.script = []
    assert len(await here.deliver(12 * HOUR)) == 1
    # The interval begins when it has arrived.
    await looked(here, 3 * HOUR)
    assert len(said(here)) == 1
    await looked(here, HOUR)
    assert [reason for _, reason in said(here)] == ["new-story", "repeat"]


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


@pytest.mark.parametrize("updates", [Updates.NONE, Updates.SOURCE, Updates.NEWS])
async def test_a_story_is_silent_until_something_new_happens_in_it(
    tmp_path: Path, updates: Updates
) -> None:
    here = world(tmp_path)
    here.rules = (rule(updates=updates),)
    here.restart()
    await published(here, "Ten arrested at rally in Minsk")
    (story,) = here.store.stories()
    silence(here, f"story={story.id}", until_news=True)
    assert await published(here, "Ten arrested at rally in Minsk", "b") == []
    (told,) = await published(here, "Forty arrested at rally in Minsk", "c")
    assert told.startswith("update 2")
    assert here.store.silences(here.clock.now()) == []
    (lifted,) = here.store.silences(None)
    assert "lifted" in lifted.comment
    assert "40" in lifted.comment or "Forty" in lifted.comment


async def test_a_graver_rule_on_the_story_is_told_to_those_who_do_not_hear_of_it(
    tmp_path: Path,
) -> None:
    # The graver rule speaks to a receiver of its own.
    rules = (rule(), rule("blast", severity=Severity.CRITICAL, receivers=("duty",)))
    here = World(tmp_path, rules=rules, route=Route(receiver="desk"))
    await published(here, "Rally in Minsk today")
    told = await published(here, "Rally in Minsk today: a blast", "b")
    assert [one.split(":")[0] for one in told] == ["update 2"]
    (light,) = [v for v in here.store.alerts() if v.alert.rule.id == "minsk"]
    assert light.messages[-1].reason == "escalated"
    assert "blast (critical)" in light.messages[-1].detail
    assert await published(here, "Rally in Minsk today: the blast", "c") == []


async def test_that_a_silence_held_it_back_is_a_decision_too(tmp_path: Path) -> None:
    rules = (rule(), rule("blast", severity=Severity.CRITICAL, receivers=("duty",)))
    here = World(tmp_path, rules=rules, route=Route(receiver="desk"))
    await published(here, "Rally in Minsk today")
    silence(here, "rule=minsk")
    assert await published(here, "Rally in Minsk today: a blast", "b") == []
    (held,) = here.store.held_back(here.clock.now() - HOUR)
    assert (held.rule_id, held.reason) == ("minsk", "silenced")
    assert held.detail.startswith("sil_1 until")


async def test_a_story_that_gains_enough_sources_is_escalated_once(
    tmp_path: Path,
) -> None:
    here = world(tmp_path)
    here.rules = (rule(escalate=Escalation(sources=3)),)
    here.restart()
    titles = [
        "Rally in Minsk ends in a march to the station",
        "Minsk rally: crowd walks to the station, says police",
        "Thousands march to station after rally in Minsk, witness tells us",
        "After rally, march through Minsk reaches station at night",
    ]
    told = [
        await published(here, title, o) for title, o in zip(titles, "abcd", strict=True)
    ]
    assert [len(one) for one in told] == [1, 0, 1, 0]
    assert said(here)[-1] == (Kind.UPDATE, "escalated")


MARCH = (
    "Rally in Minsk ends in a march to the station",
    "Minsk rally: crowd walks to the station, says police",
    "Thousands march to station after rally in Minsk, witness tells us",
)
THREE = (rule(escalate=Escalation(sources=3)),)


async def test_a_threshold_is_told_in_the_digest_where_its_severity_waits_for_one(
    tmp_path: Path,
) -> None:
    here = world(tmp_path)
    terms = {"desk": Terms(digest=Digest(cron="0 7 * * *"))}
    here.rules, here.wishes = THREE, Wishes(terms=terms, intervals={})
    here.restart()
    for title, outlet in zip(MARCH, "abc", strict=True):
        assert await published(here, title, outlet) == []
    assert said(here)[-1] == (Kind.UPDATE, "escalated")
    (told,) = await here.deliver(DAY)
    assert told.startswith("digest of 1 [new ")


async def test_a_threshold_waits_for_the_end_of_quiet_hours(tmp_path: Path) -> None:
    quiet = Interval(name="siesta", times=((11 * 60 + 30, 15 * 60),))
    here = world(tmp_path, mute=(quiet,))
    here.rules = THREE
    here.restart()
    told = [
        await published(here, title, outlet)
        for title, outlet in zip(MARCH, "abc", strict=True)
    ]
    assert [len(one) for one in told] == [1, 0, 0]
    assert said(here)[-1] == (Kind.UPDATE, "escalated")
    assert await here.deliver(2 * HOUR) == []
    (late,) = await here.deliver(HOUR)
    assert late.startswith("update 2")
