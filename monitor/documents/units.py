"""Durations and sizes, as people write them, and how a value is refused."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


def wrong(message: str, mend: str, *, code: str = "") -> PydanticCustomError:
    """Return the error by which a validator of ours refuses a value.

    A message with a stable code says all: the value is not repeated behind it.
    """
    context = {"said": message, "mend": mend, "code": code}
    return PydanticCustomError("wrong", "{said}", context)


_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")


_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "kB": 10**3, "MB": 10**6}


_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB|kB|MB)")


def parse_duration(value: Any) -> timedelta:
    """Read `30s`, `15m`, `1h30m`, `24h`, `7d`; raise `wrong` else."""
    if isinstance(value, timedelta):
        return value
    if value == 0 and not isinstance(value, bool):
        return timedelta()
    text = str(value)
    parts = _DURATION.findall(text)
    if isinstance(value, str) and parts and "".join(n + u for n, u in parts) == text:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
        if seconds <= 3660 * 86400:  # ten years
            return timedelta(seconds=seconds)
    mend = "write a number and a unit, such as 30s, 15m, 24h or 7d"
    raise wrong("expected a duration", mend)


def write_duration(value: timedelta) -> str:
    """Write a duration the way `parse_duration` reads it."""
    left = round(value.total_seconds() * 1000)
    text = ""
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(_UNITS[unit] * 1000)
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def parse_size(value: Any) -> int:
    """Read `512KiB`, `10MiB` or a number of bytes; raise `wrong` else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found:
        return int(found[1]) * _SIZES[found[2]]
    raise wrong("expected a size", "write for example 10MiB or 512KiB")


def one_or_many(value: Any) -> Any:
    """Let a person write one text where a list of texts may stand."""
    return [value] if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


Size = Annotated[int, BeforeValidator(parse_size)]
