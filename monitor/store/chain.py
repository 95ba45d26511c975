"""The ledger's entries: appended with what they tell of, and sealed into a chain.

An entry is appended in the transaction of what it tells of, without a place in the
chain: no transaction waits for another one's. A tick seals what was committed since,
a batch at a time and one replica at a time: it gives each entry its position, the hash
before it and its own. From then on no entry can be dropped, altered or moved without
the hashes after it telling.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.store.locks import Lock, try_to_hold
from monitor.store.recorded import (
    BEGINS,
    CHECKPOINT,
    FORGOTTEN,
    GENESIS,
    KINDS,
    digest_of,
    linked,
    moment_text,
    sha256,
)
from monitor.store.schema import ledger, meta
from monitor.store.statements import Values, chunks, upsert

HEAD_KEY = "ledger.head"
BATCH = 1000
"""Entries that are sealed in one transaction."""
MOST_CUT = 20_000
"""Entries that are forgotten in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last sealed entry: whoever has noted it can tell whether it still stands."""

    position: int
    hash: str

    def __str__(self) -> str:
        """Return it as people note it."""
        return f"{self.position}:{self.hash}"


EMPTY = Head(position=0, hash=GENESIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry; without a position where it is not sealed yet."""

    seq: int
    kind: str
    subject: str
    digest: str
    position: int | None
    previous: str
    hash: str
    sealed: datetime | None


def read_head(text: str) -> Head:
    """Read a head as `str` writes it; raise ValueError."""
    position, _, found = text.strip().partition(":")
    if not (position.isascii() and position.isdecimal() and len(found) == len(GENESIS)):
        raise ValueError("a head is a position, a colon and 64 hex digits")
    return Head(position=int(position), hash=found.lower())


# ── appending ────────────────────────────────────────────────────────────────


def append(
    connection: sa.Connection, kind: str, rows: Iterable[Mapping[Any, Any]]
) -> None:
    """Record rows as they were just written."""
    about = KINDS[kind]
    _add(
        connection,
        [(kind, about.subject(row), digest_of(kind, row)) for row in rows],
    )


def append_stored(connection: sa.Connection, kind: str, keys: Iterable[Any]) -> None:
    """Record rows as they stand, by the first of their keys."""
    about = KINDS[kind]
    first = about.table.c[about.keys[0]]
    for chunk in chunks(keys):
        query = sa.select(*about.columns()).where(first.in_(chunk))
        append(connection, kind, connection.execute(query).mappings().all())


def forgotten(connection: sa.Connection, subjects: Iterable[str]) -> None:
    """Record that what these subjects named is deleted because its time is over."""
    _add(connection, [(FORGOTTEN, each, sha256(FORGOTTEN, each)) for each in subjects])


def _add(connection: sa.Connection, told: Sequence[tuple[str, str, str]]) -> None:
    rows: list[Values] = [
        {"kind": kind, "subject": subject, "digest": digest}
        for kind, subject, digest in told
    ]
    for chunk in chunks(rows):
        connection.execute(sa.insert(ledger), chunk)


# ── sealing ──────────────────────────────────────────────────────────────────

_UNSEALED = ledger.c.position.is_(None)


def unsealed(connection: sa.Connection) -> int:
    """Return how many entries wait to be sealed."""
    query = sa.select(sa.func.count()).select_from(ledger).where(_UNSEALED)
    return int(connection.scalar(query) or 0)


def seal(connection: sa.Connection, now: datetime) -> int:
    """Seal a batch of what was committed; return how many, 0 where another one seals."""
    if not try_to_hold(connection, Lock.SEAL):
        return 0
    waiting = _waiting(connection)
    if not waiting:
        return 0
    head = head_of(connection)
    if head == EMPTY:
        _add(connection, [(BEGINS, moment_text(now), sha256(BEGINS))])
        waiting = _waiting(connection)
    at, rows = moment_text(now), []
    for entry in waiting:
        told = (entry.kind, entry.subject, entry.digest)
        following = Head(
            position=head.position + 1,
            hash=linked(head.hash, head.position + 1, told, at),
        )
        rows.append(
            {
                "the_seq": entry.seq,
                "the_position": following.position,
                "the_previous": head.hash,
                "the_hash": following.hash,
            }
        )
        head = following
    update = (
        sa.update(ledger)
        .where(ledger.c.seq == sa.bindparam("the_seq"))
        .values(
            position=sa.bindparam("the_position"),
            previous=sa.bindparam("the_previous"),
            hash=sa.bindparam("the_hash"),
            sealed=now,
        )
    )
    connection.execute(update, rows)
    upsert(connection, meta, {"key": HEAD_KEY, "value": str(head), "at": now}, ["key"])
    return len(rows)


