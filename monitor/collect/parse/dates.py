"""What publishers write for a date, as aware datetimes in UTC.

RFC 822 and 2822 in all the forms in which they are written, RFC 850, asctime,
ISO 8601, Unix seconds, and dates in words of eight languages. A date that can be
read in two ways (`08/09/2020`), or has no day (`2020`), is not read at all: a wrong date
moves a report into the wrong story, a missing one does not.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from monitor.model import EARLIEST, MOST_AHEAD

_LONGEST = 100
_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        (
            "jan jän янв січ сту студ sty sau",
            "feb фев лют lut vas fév fev",
            "mar mär mrz maa мар бер сак kov",
            "apr апр кві кра kwi bal avr",
            "may mai maj май мая тра geg",
            "jun июн чер чэр cze bir juin",
            "jul июл лип ліп lip lie juil",
            "aug авг сер жні sie rgp rugp aoû aou",
            "sep сен вер wrz rgs rugs",
            "oct okt окт жов кас paź paz spa",
            "nov ноя лис ліс lis lap",
            "dec dez дек гру сне gru déc",
        ),
        start=1,
    )
    for prefix in prefixes.split()
}
_HOURS = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1,
    "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2, "eest": 3, "msk": 3,
    "msd": 4, "fet": 3, "trt": 3, "samt": 4, "yekt": 5, "jst": 9, "hkt": 8,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "aest": 10, "aedt": 11,
    "мск": 3,
}  # fmt: skip

# What nearly all feeds write; it makes no difference but to the time.
_USUAL_MONTHS: dict[str | None, int] = {
    None: 0,  # in numbers
}
_USUAL_MONTHS |= {
    name: number
    for number, name in enumerate(
        [
            "Jan",
            "Feb",
            "Mar",
            "Apr",
            "May",
            "Jun",
            "Jul",
            "Aug",
            "Sep",
            "Oct",
            "Nov",
            "Dec",
        ],
        start=1,
    )
}
_USUAL = re.compile(
    r"(?:(?:[A-Z][a-z]{2}, )?(?P<d>[0-9]{2}) (?P<month>[A-Z][a-z]{2}) (?P<y>[0-9]{4}) "
    r"|(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2})T)"
    r"(?P<time>(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.[0-9]{1,9})?"
    r" ?(?:GMT|Z|(?P<offset>[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]))\Z"
)
_ISO = re.compile(
    r"(?P<y>\d{4})[-/.]?(?P<m>\d{2})[-/.]?(?P<d>\d{2})"
    r"(?:[Tt _]+(?P<time>\d.*))?\Z"
)
_DAY_MONTH_YEAR = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})(?:st|nd|rd|th|er|-го|\.)?[\s./-]{1,3}"
    r"(?P<month>[^\W\d_]{3,12})\.?,?[\s./-]{1,3}(?P<y>\d{4}|\d{2})(?!\d)"
)
_MONTH_DAY_YEAR = re.compile(
    r"(?P<month>[^\W\d_]{3,12})\.?\s{1,3}(?P<d>\d{1,2})(?:st|nd|rd|th)?"
    r"(?:,?\s{1,3}|\s(?P<between>\d{1,2}:\d{2}.{0,20})\s)(?P<y>\d{4})(?!\d)"
)
_YEAR_MONTH_DAY = re.compile(
    r"(?<!\d)(?P<y>\d{4})(?:\s?m\.|\.)?,?\s{1,3}(?P<month>[^\W\d_]{3,12})\.?"
    r"\s{1,3}(?P<d>\d{1,2})(?!\d)"
)
_NUMBERS = re.compile(r"(?<!\d)(?P<d>\d{1,2})(?P<sep>[./-])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4})(?!\d)")  # fmt: skip
_UNIX = re.compile(r"(\d{10})(\d{3})?(?:\.\d+)?\Z")
_TIME = re.compile(
    r"(?<!\d)(?P<h>\d{1,2})[:.h](?P<min>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s?(?P<half>[aApP]\.?[mM]\.?)?(?P<zone>.*)\Z"
)
_COMPACT_TIME = re.compile(r"(?P<h>\d{2})(?P<min>\d{2})(?P<s>\d{2})?(?:[.,]\d{1,9})?(?P<half>)(?P<zone>.*)\Z")  # fmt: skip
_ZONE = re.compile(
    r"[\s(,]*(?P<name>[^\W\d_]{1,5})?[\s(]*"
    r"(?:(?P<sign>[+\-\u2212])(?P<h>\d{1,2}):?(?P<min>\d{2})?)?"
)


def published(stated: str, now: datetime) -> tuple[datetime | None, str]:
    """Return the moment a publisher states and "", or None and why.

    Why is `absent`, `unreadable`, `future` (more than a day after `now`) or
    `implausible` (before 1990). A date without a zone is taken for UTC.
    """
    if not stated.strip():
        return None, "absent"
    moment = read(stated)
    if moment is None:
        return None, "unreadable"
    if moment < EARLIEST:
        return None, "implausible"
    if moment - MOST_AHEAD > now:
        return None, "future"
    return moment, ""


def read(stated: str) -> datetime | None:
    """Return the moment that a text states, None where it states none clearly."""
    text = " ".join(stated[:_LONGEST].split())
    try:
        usual = _USUAL.match(text)
        if usual is not None and usual["month"] in _USUAL_MONTHS:
            return _usual(usual)
        return general(text)
    except (ValueError, OverflowError):
        return None


def general(text: str) -> datetime | None:
    """Read a date of any form; ValueError or OverflowError for an impossible one."""
    unix = _UNIX.match(text)
    if unix is not None:
        return datetime.fromtimestamp(int(unix[1]), UTC)
    return _iso(text) or _in_words(text) or _in_numbers(text)


def _usual(found: re.Match[str]) -> datetime:
    day = (
        found["iso"] or f"{found['y']}-{_USUAL_MONTHS[found['month']]:02}-{found['d']}"
    )
    moment = datetime.fromisoformat(f"{day}T{found['time']}{found['offset'] or 'Z'}")
    return moment.astimezone(UTC) if found["offset"] else moment


def _iso(text: str) -> datetime | None:
    found = _ISO.match(text)
    if found is None:
        compact = re.match(r"(\d{8})(\d{4,6})(.*)\Z", text)
        return _iso(f"{compact[1]}T{compact[2]}{compact[3]}") if compact else None
    day = date(int(found["y"]), int(found["m"]), int(found["d"]))
    return _at(day, found["time"] or "")


def _in_words(text: str) -> datetime | None:
    """Read a date whose month is a word; what follows it is the time."""
    for pattern in (_DAY_MONTH_YEAR, _MONTH_DAY_YEAR, _YEAR_MONTH_DAY):
        for found in pattern.finditer(text):
            month = _month(found["month"])
            if not month:
                continue
            day = date(_year(found["y"]), month, int(found["d"]))
            between = found.groupdict().get("between")
            return _at(day, between or _beside(found))
    return None


def _in_numbers(text: str) -> datetime | None:
    """Read 31.12.2020; with slashes or hyphens only where one reading is possible."""
    found = _NUMBERS.search(text)
    if found is None:
        return None
    first, second = int(found["d"]), int(found["m"])
    months = 12
    if found["sep"] != "." and first <= months and second <= months and first != second:
        return None
    if second > months:
        first, second = second, first
    day = date(int(found["y"]), second, first)
    return _at(day, _beside(found))


def _beside(found: re.Match[str]) -> str:
    """Return what follows a day, or goes before it where only that states a time."""
    after = found.string[found.end() :]
    return after if _TIME.search(after) else found.string[: found.start()]


def _month(word: str) -> int:
    word = word.casefold()
    return _MONTHS.get(word[:4]) or _MONTHS.get(word[:3], 0)


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > len("99"):
        return year
    pivot = 70
    return year + (2000 if year < pivot else 1900)


def _at(day: date, rest: str) -> datetime:
    """Return a day at the time that the rest of the text states, else midnight."""
    found = _TIME.search(rest) or _COMPACT_TIME.match(rest)
    if found is None:
        return datetime.combine(day, time(), UTC)
    hour, minute, second = (int(found[name] or 0) for name in ("h", "min", "s"))
    half = (found["half"] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    midnight = datetime.combine(day, time(), UTC)
    if hour > 24 or minute > 59 or second > 60:  # noqa: PLR2004 - a day's bounds
        raise ValueError("no such time")
    clock = timedelta(hours=hour, minutes=minute, seconds=min(second, 59))
    return midnight + clock - _offset(found["zone"])


def _offset(zone: str) -> timedelta:
    """Return the offset east of UTC; zones nobody knows count as UTC (RFC 5322, 4.3)."""
    found = _ZONE.match(zone)
    if found is None:
        return timedelta()
    name = (found["name"] or "").casefold()
    if found["sign"] is None:
        return timedelta(hours=_HOURS.get(name, 0))
    offset = timedelta(hours=int(found["h"]), minutes=int(found["min"] or 0))
    if offset > timedelta(hours=15):
        raise ValueError("no such offset")
    return offset if found["sign"] == "+" else -offset
