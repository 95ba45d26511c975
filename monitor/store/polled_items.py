"""A poll's items and their matches, in its one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from monitor.model import Item, KnownItem, Match
from monitor.store import chain
from monitor.store.columns import digest
from monitor.store.rows import item_text, match_row, twin_keys
from monitor.store.schema import items, matches
from monitor.store.statements import Values, chunks, insert_new

_CARRIED_STEP = timedelta(days=1)
"""How exactly `items.carried` is kept: one write an item and day, not one a poll."""

# Statements that every changed feed needs are built once.
_KNOWN = (
    sa.select(
        items.c.id,
        items.c.key_digest,
        items.c.content_hash,
        items.c.revisions,
        items.c.first_seen,
        items.c.carried,
    )
    .where(
        items.c.feed_id == sa.bindparam("feed"),
        items.c.key_digest.in_(sa.bindparam("keys", expanding=True)),
    )
    .order_by(items.c.seq)
)


def _first_with(name: str) -> sa.Select[Any]:
    """Return what finds the first item of each token of a kind."""
    column = items.c[name]
    first = (
        sa.select(column, sa.func.min(items.c.seq).label("seq"))
        .where(column.in_(sa.bindparam("tokens", expanding=True)))
        .group_by(column)
        .subquery()
    )
    query = sa.select(first.c[name], items.c.seq, items.c.id)
    return query.join(first, first.c.seq == items.c.seq)


_FIRST_WITH = {
    name: _first_with(name) for name in ("canonical_digest", "guid_digest", "copy_hash")
}


class PolledItems:
    """What a poll's feed listed, and which rules fired on it."""

    _connection: sa.Connection
    _feed_id: int
    _shard: int
    _listed: set[str]
    """Digests of the keys that the feed listed."""
    _carried: dict[str, datetime]
    """When those of them that are known were last noted as listed."""

    def known(self, keys: Collection[str]) -> Mapping[str, KnownItem]:
        """Return which of these keys the feed has already brought, by key."""
        by_digest = {digest(key): key for key in keys}
        self._listed.update(by_digest)
        found: dict[str, KnownItem] = {}
        for chunk in chunks(by_digest):
            wanted = {"feed": self._feed_id, "keys": chunk}
            for row in self._connection.execute(_KNOWN, wanted):
                self._note_listed(row.key_digest, row.carried)
                known = KnownItem(
                    id=row.id,
                    content_hash=row.content_hash,
                    revisions=row.revisions,
                    first_seen=row.first_seen,
                )
                found.setdefault(by_digest[row.key_digest], known)
        return found

    def _note_listed(self, key: str, carried: datetime) -> None:
        if carried < self._carried.get(key, carried + _CARRIED_STEP):
            self._carried[key] = carried

    def _carry(self, at: datetime) -> datetime:
        """Note that the feed lists its items; return when all that it lists were noted."""
        before = at - _CARRIED_STEP
        stale = [key for key, carried in self._carried.items() if carried < before]
        for chunk in chunks(stale):
            self._connection.execute(
                sa.update(items)
                .where(
                    items.c.feed_id == self._feed_id,
                    items.c.key_digest.in_(chunk),
                    items.c.carried < before,
                )
                .values(carried=at)
            )
        return before

    def twins(self, new: Sequence[Item]) -> Mapping[str, str]:
        """Return for each item that is an exact copy the earlier item's id."""
        keys = {item.id: _tokens(twin_keys(item)) for item in new}
        first = self._first_with({token for found in keys.values() for token in found})
        places = self._places(keys)
        twins: dict[str, str] = {}
        for number, item in enumerate(new):
            # Not stored yet: later than all that is, in the order handed in.
            place = places.get(item.id, (1, number))
            known = [first[token] for token in keys[item.id] if token in first]
            earlier = [(seq, twin) for seq, twin in known if seq < place]
            if earlier:
                twins[item.id] = min(earlier)[1]
            for token in keys[item.id]:
                first.setdefault(token, (place, item.id))
        return twins

    def _first_with(
        self, tokens: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], tuple[tuple[int, int], str]]:
        """Return for each token the first stored item that has it."""
        found = {}
        for name, query in _FIRST_WITH.items():
            wanted = (value for kind, value in tokens if kind == name)
            for chunk in chunks(wanted):
                rows = self._connection.execute(query, {"tokens": chunk})
                for value, seq, item_id in rows:
                    found[name, value] = ((0, seq), item_id)
        return found

    def _places(self, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        found = {}
        for chunk in chunks(ids):
            query = sa.select(items.c.id, items.c.seq).where(items.c.id.in_(chunk))
            for item_id, seq in self._connection.execute(query):
                found[item_id] = (0, seq)
        return found

    def add_items(self, new: Sequence[Item]) -> None:
        """Store new items."""
        rows: list[Values] = [
            {
                **item_text(item),
                "id": item.id,
                "feed_id": self._feed_id,
                "shard": self._shard,
                "key": item.key,
                "key_digest": digest(item.key),
                "first_seen": item.first_seen,
                "carried": item.first_seen,
            }
            for item in new
        ]
        for chunk in chunks(rows):
            self._connection.execute(sa.insert(items), chunk)

    def revise_items(self, revised: Sequence[Item], at: datetime) -> None:
        """Store the new text of known items and count the revision."""
        told = self._told(item.id for item in revised)
        for item in revised:
            self._connection.execute(
                sa.update(items)
                .where(items.c.id == item.id)
                .values(**item_text(item), revisions=items.c.revisions + 1, revised=at)
            )
        chain.append_stored(self._connection, "item", told)

    def _told(self, item_ids: Iterable[str]) -> set[str]:
        """Return those of the items that the ledger tells of: a rule fired on them."""
        found: set[str] = set()
        for chunk in chunks(item_ids):
            query = sa.select(matches.c.item_id).where(matches.c.item_id.in_(chunk))
            found.update(self._connection.scalars(query))
        return found

    # ── matches ──────────────────────────────────────────────────────────────

    def matched(self, item_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Return the ids of the rules that have already fired on each item."""
        found: dict[str, set[str]] = {item_id: set() for item_id in item_ids}
        for chunk in chunks(found):
            query = sa.select(matches.c.item_id, matches.c.rule_id)
            rows = self._connection.execute(query.where(matches.c.item_id.in_(chunk)))
            for item_id, rule_id in rows:
                found[item_id].add(rule_id)
        return {item_id: frozenset(rules) for item_id, rules in found.items()}

    def add_matches(self, found: Sequence[Match], at: datetime) -> None:
        """Store matches; one that is already there is left as it is."""
        rows = [{**match_row(match), "at": at} for match in found]
        ids = {match.item_id for match in found}
        first = ids - self._told(ids)
        added = insert_new(
            self._connection, matches, rows, (matches.c.item_id, matches.c.rule_id)
        )
        chain.append_stored(self._connection, "item", first)
        new = [row for row in rows if (row["item_id"], row["rule_id"]) in added]
        chain.append(self._connection, "match", new)


def _tokens(keys: Values) -> list[tuple[str, str]]:
    return [(name, value) for name, value in keys.items() if value is not None]
