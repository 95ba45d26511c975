"""How reasons put moments and durations, for people; pure."""

from datetime import datetime, timedelta

_DAYS_FROM = timedelta(hours=100)


def minute(moment: datetime) -> str:
    """Return a moment to the minute: `2020-07-29 10:02Z`."""
    return f"{moment:%Y-%m-%d %H:%M}Z"


def duration(time: timedelta, days_from: timedelta = _DAYS_FROM) -> str:
    """Return a duration, in days from so long on: `30 min`, `72 h`, `14 days`."""
    hours = time / timedelta(hours=1)
    if hours < 1:
        return f"{hours * 60:g} min"
    return f"{hours:g} h" if time < days_from else f"{hours / 24:.3g} days"
