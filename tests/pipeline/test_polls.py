"""One poll is one transaction: what is alerted, held back, joined, repeated."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.errors import StoreUnavailable
from monitor.model import (
    Corroboration,
    Exchange,
    Feed,
    FeedState,
    Source,
    Updates,
    Verdict,
)
from monitor.notify.routes import Route
from monitor.pipeline.taking import MOST_REVISIONS
from monitor.store.polls import Poll
from tests.pipeline.world import START, World, entry, failure, rule

NEWS = "Thirty-three men detained near Minsk"
TEXT = "State security says armed men were found in a sanatorium south of the city."
OTHER = "Minsk raises the price of bread by a tenth, bakers complain"


def verdicts(world: World) -> list[tuple[str, str]]:
    return [
        (finding.decision.verdict.value, finding.decision.reason)
        for report in world.seen.polls
        for finding in report.findings
    ]


async def test_a_match_becomes_one_message(world: World) -> None:
    world.publish("https://a.example/f", entry(NEWS, TEXT), entry("Weather"))
    assert await world.cycle() == [f"new 1: {NEWS} [{NEWS}]"]
    assert await world.cycle() == []


async def test_a_cycle_ends_although_feeds_are_due_again_before_it_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many feeds at one host, asked one after the other, some always are."""
    fetch = world.server.fetch

    async def slow(feed: Feed, state: FeedState) -> Exchange:
        answer = await fetch(feed, state)
        world.clock.sleep(timedelta(hours=3))
        if len(world.seen.polls) > 5:
            world.crew._stopping = True  # else a failure would not be seen
        return answer

    monkeypatch.setattr(world.server, "fetch", slow)
    for path in "abc":
        world.publish(f"https://a.example/{path}", entry("Weather"))
    await world.cycle()
    assert len(world.seen.polls) == 3


async def test_what_no_rule_wants_is_stored_and_not_grouped(world: World) -> None:
    world.publish("https://a.example/f", entry("Weather"))
    assert await world.cycle() == []
    figures = world.store.counts()
    assert (figures["items"], figures["stories"]) == (1, 0)


async def test_the_first_poll_floods_nobody(world: World) -> None:
    world.publish(
        "https://a.example/f",
        entry(NEWS, TEXT, at=START - timedelta(days=3)),
        entry(OTHER, at=None),
    )
    assert await world.cycle() == []
    assert sorted(verdicts(world)) == [
        ("hold", "backfill"),
        ("hold", "undated-first-poll"),
    ]


async def test_an_item_without_a_date_is_alerted_when_it_comes_later(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry("Weather", at=None))
    await world.cycle()
    world.publish("https://a.example/f", entry(NEWS, TEXT, at=None))
    assert len(await world.cycle()) == 1


async def test_what_was_published_while_the_feed_was_down_is_late_not_old(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry("Weather"))
    await world.cycle()
    good = world.server.pages["https://a.example/f"]
    world.server.pages["https://a.example/f"] = failure()
    await world.cycle(timedelta(days=4))
    world.server.pages["https://a.example/f"] = good
    world.publish(
        "https://a.example/f", entry(NEWS, TEXT, at=START + timedelta(days=1))
    )
    assert len(await world.cycle()) == 1


async def test_a_copy_elsewhere_joins_in_silence(world: World) -> None:
    world.publish("https://a.example/f", entry(NEWS, TEXT))
    await world.cycle()
    world.publish("https://b.example/f", entry(NEWS, TEXT, guid="b"))
    assert await world.cycle() == []
    assert verdicts(world)[-1] == ("join", "known-story")
    assert world.seen.polls[-1].twins + world.seen.polls[-2].twins == 1


async def test_copies_in_one_poll_make_one_alert(world: World) -> None:
    world.publish(
        "https://a.example/f", entry(NEWS, TEXT), entry(NEWS, TEXT, guid="again")
    )
    assert len(await world.cycle()) == 1


async def test_a_rule_may_ask_for_updates_by_further_outlets(
    make_world: Callable[..., World],
) -> None:
    world = make_world(rules=[rule(updates=Updates.SOURCE)])
    world.publish("https://a.example/f", entry(NEWS, TEXT))
    await world.cycle()
    world.publish("https://b.example/f", entry(NEWS, TEXT + " More soon.", guid="b"))
    (message,) = await world.cycle()
    assert message.startswith(f"update 2: {NEWS}")


async def test_a_gate_holds_the_alert_until_a_second_owner_reports(
    make_world: Callable[..., World],
) -> None:
    world = make_world(
        rules=[rule(corroboration=Corroboration(sources=2, within=timedelta(hours=6)))],
        sources=[Source(name="A", owner="X"), Source(name="B", owner="X")],
    )
    world.publish("https://a.example/f", entry(NEWS, TEXT), source="A")
    assert await world.cycle() == []
    world.publish("https://b.example/f", entry(NEWS, TEXT, guid="b"), source="B")
    assert await world.cycle() == []
    # A copy to the letter is no second voice, whoever publishes it.
    world.publish("https://c.example/f", entry(NEWS, TEXT, guid="c"), source="C")
    assert await world.cycle() == []
    own = entry(f"{NEWS}, neighbours say", guid="d")
    world.publish("https://d.example/f", own, source="D")
    assert len(await world.cycle()) == 1
    assert verdicts(world)[-1] == ("raise", "corroborated")


async def test_two_rules_on_one_item_are_two_alerts(
    make_world: Callable[..., World],
) -> None:
    world = make_world(rules=[rule(), rule("detained")])
    world.publish("https://a.example/f", entry(NEWS, TEXT))
    assert len(await world.cycle()) == 2


