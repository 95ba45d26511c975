"""What the commands read: items, stories, alerts, notices, notes."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from monitor.model import Delivery, Item, Kind, Report, Rule, Severity
from monitor.store import schema
from monitor.store.outbox_rows import rule_document, to_rule
from monitor.store.records import Store
from monitor.store.views import AlertFilter, Grouped, ItemFilter, Note
from tests.store.samples import (
    DAY,
    FEED,
    HOUR,
    NOW,
    OTHER,
    RULE,
    alert,
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


def titles(found: list[Item]) -> list[str]:
    return [each.key for each in found]


# ── items ────────────────────────────────────────────────────────────────────


def test_items_are_found_by_id_beginning_or_address(store: Store) -> None:
    keep(store, [item("a"), item("b")])
    wanted = item("a")
    for text in (wanted.id, wanted.id[:12], wanted.url, wanted.canonical_url):
        assert [row.item for row in store.find_items(text)] == [wanted], text
    assert titles([row.item for row in store.find_items("itm_")]) == ["b", "a"]
    assert titles([row.item for row in store.find_items("itm_", limit=1)]) == ["b"]
    assert store.find_items("itm_0000") == []
    assert store.find_items("itm%") == []
    assert store.find_items("https://unknown.example/") == []
    assert store.item("itm_unknown") is None


def test_items_are_read_newest_first_however_many(store: Store) -> None:
    many = [
        item(str(number), first_seen=NOW + (number // 7) * HOUR)
        for number in range(1100)
    ]
    keep(store, many)
    expected = [each.key for each in reversed(many)]
    assert titles(list(store.items())) == expected
    assert titles(list(store.items(ItemFilter(limit=701)))) == expected[:701]
    assert list(store.items(ItemFilter(limit=0))) == []


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (ItemFilter(since=NOW + HOUR), ["c", "b"]),
        (ItemFilter(until=NOW + HOUR), ["a"]),
        (ItemFilter(since=NOW + HOUR, until=NOW + 2 * HOUR), ["b"]),
        (ItemFilter(lang="ru"), ["b"]),
        (ItemFilter(source=OTHER.source), ["c"]),
        (ItemFilter(feed=OTHER.url), ["c"]),
        (ItemFilter(limit=2), ["c", "b"]),
    ],
)
def test_items_are_chosen(store: Store, which: ItemFilter, expected: list[str]) -> None:
    keep(store, [item("a"), item("b", first_seen=NOW + HOUR, lang="ru")])
    keep(store, [item("c", OTHER, first_seen=NOW + 2 * HOUR)], OTHER)
    assert titles(list(store.items(which))) == expected


def test_all_that_became_of_an_item_is_on_record(store: Store) -> None:
    tell(store, item())
    found = store.explained(item().id)
    assert found.row.item == item()
    assert [each.match for each in found.matches] == [match(item())]
    assert found.grouping == Grouped(grouping=grouping(item()), at=NOW)
    assert found.decisions == (decision(item()),)
    with pytest.raises(KeyError):
        store.explained("itm_unknown")


def test_an_item_that_no_rule_wanted_has_no_more_to_tell(store: Store) -> None:
    keep(store, [item()])
    found = store.explained(item().id)
    assert (found.matches, found.grouping, found.decisions) == ((), None, ())


# ── stories and alerts ───────────────────────────────────────────────────────


def test_a_story_is_shown_with_items_reasons_and_alerts(store: Store) -> None:
    raised = tell(store, item())
    view = store.story("sto_1")
    assert view is not None
    assert view.story == story(item())
    assert view.items == (item(),)
    assert view.groupings == (Grouped(grouping=grouping(item()), at=NOW),)
    assert view.alerts == (raised,)
    assert view.merged_into == ""
    assert store.story("sto_unknown") is None


def test_a_merged_story_s_items_are_shown_with_the_one_that_took_it_in(
    store: Store,
) -> None:
    told = delivery(alert_id="alr_1")
    tell(store, item(), [told])
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.add_items([item("b")])
        poll.save_story(story(item("b"), "sto_2"))
        poll.save_grouping(grouping(item("b"), "sto_2"), NOW)
        poll.finish(polled())
    with store._database.write() as connection:
        merge = sa.update(schema.stories).where(schema.stories.c.id == "sto_1")
        connection.execute(merge.values(merged_into="sto_2"))
    view = store.story("sto_2")
    assert view is not None
    assert titles(list(view.items)) == ["a", "b"]
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert poll.story_of([item().id]) == {item().id: "sto_2"}
        assert {row.story_id for row in poll.grouped_since(0, NOW)} == {"sto_2"}
    assert store.notice(told).story.id == "sto_2"
    assert len(store.notice(told).reports) == 2


def test_an_alert_is_shown_with_messages_and_deliveries(store: Store) -> None:
    told = delivery(alert_id="alr_1")
    raised = tell(store, item(), [told])
    (view,) = store.alerts()
    assert view.alert == raised
    assert view.alert.rule == RULE
    assert view.story == story(item())
    assert view.messages == (message(raised, item()),)
    assert view.deliveries == (told,)
    assert store.alert("alr_1") == view
    assert store.alert("alr_unknown") is None


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (AlertFilter(), ["alr_2", "alr_1"]),
        (AlertFilter(limit=1), ["alr_2"]),
        (AlertFilter(rule="other"), ["alr_2"]),
        (AlertFilter(theme="wagner"), ["alr_1"]),
        (AlertFilter(severities=(Severity.HIGH,), limit=1), ["alr_1"]),
        (AlertFilter(severities=(Severity.LOW, Severity.CRITICAL)), ["alr_2"]),
        (AlertFilter(since=NOW + HOUR), ["alr_2"]),
        (AlertFilter(until=NOW + HOUR), ["alr_1"]),
    ],
)
def test_alerts_are_chosen_last_updated_first(
    store: Store, which: AlertFilter, expected: list[str]
) -> None:
    tell(store, item())
    rule = replace(RULE, id="other", theme="energy", severity=Severity.LOW)
    later = replace(alert(alert_id="alr_2", rule=rule), updated=NOW + HOUR)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.save_alert(later, message(later, item()))
        poll.finish(polled())
    assert [view.alert.id for view in store.alerts(which)] == expected


@pytest.mark.parametrize(
    "rule", [RULE, Rule(id="plain", title="Plain", theme="t", match="word")]
)
def test_a_rule_s_snapshot_comes_back_whole(rule: Rule) -> None:
    assert to_rule(rule_document(rule)) == rule
    assert to_rule({**rule_document(rule), "of_a_later_version": 1}) == rule


# ── notices ──────────────────────────────────────────────────────────────────


def test_a_notice_holds_all_that_a_message_says(store: Store) -> None:
    told = delivery(alert_id="alr_1")
    raised = tell(store, item(), [told])
    notice = store.notice(told)
    assert notice.alert == raised
    assert (notice.kind, notice.sequence, notice.at) == (Kind.NEW, 1, NOW)
    assert (notice.reason, notice.detail) == ("new-story", "the first report")
    assert notice.story == story(item())
    assert notice.reports == (Report(item=item(), evidence=match(item()).evidence),)
    assert notice.feed_names == {FEED.url: FEED.name}


def test_a_notice_shows_its_cause_first_then_the_newest_at_most_ten(
    store: Store,
) -> None:
    told = delivery(alert_id="alr_1")
    tell(store, item("cause", published=NOW - DAY), [told])
    more = [
        item(str(number), OTHER, published=NOW + number * HOUR) for number in range(11)
    ]
    undated = item("undated", OTHER, published=None, first_seen=NOW + 10.5 * HOUR)
    store.add_feed(OTHER, NOW)
    with store.poll(leased(store, OTHER)) as poll:
        poll.add_items([*more, undated])
        for each in [*more, undated]:
            poll.save_grouping(grouping(each), NOW)
        poll.add_matches([match(more[10], "other-rule")], NOW)
        poll.save_story(replace(story(item()), items=13))
        poll.finish(polled())
    notice = store.notice(told)
    keys = [report.item.key for report in notice.reports]
    assert keys == ["cause", "undated", *[str(number) for number in range(10, 2, -1)]]
    assert [bool(report.evidence) for report in notice.reports] == [True, *[False] * 9]
    assert notice.omitted == 3
    assert notice.feed_names == {FEED.url: "One", OTHER.url: "Two"}


@pytest.mark.parametrize(
    "stray", [delivery(), delivery(alert_id="alr_1", sequence=2)], ids=["test", "none"]
)
def test_a_delivery_without_a_message_has_no_notice(
    store: Store, stray: Delivery
) -> None:
    tell(store, item())
    with pytest.raises(KeyError):
        store.notice(stray)


# ── notes ────────────────────────────────────────────────────────────────────


def test_a_note_is_left_for_other_processes(store: Store) -> None:
    assert store.note("reload") is None
    store.set_note("reload", "refused", NOW)
    store.set_note("reload", "in force", NOW + HOUR)
    assert store.note("reload") == Note(value="in force", at=NOW + HOUR)


def test_a_note_is_changed_only_where_it_is_the_one_that_was_read(store: Store) -> None:
    assert store.change_note("k", None, "one", NOW)
    assert not store.change_note("k", None, "two", NOW)
    assert not store.change_note("k", "zero", "two", NOW)
    assert store.change_note("k", "one", "two", NOW + HOUR)
    note = store.note("k")
    assert note is not None
    assert (note.value, note.at) == ("two", NOW + HOUR)
