"""The ledger: whatever is dropped, altered, moved, slipped in or cut off shows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Row

from monitor.model import Body, DeliveryState, Silence
from monitor.store import chain
from monitor.store.chain import EMPTY, Head, read_head
from monitor.store.corrections import Note
from monitor.store.recorded import KINDS, digest_of
from monitor.store.records import Store, open_store
from monitor.store.schema import deliveries, ledger, meta, metadata
from monitor.store.views import AuditLine, DeliveryFilter
from tests.store.samples import (
    DAY,
    FEED,
    HOUR,
    MINUTE,
    NOW,
    all_at_once,
    delivery,
    grouping,
    item,
    keep,
    lease_one,
    leased,
    match,
    polled,
    settle,
    tell,
)

BODY = Body(content_type="text/plain", content=b"Fighters detained")
LATER = NOW + HOUR


def lived(store: Store) -> Store:
    """Leave one of everything that is recorded."""
    about = item("a", title="A NUL \x00 and a half \ud800 of a pair")
    raised = tell(store, about, [delivery(1), delivery(2, recipient="a@b.example")])
    for state in (DeliveryState.PENDING, DeliveryState.DELIVERED):
        held = store.lease_deliveries(NOW, NOW + MINUTE, 1, "test")[0]
        store.save_bodies([(held, BODY)])
        settle(store, held, state)
    store.replay(DeliveryFilter(states=(DeliveryState.DELIVERED,)), NOW)
    store.add_silence(
        Silence(
            id="sil_1",
            matchers=(("theme", "=", "wagner"),),
            starts=NOW,
            ends=LATER,
            created=NOW,
        )
    )
    store.expire_silence("sil_1", NOW + MINUTE)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.add_items([item("b")])
        poll.lock_stories()
        poll.save_grouping(grouping(item("b"), "sto_1"), NOW)
        poll.finish(polled())
    store.split_item(about.id, Note(at=NOW))
    store.audit(AuditLine(at=NOW, who="duty", action="POST", detail="{}"))
    store.disable_receiver("desk", "it answered 410", NOW)
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.revise_items([item("a", title="Revised")], NOW)
        poll.add_deliveries([delivery(3), delivery(4)])
        poll.fold([delivery(3)], delivery(4), NOW)
        poll.finish(polled())
    assert raised.id == "alr_1"
    return store


def write(store: Store, statement: Any) -> int:
    with store._database.write() as connection:
        return connection.execute(statement).rowcount


def what(store: Store, *heads: Head) -> str:
    broken = store.ledger.verify(heads).broken
    return broken.what if broken else ""


# ── what is recorded ─────────────────────────────────────────────────────────


def test_every_kind_of_record_has_an_entry_that_agrees_with_it(store: Store) -> None:
    lived(store)
    assert what(store) == ""
    assert store.ledger.waiting() > 0
    sealed = store.ledger.seal(LATER)
    proof = store.ledger.verify()
    assert proof.broken is None
    assert (proof.entries, proof.waiting, proof.first) == (sealed, 0, 1)
    assert {entry.kind for entry in store.ledger.entries()} == {*KINDS, "begins"}


def test_an_item_that_no_rule_wants_is_not_recorded(store: Store) -> None:
    keep(store, [item("a")])
    assert store.ledger.entries() == []
    assert store.ledger.seal(NOW) == 0
    assert store.ledger.head() == EMPTY
    assert what(store) == ""


def test_what_is_already_there_is_recorded_once(store: Store) -> None:
    about = item("a")
    tell(store, about, [delivery(1)])
    before = len(store.ledger.entries())
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        poll.add_matches([match(about)], LATER)
        poll.add_deliveries([delivery(1, created=LATER)])
        poll.finish(polled())
    assert len(store.ledger.entries()) == before
    assert what(store) == ""


def test_what_is_rolled_back_leaves_no_entry(store: Store) -> None:
    store.add_feed(FEED, NOW)

    def break_off() -> None:
        with store.poll(leased(store)) as poll:
            poll.add_items([item("a")])
            poll.add_matches([match(item("a"))], NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert store.ledger.entries() == []


def test_entries_can_be_listed_by_what_they_tell_of(store: Store) -> None:
    lived(store)
    store.ledger.seal(LATER)
    about = [entry.kind for entry in store.ledger.entries(about="dlv_1")]
    assert set(about) - {"replay"} == {"delivery", "body", "attempt"}
    newest = store.ledger.entries(limit=1)[0]
    assert str(store.ledger.head()) == f"{newest.position}:{newest.hash}"


# ── sealing ──────────────────────────────────────────────────────────────────


def test_replicas_may_seal_and_write_at_once(
    store: Store, open_again: Callable[[], Store]
) -> None:
    other = open_again()

    def append(which: Store, first: int) -> None:
        for number in range(first, first + 40):
            which.add_deliveries([delivery(number)])
            if number % 5 == 0:
                which.ledger.seal(LATER)

    all_at_once(
        [
            partial(append, which, first)
            for which, first in ((store, 0), (other, 100), (store, 200))
        ]
    )
    store.ledger.seal(LATER)
    proof = other.ledger.verify()
    assert proof.broken is None
    assert (proof.entries, proof.waiting) == (121, 0)


def test_more_than_one_batch_is_sealed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "BATCH", 3)
    monkeypatch.setattr("monitor.store.ledger.BATCH", 3)
    store.add_deliveries([delivery(number) for number in range(10)])
    assert store.ledger.seal(LATER) >= 10
    assert what(store) == ""


# ── what shows ───────────────────────────────────────────────────────────────


@pytest.fixture
def sealed(store: Store) -> Store:
    lived(store)
    store.ledger.seal(LATER)
    return store


ALTERATIONS = {
    "matches": {"rule_version": "sha256:other"},
    "story_items": {"story_id": "sto_1"},
    "decisions": {"reason": "another"},
    "messages": {"detail": "another"},
    "alerts": {"rule_id": "another"},
    "deliveries": {"recipient": "mallory@example.org"},
    "attempts": {"outcome": "delivered", "status": "200"},
    "items": {"title": "Another"},
    "corrections": {"author": "nobody"},
    "silences": {"author": "nobody"},
    "audit": {"who": "nobody"},
}


@pytest.mark.parametrize("table", ALTERATIONS)
def test_a_record_that_was_altered_shows(sealed: Store, table: str) -> None:
    of = metadata.tables[table]
    assert write(sealed, sa.update(of).values(ALTERATIONS[table])) > 0
    proof = sealed.ledger.verify()
    assert proof.broken is not None
    assert proof.broken.what == "altered-record"
    assert proof.broken.subject in proof.broken.said


@pytest.mark.parametrize(
    "table", ["attempts", "decisions", "messages", "matches", "audit", "silences"]
)
def test_a_record_that_was_deleted_shows(sealed: Store, table: str) -> None:
    assert write(sealed, sa.delete(metadata.tables[table])) > 0
    assert what(sealed) == "missing-record"


def test_a_record_that_was_slipped_in_shows(sealed: Store) -> None:
    row = {"at": LATER + HOUR, "who": "nobody", "action": "POST", "detail": ""}
    write(sealed, sa.insert(metadata.tables["audit"]).values(row))
    assert what(sealed) == "unrecorded"


def test_an_entry_for_an_altered_record_cannot_be_appended(sealed: Store) -> None:
    attempts = metadata.tables["attempts"]
    write(sealed, sa.update(attempts).values(status="299"))
    with sealed._database.write() as connection:
        rows = connection.execute(sa.select(attempts)).mappings().all()
        chain.append(connection, "attempt", rows)
    sealed.ledger.seal(LATER)
    assert what(sealed) == "altered-record"


def test_an_end_that_was_cut_off_shows_inside_and_against_a_noted_head(
    sealed: Store,
) -> None:
    head = sealed.ledger.head()
    sealed.audit(AuditLine(at=NOW, who="duty", action="POST", detail="{}"))
    sealed.ledger.seal(LATER)
    later = sealed.ledger.head()
    assert what(sealed, head, later) == ""
    write(sealed, sa.delete(ledger).where(ledger.c.position > head.position))
    assert what(sealed) == "cut"
    # Whoever can also set the note back is found by the head that stands elsewhere.
    write(sealed, sa.update(meta).values(value=str(head)))
    write(sealed, sa.delete(metadata.tables["audit"]).where(sa.true()))
    write(sealed, sa.delete(ledger).where(ledger.c.kind == "audit"))
    assert what(sealed, later) in {"noted-head", "missing-entry"}


def test_a_chain_that_was_made_anew_shows_against_a_noted_head(sealed: Store) -> None:
    head = sealed.ledger.head()
    blank = {"position": None, "previous": None, "hash": None, "sealed": None}
    write(sealed, sa.delete(ledger).where(ledger.c.kind == "begins"))
    write(sealed, sa.update(ledger).values(blank))
    sealed.ledger.seal(LATER + HOUR)
    assert what(sealed) == ""
    assert what(sealed, head) == "noted-head"


@pytest.mark.parametrize(
    "text", ["", "x", "1", "1:ab", "-1:" + "0" * 64, ":" + "0" * 64]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a position, a colon and 64 hex digits"):
        read_head(text)


@pytest.mark.parametrize("subject", ["another", "9" * 30, "-1", "\u0663"])
def test_an_entry_that_names_what_cannot_be_shows(store: Store, subject: str) -> None:
    lived(store)
    changed = sa.update(ledger).where(ledger.c.kind == "correction")
    write(store, changed.values(subject=subject))
    assert what(store) == "missing-record"


# ── forgetting ───────────────────────────────────────────────────────────────


def test_a_dead_letter_whose_time_is_over_is_forgotten_and_not_missed(
    store: Store,
) -> None:
    store.add_deliveries([delivery(1)])
    settle(store, lease_one(store), DeliveryState.DEAD)
    store.ledger.seal(LATER)
    assert store.retain(NOW + 31 * DAY, 90 * DAY, 30 * DAY)["deliveries"] == 1
    assert what(store) == ""
    store.ledger.seal(NOW + 31 * DAY)
    assert what(store) == ""
    assert store.ledger.entries(kind="forgotten")[0].subject == "dlv_1"


def test_a_dead_letter_that_is_made_anew_after_it_was_forgotten_is_another_record(
    store: Store,
) -> None:
    store.add_deliveries([delivery(1)])
    settle(store, lease_one(store), DeliveryState.DEAD)
    store.ledger.seal(LATER)
    later = NOW + 31 * DAY
    assert store.retain(later, 90 * DAY, 30 * DAY)["deliveries"] == 1
    store.add_deliveries([delivery(1, created=later, due=later)])
    store.ledger.seal(later)
    assert what(store) == ""
    write(store, sa.update(deliveries).values(receiver="other"))
    assert what(store) == "altered-record"


def test_entries_that_are_forgotten_leave_a_checkpoint(store: Store) -> None:
    store.add_deliveries([delivery(number) for number in range(5)])
    store.ledger.seal(NOW)
    old = store.ledger.head()
    store.add_deliveries([delivery(9, created=NOW + 2 * DAY)])
    store.ledger.seal(NOW + 2 * DAY)
    assert store.ledger.forget(NOW + DAY) == 6
    assert what(store) == ""
    store.ledger.seal(NOW + 2 * DAY)
    proof = store.ledger.verify([old])
    assert proof.broken is None
    assert (proof.first, proof.since) == (7, NOW + DAY)
    write(store, sa.delete(ledger).where(ledger.c.position == 7))
    assert what(store) == "missing-entry"


def test_a_head_older_than_what_is_kept_cannot_be_proven(store: Store) -> None:
    store.add_deliveries([delivery(1)])
    store.ledger.seal(NOW)
    oldest = store.ledger.head()
    store.add_deliveries([delivery(number) for number in range(2, 5)])
    store.ledger.seal(NOW + HOUR)
    store.add_deliveries([delivery(6)])
    store.ledger.seal(NOW + 2 * DAY)
    store.ledger.forget(NOW + DAY)
    assert what(store, oldest) == "noted-head"


def test_the_last_entry_stays_however_old_it_is(store: Store) -> None:
    store.add_deliveries([delivery(1), delivery(2)])
    store.ledger.seal(NOW)
    store.ledger.forget(NOW + 1000 * DAY)
    store.ledger.forget(NOW + 1000 * DAY)
    assert what(store) == ""
    store.ledger.seal(NOW + 1000 * DAY)
    assert what(store) == ""


@pytest.mark.parametrize("wrong", [-3000, 1000])
def test_a_clock_that_was_wrong_for_a_while_has_nothing_young_forgotten(
    store: Store, wrong: int
) -> None:
    moments = [NOW, NOW + wrong * DAY, NOW + HOUR, NOW + 500 * DAY]
    for number, at in enumerate(moments):
        store.add_deliveries([delivery(number, created=at)])
        store.ledger.seal(at)
    store.ledger.forget(NOW - 100 * DAY)
    store.ledger.seal(NOW + 500 * DAY)
    assert store.ledger.verify().first == 1
    store.ledger.forget(NOW + 100 * DAY)
    store.ledger.seal(NOW + 500 * DAY)
    assert what(store) == ""


# ── any single change ────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 't.db'}")
    lived(store).ledger.seal(LATER)
    yield store
    store.close()


LETTERS = st.characters(codec="utf-8", exclude_characters="\x00")
COLUMNS = ("kind", "subject", "digest", "previous", "hash", "position", "sealed")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_single_deletion_edit_or_exchange_of_entries_is_found(
    kept: Store, data: st.DataObject
) -> None:
    head = kept.ledger.head()
    place = ledger.c.position
    one = data.draw(st.integers(1, head.position), label="entry")
    change = data.draw(st.sampled_from(["delete", "edit", "swap"]), label="change")
    with kept._database.write() as connection:
        saved = connection.execute(sa.select(ledger)).mappings().all()
        row = connection.execute(sa.select(ledger).where(place == one)).one()
        if change == "delete":
            connection.execute(sa.delete(ledger).where(place == one))
        elif change == "edit":
            name = data.draw(st.sampled_from(COLUMNS), label="column")
            new = data.draw(_other(row, name, head.position), label="value")
            connection.execute(
                sa.update(ledger).where(place == one).values({name: new})
            )
        else:
            other = data.draw(
                st.integers(1, head.position).filter(lambda n: n != one), label="with"
            )
            for here, there in ((one, -1), (other, one), (-1, other)):
                connection.execute(
                    sa.update(ledger).where(place == here).values(position=there)
                )
    try:
        assert kept.ledger.verify([head]).broken is not None
    finally:
        with kept._database.write() as connection:
            connection.execute(sa.delete(ledger))
            connection.execute(sa.insert(ledger), [dict(each) for each in saved])
    assert kept.ledger.verify([head]).broken is None


def _other(row: Row[Any], name: str, last: int) -> st.SearchStrategy[Any]:
    before = getattr(row, name)
    if name == "position":
        return st.none() | st.integers(last + 1, last + 9)
    if isinstance(before, datetime):
        return st.integers(1, 10**9).map(lambda n: before + timedelta(microseconds=n))
    return st.text(LETTERS, max_size=70).filter(lambda text: text != before)


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(evidence=st.lists(ANY, max_size=3), version=st.text(LETTERS))
def test_a_digest_is_the_same_before_storing_and_after(
    kept: Store, evidence: list[Any], version: str
) -> None:
    matches = metadata.tables["matches"]
    row = {
        "item_id": item("a").id,
        "rule_id": "another",
        "rule_version": version,
        "evidence": evidence,
        "at": NOW,
    }
    with kept._database.engine.connect() as connection:
        connection.execute(sa.insert(matches).values(row))
        query = sa.select(matches).where(matches.c.rule_id == "another")
        found = connection.execute(query).mappings().one()
        assert digest_of("match", found) == digest_of("match", row)
        connection.rollback()


def test_a_ledger_can_be_read_while_it_grows(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 't.db'}")
    stop: list[bool] = []

    def grow() -> None:
        for number in range(60):
            store.add_deliveries([delivery(number)])
            store.ledger.seal(LATER)
        stop.append(True)

    def look() -> None:
        while not stop:
            assert store.ledger.verify().broken is None

    all_at_once([grow, look])
    store.close()
