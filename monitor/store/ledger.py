"""The ledger as the rest of the program uses it: sealed, listed, verified, cut."""

from collections.abc import Sequence
from datetime import datetime

from monitor.store import chain, proof
from monitor.store.chain import BATCH, MOST_CUT, Entry, Head
from monitor.store.database import Database
from monitor.store.proof import Proof


class Ledger:
    """What was recorded, hash-chained; every method may raise StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        """Work on the store's own database."""
        self._database = database

    def seal(self, now: datetime) -> int:
        """Give every entry that was committed its place in the chain; return how many.

        Where another replica seals, it is left to that one.
        """
        with self._database.read() as connection:
            waiting = chain.unsealed(connection)
        sealed = 0
        while waiting > 0:
            with self._database.write() as connection:
                number = chain.seal(connection, now)
            if not number:
                break
            sealed += number
            waiting -= BATCH
        return sealed

    def head(self) -> Head:
        """Return the last sealed entry."""
        with self._database.read() as connection:
            return chain.head_of(connection)

    def waiting(self) -> int:
        """Return how many entries are not sealed yet."""
        with self._database.read() as connection:
            return chain.unsealed(connection)

    def entries(
        self,
        *,
        about: str = "",
        kind: str = "",
        before: int | None = None,
        limit: int | None = None,
    ) -> list[Entry]:
        """Return entries, the newest first; `about` is an id, `before` a position."""
        with self._database.read() as connection:
            return chain.entries(
                connection, about=about, kind=kind, before=before, limit=limit
            )

    def verify(self, noted: Sequence[Head] = ()) -> Proof:
        """Check the chain and all that it tells of; `noted` are heads kept elsewhere."""
        return proof.verify(self._database, noted)

    def forget(self, before: datetime, batches: int = 5) -> int:
        """Forget entries sealed before, behind a checkpoint; return how many."""
        gone = 0
        for _ in range(batches):
            with self._database.write() as connection:
                number = chain.cut(connection, before)
            gone += number
            if number < MOST_CUT:
                break
        return gone
