"""`tocsin silences` and `tocsin alerts held`: what is not told, and why."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click
from pydantic_core import PydanticCustomError

from monitor.app.names import NAMED
from monitor.cli.context import (
    Opened,
    config_option,
    json_option,
    limit_option,
    opened_store,
)
from monitor.cli.output import BAD_INPUT, fail, print_json, print_table, shown
from monitor.cli.times import since_option
from monitor.clock import SystemClock
from monitor.documents import parse_duration
from monitor.model import DeliveryState, Silence, stable_id
from monitor.notify.silences import read_matcher, strangers
from monitor.store.records import Store
from monitor.store.views import DeliveryFilter

_CLOCK = SystemClock()
_Matcher = tuple[str, str, str]


@click.group()
def silences() -> None:
    """Silence what you do not want to hear of for a while."""


@silences.command("list")
@config_option
@json_option
@click.option("--all", "every", is_flag=True, help="Those that have ended too.")
def list_silences(config: Path | None, *, as_json: bool, every: bool) -> None:
    """Show the silences in force."""
    now = _CLOCK.now()
    with opened_store(config) as (_, store):
        found = store.silences(None if every else now)
    if as_json:
        print_json(found)
        return
    print_table(
        ["silence", "holds back", "from", "until", "by", "comment"],
        (
            [
                one.id,
                _matchers(one),
                one.starts,
                f"{shown(one.ends)}{', or news' if one.until_news else ''}",
                one.author,
                one.comment,
            ]
            for one in found
        ),
        "no silence is in force",
    )


def _matchers(silence: Silence) -> str:
    return " and ".join(
        f"{name}{sign}{value}" for name, sign, value in silence.matchers
    )


@silences.command()
@config_option
@json_option
@click.argument("matchers", nargs=-1, required=True)
@click.option("--for", "lasts", default=None, help="How long.  [default: 2h, or 30d]")
@click.option("--until-news", is_flag=True, help="The first report with news lifts it.")
@click.option("--anyway", is_flag=True, help="Also where nothing is called so yet.")
@click.option("--author", envvar="USER", default="", help="Who silences it.")
@click.option("--comment", default="", help="Why.")
def add(
    config: Path | None,
    *,
    as_json: bool,
    matchers: tuple[str, ...],
    lasts: str | None,
    until_news: bool,
    anyway: bool,
    author: str,
    comment: str,
) -> None:
    """Hold back alerts that fit all MATCHERS, such as theme=wagner severity!=critical.

    Names are theme, severity, rule, tag, lang, source, country, story and alert. What
    is held back is recorded (tocsin alerts held) and not told later; the first report
    after the silence is told as new. With --until-news the first report that says
    something new of a story that was told lifts the silence, and is told.
    """
    try:
        wanted = tuple(read_matcher(text) for text in matchers)
    except ValueError as wrong:
        fail(str(wrong), BAD_INPUT)
    duration = _duration(lasts or ("30d" if until_news else "2h"))
    now = _CLOCK.now()
    silence = Silence(
        id=stable_id("sil", *matchers, now.isoformat()),
        matchers=wanted,
        starts=now,
        ends=now + duration,
        created=now,
        author=author,
        comment=comment,
        until_news=until_news,
    )
    with opened_store(config) as (found, store):
        said = [] if anyway else _strangers(found, store, wanted)
        if said:
            fail(f"{'; '.join(said)}\nto silence it all the same: --anyway", BAD_INPUT)
        store.add_silence(silence)
    if as_json:
        print_json(silence)
    else:
        until = shown(silence.ends)
        or_news = ", or until something new is reported" if until_news else ""
        click.echo(
            f"{silence.id} holds back {_matchers(silence)} until {until}{or_news}"
        )


def _strangers(found: Opened, store: Store, wanted: Sequence[_Matcher]) -> list[str]:
    """Return which names there are not; only stories and the like need no rules for it."""
    if not any(kind in NAMED for kind, _, _ in wanted):
        return []
    names = found.names(store)
    if not names:
        told = "no name is checked, for the rules cannot be read; see: tocsin check"
        click.echo(told, err=True)
    return strangers(wanted, names)


def _duration(lasts: str) -> timedelta:
    try:
        duration: timedelta = parse_duration(lasts)
    except PydanticCustomError:
        fail(f"{lasts!r} is no duration; write 2h or 7d", BAD_INPUT)
    if not duration:
        fail(f"a silence of {lasts} holds nothing back; write 2h or 7d", BAD_INPUT)
    return duration


@silences.command()
@config_option
@click.argument("silence")
def expire(config: Path | None, silence: str) -> None:
    """End SILENCE now."""
    with opened_store(config) as (_, store):
        done = store.expire_silence(silence, _CLOCK.now())
    if not done:
        fail(
            f"no silence {silence!r} is in force; see: tocsin silences list", BAD_INPUT
        )
    click.echo(f"{silence} has ended")


@click.command("held")
@config_option
@json_option
@limit_option
@since_option
def held(config: Path | None, *, as_json: bool, limit: int, since: datetime) -> None:
    """Show what was held back, and why.

    What waits for its moment, such as the end of a quiet time or a digest, is not held
    back: tocsin deliveries list --state pending.
    """
    with opened_store(config) as (_, store):
        found = store.held_back(since, limit)
        titles = store.titles({one.item_id for one in found})
        waiting = store.deliveries(_WAITING)
    if as_json:
        print_json(found)
        return
    print_table(
        ["at", "rule", "title", "reason", "detail", "item"],
        (
            [
                one.at,
                one.rule_id,
                titles.get(one.item_id, ""),
                one.reason,
                one.detail,
                one.item_id,
            ]
            for one in found
        ),
        "nothing was held back in this time",
    )
    if waiting:
        click.echo("some messages wait: tocsin deliveries list --state pending")


_WAITING = DeliveryFilter(states=(DeliveryState.PENDING,), limit=1)
