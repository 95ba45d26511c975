"""What time it is. Everything that needs the time is handed one of these."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; always an aware datetime in UTC."""

    def now(self) -> datetime:
        """Return the present moment, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads it


class SteppedClock:
    """A clock that moves only when it is told to.

    A replay of three weeks in a minute is the live program with this clock.
    """

    def __init__(self, start: datetime) -> None:
        """Begin at `start`."""
        self._now = start

    def now(self) -> datetime:
        """Return the simulated moment, UTC."""
        return self._now

    def step(self, by: timedelta) -> None:
        """Let time pass; it never goes back."""
        self._now += max(by, timedelta())
