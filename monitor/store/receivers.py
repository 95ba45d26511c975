"""How receivers fare: disabled by a person or by failures, resting, or well."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from monitor.model import Circuit
from monitor.store import chain
from monitor.store.schema import attempts, deliveries, receivers
from monitor.store.selections import PENDING
from monitor.store.statements import Values, chunks, upsert
from monitor.store.views import ReceiverRow

_WELL: Values = {"failures": 0, "failing_since": None, "paused_until": None}


def enabled(now: datetime | None = None) -> sa.ColumnElement[bool]:
    """Choose what is for receivers that are not disabled, nor paused `now`."""
    resting: sa.ColumnElement[bool] = receivers.c.disabled.is_not(None)
    if now is not None:
        resting = sa.or_(resting, receivers.c.paused_until > now)
    return deliveries.c.receiver.not_in(sa.select(receivers.c.name).where(resting))


def set_circuit(connection: sa.Connection, name: str, circuit: Circuit) -> None:
    """Store how a receiver fares now."""
    values: Values = {
        "failures": circuit.failures,
        "failing_since": circuit.failing_since,
        "paused_until": circuit.paused_until,
    }
    known = sa.update(receivers).where(receivers.c.name == name).values(values)
    if connection.execute(known).rowcount or circuit == Circuit():
        return
    row: Values = {"name": name, "disabled": None, "reason": "", **values}
    upsert(connection, receivers, row, ["name"])


def circuits_of(
    connection: sa.Connection, names: Collection[str]
) -> dict[str, Circuit]:
    """Return how receivers fare."""
    found = dict.fromkeys(names, Circuit())
    for chunk in chunks(names):
        query = sa.select(receivers).where(receivers.c.name.in_(chunk))
        for row in connection.execute(query).mappings():
            found[row["name"]] = Circuit(
                failures=row["failures"],
                failing_since=row["failing_since"],
                paused_until=row["paused_until"],
            )
    return found


def unwell(connection: sa.Connection, names: Collection[str]) -> frozenset[str]:
    """Return those of the receivers that failed last or are disabled."""
    column = receivers.c
    ill = sa.or_(column.failures > 0, column.disabled.is_not(None))
    found: set[str] = set()
    for chunk in chunks(names):
        query = sa.select(column.name).where(column.name.in_(chunk), ill)
        found.update(connection.scalars(query))
    return frozenset(found)


def was_tried(
    connection: sa.Connection, name: str, since: datetime, until: datetime
) -> bool:
    """Say whether anything was attempted for a receiver between two moments."""
    query = (
        sa.select(attempts.c.id)
        .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
        .where(deliveries.c.receiver == name, attempts.c.at.between(since, until))
        .order_by(attempts.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query) is not None


def disable(connection: sa.Connection, name: str, reason: str, now: datetime) -> None:
    """Lease nothing more for a receiver until it is enabled."""
    row: Values = {"name": name, "disabled": now, "reason": reason}
    known = sa.update(receivers).where(receivers.c.name == name).values(row)
    if not connection.execute(known).rowcount:
        upsert(connection, receivers, {**row, "failures": 0}, ["name"])
    chain.append(connection, "receiver", [row])


def enable(connection: sa.Connection, name: str) -> bool:
    """Lease for it again, what is overdue at once; False where it was enabled."""
    row: Values = {"name": name, "disabled": None, "reason": ""}
    result = connection.execute(
        sa.update(receivers)
        .where(receivers.c.name == name, receivers.c.disabled.is_not(None))
        .values({**row, **_WELL})
    )
    if result.rowcount:
        chain.append(connection, "receiver", [row])
    return result.rowcount == 1


def ailing(connection: sa.Connection) -> list[ReceiverRow]:
    """Return those that are disabled or failed last, by name, with what waits for each.

    What was ever delivered to them is not counted: that would read every delivery.
    """
    column = receivers.c
    ill = sa.or_(column.failures > 0, column.disabled.is_not(None))
    query = sa.select(receivers).where(ill).order_by(column.name)
    rows = connection.execute(query).mappings().all()
    waiting = Counter[str]()
    for chunk in chunks(row["name"] for row in rows):
        counted = (
            sa.select(deliveries.c.receiver, sa.func.count())
            .where(PENDING, deliveries.c.receiver.in_(chunk))
            .group_by(deliveries.c.receiver)
        )
        for name, number in connection.execute(counted):
            waiting[name] += number
    return [ReceiverRow(**row, pending=waiting[row["name"]]) for row in rows]


def list_receivers(connection: sa.Connection) -> list[ReceiverRow]:
    """Return every receiver that has deliveries or was ever disabled, by name."""
    found: dict[str, dict[str, Any]] = {
        row.name: {
            "disabled": row.disabled,
            "reason": row.reason,
            "failures": row.failures,
            "failing_since": row.failing_since,
            "paused_until": row.paused_until,
        }
        for row in connection.execute(sa.select(receivers))
    }
    query = sa.select(
        deliveries.c.receiver, deliveries.c.state, sa.func.count()
    ).group_by(deliveries.c.receiver, deliveries.c.state)
    for name, state, number in connection.execute(query):
        found.setdefault(name, {})[state] = number
    return [ReceiverRow(name=name, **found[name]) for name in sorted(found)]
