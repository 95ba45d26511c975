"""What the ledger tells of, and the digests by which a change shows; pure.

An entry names a kind and a subject (the keys of a row, joined by a slash) and carries
a digest of what that row held when it was written. Columns that work goes on in, such
as when a delivery is due, are no part of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from monitor.store import schema
from monitor.store.columns import MICROSECOND, clean

GENESIS = "0" * 64
"""What stands before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One kind of row that the ledger tells of."""

    table: sa.Table
    keys: tuple[str, ...]
    content: tuple[str, ...]
    moment: str = ""
    """The column that says since when a row is there; "" where entries are optional."""
    once: bool = True
    """Whether a row is written once: a second entry is then a forgery."""

    def subject(self, row: Mapping[Any, Any]) -> str:
        """Return what an entry calls a row."""
        return "/".join(str(row[name]) for name in self.keys)

    def columns(self) -> list[sa.Column[Any]]:
        """Return the columns that a digest needs."""
        names = dict.fromkeys((*self.keys, *self.content))
        return [self.table.c[name] for name in names]


def _recorded(
    table: sa.Table, keys: str, content: str, moment: str = "", *, once: bool = True
) -> Recorded:
    return Recorded(
        table=table,
        keys=tuple(keys.split()),
        content=tuple(content.split()),
        moment=moment,
        once=once,
    )


KINDS: Mapping[str, Recorded] = {
    "item": _recorded(
        schema.items,
        "id",
        "key title url guid summary body lang source country author tags published "
        "date_note first_seen content_hash",
        once=False,
    ),
    "match": _recorded(
        schema.matches, "item_id rule_id", "rule_version evidence at", "at"
    ),
    "grouping": _recorded(
        schema.story_items,
        "item_id",
        "story_id outcome score because nearest related_to level at",
        "at",
        once=False,
    ),
    "decision": _recorded(
        schema.decisions,
        "item_id id",
        "rule_id rule_version story_id verdict reason detail at",
        "at",
    ),
    "alert": _recorded(
        schema.alerts, "id", "rule_id theme rule story_id opened", "opened", once=False
    ),
    "message": _recorded(
        schema.messages, "alert_id sequence", "kind item_id reason detail at", "at"
    ),
    "delivery": _recorded(
        schema.deliveries,
        "id",
        "alert_id sequence receiver recipient created",
        "created",
    ),
    "body": _recorded(
        schema.deliveries, "id", "content_type headers content", once=False
    ),
    "fold": _recorded(schema.deliveries, "id", "folded_into", once=False),
    "replay": _recorded(schema.deliveries, "id", "replays", once=False),
    "attempt": _recorded(
        schema.attempts,
        "delivery_id id",
        "number at took outcome status problem response",
        "at",
    ),
    "correction": _recorded(
        schema.corrections,
        "id",
        "kind item_id from_story to_story at author comment",
        "at",
    ),
    "silence": _recorded(
        schema.silences,
        "id",
        "matchers starts ends created author comment until_news",
        "created",
        once=False,
    ),
    # An optional entry: before this version nothing told of them.
    "receiver": _recorded(schema.receivers, "name", "disabled reason", once=False),
    "audit": _recorded(schema.audit, "id", "at who action detail", "at"),
}
"""Every kind of entry that tells of a row."""
BEGINS = "begins"
"""Rows older than this entry's moment, its subject, were never recorded."""
CHECKPOINT = "checkpoint"
"""Entries up to a position were forgotten; its digest is the hash of the last one."""
FORGOTTEN = "forgotten"
"""A row that entries tell of was deleted when its time was over."""


def digest_of(kind: str, row: Mapping[Any, Any]) -> str:
    """Return the digest of a row's content, the same before storing and after."""
    content = [_plain(row[name]) for name in KINDS[kind].content]
    return sha256(kind, *content)


def sha256(*values: Any) -> str:
    """Return the digest of plain values, as 64 hex digits."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def linked(previous: str, position: int, told: tuple[str, str, str], at: str) -> str:
    """Return the hash that seals an entry: its kind, subject and digest in its place."""
    return sha256(previous, position, *told, at)


def moment_text(moment: datetime) -> str:
    """Return a moment as it goes into a hash."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, however a database hands it back."""
    match value:
        case str():
            return clean(str(value))
        case datetime():
            return moment_text(value)
        case timedelta():
            return value // MICROSECOND
        case bytes() | memoryview():
            return hashlib.sha256(value).hexdigest()
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {clean(str(name)): _plain(each) for name, each in value.items()}
        case _:
            return value
