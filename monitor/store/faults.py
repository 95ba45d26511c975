"""What a database's error means, and how whoever runs it mends that.

Only what can be mended outside the program has words here; a bug keeps its own exception.
"""

import re
import sqlite3

from sqlalchemy import exc
from sqlalchemy.engine import URL

DAMAGED = (
    "the file is damaged; restore a backup, or save what can be read, as docs/operations.md"
    " says under “A damaged database”"
)
"""What to do about a SQLite file that is."""

_SQLITE = {
    sqlite3.SQLITE_PERM: "the file may not be accessed; mend its permissions",
    sqlite3.SQLITE_BUSY: "another process held it for too long; try again",
    sqlite3.SQLITE_LOCKED: "another process held it for too long; try again",
    sqlite3.SQLITE_READONLY: (
        "it cannot be written; mend the permissions of the file and its folder"
    ),
    sqlite3.SQLITE_IOERR: "reading or writing it failed; look at the disk",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_FULL: "the disk is full; make room",
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened; mend the permissions of the file and its folder"
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not a SQLite database; name another file or move it away"
    ),
}

_SLOTS = (
    "raise max_connections of the server (or the limit of the user or the database): "
    "each process of Tocsin takes up to 32"
)
_BY_ITSELF = "it is tried again by itself"

_STATES = {
    "25006": (
        "it only lets read, as a standby does: name the primary in store.url, or take "
        "default_transaction_read_only away"
    ),
    "3F000": "make the schema that search_path names, or mend search_path",
    "42501": (
        "let {user} own the database (ALTER DATABASE {database} OWNER TO {user}) and the "
        "tables, or give it USAGE and CREATE on the schema and every right on the tables"
    ),
    "53100": "the disk of the server is full; make room",
    "53200": "the server is out of memory; give it some, or lower max_connections",
    "53300": _SLOTS,
    "55P03": "another process held a lock for too long; try again",
    "57P01": _BY_ITSELF,
    "57P02": _BY_ITSELF,
    "57P03": _BY_ITSELF,
    "58030": "reading or writing failed there; look at the disk of the server",
    "XX001": "a table is damaged; look at the disk of the server, restore a backup",
    "XX002": "an index is damaged; look at the disk of the server, REINDEX DATABASE",
}
"""By SQLSTATE; the first two, the fourth and the last two are no OperationalError."""

_CONNECTING = (
    (
        r"connection refused|no such file or directory",
        "nothing listens there; start PostgreSQL, or mend host and port in store.url",
    ),
    (
        "password authentication failed",
        "mend the user or the password in store.url",
    ),
    ("no password supplied", "put the password into store.url"),
    (
        r'database ".*" does not exist',
        "make it (CREATE DATABASE {database} OWNER {user}), or mend its name in store.url",
    ),
    (
        r'role ".*" does not exist',
        "make it (CREATE ROLE {user} LOGIN PASSWORD ...), or mend the user in store.url",
    ),
    ("not permitted to log in", "let it (ALTER ROLE {user} LOGIN)"),
    (
        "permission denied for database",
        "let it in (GRANT CONNECT ON DATABASE {database} TO {user})",
    ),
    (
        "not currently accepting connections",
        "let it (ALTER DATABASE {database} ALLOW_CONNECTIONS true)",
    ),
    ("pg_hba.conf", "let {user} in from this machine in the server's pg_hba.conf"),
    ("too many connections|slots are reserved|too many clients", _SLOTS),
    (
        "resolve host|translate host name",
        "mend the host in store.url, or how this machine looks names up",
    ),
    (
        "invalid connection option|invalid .* value",
        "mend what follows the ? in store.url",
    ),
    (
        "ssl|certificate",
        "mend sslmode and the certificates in store.url, or those of the server",
    ),
    (
        r"timeout|timed out|no route|unreachable",
        "see that the server runs and can be reached; else mend the host in store.url",
    ),
    (
        r"starting up|shutting down|not yet accepting|in recovery|closed the connection|terminat|was lost",
        _BY_ITSELF,
    ),
)
"""By the words of the driver and the server, which have no code where there is no
connection yet."""

_OTHERWISE = "is the server running, and are the parts of store.url right?"

_CHATTER = re.compile(
    r"(?:connection failed: )?connection to server (?:at|on socket) \S+"
    r"(?: \([^)]*\))?,?(?: port \d+)? failed: (?:FATAL: +)?|^FATAL: +"
    r"|\s*Is the server running (?:on that host|locally) and accepting [^?]*\?"
    r"|\s*DETAIL: .*|^connection is bad: |^fe_sendauth: "
    r"|\s*This probably means the server terminated .*? the request\.?"
)
"""What the driver says beside what happened; the address is told anyway."""


def sentence(error: exc.DBAPIError, url: URL) -> str | None:
    """Return what happened and what to do; None where the fault is ours."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        mend = _SQLITE.get(code)
        return None if mend is None else f"{cause}: {mend}"
    return _postgres(error, url)


def _postgres(error: exc.DBAPIError, url: URL) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    # Without a statement it is the URL that was wrong, such as an unknown option.
    in_url = isinstance(error, exc.ProgrammingError) and error.statement is None
    theirs = in_url or isinstance(error, exc.OperationalError) or state in _STATES
    if not theirs:
        return None
    said = _redacted(_said(error), url)
    if state is None:
        return f"{said}: {_filled(_connecting(said), url)}"
    mend = _STATES.get(state)
    told = f"{said} (SQLSTATE {state})"
    return told if mend is None else f"{told}: {_filled(mend, url)}"


def _said(error: exc.DBAPIError) -> str:
    """Return what the server said, in a line, without the statement."""
    primary = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    told = " ".join((primary or str(error.orig)).split())
    return _CHATTER.sub("", told).strip() or "the connection was lost"


def _redacted(said: str, url: URL) -> str:
    """Star out what is secret; a driver's own words may repeat it."""
    for secret in (url.password, url.query.get("password")):
        if secret:
            said = said.replace(str(secret), "***")
    return said


def _connecting(said: str) -> str:
    for pattern, mend in _CONNECTING:
        if re.search(pattern, said, re.IGNORECASE):
            return mend
    return _OTHERWISE


def _filled(mend: str, url: URL) -> str:
    user = url.username or "the user"
    return mend.replace("{user}", user).replace("{database}", url.database or user)
