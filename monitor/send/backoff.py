"""When a failed delivery is tried again; pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

WAITS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""The wait after the first failed attempt, the second, and so on; the last
repeats. The first attempt is made at once."""

JITTER = 0.2
"""Each wait is stretched or shrunk by up to this share, so that the deliveries
that failed together do not all come back together."""

LONGEST_GAP = timedelta(hours=29)
"""No wait is as long: where so much lies between two attempts nothing was tried, as while
Tocsin was down or the receiver disabled."""

LONGEST_RETRY_AFTER = timedelta(hours=24)

_SECONDS = re.compile(r"([0-9]{1,10})(?:\.[0-9]+)?")


def wait(failures: int, chance: float) -> timedelta:
    """Return the wait after so many failed attempts in a row (1 or more).

    `chance` in [0, 1) places it in the range that `JITTER` gives.
    """
    return jittered(WAITS[min(max(failures, 1), len(WAITS)) - 1], chance)


def jittered(planned: timedelta, chance: float) -> timedelta:
    """Return a wait stretched or shrunk by up to `JITTER`."""
    return planned * (1 - JITTER + 2 * JITTER * chance)


def idle(attempts: Sequence[datetime], now: datetime) -> timedelta:
    """Return for how long nothing was tried since the first of the attempts."""
    gaps = (after - before for before, after in pairwise([*attempts, now]))
    return sum((gap for gap in gaps if gap > LONGEST_GAP), timedelta())


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a Retry-After header (RFC 9110, 10.2.3); None where it says nothing.

    Seconds (also with a fraction, which some chat services send) or an
    HTTP-date; the result lies between 0 and 24 h.
    """
    value = value.strip()
    if value.isascii() and value.isdecimal() and len(value) > 10:  # noqa: PLR2004 - 300 years
        return LONGEST_RETRY_AFTER
    if _SECONDS.fullmatch(value):
        return _clamped(timedelta(seconds=float(value)))
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _clamped(moment - now)


def _clamped(asked: timedelta) -> timedelta:
    return min(max(asked, timedelta()), LONGEST_RETRY_AFTER)
