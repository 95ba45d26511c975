"""A poll's items and their matches, in its one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from monitor.model import Item, KnownItem, Match, NamedItem, is_copy
from monitor.store import chain
from monitor.store.columns import digest
from monitor.store.rows import item_text, match_row, twin_keys
from monitor.store.schema import items, matches
from monitor.store.statements import Values, chunks, insert_new

_CARRIED_STEP = timedelta(days=1)
"""How exactly `items.carried` is kept: one write an item and day, not one a poll."""

# Statements that every changed feed needs are built once.
_KNOWN_COLUMNS = (
    items.c.id,
    items.c.key,
    items.c.key_digest,
    items.c.content_hash,
    items.c.revisions,
    items.c.first_seen,
    items.c.carried,
)
_KNOWN = (
    sa.select(*_KNOWN_COLUMNS)
    .where(
        items.c.feed_id == sa.bindparam("feed"),
        items.c.key_digest.in_(sa.bindparam("keys", expanding=True)),
    )
    .order_by(items.c.seq)
)


_MOST_UNLISTED = 500
"""Where a feed gives more items one address than this, the latest count."""
_NAMED_COLUMNS = (
    *_KNOWN_COLUMNS,
    items.c.title,
    items.c.canonical_url,
    items.c.published,
)
_NAMED = sa.select(*_NAMED_COLUMNS).where(
    items.c.feed_id == sa.bindparam("feed"),
    items.c.key_digest.in_(sa.bindparam("keys", expanding=True)),
)
_UNLISTED = {
    name: sa.select(*_NAMED_COLUMNS)
    .where(
        items.c[name].in_(sa.bindparam("tokens", expanding=True)),
        items.c.feed_id == sa.bindparam("feed"),
    )
    .order_by(items.c.seq.desc())
    .limit(_MOST_UNLISTED)
    for name in ("canonical_digest", "copy_hash")
}


def _first_with(name: str) -> sa.Select[Any]:
    """Return what finds the first item of each token of a kind."""
    column = items.c[name]
    first = (
        sa.select(column, sa.func.min(items.c.seq).label("seq"))
        .where(column.in_(sa.bindparam("tokens", expanding=True)))
        .group_by(column)
        .subquery()
    )
    query = sa.select(
        first.c[name], items.c.seq, items.c.id, items.c.feed_id, items.c.published
    )
    return query.join(first, first.c.seq == items.c.seq)


_FIRST_WITH = {
    name: _first_with(name) for name in ("canonical_digest", "guid_digest", "copy_hash")
}


@dataclass(frozen=True, slots=True)
class _Holder:
    """The first item that has a token."""

    place: tuple[int, int]
    id: str
    feed: int
    published: datetime | None

    def has_copy(self, kind: str, item: Item, feed: int) -> bool:
        """Say whether an item with the same token is a copy of this one."""
        return is_copy(
            item.published,
            self.published,
            by_page=kind == "canonical_digest",
            one_feed=feed == self.feed,
        )


class PolledItems:
    """What a poll's feed listed, and which rules fired on it."""

    _connection: sa.Connection
    _feed_id: int
    _shard: int
    _listed: set[str]
    """Digests of the keys that the feed listed."""
    _unlisted: dict[str, datetime]
    """When items under other keys were last noted as listed, by digest."""
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
                found.setdefault(by_digest[row.key_digest], _to_known(row))
        return found

    def named(self, keys: Collection[str]) -> list[NamedItem]:
        """Return what is stored under these keys."""
        found: list[NamedItem] = []
        for chunk in chunks(set(map(digest, keys))):
            wanted = {"feed": self._feed_id, "keys": chunk}
            found += map(_to_named, self._connection.execute(_NAMED, wanted))
        return found

    def unlisted(self, new: Sequence[Item]) -> list[NamedItem]:
        """Return what the feed brought with these items' addresses or texts before.

        Under other keys, which the feed does not list now; the latest first.
        """
        found: dict[str, NamedItem] = {}
        keys = [twin_keys(item) for item in new]
        for name, query in _UNLISTED.items():
            for chunk in chunks({key[name] for key in keys if key[name]}):
                wanted = {"feed": self._feed_id, "tokens": chunk}
                for row in self._connection.execute(query, wanted):
                    if row.key_digest not in self._listed:
                        found.setdefault(row.id, _to_named(row))
                        self._unlisted[row.key_digest] = row.carried
        return list(found.values())

    def still_listed(self, keys: Collection[str]) -> None:
        """Note that the feed lists known items, though under other keys."""
        for key in map(digest, keys):
            self._note_listed(key, self._unlisted[key])

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
            earlier = [
                first[token]
                for token in keys[item.id]
                if token in first
                and first[token].place < place
                and first[token].has_copy(token[0], item, self._feed_id)
            ]
            if earlier:
                twins[item.id] = min(earlier, key=attrgetter("place")).id
            mine = _Holder(place, item.id, self._feed_id, item.published)
            for token in keys[item.id]:
                first.setdefault(token, mine)
        return twins

    def _first_with(
        self, tokens: Collection[tuple[str, str]]
    ) -> dict[tuple[str, str], _Holder]:
        """Return for each token the first stored item that has it."""
        found = {}
        for name, query in _FIRST_WITH.items():
            wanted = (value for kind, value in tokens if kind == name)
            for chunk in chunks(wanted):
                rows = self._connection.execute(query, {"tokens": chunk})
                for value, seq, item_id, feed, published in rows:
                    found[name, value] = _Holder((0, seq), item_id, feed, published)
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


def _to_known(row: Any) -> KnownItem:
    return KnownItem(
        id=row.id,
        key=row.key,
        content_hash=row.content_hash,
        revisions=row.revisions,
        first_seen=row.first_seen,
    )


def _to_named(row: Any) -> NamedItem:
    return NamedItem(
        known=_to_known(row),
        title=row.title,
        canonical_url=row.canonical_url,
        content_hash=row.content_hash,
        published=row.published,
    )
