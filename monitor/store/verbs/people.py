"""What people asked for: silences, no more mail, tokens and what was done with them."""

from contextlib import AbstractContextManager, suppress
from datetime import datetime

from monitor.errors import StoreUnavailable
from monitor.model import Silence
from monitor.store import silences, subscriptions, tokens
from monitor.store.verbs.base import Verbs
from monitor.store.views import AuditLine, Token, Unsubscribed


class PeopleVerbs(Verbs):
    """What people asked for: silences, no more mail, tokens and what was done with them."""

    def add_silence(self, silence: Silence) -> None:
        """Store a silence."""
        with self._database.write() as connection:
            silences.add(connection, silence)

    def silences(self, after: datetime | None) -> list[Silence]:
        """Return the silences that had not ended then (None: all), newest first."""
        with self._database.read() as connection:
            return silences.since(connection, after)

    def expire_silence(self, silence_id: str, now: datetime) -> bool:
        """End a silence now; False where none of that id is in force."""
        with self._database.write() as connection:
            return silences.expire(connection, silence_id, now)

    def unsubscribe(self, receiver: str, recipient: str, now: datetime) -> bool:
        """End what a recipient gets from a receiver; False where it had ended."""
        with self._database.write() as connection:
            return subscriptions.end(connection, receiver, recipient, now)

    def resubscribe(self, receiver: str, recipient: str) -> bool:
        """Let a recipient have mail again; False where it had never ended."""
        with self._database.write() as connection:
            return subscriptions.begin(connection, receiver, recipient)

    def unsubscribed(self) -> list[Unsubscribed]:
        """Return who has unsubscribed, the latest first."""
        with self._database.read() as connection:
            return subscriptions.every(connection)

    def add_token(self, name: str, scope: str, now: datetime) -> str:
        """Make a token and return it, this once; only its hash is kept."""
        with self._database.write() as connection:
            return tokens.add(connection, name, scope, now)

    def use_token(self, token: str, now: datetime) -> Token | None:
        """Return a token that is in force, None for any other text.

        Nobody who only looks, and no stranger who guesses, has a write wait or waits for
        one; that its use is noted can wait for another time.
        """
        with self._database.read() as connection:
            found = tokens.find(connection, token)
        if found is not None and tokens.is_to_note(found, now):
            with suppress(StoreUnavailable), self._database.write() as connection:
                tokens.note_use(connection, found, now)
        return found

    def tokens(self) -> list[Token]:
        """Return all tokens without their secrets, the newest first."""
        with self._database.read() as connection:
            return tokens.every(connection)

    def revoke_token(self, which: str, now: datetime) -> int:
        """Revoke tokens by id or name; return how many were in force."""
        with self._database.write() as connection:
            return tokens.revoke(connection, which, now)

    def together(self) -> AbstractContextManager[None]:
        """Let what this thread does with the store in a block be one transaction."""
        return self._database.together()

    def answer(self, token_id: str, key: str, now: datetime) -> str | None:
        """Return what a token's request under an Idempotency-Key was answered with."""
        with self._database.read() as connection:
            return tokens.answer(connection, token_id, key, now)

    def keep_answer(self, token_id: str, key: str, answer: str, now: datetime) -> None:
        """Keep an answer for a day, for the case that the request is repeated."""
        with self._database.write() as connection:
            tokens.keep_answer(connection, (token_id, key), answer, now)

    def audit(self, line: AuditLine) -> None:
        """Record a change."""
        with self._database.write() as connection:
            tokens.note(connection, line)

    def audited(self, limit: int) -> list[AuditLine]:
        """Return what was changed, the newest first."""
        with self._database.read() as connection:
            return tokens.noted(connection, limit)
