"""When a receiver is told in one message what has come since the last; pure.

A cron expression is read by the clocks of a time zone. An hour that summer time leaves
out is told of when it would have begun; one that comes twice is told of once, unless
the expression names every hour (as in Debian's cron).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from monitor.model import Severity

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The times at which a receiver is told, and what does not wait for them."""

    cron: str
    """Five fields: minute, hour, day of the month, month, day of the week."""
    zone: ZoneInfo = _UTC
    bypass: Severity | None = Severity.CRITICAL
    """What is as grave as this or graver goes at once; None: nothing does."""

    def __post_init__(self) -> None:
        """Refuse an expression that cannot be read or never comes to pass."""
        check_cron(self.cron)

    def urgent(self, severity: Severity) -> bool:
        """Say whether a message does not wait for the digest."""
        return self.bypass is not None and severity.rank >= self.bypass.rank

    def after(self, moment: datetime) -> datetime:
        """Return the first moment after this one at which a digest is due."""
        return next(CronSim(self.cron, moment.astimezone(self.zone))).astimezone(UTC)


def check_cron(cron: str) -> None:
    """Raise ValueError with the mend for what is no cron expression."""
    example = 'write five fields, such as "0 7 * * mon-fri"'
    if len(cron.split()) != 5:  # noqa: PLR2004 - minute, hour, day, month, weekday
        raise ValueError(f"{cron!r} is no cron expression; {example}")
    try:
        next(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as wrong:
        said = str(wrong).lower()
        raise ValueError(f"{cron!r}: {said}; {example}") from None
    except StopIteration:
        raise ValueError(f"{cron!r} never comes to pass; {example}") from None