async def test_an_edited_item_is_a_revision_never_a_second_alert(world: World) -> None:
    world.publish("https://a.example/f", entry(NEWS, TEXT, guid="1"))
    await world.cycle()
    world.server.pages["https://a.example/f"] = [entry(NEWS + "!", "More.", guid="1")]
    assert await world.cycle() == []
    assert world.seen.polls[-1].revised_items == 1


async def test_an_edited_item_that_a_rule_now_wants_is_alerted_once(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry("Developing", guid="1"))
    await world.cycle()
    world.server.pages["https://a.example/f"] = [entry(NEWS, TEXT, guid="1")]
    assert len(await world.cycle()) == 1
    world.server.pages["https://a.example/f"] = [entry(NEWS, "Changed", guid="1")]
    assert await world.cycle() == []


async def test_a_headline_that_flaps_is_bounded(world: World) -> None:
    world.publish("https://a.example/f", entry("Live: 0", guid="1"))
    for number in range(MOST_REVISIONS + 5):
        world.server.pages["https://a.example/f"] = [entry(f"Live: {number}", guid="1")]
        await world.cycle()
    assert sum(report.revised_items for report in world.seen.polls) == MOST_REVISIONS


async def test_validators_are_echoed_and_an_unchanged_body_is_not_read(
    world: World,
) -> None:
    world.publish("https://a.example/f", entry(NEWS, TEXT))
    await world.cycle()
    await world.cycle()
    assert world.server.states[-1].etag.startswith('"')
    assert [report.status for report in world.seen.polls] == ["ok", "unchanged"]


async def test_a_failure_keeps_the_validators_and_counts(world: World) -> None:
    world.publish("https://a.example/f", entry(NEWS, TEXT))
    await world.cycle()
    world.server.pages["https://a.example/f"] = failure()
    await world.cycle()
    (row,) = world.store.feeds()
    assert row.state.etag.startswith('"')
    assert (row.state.failures, row.state.status) == (1, "status")


async def test_when_nothing_answers_no_feed_is_blamed(world: World) -> None:
    for name in "abc":
        world.publish(f"https://{name}.example/f")
        world.server.pages[f"https://{name}.example/f"] = failure("dns", 0)
    await world.cycle()
    assert all(report.offline for report in world.seen.polls)
    assert [row.state.failures for row in world.store.feeds()] == [0, 0, 0]


async def test_an_address_that_is_not_dialled_is_no_sign_of_a_network(
    world: World,
) -> None:
    for name in "abc":
        world.publish(f"https://{name}.example/f")
        world.server.pages[f"https://{name}.example/f"] = failure("dns", 0)
    private = "https://private.example/f"
    world.publish(private)
    world.server.pages[private] = failure("forbidden-address", 0)
    await world.cycle()
    await world.cycle(timedelta(minutes=4))
    assert {r.feed.url for r in world.store.feeds() if r.state.failures} == {private}


async def test_one_host_alone_is_no_evidence_that_the_machine_is_offline(
    world: World,
) -> None:
    urls = ["https://a.example/f", "https://a.example/g"]
    for url in urls:
        world.publish(url)
    await world.cycle()
    for url in urls:
        world.server.pages[url] = failure("connect", 0)
    for minutes in (60, 3, 3):
        await world.cycle(timedelta(minutes=minutes))
    assert [row.state.failures for row in world.store.feeds()] == [1, 1]
    assert not world.poller.reachability.offline
    world.publish("https://b.example/f")
    world.server.pages["https://b.example/f"] = failure("connect", 0)
    await world.cycle(timedelta(minutes=3))
    assert world.poller.reachability.offline


async def test_when_others_answer_a_dead_host_is_blamed(world: World) -> None:
    world.publish("https://a.example/f", entry("Weather"))
    await world.cycle()
    world.publish("https://b.example/f")
    world.server.pages["https://b.example/f"] = failure("dns", 0)
    await world.cycle(timedelta(minutes=1))
    assert {r.feed.url: r.state.failures for r in world.store.feeds()} == {
        "https://a.example/f": 0,
        "https://b.example/f": 1,
    }


@pytest.mark.parametrize(
    "verb", ["add_items", "save_alert", "add_deliveries", "finish"]
)
async def test_a_poll_that_fails_in_the_middle_leaves_nothing_and_is_repeated(
    world: World, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    world.publish("https://a.example/f", entry(NEWS, TEXT))
    with monkeypatch.context() as patch:
        patch.setattr(Poll, verb, broken)
        world.clock.sleep(timedelta(hours=1))
        await world.crew.claim_polls()
        while world.crew.busy:
            await __import__("asyncio").sleep(0.001)
    figures = world.store.counts()
    assert (figures["items"], figures["alerts"]) == (0, 0)
    world.clock.sleep(timedelta(minutes=2))
    assert len(await world.cycle()) == 1


async def test_a_restart_in_the_middle_of_a_story_forgets_nothing(world: World) -> None:
    world.publish("https://a.example/f", entry(NEWS, TEXT))
    await world.cycle()
    world.restart()
    world.publish(
        "https://b.example/f", entry(NEWS + ", officials say", TEXT, guid="b")
    )
    assert await world.cycle() == []
    assert verdicts(world)[-1][0] == Verdict.JOIN.value


async def test_group_wait_gathers_reports_into_the_first_message(
    make_world: Callable[..., World],
) -> None:
    wait = timedelta(minutes=10)
    world = make_world(route=Route(receiver="desk", group_wait=wait))
    world.publish("https://a.example/f", entry(NEWS, TEXT))
    assert await world.cycle() == []
    world.publish("https://b.example/f", entry(NEWS, TEXT, guid="b"))
    assert await world.cycle(timedelta(minutes=5)) == []
    (message,) = await world.cycle(timedelta(minutes=6))
    assert message.count(NEWS) == 3
