"""How many messages a receiver gets in how long: a token bucket; pure."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `messages` at once, and so many in each `per` after that."""

    messages: int
    per: timedelta


@dataclass(slots=True)
class Bucket:
    """The tokens of one receiver; full at the beginning."""

    pace: Pace
    _tokens: float = field(init=False)
    _at: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        """Begin full."""
        self._tokens = float(self.pace.messages)

    def take(self, now: float) -> float:
        """Take a token and return 0, or return in how many seconds there is one.

        `now` is in seconds of a clock that never goes back.
        """
        per_second = self.pace.messages / self.pace.per.total_seconds()
        gained = max(now - self._at, 0.0) * per_second
        self._tokens = min(self._tokens + gained, float(self.pace.messages))
        self._at = now
        if self._tokens >= 1 - 1e-9:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / per_second

    def change(self, pace: Pace) -> None:
        """Take another pace; what was sent lately counts under it too."""
        spent = self.pace.messages - self._tokens
        self._tokens = max(pace.messages - spent, 0.0)
        self.pace = pace
