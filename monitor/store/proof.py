"""Whether the ledger and what it tells of still stand as they were written.

Three things are checked, and the first fault is named: that the entries follow one
another without a gap, each by its hash; that every row that an entry tells of is there
and unchanged; and that every row that should have an entry has one. What was cut off at
the end shows against the noted head in the database, and against any head that was noted
elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.store.chain import (
    EMPTY,
    Entry,
    Head,
    head_of,
    noted_head,
    to_entry,
    unsealed,
)
from monitor.store.database import Database
from monitor.store.recorded import (
    BEGINS,
    CHECKPOINT,
    FORGOTTEN,
    KINDS,
    Recorded,
    digest_of,
    linked,
    moment_text,
)
from monitor.store.schema import ledger
from monitor.store.statements import CHUNK, Row, chunks

_DIGITS = 19
"""A number of as many may be more than the databases can count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first thing that is not as it was written."""

    what: str
    """`missing-entry`, `altered-entry`, `cut`, `altered-record`, `missing-record`,
    `unrecorded` or `noted-head`."""
    said: str
    position: int = 0
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a verification found."""

    head: Head
    entries: int
    """Sealed entries that were checked."""
    compared: int
    """Of these, how many were compared with the rows that they tell of."""
    waiting: int
    """Entries that are not sealed yet; they are compared too."""
    first: int = 0
    """The first position that is kept."""
    since: datetime | None = None
    """Rows older than this were never recorded, or are forgotten."""
    broken: Break | None = None


def verify(database: Database, noted: Sequence[Head] = ()) -> Proof:
    """Check everything up to the present head; `noted` are heads kept elsewhere."""
    with database.read() as connection:
        head, inside = head_of(connection), noted_head(connection)
        waiting = unsealed(connection)
    walk = _Walk(database, head)
    broken = walk.run() or _cut(head, inside) or walk.unsealed()
    broken = broken or walk.against(noted) or walk.unrecorded()
    return Proof(
        head=head,
        entries=walk.checked,
        compared=walk.compared,
        waiting=waiting,
        first=walk.first,
        since=walk.since,
        broken=broken,
    )


def _cut(head: Head, inside: Head) -> Break | None:
    if inside.position > head.position:
        said = (
            f"the last entries are missing: {inside.position} were sealed, "
            f"the last that is there is {head.position}"
        )
        return Break(what="cut", said=said, position=head.position + 1)
    if inside.position == head.position and inside.hash != head.hash:
        said = "the last entry is not the one that was noted when it was sealed"
        return Break(what="altered-entry", said=said, position=head.position)
    return None


