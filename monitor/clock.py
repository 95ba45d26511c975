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


class ScaledClock:
    """A clock that starts at `start` and runs `rate` times as fast as `base`.

    A replay of three weeks in a minute is the live program with this clock.
    """

    def __init__(self, start: datetime, rate: float, base: Clock) -> None:
        """Begin at `start` now; `rate` is simulated seconds per real second."""
        self._start = start
        self._rate = rate
        self._base = base
        self._origin = base.now()

    def now(self) -> datetime:
        """Return the simulated moment, UTC."""
        elapsed: timedelta = self._base.now() - self._origin
        return self._start + elapsed * self._rate
