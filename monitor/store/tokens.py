"""Tokens of the interface for programs, and what was changed with them."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from monitor.model import stable_id
from monitor.store import chain, locks
from monitor.store.schema import audit, meta, tokens
from monitor.store.statements import insert_one, upsert
from monitor.store.views import AuditLine, Token

PREFIX = "tcn_"
_STEP = timedelta(minutes=1)
"""How exactly the last use is kept: not one write a request."""


def hashed(token: str) -> str:
    """Return what is stored of a token: it has 256 random bits, so one hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def add(connection: sa.Connection, name: str, scope: str, now: datetime) -> str:
    """Make a token and return it; it is shown this once and stored only as a hash."""
    token = f"{PREFIX}{secrets.token_urlsafe(32)}"
    row = {
        "id": stable_id("tok", hashed(token)),
        "name": name,
        "hash": hashed(token),
        "scope": scope,
        "created": now,
    }
    connection.execute(sa.insert(tokens).values(row))
    return token


def find(connection: sa.Connection, token: str) -> Token | None:
    """Return a token that is in force."""
    query = sa.select(tokens).where(
        tokens.c.hash == hashed(token), tokens.c.revoked.is_(None)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _to_token(row)


def is_to_note(token: Token, now: datetime) -> bool:
    """Say whether so much time has passed that the use of a token is noted anew."""
    return token.last_used is None or now - token.last_used > _STEP


def note_use(connection: sa.Connection, token: Token, now: datetime) -> None:
    """Note that a token was used."""
    used = sa.update(tokens).where(tokens.c.id == token.id)
    connection.execute(used.values(last_used=now))


def every(connection: sa.Connection) -> list[Token]:
    """Return all tokens, the newest first, without their secrets."""
    query = sa.select(tokens).order_by(tokens.c.created.desc(), tokens.c.id)
    return [_to_token(row) for row in connection.execute(query).mappings()]


def revoke(connection: sa.Connection, which: str, now: datetime) -> int:
    """Revoke tokens by id or name; return how many were in force."""
    named = sa.or_(tokens.c.id == which, tokens.c.name == which)
    result = connection.execute(
        sa.update(tokens).where(named, tokens.c.revoked.is_(None)).values(revoked=now)
    )
    return result.rowcount


_ANSWERS = "answer:"
_KEPT = timedelta(days=1)
"""How long the answer under an Idempotency-Key is kept."""


def answer(
    connection: sa.Connection, token_id: str, key: str, now: datetime
) -> str | None:
    """Return what a request under a key was answered with; None where there was none."""
    # Two that come at once are carried out one after the other.
    locks.hold(connection, int(hashlib.sha256(key.encode()).hexdigest()[:15], 16))
    query = sa.select(meta.c.value).where(
        meta.c.key == _answer_key(token_id, key), meta.c.at > now - _KEPT
    )
    found: str | None = connection.scalar(query)
    return found


def keep_answer(
    connection: sa.Connection, whose: tuple[str, str], value: str, now: datetime
) -> None:
    """Keep an answer, and forget those that are older than a day."""
    old = meta.c.key.startswith(_ANSWERS), meta.c.at <= now - _KEPT
    connection.execute(sa.delete(meta).where(*old))
    row = {"key": _answer_key(*whose), "value": value, "at": now}
    upsert(connection, meta, row, ["key"])


def _answer_key(token_id: str, key: str) -> str:
    return _ANSWERS + hashlib.sha256(f"{token_id}\x1f{key}".encode()).hexdigest()


def note(connection: sa.Connection, line: AuditLine) -> None:
    """Record a change."""
    row = {
        "at": line.at,
        "who": line.who,
        "action": line.action,
        "detail": line.detail,
    }
    number = insert_one(connection, audit, row)
    chain.append(connection, "audit", [{**row, "id": number}])


def noted(connection: sa.Connection, limit: int) -> list[AuditLine]:
    """Return what was changed, the newest first."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    return [
        AuditLine(at=r["at"], who=r["who"], action=r["action"], detail=r["detail"])
        for r in connection.execute(query).mappings()
    ]


def _to_token(row: sa.RowMapping) -> Token:
    return Token(
        id=row["id"],
        name=row["name"],
        scope=row["scope"],
        created=row["created"],
        last_used=row["last_used"],
        revoked=row["revoked"],
    )