class _Walk:
    """One pass over the chain, a chunk at a time."""

    def __init__(self, database: Database, head: Head) -> None:
        self._database = database
        self._head = head
        self._last = EMPTY
        self.checked = 0
        self.compared = 0
        self.first = 0
        self.since: datetime | None = None

    def run(self) -> Break | None:
        """Return the first break in the chain or in what its entries tell of."""
        for chunk in self._chunks():
            good, broken = self._chained(chunk)
            self.checked += len(good)
            differs = self._differing(good)
            if differs is not None:
                return differs
            if broken is not None:
                return broken
        return None

    def _chunks(self) -> Iterator[list[Entry]]:
        place, after = ledger.c.position, 0
        while True:
            query = sa.select(ledger).where(place > after, place <= self._head.position)
            with self._database.read() as connection:
                rows = connection.execute(query.order_by(place).limit(CHUNK)).all()
            if not rows:
                return
            after = rows[-1].position
            yield [to_entry(row) for row in rows]

    # ── the chain ────────────────────────────────────────────────────────────

    def _chained(self, chunk: list[Entry]) -> tuple[list[Entry], Break | None]:
        """Return the entries up to the first that does not follow, and why not."""
        for number, entry in enumerate(chunk):
            begins = not self.first or self._is_first_now(entry)
            broken = self._begin(entry) if begins else self._follows(entry)
            if broken is not None:
                return chunk[:number], broken
            self._last = Head(position=entry.position or 0, hash=entry.hash)
        return chunk, None

    def _is_first_now(self, entry: Entry) -> bool:
        """Say whether all between the last entry and this one is forgotten meanwhile."""
        if entry.position == self._last.position + 1:
            return False
        with self._database.read() as connection:
            first = sa.select(sa.func.min(ledger.c.position))
            return bool(connection.scalar(first) == entry.position)

    def _begin(self, entry: Entry) -> Break | None:
        self.first = entry.position or 0
        self._last = Head(position=self.first - 1, hash=entry.previous)
        if self.first == 1:
            self._last = EMPTY
            if entry.kind == BEGINS:
                self.since = _read_moment(entry.subject)
            return self._follows(entry)
        return self._from_checkpoint(entry) or self._follows(entry)

    def _from_checkpoint(self, entry: Entry) -> Break | None:
        """Let a checkpoint further on vouch for what stood before the first entry."""
        with self._database.read() as connection:
            since = _forgotten_until(connection, self.first - 1, entry.previous)
        if since is None:
            missing = _range(1, self.first - 1)
            said = f"{missing} missing, and no checkpoint says that they were forgotten"
            return Break(what="missing-entry", said=said, position=1)
        self.since = _read_moment(since)
        return None

    def _follows(self, entry: Entry) -> Break | None:
        position, expected = entry.position or 0, self._last.position + 1
        if position != expected:
            said = f"{_range(expected, position - 1)} missing"
            return Break(what="missing-entry", said=said, position=expected)
        told = (entry.kind, entry.subject, entry.digest)
        at = moment_text(entry.sealed) if entry.sealed else ""
        computed = linked(entry.previous, position, told, at)
        if entry.previous == self._last.hash and computed == entry.hash:
            return None
        if entry.previous != self._last.hash:
            said = "it does not follow from the entry before it"
        else:
            said = "its hash is not that of what it says"
        return _at(entry, "altered-entry", said)

    # ── what the entries tell of ─────────────────────────────────────────────

    def unsealed(self) -> Break | None:
        """Return the first entry not sealed yet whose row is not as it says."""
        query = sa.select(ledger).where(ledger.c.position.is_(None))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(ledger.c.seq)).all()
        for chunk in chunks(to_entry(row) for row in rows):
            broken = self._differing(chunk)
            if broken is not None:
                return broken
        return None

    def _differing(self, chunk: Sequence[Entry]) -> Break | None:
        told = [entry for entry in chunk if entry.kind in KINDS]
        with self._database.read() as connection:
            rows = {
                kind: _rows(connection, KINDS[kind], kind, told)
                for kind in {entry.kind for entry in told}
            }
            for entry in told:
                row = rows[entry.kind].get(entry.subject)
                broken = _compared(connection, entry, row)
                if broken is not None:
                    return broken
                self.compared += 1
        return None

    # ── heads and rows without entries ───────────────────────────────────────

    def against(self, noted: Sequence[Head]) -> Break | None:
        """Return the first head noted elsewhere that this chain does not lead to."""
        for head in noted:
            with self._database.read() as connection:
                found = connection.scalar(
                    sa.select(ledger.c.hash).where(ledger.c.position == head.position)
                )
            if head.position == self.first - 1:
                found = self._before_the_first()
            if head == EMPTY or found == head.hash:
                continue
            said = f"the noted head {head.position} is not in this chain"
            if head.position > self._head.position:
                said = (
                    f"the noted head is at {head.position}, the chain ends at "
                    f"{self._head.position}: its end was cut off"
                )
            elif head.position < self.first:
                said = f"the noted head {head.position} is older than what is kept"
            return Break(what="noted-head", said=said, position=head.position)
        return None

    def _before_the_first(self) -> str | None:
        with self._database.read() as connection:
            query = sa.select(ledger.c.previous)
            found: str | None = connection.scalar(
                query.where(ledger.c.position == self.first)
            )
        return found

    def unrecorded(self) -> Break | None:
        """Return a row that no entry tells of although it came after the beginning."""
        for kind, about in KINDS.items():
            if about.moment:
                with self._database.read() as connection:
                    since = self._since_now(connection)
                    row = since and _without_entry(connection, kind, about, since)
                if row:
                    subject = about.subject(row)
                    said = f"{kind} {subject}: no entry tells of this record"
                    return Break(what="unrecorded", said=said, subject=subject)
        return None

    def _since_now(self, connection: sa.Connection) -> datetime | None:
        """Return since when rows have entries: some may be forgotten meanwhile."""
        place = ledger.c.position
        query = sa.select(place, ledger.c.previous).where(place.is_not(None))
        first = connection.execute(query.order_by(place).limit(1)).one_or_none()
        if first is None or first.position == self.first:
            return self.since
        until = _forgotten_until(connection, first.position - 1, first.previous)
        return _read_moment(until or "")


