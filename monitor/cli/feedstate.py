"""`tocsin feeds show|test|politeness`: how feeds fare, and how we treat them."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from monitor.app.probe import Found, Probe, probe
from monitor.cli.context import (
    Opened,
    config_option,
    json_option,
    loaded,
    opened_store,
)
from monitor.cli.output import (
    BAD_INPUT,
    FAILED,
    clean,
    fail,
    print_json,
    print_table,
    shown,
)
from monitor.clock import SystemClock
from monitor.collect.health import Health, health
from monitor.collect.hubs import relied_until
from monitor.model import Polled, Subscription
from monitor.model.counts import counted
from monitor.store.exchanges import KEPT
from monitor.store.records import Store
from monitor.store.views import FeedRow

_CLOCK = SystemClock()
_MOST_ITEMS_SHOWN = 5
_PAGE, _AT_ONCE = 5000, 500
"""Feeds that are held at a time, and whose polls are asked for at a time."""
_IN_FORCE = "in force from the next start or reload on"


def with_health(store: Store) -> Iterator[tuple[FeedRow, Health]]:
    """Yield the feeds by address with how each fares."""
    for page in _pages(store):
        now = _CLOCK.now()
        polls: dict[str, Sequence[Polled]] = {}
        for start in range(0, len(page), _AT_ONCE):
            polls.update(store.polled_of(page[start : start + _AT_ONCE], now - KEPT))
        for row in page:
            yield row, health(row.state, polls.get(row.feed.url, ()), now)


def by_address(store: Store) -> Iterator[FeedRow]:
    """Yield the feeds that are polled by address."""
    for page in _pages(store):
        yield from page


def _pages(store: Store) -> Iterator[Sequence[FeedRow]]:
    """Yield the feeds by address page by page; they are put in order once."""
    numbers = store.feed_numbers()
    for start in range(0, len(numbers), _PAGE):
        yield store.feeds_numbered(numbers[start : start + _PAGE])


def tell_edits(found: Opened, store: Store) -> None:
    """Say where the feeds files have been edited since they were taken into force.

    A look takes nothing into force: that is for a start or a reload, which check all.
    """
    edits = store.compare_feeds(found.configuration.feeds)
    said = [
        f"{counted(len(urls), 'feed')} {what}"
        for urls, what in (
            (edits.added, "more"),
            (edits.removed, "fewer"),
            (edits.changed, "changed"),
        )
        if urls
    ]
    if said:
        click.echo(f"the feeds files have {', '.join(said)}; {_IN_FORCE}", err=True)


def unwatched(found: Opened, url: str) -> str:
    """Return why nothing is known of an address that is not polled."""
    if any(feed.url == url for feed in found.configuration.feeds):
        return f"{url} is listed in a feeds file and not watched yet; {_IN_FORCE}"
    return f"{url} is not watched; see: tocsin feeds list"


@click.command()
@config_option
@json_option
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="So many polls.",
)
@click.argument("url")
def show(config: Path | None, *, as_json: bool, limit: int, url: str) -> None:
    """Show the feed at URL: how it fares and why, and its last polls."""
    with opened_store(config) as (found, store):
        row = store.feed(url)
        if row is None:
            fail(unwatched(found, url), BAD_INPUT)
        tell_edits(found, store)
        now = _CLOCK.now()
        lately = store.polled_of([row], now - KEPT)
        fares = health(row.state, lately.get(url, ()), now)
        polls = store.polled(url, limit)
        hubs = [_hub_facts(one) for one in store.hubs.all(url)]
        is_reachable = bool(found.configuration.settings.server.public_url)
    if as_json:
        print_json({"feed": row, "health": fares, "polls": polls, "hubs": hubs})
        return
    for line in _shown(row, fares):
        click.echo(line)
    for line in _hub_lines(hubs, is_reachable=is_reachable):
        click.echo(line)
    click.echo("")
    print_table(
        ["at", "times", "status", "outcome", "new", "took", "asked", "what"],
        (_poll_cells(one) for one in polls),
        "no poll is remembered",
    )


def _shown(row: FeedRow, fares: Health) -> Iterator[str]:
    state = row.state
    yield f"{clean(row.feed.name) or row.feed.url}  [{fares.state}]"
    yield f"  address    {row.feed.url}"
    if state.moved_to:
        count = state.moved_count
        often = "once" if count == 1 else f"{count} times in a row"
        yield f"  moved      to {state.moved_to}, {often}"
    yield f"  outlet     {clean(row.feed.source)}"
    yield f"  fares      {fares.reason}"
    if fares.success is not None:
        rate = f"{fares.success:.1%} of {counted(fares.polls, 'poll')} answered"
        yield f"  two weeks  {rate}, half of them within {_seconds(fares.took)}"
        yield f"  news       {fares.items_a_day:.1f} items a day, {row.items} kept"
    if len(fares.formats) > 1:
        yield f"  format     {fares.formats[0]}, before {', '.join(fares.formats[1:])}"
    if state.notes:
        yield f"  notes      {clean(state.notes)}"
    due = "retired" if row.retired else shown(state.poll_after)
    yield f"  next poll  {due}{f': {clean(state.reason)}' if state.reason else ''}"


def _hub_facts(one: Subscription) -> dict[str, Any]:
    """Return a subscription without its secrets."""
    return {
        "hub": one.hub,
        "topic": one.topic,
        "state": one.state.value,
        "lease_until": one.lease_until,
        "relied_until": relied_until(one),
        "next_request": one.due,
        "problem": one.problem,
        "pushes": one.pushes,
        "last_push": one.last_push,
        "bad_signatures": one.refused,
        "missed": one.missed,
    }


def _hub_lines(hubs: list[dict[str, Any]], *, is_reachable: bool) -> Iterator[str]:
    if not is_reachable:
        yield "  hub        none is asked: server.public_url is not set"
    for one in hubs:
        until = f", until {shown(one['lease_until'])}" if one["lease_until"] else ""
        yield f"  hub        {clean(one['hub'])}  [{one['state']}{until}]"
        if one["problem"]:
            yield f"             {clean(one['problem'])}; next {shown(one['next_request'])}"
        last = f", the last {shown(one['last_push'])}" if one["last_push"] else ""
        bad = one["bad_signatures"]
        refused = f", {bad} with a wrong signature ignored" if bad else ""
        slowly = "; polled daily" if one["relied_until"] else "; polled as ever"
        yield f"             {counted(one['pushes'], 'push', 'pushes')}{last}{refused}{slowly}"


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():.2g} s"


def _poll_cells(one: Polled) -> list[object]:
    kind = "" if one.conditional else "whole"
    return [
        one.last or one.at,
        one.times,
        one.status or "-",
        one.outcome,
        one.new_items or "",
        _seconds(one.took),
        one.asked or "",
        "EARLY" if one.early else one.problem or kind,
    ]


@click.command()
@config_option
@json_option
@click.option(
    "--days",
    default=7,
    show_default=True,
    type=click.IntRange(1, 15),
    help="So many days back.",
)
def politeness(config: Path | None, *, as_json: bool, days: int) -> None:
    """Show for each host what we asked of it, and what it asked of us.

    Exits with 1 where a feed was polled before its publisher wanted it.
    """
    with opened_store(config) as (_, store):
        hosts = store.politeness(_CLOCK.now() - timedelta(days=days))
    if as_json:
        print_json(hosts)
    else:
        print_table(
            [
                "host",
                "requests",
                "conditional",
                "whole",
                "unchanged",
                "429/503",
                "longest wish",
                "early",
            ],
            (
                [
                    one.host,
                    one.requests,
                    _share(one.conditional, one.requests),
                    one.first,
                    one.unchanged,
                    one.too_often,
                    one.asked or "",
                    one.early,
                ]
                for one in hosts
            ),
            "no poll is remembered",
        )
        early = sum(one.early for one in hosts)
        polls = f"{counted(early, 'poll')} before a publisher wanted"
        click.echo(
            f"{counted(len(hosts), 'host')}, {polls} {'it' if early == 1 else 'them'}"
        )
    if any(one.early for one in hosts):
        raise SystemExit(FAILED)


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else "0"


@click.command("test")
@config_option
@json_option
@click.argument("url")
def try_feed(config: Path | None, *, as_json: bool, url: str) -> None:
    """Ask URL as a poll would and show what is there; nothing is kept.

    Of a web page it shows the feeds that the page names, and those that answer under
    the usual addresses of its site.
    """
    configuration = loaded(config).configuration
    result = asyncio.run(probe(url, configuration, _CLOCK))
    if as_json:
        print_json(_as_json(result))
    elif result.found.parsed:
        for line in _feed_lines(result):
            click.echo(line)
    else:
        for line in _page_lines(result):
            click.echo(line)
    if result.found.parsed is None:
        raise SystemExit(FAILED)


def _as_json(result: Probe) -> dict[str, object]:
    return {
        **_one_as_json(result.found),
        "next_poll_in": result.wait,
        "why": result.why,
        "conditional_status": result.again,
        "candidates": [_one_as_json(one) for one in result.feeds],
    }


def _one_as_json(found: Found) -> dict[str, object]:
    parsed = found.parsed
    return {
        "url": found.url,
        "is_feed": parsed is not None,
        "status": found.exchange.status,
        "final_url": found.exchange.final_url,
        "moved_to": found.exchange.permanent_url,
        "problem": found.problem,
        "title": parsed.title if parsed else found.title,
        "format": parsed.format if parsed else "",
        "read_by": parsed.path if parsed else "",
        "lang": parsed.lang if parsed else "",
        "items": len(parsed.items) if parsed else 0,
        "newest": _newest(found),
        "notes": parsed.notes if parsed else (),
    }


def _newest(found: Found) -> object:
    items = found.parsed.items if found.parsed else ()
    return max((one.published for one in items if one.published), default=None)


def _feed_lines(result: Probe) -> Iterator[str]:
    found, parsed, exchange = result.found, result.found.parsed, result.found.exchange
    if parsed is None:
        return
    yield f"{clean(parsed.title) or found.url}  [{parsed.format}, {parsed.path}]"
    size = f"{len(exchange.body):,} bytes in {_seconds(exchange.took)}"
    yield f"  answer     {exchange.status}, {size}"
    if exchange.permanent_url:
        yield f"  moved      for good to {exchange.permanent_url}: use that address"
    yield f"  items      {len(parsed.items)}, the newest of {shown(_newest(found))}"
    yield f"  language   {parsed.lang or 'not stated'}"
    unchanged = {
        0: "sends no validators: each poll brings the whole feed",
        304: "says unchanged (304) when asked again",
    }
    said = unchanged.get(
        result.again, f"ignores its own validators ({result.again} when asked again)"
    )
    yield f"  caching    {said}"
    yield f"  next poll  in {shown(result.wait)}: {result.why}"
    for note in parsed.notes:
        yield f"  note       {clean(note)}"
    if not parsed.items:
        yield "  note       it has no entries: it counts as unwell until one comes"
    for item in parsed.items[:_MOST_ITEMS_SHOWN]:
        yield f"    {shown(item.published):20}  {clean(item.title)[:100]}"
    yield f"to watch it: tocsin feeds add {found.url}"


def _page_lines(result: Probe) -> Iterator[str]:
    yield f"{result.found.url} is no feed: {clean(result.found.problem)}"
    for one in result.feeds:
        if one.parsed:
            count = counted(len(one.parsed.items), "item")
            title = clean(one.title or one.parsed.title)[:80]
            yield f"  {one.url}  [{one.parsed.format}, {count}] {title}"
        else:
            yield f"  {one.url}  does not work: {clean(one.problem)[:100]}"
    if any(one.parsed for one in result.feeds):
        yield "to watch one: tocsin feeds add URL"
