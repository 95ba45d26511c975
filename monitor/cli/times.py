"""Reading moments from the command line: `2h`, `7d`, `2020-08-09`, `now`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click
from pydantic_core import PydanticCustomError

from monitor.clock import SystemClock
from monitor.documents import parse_duration


class Moment(click.ParamType[datetime]):
    """A date, a time in UTC, or how long ago."""

    name = "TIME"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """Return the moment; fail with examples."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        now = SystemClock().now()
        if text == "now":
            return now
        try:
            ago: timedelta = parse_duration(text)
        except PydanticCustomError:
            pass
        else:
            return now - ago
        try:
            moment = datetime.fromisoformat(text)
            # The first and the last day of the calendar may have none in UTC.
            zone = moment.tzinfo or UTC
            return moment.replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(
                f"{text!r} is no time; write 24h or 7d (ago), 2020-08-09, "
                "2020-08-09T12:00 (UTC) or now",
                param,
                ctx,
            )


MOMENT = Moment()


def in_order(since: datetime | None, until: datetime | None) -> None:
    """End where --until comes before --since: nothing lies between."""
    if since is not None and until is not None and until < since:
        raise click.UsageError(
            f"--until {until:%Y-%m-%dT%H:%M}Z comes before --since "
            f"{since:%Y-%m-%dT%H:%M}Z; nothing lies between"
        )


_Command = TypeVar("_Command", bound=Callable[..., Any])


def since_option(command: _Command) -> _Command:
    """Add --since TIME, seven days ago where it is not given."""
    return click.option(
        "--since",
        type=MOMENT,
        default="7d",
        show_default=True,
        help="From then on: 24h or 7d (ago), 2020-08-09, 2020-08-09T12:00 (UTC).",
    )(command)


def until_option(command: _Command) -> _Command:
    """Add --until TIME, now where it is not given."""
    return click.option(
        "--until",
        type=MOMENT,
        default="now",
        show_default=True,
        help="Until then, written like --since.",
    )(command)


class Spacing(click.ParamType[timedelta]):
    """So many a second, or in a time of one's choice; as the time between two."""

    name = "RATE"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """Return the time between two; fail with examples."""
        if isinstance(value, timedelta):
            return value
        number, _, time = str(value).partition("/")
        try:
            per: timedelta = parse_duration(time or "1s")
            spacing = per / float(number)
        except (PydanticCustomError, ValueError, ArithmeticError):
            spacing = timedelta()
        if not timedelta() < spacing <= timedelta(days=1):
            self.fail(f"{value!r} is no rate; write 5 (a second) or 60/1m", param, ctx)
        return spacing


SPACING = Spacing()