def _forgotten_until(
    connection: sa.Connection, position: int, hashed: str
) -> str | None:
    """Return the moment of the checkpoint that stands for all up to a position."""
    before = f"{position}@"
    query = sa.select(ledger.c.subject).where(
        ledger.c.kind == CHECKPOINT,
        ledger.c.subject.startswith(before),
        ledger.c.digest == hashed,
    )
    subject: str | None = connection.scalar(query)
    return None if subject is None else subject.removeprefix(before)


def _rows(
    connection: sa.Connection, about: Recorded, kind: str, told: Sequence[Entry]
) -> dict[str, Row]:
    """Return the rows that entries of a kind tell of, by subject."""
    first = about.table.c[about.keys[0]]
    keys = dict.fromkeys(
        entry.subject.split("/", 1)[0] for entry in told if entry.kind == kind
    )
    numbers = isinstance(first.type, sa.Integer)
    wanted: Iterable[Any] = map(int, filter(_is_number, keys)) if numbers else keys
    found: dict[str, Row] = {}
    for chunk in chunks(wanted):
        query = sa.select(*about.columns()).where(first.in_(chunk))
        for row in connection.execute(query).mappings():
            found[about.subject(row)] = row
    return found


def _is_number(text: str) -> bool:
    """Say whether a row can have this number: a forged entry may say anything."""
    return text.isascii() and text.isdecimal() and len(text) < _DIGITS


def _compared(connection: sa.Connection, entry: Entry, row: Row | None) -> Break | None:
    if row is not None and digest_of(entry.kind, row) == entry.digest:
        return None
    if _later(connection, entry, FORGOTTEN, entry.subject.split("/", 1)[0]):
        return None  # what stands under its name now has an entry after that
    if row is None:
        return _at(entry, "missing-record", "the record is gone, and was not forgotten")
    if not KINDS[entry.kind].once and _later(
        connection, entry, entry.kind, entry.subject
    ):
        return None
    return _at(entry, "altered-record", "the record is not as it was written")


def _later(connection: sa.Connection, entry: Entry, kind: str, subject: str) -> bool:
    """Whether a later entry says that a row changed, or was forgotten."""
    place = ledger.c.position
    later = sa.and_(place.is_(None), ledger.c.seq > entry.seq)
    if entry.position is not None:
        later = sa.or_(place > entry.position, place.is_(None))
    query = sa.select(ledger.c.seq).where(
        ledger.c.subject == subject, ledger.c.kind == kind, later
    )
    return connection.scalar(query.limit(1)) is not None


def _without_entry(
    connection: sa.Connection, kind: str, about: Recorded, since: datetime
) -> Row | None:
    keys = [sa.cast(about.table.c[name], sa.Text) for name in about.keys]
    subject: sa.ColumnElement[Any] = keys[0]
    for key in keys[1:]:
        subject = subject + "/" + key
    told = sa.exists().where(ledger.c.subject == subject, ledger.c.kind == kind)
    moment = about.table.c[about.moment]
    query = sa.select(*(about.table.c[name] for name in about.keys))
    query = query.where(moment > since, ~told).order_by(moment).limit(1)
    return connection.execute(query).mappings().one_or_none()


def _at(entry: Entry, what: str, said: str) -> Break:
    where = f"entry {entry.position}" if entry.position else "an entry not sealed yet"
    return Break(
        what=what,
        said=f"{where} ({entry.kind} {entry.subject}): {said}",
        position=entry.position or 0,
        subject=entry.subject,
    )


def _read_moment(text: str) -> datetime | None:
    """Read a moment that the chain itself vouches for; None where it was altered."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _range(first: int, last: int) -> str:
    if first == last:
        return f"entry {first} is"
    return f"entries {first} to {last} are"
