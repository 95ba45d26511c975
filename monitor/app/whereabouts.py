"""Where the running service listens, noted beside its database for `tocsin healthcheck`.

`server.listen` may have changed since the start, or leave the port to the system.
PostgreSQL may be on another machine and serve several: nothing is noted there.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

_log = structlog.get_logger("tocsin")
_SQLITE = ("sqlite:///", "sqlite+pysqlite:///")
_LONGEST = 300


def file_of(store_url: str) -> Path | None:
    """Return the SQLite file of a store; None for another database."""
    for scheme in _SQLITE:
        if store_url.startswith(scheme) and len(store_url) > len(scheme):
            return Path(store_url.removeprefix(scheme))
    return None


def note_of(store_url: str) -> Path | None:
    """Return the file of the note; None where there is none for such a store."""
    file = file_of(store_url)
    return None if file is None else Path(f"{file}-listen")


def listening_at(store_url: str) -> str:
    """Return the `host:port` at which the service on a store listens; "" if not known."""
    path = note_of(store_url)
    if path is None:
        return ""
    try:
        with path.open(encoding="ascii") as file:
            found = file.read(_LONGEST).strip()
    except (OSError, ValueError):
        return ""
    host, _, port = found.rpartition(":")
    return found if host and port.isdigit() else ""


class Whereabouts:
    """The note of one service."""

    def __init__(self, store_url: str) -> None:
        """Note nothing yet."""
        self._path = note_of(store_url)
        self._store_url = store_url
        self._address = ""

    def note(self, address: str) -> None:
        """Note where the service listens; that it cannot be noted stops nothing."""
        self._address = address
        if self._path is None:
            return
        try:
            self._path.write_text(f"{address}\n", encoding="ascii")
        except OSError as error:
            _log.warning(
                "where the service listens cannot be noted for healthcheck",
                file=str(self._path),
                why=error.strerror,
            )

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        """Take the note away when the block ends, unless it is another service's."""
        try:
            yield
        finally:
            if self._path and self._address == listening_at(self._store_url):
                with suppress(OSError):
                    self._path.unlink(missing_ok=True)
