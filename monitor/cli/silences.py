"""`tocsin silences` and `tocsin routes`: what is not told, and who hears of what."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import click
from pydantic_core import PydanticCustomError

from monitor.app.compose import inhibitions_of, intervals_of, route_of
from monitor.cli.context import (
    config_option,
    json_option,
    limit_option,
    loaded,
    opened_store,
)
from monitor.cli.output import BAD_INPUT, clean, fail, print_json, print_table, shown
from monitor.cli.reading import BadLine, read_items
from monitor.cli.times import MOMENT
from monitor.clock import SystemClock
from monitor.documents import parse_duration
from monitor.model import Item, Rule, Severity, Silence, stable_id
from monitor.notify.intervals import quiet
from monitor.notify.routes import Route, Routing, receivers_for
from monitor.notify.silences import read_matcher, silenced, words_of

_CLOCK = SystemClock()


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
@click.option("--author", envvar="USER", default="", help="Who silences it.")
@click.option("--comment", default="", help="Why.")
def add(
    config: Path | None,
    *,
    as_json: bool,
    matchers: tuple[str, ...],
    lasts: str | None,
    until_news: bool,
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
        lasts = lasts or ("30d" if until_news else "2h")
        duration: timedelta = parse_duration(lasts)
    except ValueError as wrong:
        fail(str(wrong), BAD_INPUT)
    except PydanticCustomError:
        fail(f"{lasts!r} is no duration; write 2h or 7d", BAD_INPUT)
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
    with opened_store(config) as (_, store):
        store.add_silence(silence)
    if as_json:
        print_json(silence)
    else:
        until = shown(silence.ends)
        or_news = ", or until something new is reported" if until_news else ""
        click.echo(
            f"{silence.id} holds back {_matchers(silence)} until {until}{or_news}"
        )


@silences.command()
@config_option
@click.argument("silence")
def expire(config: Path | None, silence: str) -> None:
    """End a silence now."""
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
@click.option("--since", type=MOMENT, default="7d", show_default=True)
def held(config: Path | None, *, as_json: bool, limit: int, since: datetime) -> None:
    """Show what was held back, and why."""
    with opened_store(config) as (_, store):
        found = store.held_back(since, limit)
    if as_json:
        print_json(found)
        return
    print_table(
        ["at", "rule", "reason", "detail", "item"],
        ([one.at, one.rule_id, one.reason, one.detail, one.item_id] for one in found),
        "nothing was held back in this time",
    )


# ── routes ───────────────────────────────────────────────────────────────────


@click.group()
def routes() -> None:
    """Show the route tree; ask who would hear of an item."""


@routes.command("show")
@config_option
def show_routes(config: Path | None) -> None:
    """Draw the route tree."""
    configuration = loaded(config).configuration
    root = route_of(configuration.route, intervals_of(configuration))
    for line in _tree(root, 0):
        click.echo(line)


def _tree(route: Route, depth: int) -> Iterator[str]:
    wants = ", ".join(f"{k}={'|'.join(v)}" for k, v in route.match.items())
    parts = [route.receiver or "(as above)", wants or "everything"]
    if route.continue_:
        parts.append("and goes on")
    if route.mute:
        parts.append(f"quiet in {', '.join(one.name for one in route.mute)}")
    if route.active:
        parts.append(f"only in {', '.join(one.name for one in route.active)}")
    yield f"{'  ' * depth}{': '.join(parts[:2])}{''.join(f', {p}' for p in parts[2:])}"
    for child in route.routes:
        yield from _tree(child, depth + 1)


@routes.command("test")
@config_option
@json_option
@click.argument("file", type=click.File("rb"))
def test_routes(config: Path | None, *, as_json: bool, file: IO[bytes]) -> None:
    """Say who would hear of the items in FILE (- for input) now, and why.

    FILE is a feed, or items as JSON, one a line. Nothing is stored or sent.
    """
    now = _CLOCK.now()
    with opened_store(config) as (found, store):
        in_force = store.silences(now)
        book = found.rulebook
        root = route_of(found.configuration.route, intervals_of(found.configuration))
    inhibits = bool(inhibitions_of(found.configuration))
    told: list[dict[str, object]] = []
    for item in read_items(file):
        if isinstance(item, BadLine):
            click.echo(f"line {item.number}: {clean(item.problem)}", err=True)
            continue
        for match in book.match(item):
            rule = book.rules[match.rule_id]
            held_by = silenced(in_force, words_of(rule, item, ""), now)
            ways = receivers_for(root, rule, item)
            told += [_told(item, rule, way, held_by, now) for way in ways]
    if as_json:
        print_json(told)
        return
    print_table(
        ["item", "rule", "severity", "receiver", "because", "when"],
        (list(one.values()) for one in told),
        "no rule fires on any item",
    )
    if inhibits:
        click.echo("inhibit_rules may hold some of it back, once others are told")


def _told(
    item: Item, rule: Rule, way: Routing, held_by: Silence | None, now: datetime
) -> dict[str, object]:
    due = way.due(now, rule.severity) + way.group_wait
    name = quiet(now, way.mute, way.active)
    if held_by is not None:
        when = f"never: {held_by.id} holds it back"
    elif name and rule.severity is not Severity.CRITICAL:
        when = f"{shown(due)}, after {name}"
    else:
        when = f"after {shown(way.group_wait)}" if way.group_wait else "at once"
    return {
        "item": item.title[:60] or item.id,
        "rule": rule.id,
        "severity": rule.severity.value,
        "receiver": way.receiver,
        "because": way.because,
        "when": when,
    }
