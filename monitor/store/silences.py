"""Silences: what a person does not want to hear of for a while."""

from datetime import datetime

import sqlalchemy as sa

from monitor.model import Silence
from monitor.store import chain
from monitor.store.schema import silences


def add(connection: sa.Connection, silence: Silence) -> None:
    """Store a silence."""
    connection.execute(
        sa.insert(silences).values(
            id=silence.id,
            matchers=[list(one) for one in silence.matchers],
            starts=silence.starts,
            ends=silence.ends,
            created=silence.created,
            author=silence.author,
            comment=silence.comment,
            until_news=silence.until_news,
        )
    )
    chain.append_stored(connection, "silence", [silence.id])


def since(connection: sa.Connection, moment: datetime | None) -> list[Silence]:
    """Return the silences that had not ended at a moment (None: all), newest first."""
    query = sa.select(silences).order_by(silences.c.created.desc(), silences.c.id)
    if moment is not None:
        query = query.where(silences.c.ends > moment)
    return [
        Silence(
            id=row["id"],
            matchers=tuple(
                (name, sign, value) for name, sign, value in row["matchers"]
            ),
            starts=row["starts"],
            ends=row["ends"],
            created=row["created"],
            author=row["author"],
            comment=row["comment"],
            until_news=row["until_news"],
        )
        for row in connection.execute(query).mappings()
    ]


def change(connection: sa.Connection, silence: Silence) -> None:
    """Store another end and comment of a silence."""
    connection.execute(
        sa.update(silences)
        .where(silences.c.id == silence.id)
        .values(ends=silence.ends, comment=silence.comment)
    )
    chain.append_stored(connection, "silence", [silence.id])


def expire(connection: sa.Connection, silence_id: str, now: datetime) -> bool:
    """End a silence now; False where none of that id is in force."""
    result = connection.execute(
        sa.update(silences)
        .where(silences.c.id == silence_id, silences.c.ends > now)
        .values(ends=now)
    )
    if result.rowcount != 1:
        return False
    chain.append_stored(connection, "silence", [silence_id])
    return True
