"""Named times in which a route speaks or keeps quiet, in a time zone of its own; pure.

Fields and meaning are those of Alertmanager's `time_intervals`: a moment lies in an
interval when each field that is given fits. Times of day are half open: `22:00` to
`07:00` is written as two ranges, `22:00-24:00` and `00:00-07:00`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.model import Delivery, Severity

WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
LONGEST_HOLD = timedelta(days=8)
"""A route that would keep quiet for longer speaks all the same."""
LOOKED_AT = timedelta(hours=24)
"""However long a route keeps quiet, what waits for it is looked at as often as this."""
_UTC = ZoneInfo("UTC")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One named interval; an empty field fits every moment."""

    name: str
    times: tuple[tuple[int, int], ...] = ()
    """Minutes of the day, from and until (1440 is the end of the day)."""
    weekdays: frozenset[int] = frozenset()
    """0 is Monday."""
    days_of_month: frozenset[int] = frozenset()
    """1 to 31."""
    months: frozenset[int] = frozenset()
    """1 to 12."""
    zone: ZoneInfo = _UTC

    def holds(self, moment: datetime) -> bool:
        """Say whether a moment lies in it, by the clocks of its zone."""
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return (
            (not self.times or any(a <= minute < b for a, b in self.times))
            and (not self.weekdays or local.weekday() in self.weekdays)
            and (not self.days_of_month or local.day in self.days_of_month)
            and (not self.months or local.month in self.months)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When a route speaks."""

    mute: tuple[Interval, ...] = ()
    active: tuple[Interval, ...] = ()

    def quiet(self, moment: datetime) -> str:
        """Return what keeps it quiet at a moment; "" for nothing."""
        return quiet(moment, self.mute, self.active)

    def speaks_at(self, moment: datetime) -> datetime:
        """Return the first moment from here on at which it speaks."""
        return speaks_at(moment, self.mute, self.active)


ALWAYS = Hours()


def quiet(
    moment: datetime, mute: Sequence[Interval], active: Sequence[Interval]
) -> str:
    """Return which interval keeps a route quiet at a moment; "" where none does."""
    for interval in mute:
        if interval.holds(moment):
            return interval.name
    if active and not any(interval.holds(moment) for interval in active):
        return f"not {', '.join(interval.name for interval in active)}"
    return ""


def speaks_at(
    moment: datetime, mute: Sequence[Interval], active: Sequence[Interval]
) -> datetime:
    """Return the first moment from here on at which a route speaks.

    By whole minutes, so that the change of clocks to and from summer time needs no
    thought: a minute that does not exist is never met, one that comes twice is met twice.
    """
    if not quiet(moment, mute, active):
        return moment
    at = moment.replace(second=0, microsecond=0)
    while at - moment < LONGEST_HOLD:
        at += _MINUTE
        if not quiet(at, mute, active):
            return at
    return moment


def kept_quiet(
    due: Iterable[Delivery],
    hours: Mapping[str, Hours],
    ordered: Collection[str],
    now: datetime,
) -> list[Delivery]:
    """Return those of what is due whose routes keep quiet now, as they wait on.

    So does what has to be tried again, or came late. At a receiver in `ordered` everything
    waits for what has to be tried again, also what is critical: that goes at any hour.
    """
    speak: dict[str, datetime] = {}
    waits = []
    for one in due:
        place = one.group.partition("?")[0]
        route = hours.get(place)
        if route is None or one.rank >= Severity.CRITICAL.rank:
            continue
        if place not in speak:
            speak[place] = route.speaks_at(now)
        if speak[place] > now and not (one.attempts and one.receiver in ordered):
            until = min(speak[place], now + LOOKED_AT)
            waits.append(_put_off(one, until, route.quiet(now)))
    return waits


def _put_off(one: Delivery, until: datetime, quiet: str) -> Delivery:
    note = f"put off by quiet hours ({quiet})"
    if one.note and note not in one.note:
        note = f"{one.note}; {note}"
    return replace(one, due=until, note=note)
