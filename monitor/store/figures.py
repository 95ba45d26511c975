"""Figures for gauges and health, and remarks from one process to another."""

from datetime import datetime

import sqlalchemy as sa

from monitor.model import DeliveryState
from monitor.store import chain
from monitor.store.schema import (
    alerts,
    deliveries,
    feeds,
    items,
    meta,
    receivers,
    stories,
)
from monitor.store.statements import insert_new, upsert
from monitor.store.views import Note


def counts(connection: sa.Connection, now: datetime | None) -> dict[str, float]:
    """Return figures by name; see `Store.counts`."""
    live = feeds.c.retired.is_(None)
    # To the letter of its index: a bound number would have all feeds read.
    failing = live & (feeds.c.failures > sa.literal_column("0"))
    disabled = receivers.c.disabled.is_not(None)
    pending = deliveries.c.state == DeliveryState.PENDING.value
    # What waits for a digest, a group or the morning is not late.
    going = deliveries.c.way == ""
    if now is not None:
        going = sa.or_(deliveries.c.attempts > 0, deliveries.c.due <= now)
    oldest = _moment(connection, sa.func.min(deliveries.c.created), pending & going)
    newest = _moment(connection, sa.func.max(items.c.first_seen))
    figures: dict[str, float] = {
        "feeds": _number(connection, feeds, live),
        "feeds_failing": _number(connection, feeds, failing),
        "items": _number(connection, items),
        "stories": _number(connection, stories),
        "alerts": _number(connection, alerts),
        **_by_state(connection),
        "ledger_waiting": chain.unsealed(connection),
        "receivers_disabled": _number(connection, receivers, disabled),
    }
    if newest is not None:
        figures["newest_item_timestamp_seconds"] = newest.timestamp()
    if oldest is not None:
        figures["oldest_pending_timestamp_seconds"] = oldest.timestamp()
    if now is not None:
        late = _moment(connection, sa.func.min(feeds.c.poll_after), live)
        due = live & (feeds.c.poll_after <= now)
        figures["feeds_due"] = _number(connection, feeds, due)
        figures["feeds_overdue_seconds"] = _age(late, now)
        figures["oldest_pending_seconds"] = _age(oldest, now)
    return figures


def _by_state(connection: sa.Connection) -> dict[str, float]:
    query = sa.select(deliveries.c.state, sa.func.count().label("number"))
    rows = connection.execute(query.group_by(deliveries.c.state))
    found = {row.state: row.number for row in rows}
    return {f"deliveries_{state}": found.get(state, 0) for state in DeliveryState}


def _number(
    connection: sa.Connection,
    table: sa.Table,
    condition: sa.ColumnElement[bool] | None = None,
) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    if condition is not None:
        query = query.where(condition)
    return connection.scalar(query) or 0


def _moment(
    connection: sa.Connection,
    column: sa.ColumnElement[datetime],
    condition: sa.ColumnElement[bool] | None = None,
) -> datetime | None:
    query = sa.select(column)
    if condition is not None:
        query = query.where(condition)
    return connection.scalar(query)


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


# ── remarks ──────────────────────────────────────────────────────────────────


def note(connection: sa.Connection, key: str) -> Note | None:
    """Return the last remark under this key."""
    query = sa.select(meta).where(meta.c.key == key)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Note(value=row["value"], at=row["at"])


def change_note(
    connection: sa.Connection, key: str, change: tuple[str | None, str], now: datetime
) -> bool:
    """Leave a remark where the last one is still this (None: none); say whether it was."""
    before, value = change
    if before is None:
        row = {"key": key, "value": value, "at": now}
        return bool(insert_new(connection, meta, [row], (meta.c.key,)))
    same = (meta.c.key == key, meta.c.value == before)
    changed = sa.update(meta).where(*same).values(value=value, at=now)
    return connection.execute(changed).rowcount == 1


def set_note(connection: sa.Connection, key: str, value: str, now: datetime) -> None:
    """Leave a remark, such as why the last reload was refused."""
    upsert(connection, meta, {"key": key, "value": value, "at": now}, ["key"])