def _waiting(connection: sa.Connection) -> Sequence[Any]:
    """Return entries without a place; the one that says where all begins goes first."""
    query = (
        sa.select(ledger)
        .where(_UNSEALED)
        .order_by(sa.case((ledger.c.kind == BEGINS, 0), else_=1), ledger.c.seq)
        .limit(BATCH)
    )
    return connection.execute(query).all()


def head_of(connection: sa.Connection) -> Head:
    """Return the last sealed entry."""
    query = sa.select(ledger).where(ledger.c.position.is_not(None))
    row = connection.execute(
        query.order_by(ledger.c.position.desc()).limit(1)
    ).one_or_none()
    return EMPTY if row is None else Head(position=row.position, hash=row.hash)


def noted_head(connection: sa.Connection) -> Head:
    """Return the head as it was noted when the last entry was sealed."""
    noted = connection.scalar(sa.select(meta.c.value).where(meta.c.key == HEAD_KEY))
    try:
        return read_head(noted) if noted else EMPTY
    except ValueError:
        return EMPTY


# ── reading ──────────────────────────────────────────────────────────────────


def to_entry(row: Any) -> Entry:
    """Read a row of `ledger`."""
    return Entry(
        seq=row.seq,
        kind=row.kind,
        subject=row.subject,
        digest=row.digest,
        position=row.position,
        previous=row.previous or "",
        hash=row.hash or "",
        sealed=row.sealed,
    )


def entries(
    connection: sa.Connection,
    *,
    about: str = "",
    kind: str = "",
    before: int | None = None,
    limit: int | None = None,
) -> list[Entry]:
    """Return entries, the newest first; `about` is an id, `before` a position."""
    place = ledger.c.position
    query = sa.select(ledger).order_by(
        place.is_(None).desc(), place.desc(), ledger.c.seq.desc()
    )
    if about:
        parts = ledger.c.subject.startswith(f"{about}/", autoescape=True)
        query = query.where(sa.or_(ledger.c.subject == about, parts))
    if kind:
        query = query.where(ledger.c.kind == kind)
    if before is not None:
        query = query.where(place < before)
    return [to_entry(row) for row in connection.execute(query.limit(limit))]


# ── forgetting ───────────────────────────────────────────────────────────────


def cut(connection: sa.Connection, before: datetime) -> int:
    """Forget entries sealed before, the oldest first; return how many.

    A checkpoint that holds the hash of the last forgotten entry joins the chain in the
    same transaction, so that what is left still proves where it went on from. The last
    entry always stays, and whatever follows one that is to stay: where the clock was
    wrong for a while, what looks old may be in the midst of what is young.
    """
    if not try_to_hold(connection, Lock.SEAL):
        return 0
    place = ledger.c.position
    oldest = (
        sa.select(place, ledger.c.sealed)
        .where(place.is_not(None))
        .order_by(place)
        .limit(MOST_CUT)
        .subquery()
    )
    last = connection.scalar(sa.select(sa.func.max(oldest.c.position)))
    if last is None:
        return 0
    young = connection.scalar(
        sa.select(sa.func.min(oldest.c.position)).where(oldest.c.sealed >= before)
    )
    last = min(last if young is None else young - 1, head_of(connection).position - 1)
    row = connection.execute(sa.select(ledger).where(place == last)).one_or_none()
    if row is None:
        return 0
    subject = f"{last}@{moment_text(before)}"
    _add(connection, [(CHECKPOINT, subject, row.hash)])
    return connection.execute(sa.delete(ledger).where(place <= last)).rowcount
