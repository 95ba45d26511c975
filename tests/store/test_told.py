"""What messages told, and what a merge leaves of two stories, on both engines."""

from dataclasses import replace

from monitor.model import Assessment, Change, Kind, Verdict
from monitor.store.corrections import Note
from monitor.store.records import Store
from tests.store.samples import (
    HOUR,
    MINUTE,
    NOW,
    RULE,
    alert,
    decision,
    grouping,
    item,
    leased,
    message,
    polled,
    story,
    tell,
)

CHANGES = (
    Change(sentence="Three dead \x00 \ud800", field="title", facts=("dead: 3",)),
    Change(sentence="A fire", field="summary"),
)
WORTH = Assessment(
    grade="B2",
    because="two of them",
    voices=("A", "B"),
    first_by="A",
    first_at=NOW,
    state=1,
    others=2,
    state_lag=-25 * MINUTE,
)


def test_what_a_message_told_comes_back_as_it_was_stored(store: Store) -> None:
    raised = tell(store, item())
    store.make_due(None, NOW)
    updated = replace(raised, sequence=2, updated=NOW + HOUR)
    said = replace(
        message(updated, item()),
        kind=Kind.CORRECTION,
        changes=CHANGES,
        assessment=WORTH,
    )
    with store.poll(leased(store)) as poll:
        poll.save_alert(updated, said)
        poll.finish(polled())
    view = store.alert(raised.id)
    assert view is not None
    first, second = view.messages
    assert (first.changes, first.assessment) == ((), None)
    # What no database takes is replaced, one for one.
    assert second.changes[0].sentence == "Three dead \ufffd \ufffd"
    assert second.changes[1:] == CHANGES[1:]
    assert second.assessment == WORTH


def both_told(store: Store) -> None:
    """Two stories with an alert and facts each."""
    one, two = item("a"), item("b")
    tell(store, one)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert poll.told(RULE.id, "sto_1") is None
        poll.save_told("alr_1", {"count/dead/3", "state/dead"})
        poll.add_items([two])
        poll.lock_stories()
        poll.save_story(replace(story(two, "sto_2"), first_seen=NOW + HOUR))
        poll.save_grouping(grouping(two, "sto_2"), NOW)
        second = alert("sto_2", "alr_2")
        poll.save_alert(second, message(second, two))
        poll.save_told("alr_2", {"place/UA/Kyiv"})
        poll.finish(polled())


def test_facts_that_were_told_are_united_over_a_merge(store: Store) -> None:
    both_told(store)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert poll.told(RULE.id, "sto_2") == frozenset({"place/UA/Kyiv"})
        assert not poll.kept_apart("sto_1", "sto_2")
        made = poll.merge(poll.story("sto_2"), poll.story("sto_1"))
        assert (made.id, made.items) == ("sto_1", 2)
        assert poll.family("sto_1") == {"sto_1", "sto_2"}
        assert poll.story("sto_2").id == "sto_1"
        united = frozenset({"count/dead/3", "state/dead", "place/UA/Kyiv"})
        assert poll.told(RULE.id, "sto_1") == united
        poll.finish(polled())


def test_a_merge_is_seen_in_the_story_its_items_and_its_alerts(store: Store) -> None:
    both_told(store)
    store.make_due(None, NOW)
    merged = replace(decision(item("b")), verdict=Verdict.MERGE, reason="one-story")
    with store.poll(leased(store)) as poll:
        poll.merge(poll.story("sto_2"), poll.story("sto_1"))
        poll.add_decisions([merged])
        poll.finish(polled())
    view = store.story("sto_1")
    assert view is not None
    assert view.merges == (merged,)
    assert [one.id for one in view.alerts] == ["alr_1", "alr_2"]
    assert store.explained(item("b").id).story_id == "sto_1"
    assert store.corrections() == []
    found = store.alert("alr_2")
    assert found is not None
    assert found.story.id == "sto_1"


def test_what_a_person_split_is_kept_apart_also_after_further_merges(
    store: Store,
) -> None:
    one, two = item("a"), item("b")
    tell(store, one)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.add_items([two])
        poll.lock_stories()
        poll.save_grouping(grouping(two, "sto_1"), NOW)
        poll.save_story(story(two, "sto_3"))
        poll.finish(polled())
    apart = store.split_item(two.id, Note(at=NOW))
    store.merge_stories("sto_1", "sto_3", Note(at=NOW))
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert poll.kept_apart("sto_3", apart.id)
        assert poll.kept_apart(apart.id, poll.story("sto_1").id)
        poll.finish(polled())
