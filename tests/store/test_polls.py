"""The one transaction of a poll."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from monitor.model import FeedLease, GroupedItem, KnownItem, Polled
from monitor.store.records import Store
from tests.store.samples import (
    DAY,
    FEED,
    HOUR,
    MINUTE,
    NOW,
    OTHER,
    RULE,
    alert,
    all_at_once,
    decision,
    delivery,
    grouping,
    item,
    keep,
    leased,
    match,
    message,
    polled,
    story,
    tell,
)


def test_an_item_comes_back_as_it_was_stored(store: Store) -> None:
    keep(store, [item()])
    found = store.item(item().id)
    assert found is not None
    assert found.item == item()
    assert (found.revisions, found.revised) == (0, None)


def test_a_poll_that_breaks_in_the_middle_leaves_nothing(store: Store) -> None:
    store.add_feed(FEED, NOW)
    lease = leased(store)

    def break_off() -> None:
        with store.poll(lease) as poll:
            poll.add_items([item()])
            poll.add_matches([match(item())], NOW)
            poll.save_story(story(item()))
            poll.save_grouping(grouping(item()), NOW)
            poll.save_alert(alert(), message(alert(), item()))
            poll.add_deliveries([delivery(alert_id="alr_1")])
            poll.add_decisions([decision(item())])
            poll.finish(polled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    counts = store.counts()
    kept = {
        name: counts[name]
        for name in ("items", "stories", "alerts", "deliveries_pending")
    }
    assert kept == dict.fromkeys(kept, 0)
    assert store.feeds()[0].state == lease.state
    with store.poll(lease) as poll:
        poll.finish(polled())


def test_only_keys_that_the_feed_itself_has_brought_are_known(store: Store) -> None:
    keep(store, [item("a"), item("b")])
    keep(store, [item("c", OTHER)], OTHER)
    store.make_due([FEED.url], NOW)
    with store.poll(leased(store)) as poll:
        known = poll.known(["a", "c", "d"])
    assert known == {
        "a": KnownItem(
            id=item("a").id,
            key="a",
            content_hash="hash-a-One",
            revisions=0,
            first_seen=NOW,
        )
    }


def test_a_revision_keeps_identity_and_first_sight_and_is_counted(store: Store) -> None:
    keep(store, [item()])
    changed = replace(
        item(), title="Corrected", content_hash="new", first_seen=NOW + DAY
    )
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.revise_items([changed], NOW + HOUR)
        poll.revise_items([changed], NOW + 2 * HOUR)
        assert poll.known(["a"])["a"].revisions == 2
        assert poll.known(["a"])["a"].content_hash == "new"
        poll.finish(polled())
    row = store.item(item().id)
    assert row is not None
    assert row.item == replace(changed, first_seen=NOW)
    assert (row.revisions, row.revised) == (2, NOW + 2 * HOUR)


@pytest.mark.parametrize(
    "same",
    [
        {"canonical_url": item("a").canonical_url},
        {"guid": item("a").guid, "source": FEED.source},
        {"content_hash": item("a").content_hash},
    ],
    ids=["address", "guid at the same outlet", "content"],
)
def test_an_exact_copy_is_found_in_any_feed(store: Store, same: dict[str, str]) -> None:
    keep(store, [replace(item("a"), key=item("a").guid)])
    store.add_feed(OTHER, NOW)
    copy = item(same.get("guid", "z"), OTHER, **same)
    with store.poll(leased(store, OTHER)) as poll:
        assert poll.twins([copy, item("y", OTHER)]) == {copy.id: item("a").id}


@pytest.mark.parametrize(
    "same",
    [
        {"guid": item("a").guid},
        {"guid": "", "source": FEED.source},
        {"canonical_url": ""},
        {"content_hash": ""},
        {"content_hash": item("a").content_hash, "title": "Short", "summary": "too"},
    ],
    ids=["guid elsewhere", "no guid", "no address", "no hash", "too short to tell"],
)
def test_what_is_empty_short_or_of_another_outlet_makes_no_copy(
    store: Store, same: dict[str, str]
) -> None:
    empty = item("e", guid="", canonical_url="", content_hash="")
    short = item("s", content_hash="hash-short", title="Short", summary="too")
    keep(store, [item("a"), empty, short])
    store.add_feed(OTHER, NOW)
    with store.poll(leased(store, OTHER)) as poll:
        assert poll.twins([item("z", OTHER, **same)]) == {}


def test_copies_within_one_poll_point_to_the_first_of_them(store: Store) -> None:
    store.add_feed(FEED, NOW)
    same = [item(key, content_hash="same") for key in "abc"]
    expected = {same[1].id: same[0].id, same[2].id: same[0].id}
    with store.poll(leased(store)) as poll:
        assert poll.twins(same) == expected
        poll.add_items(same)
        assert poll.twins(same) == expected
        assert poll.twins([same[2], same[0], same[1]]) == expected


def test_very_many_items_come_in_one_poll(store: Store) -> None:
    many = [item(str(number)) for number in range(1300)]
    keep(store, many)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert len(poll.known([each.key for each in many])) == 1300
        assert poll.twins(many) == {}


def test_a_publisher_s_worst_texts_are_stored(store: Store) -> None:
    guid = "".join(chr(33 + (number * number) % 90) for number in range(20_000))
    worst = item(
        "k\x00" + "\udcff" + guid,
        title="NUL \x00 and a lone \ud800 surrogate",
        guid=guid,
        url="https://one.example/" + guid,
        canonical_url="https://one.example/" + guid,
        tags=("\x00", "\ud800"),
        content_hash="hash",
    )
    keep(store, [worst])
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert set(poll.known([worst.key])) == {worst.key}
        copy = item("other", content_hash="hash", title=worst.title)
        assert poll.twins([copy]) == {copy.id: worst.id}
    (row,) = store.find_items(worst.id)
    assert row.item.title == "NUL \ufffd and a lone \ufffd surrogate"
    assert row.item.tags == ("\ufffd", "\ufffd")


def test_matches_are_kept_once_with_their_evidence(store: Store) -> None:
    store.add_feed(FEED, NOW)
    first = match(item())
    with store.poll(leased(store)) as poll:
        poll.add_items([item(), item("b")])
        poll.add_matches([first, match(item(), "other-rule")], NOW)
        poll.add_matches([replace(first, rule_version="later", evidence=())], NOW + DAY)
        assert poll.matched([item().id, item("b").id]) == {
            item().id: frozenset({RULE.id, "other-rule"}),
            item("b").id: frozenset(),
        }
        poll.finish(polled())
    found = store.explained(item().id).matches
    assert [(each.match.rule_id, each.at) for each in found] == [
        ("other-rule", NOW),
        (RULE.id, NOW),
    ]
    assert found[1].match == first


def test_items_that_joined_stories_are_read_after_a_cursor(store: Store) -> None:
    store.add_feed(FEED, NOW)
    one, two = item("a"), item("b")
    with store.poll(leased(store)) as poll:
        poll.add_items([one, two])
        poll.lock_stories()
        poll.save_story(story(one))
        first = poll.save_grouping(grouping(one), NOW - DAY)
        second = poll.save_grouping(grouping(two), NOW)
        poll.save_story(replace(story(one), items=2, sources=("One News", "Two News")))
        assert first < second
        both = [
            GroupedItem(cursor=first, story_id="sto_1", item=one),
            GroupedItem(cursor=second, story_id="sto_1", item=two),
        ]
        assert poll.grouped_since(0, NOW - DAY) == both
        assert poll.grouped_since(first, NOW - DAY) == both[1:]
        assert poll.grouped_since(0, NOW) == both[1:]
        assert poll.story_of([one.id, two.id, "itm_unknown"]) == {
            one.id: "sto_1",
            two.id: "sto_1",
        }
        assert poll.story("sto_1").items == 2
        assert poll.story("sto_1").sources == ("One News", "Two News")
        with pytest.raises(KeyError):
            poll.story("sto_unknown")
        poll.finish(polled())


def test_an_item_grouped_anew_moves_and_gets_a_later_cursor(store: Store) -> None:
    tell(store, item())
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.lock_stories()
        before = poll.grouped_since(0, NOW)[-1].cursor
        poll.save_story(story(item(), "sto_2"))
        assert poll.save_grouping(grouping(item(), "sto_2"), NOW) > before
        assert [row.story_id for row in poll.grouped_since(0, NOW)] == ["sto_2"]
        poll.finish(polled())


def test_there_is_one_alert_a_rule_and_story(store: Store) -> None:
    raised = tell(store, item())
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert poll.alert(RULE.id, "sto_1") == raised
        assert poll.alert("other-rule", "sto_1") is None
        assert poll.alert(RULE.id, "sto_2") is None
        updated = replace(raised, sequence=2, updated=NOW + HOUR)
        poll.save_alert(updated, message(updated, item()))
        assert poll.alert(RULE.id, "sto_1") == updated
        poll.finish(polled())
    view = store.alert(raised.id)
    assert view is not None
    assert view.messages == (message(raised, item()), message(updated, item()))


def test_a_delivery_that_is_already_there_is_left_as_it_is(store: Store) -> None:
    first = delivery(alert_id="alr_1")
    tell(store, item(), [first])
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.add_deliveries([replace(first, due=NOW + DAY)])
        poll.add_deliveries([])
        poll.finish(polled())
    assert store.deliveries() == [first]


def test_a_finished_poll_has_a_next_one(store: Store) -> None:
    store.add_feed(FEED, NOW)
    with pytest.raises(ValueError, match="no next one"), store.poll(leased(store)) as p:
        p.finish(replace(polled(), poll_after=None))


def test_replicas_group_one_after_the_other(
    open_again: Callable[[], Store],
) -> None:
    """What the second sees after the lock holds all that the first grouped."""
    mine, other = open_again(), open_again()
    mine.sync_feeds([FEED, OTHER], NOW)
    leases = {each.feed.url: each for each in mine.lease_feeds(NOW, NOW + HOUR, 2, "x")}
    locked, seen = threading.Event(), list[str]()

    def first() -> None:
        with mine.poll(leases[FEED.url]) as poll:
            poll.add_items([item()])
            poll.lock_stories()
            locked.set()
            poll.save_story(story(item()))
            poll.save_grouping(grouping(item()), NOW)
            poll.finish(polled())

    def second() -> None:
        assert locked.wait(30)
        with other.poll(leases[OTHER.url]) as poll:
            poll.lock_stories()
            seen.extend(row.item.id for row in poll.grouped_since(0, NOW - MINUTE))
            poll.finish(polled())

    all_at_once([first, second])
    assert seen == [item().id]


@pytest.mark.parametrize(
    "unlike",
    [
        {"canonical_url": "https://one.example"},
        {"published": NOW + 2 * DAY},
        {"guid": item("a").guid, "canonical_url": "", "content_hash": "another"},
    ],
    ids=["a home page", "days later", "a guid that is not the key"],
)
def test_what_others_may_share_makes_no_copy(
    store: Store, unlike: dict[str, object]
) -> None:
    first = replace(item("a"), key=item("a").guid)
    if unlike.get("canonical_url"):
        first = replace(first, canonical_url=str(unlike["canonical_url"]))
    keep(store, [first])
    store.add_feed(OTHER, NOW)
    same = {"canonical_url": first.canonical_url, "source": FEED.source}
    later = item("z", OTHER, **{**same, **unlike})
    with store.poll(leased(store, OTHER)) as poll:
        assert poll.twins([later]) == {}


def test_one_address_within_a_feed_makes_no_copy(store: Store) -> None:
    keep(store, [item("a")])
    store.make_due(None, NOW)
    other = item("z", canonical_url=item("a").canonical_url)
    with store.poll(leased(store)) as poll:
        assert poll.twins([other]) == {}


def test_what_a_feed_lists_no_longer_is_found_by_address_or_text(store: Store) -> None:
    keep(store, [item("a"), item("b"), item("c")])
    keep(store, [item("d", OTHER, canonical_url=item("a").canonical_url)], OTHER)
    store.make_due([FEED.url], NOW)
    here = item("x", canonical_url=item("a").canonical_url)
    there = item("y", content_hash=item("b").content_hash)
    with store.poll(leased(store)) as poll:
        poll.known(["x", "y", "c"])
        found = poll.unlisted([here, there, item("z", canonical_url="")])
        assert {one.known.key for one in found} == {"a", "b"}
        poll.known(["a"])
        assert [one.known.key for one in poll.unlisted([here])] == []


def test_of_polls_that_went_alike_those_since_a_moment_are_counted(
    store: Store,
) -> None:
    store.add_feed(FEED, NOW)
    for hours in range(0, 241, 24):
        store.make_due([FEED.url], NOW + hours * HOUR)
        with store.poll(leased(store, FEED, NOW + hours * HOUR)) as poll:
            poll.remember(
                Polled(at=NOW + hours * HOUR, status=304, outcome="unchanged")
            )
            poll.finish(polled())
    for days, requests in ((12, 11), (7, 8), (2, 3)):
        (host,) = store.politeness(NOW + 10 * DAY - days * DAY)
        assert (host.requests, host.unchanged) == (requests, requests)
        assert host.too_often == 0
    assert store.politeness(NOW + 11 * DAY) == []


def test_two_polls_of_a_host_that_asks_to_be_left_alone_do_not_block_each_other(
    store: Store, open_again: Callable[[], Store]
) -> None:
    urls = [f"https://one.example/{number}" for number in range(2)]
    store.sync_feeds([replace(FEED, url=url) for url in urls], NOW)
    leases = store.lease_feeds(NOW, NOW + MINUTE, 9, "test")
    both = threading.Barrier(2)

    def put_down(by: Store, lease: FeedLease) -> None:
        url = lease.feed.url
        with by.poll(lease, beside=url) as poll:
            with suppress(threading.BrokenBarrierError):
                both.wait(0.5)  # one holds the feed that the other one wants to pause
            poll.pause_host(url, NOW + HOUR, "asked to wait")
            poll.finish(replace(lease.state, poll_after=NOW + HOUR))

    by = (store, open_again())
    all_at_once([partial(put_down, *each) for each in zip(by, leases, strict=True)])
    assert {row.state.poll_after for row in store.feeds()} == {NOW + HOUR}
