"""Looking at items and stories: nothing here changes anything."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.model import Decision, Item, Story, Verdict
from monitor.store import corrections
from monitor.store.columns import digest
from monitor.store.outbox_rows import to_alert
from monitor.store.rows import (
    ITEMS,
    in_story,
    to_decision,
    to_grouping,
    to_item,
    to_match,
    to_story,
)
from monitor.store.schema import (
    alerts,
    decisions,
    feeds,
    items,
    matches,
    stories,
    story_items,
)
from monitor.store.statements import CHUNK, Row, chunks
from monitor.store.views import (
    Grouped,
    ItemFilter,
    ItemRow,
    Matched,
    StoryFilter,
    StoryView,
)

Place = tuple[datetime, int]
"""Between two items in the order of `first_seen` and `seq`."""

_ID = re.compile(r"[a-z]{3}_[0-9a-f]*")


def _first(connection: sa.Connection, query: sa.Select[Any]) -> Row | None:
    return connection.execute(query.limit(1)).mappings().one_or_none()


# ── items ────────────────────────────────────────────────────────────────────


def one(connection: sa.Connection, item_id: str) -> ItemRow | None:
    """Return an item by its whole id."""
    row = _first(connection, ITEMS.where(items.c.id == item_id))
    return None if row is None else _item_row(row)


def find(connection: sa.Connection, text: str, limit: int) -> list[ItemRow]:
    """Return items by the beginning of an id, or by address; the newest first."""
    if _ID.fullmatch(text):
        # A range, so that the index is used; hex digits end before "g".
        found = sa.and_(
            items.c.id.between(text, text + "g"),
            items.c.id.startswith(text, autoescape=True),
        )
    else:
        key = digest(text)
        found = sa.or_(items.c.url_digest == key, items.c.canonical_digest == key)
    query = ITEMS.where(found).order_by(items.c.seq.desc()).limit(limit)
    return [_item_row(row) for row in connection.execute(query).mappings()]


def _item_row(row: Row) -> ItemRow:
    return ItemRow(
        item=to_item(row), revisions=row["revisions"], revised=row["revised"]
    )


def page(
    connection: sa.Connection, which: ItemFilter, before: Place | None, most: int
) -> tuple[list[Item], Place | None]:
    """Return the next items, the newest first, and where the page after begins."""
    size = min(most, CHUNK)
    query = ITEMS.order_by(items.c.first_seen.desc(), items.c.seq.desc())
    if before is not None:
        moment, seq = before
        query = query.where(
            items.c.first_seen <= moment,
            sa.or_(items.c.first_seen < moment, items.c.seq < seq),
        )
    for condition in _item_conditions(which):
        query = query.where(condition)
    rows = connection.execute(query.limit(size)).mappings().all()
    after = (rows[-1]["first_seen"], rows[-1]["seq"]) if len(rows) == size else None
    return [to_item(row) for row in rows], after


def _item_conditions(which: ItemFilter) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if which.since is not None:
        conditions.append(items.c.first_seen >= which.since)
    if which.until is not None:
        conditions.append(items.c.first_seen < which.until)
    if which.source:
        conditions.append(items.c.source == which.source)
    if which.lang:
        conditions.append(items.c.lang == which.lang)
    if which.feed:
        conditions.append(feeds.c.url_digest == digest(which.feed))
    return conditions


def matches_of(connection: sa.Connection, item_id: str) -> list[Matched]:
    """Return the rules that fired on an item, with the evidence."""
    query = (
        sa.select(matches)
        .where(matches.c.item_id == item_id)
        .order_by(matches.c.at, matches.c.rule_id)
    )
    return [
        Matched(match=to_match(row), at=row["at"])
        for row in connection.execute(query).mappings()
    ]


def last_match(connection: sa.Connection, rule_id: str) -> datetime | None:
    """Return when a rule last fired on anything."""
    query = sa.select(sa.func.max(matches.c.at, type_=matches.c.at.type))
    found: datetime | None = connection.scalar(
        query.where(matches.c.rule_id == rule_id)
    )
    return found


def oldest(connection: sa.Connection) -> datetime | None:
    """Return when the oldest item that is kept was first seen."""
    column = items.c.first_seen
    found: datetime | None = connection.scalar(
        sa.select(sa.func.min(column, type_=column.type))
    )
    return found


def decisions_of(connection: sa.Connection, item_id: str) -> list[Decision]:
    """Return what was decided on an item, in order."""
    query = (
        sa.select(decisions)
        .where(decisions.c.item_id == item_id)
        .order_by(decisions.c.id)
    )
    return [to_decision(row) for row in connection.execute(query).mappings()]


def held_back(
    connection: sa.Connection, since: datetime, limit: int | None
) -> list[Decision]:
    """Return decisions to hold an alert back, the newest first."""
    query = (
        sa.select(decisions)
        .where(decisions.c.verdict == Verdict.HOLD.value, decisions.c.at >= since)
        .order_by(decisions.c.id.desc())
        .limit(limit)
    )
    return [to_decision(row) for row in connection.execute(query).mappings()]


def titles(connection: sa.Connection, item_ids: Collection[str]) -> dict[str, str]:
    """Return the titles of those of the items that are still kept."""
    found: dict[str, str] = {}
    for chunk in chunks(item_ids):
        query = sa.select(items.c.id, items.c.title).where(items.c.id.in_(chunk))
        found |= {row.id: row.title for row in connection.execute(query)}
    return found


def grouping_of(connection: sa.Connection, item_id: str) -> Grouped | None:
    """Return which story an item joined and why."""
    query = sa.select(story_items).where(story_items.c.item_id == item_id)
    row = _first(connection, query)
    return None if row is None else _grouped(row)


def _grouped(row: Row) -> Grouped:
    return Grouped(grouping=to_grouping(row), at=row["at"])


# ── stories ──────────────────────────────────────────────────────────────────


def story(connection: sa.Connection, story_id: str) -> StoryView | None:
    """Return a story with its items; those of stories merged into it too."""
    row = _first(connection, sa.select(stories).where(stories.c.id == story_id))
    if row is None:
        return None
    joined = (
        sa.select(story_items)
        .join(stories, stories.c.id == story_items.c.story_id)
        .where(in_story(story_id))
        .order_by(story_items.c.at, story_items.c.cursor)
    )
    groupings = [_grouped(each) for each in connection.execute(joined).mappings()]
    told = (
        sa.select(alerts)
        .join(stories, stories.c.id == alerts.c.story_id)
        .where(in_story(story_id))
    )
    return StoryView(
        story=to_story(row),
        merged_into=row["merged_into"] or "",
        items=tuple(_items_of(connection, story_id)),
        groupings=tuple(groupings),
        alerts=tuple(
            to_alert(each)
            for each in connection.execute(
                told.order_by(alerts.c.opened, alerts.c.id)
            ).mappings()
        ),
        corrections=tuple(corrections.of_story(connection, story_id)),
        merges=tuple(_merges(connection, story_id)),
    )


def _merges(connection: sa.Connection, story_id: str) -> list[Decision]:
    query = (
        sa.select(decisions)
        .join(story_items, story_items.c.item_id == decisions.c.item_id)
        .join(stories, stories.c.id == story_items.c.story_id)
        .where(in_story(story_id), decisions.c.verdict == Verdict.MERGE.value)
        .order_by(decisions.c.id)
    )
    return [to_decision(row) for row in connection.execute(query).mappings()]


def find_stories(connection: sa.Connection, which: StoryFilter) -> list[Story]:
    """Return stories that stand by themselves, the last told of first."""
    query = sa.select(stories).where(stories.c.merged_into.is_(None))
    if which.since is not None:
        query = query.where(stories.c.last_seen >= which.since)
    if which.until is not None:
        query = query.where(stories.c.last_seen < which.until)
    if which.text:
        query = query.where(stories.c.title.icontains(which.text, autoescape=True))
    query = query.order_by(stories.c.last_seen.desc(), stories.c.id)
    rows = connection.execute(query.limit(which.limit)).mappings()
    return [to_story(row) for row in rows]


def _items_of(connection: sa.Connection, story_id: str) -> list[Item]:
    query = (
        ITEMS.join(story_items, story_items.c.item_id == items.c.id)
        .join(stories, stories.c.id == story_items.c.story_id)
        .where(in_story(story_id))
        .order_by(story_items.c.at, story_items.c.cursor)
    )
    return [to_item(row) for row in connection.execute(query).mappings()]
