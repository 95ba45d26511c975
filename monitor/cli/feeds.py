"""`tocsin feeds`: what is polled, and how it fares."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import click

from monitor.cli.context import config_option, json_option, opened_store
from monitor.cli.feedstate import (
    by_address,
    politeness,
    show,
    tell_edits,
    try_feed,
    unwatched,
    with_health,
)
from monitor.cli.output import BAD_INPUT, fail, print_json_list, print_table
from monitor.clock import SystemClock
from monitor.collect.health import UNHEALTHY, Health
from monitor.collect.languages import language
from monitor.collect.opml import read_opml, write_opml
from monitor.model import Feed
from monitor.model.counts import counted
from monitor.store.views import FeedRow
from monitor.web.plain import jsonable

_CLOCK = SystemClock()


@click.group()
def feeds() -> None:
    """List, test, add, remove, import, export and poll feeds."""


feeds.add_command(show)
feeds.add_command(try_feed)
feeds.add_command(politeness)


@feeds.command("list")
@config_option
@json_option
@click.option("--failing", is_flag=True, help="Only feeds whose last poll failed.")
@click.option(
    "--unhealthy",
    is_flag=True,
    help="Only feeds that fail, are gone, offline, silent or empty.",
)
def list_feeds(
    config: Path | None, *, as_json: bool, failing: bool, unhealthy: bool
) -> None:
    """Show every feed, its state, and when it is polled next and why."""
    with opened_store(config) as (found, store):
        tell_edits(found, store)
        rows = (
            (row, fares)
            for row, fares in with_health(store)
            if (not failing or row.state.failures)
            and (not unhealthy or fares.state in UNHEALTHY)
        )
        if as_json:
            print_json_list(_with_health(row, fares) for row, fares in rows)
            return
        none = "no feeds; add one: tocsin feeds add URL"
        print_table(
            ["feed", "outlet", "state", "fails", "last new", "next poll", "why"],
            (_cells(row, fares) for row, fares in rows),
            "no feed is unwell" if failing or unhealthy else none,
        )


def _with_health(row: FeedRow, fares: Health) -> dict[str, object]:
    return {**jsonable(row), "health": fares}


def _cells(row: FeedRow, fares: Health) -> list[object]:
    state = row.state
    return [
        row.feed.url,
        row.feed.source,
        fares.state,
        state.failures or "",
        state.last_new,
        state.poll_after,
        state.reason if fares.state in {"ok", "new"} else fares.reason,
    ]


@feeds.command()
@config_option
@click.argument("url")
@click.option("--name", default="", help="What to call it.")
@click.option("--source", default="", help="The outlet [default: the host].")
@click.option("--lang", default="", help="Its language, where it is of one only.")
def add(config: Path | None, url: str, name: str, source: str, lang: str) -> None:
    """Watch the feed at URL from now on; a running daemon polls it at once."""
    feed = _feed(url, name=name, source=source, lang=lang)
    with opened_store(config) as (found, store):
        collect = found.configuration.settings.collect
        complete = Feed(
            url=feed.url,
            name=feed.name,
            source=feed.source,
            lang=feed.lang,
            every=collect.every,
            backfill=collect.backfill,
            origin="added",
        )
        listed = any(f.url == url for f in found.configuration.feeds)
        fresh = not listed and store.add_feed(complete, _CLOCK.now())
    click.echo(f"added {url}" if fresh else f"{url} is watched already")


def _feed(url: str, *, name: str, source: str, lang: str) -> Feed:
    host = _host(url)
    if not host:
        fail(f"{url!r} is no http or https address", BAD_INPUT)
    code = language(lang)  # what rules ask for, however a person writes it
    if lang and not code:
        fail(f"{lang!r} is no language; write en, ru or be", BAD_INPUT)
    return Feed(url=url, name=name, source=source or host, lang=code)


def _host(url: str) -> str:
    """Return the host of an http or https address; "" for anything else."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return ""
    is_web = parts.scheme in {"http", "https"} and not re.search(
        r"[\s\x00-\x1f\x7f]", url
    )
    return parts.hostname or "" if is_web else ""


@feeds.command()
@config_option
@click.argument("url")
def remove(config: Path | None, url: str) -> None:
    """Stop watching URL, a feed that was added by command; its items are kept."""
    with opened_store(config) as (found, store):
        if any(feed.url == url for feed in found.configuration.feeds):
            fail(
                f"{url} is listed in a feeds file of {found.configuration.where}; "
                "remove it there and reload",
                BAD_INPUT,
            )
        if not store.remove_feed(url, _CLOCK.now()):
            fail(f"{url} is not watched; see: tocsin feeds list", BAD_INPUT)
    click.echo(f"removed {url}; its items are kept")


@feeds.command("import")
@config_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_feeds(config: Path | None, file: Path) -> None:
    """Add every feed of FILE (OPML); entries without an address are reported.

    The exit status is 2 where FILE holds no feed.
    """
    outline = read_opml(file.read_bytes())
    with opened_store(config) as (found, store):
        collect = found.configuration.settings.collect
        listed = {feed.url for feed in found.configuration.feeds}
        added = 0
        for entry in outline.feeds:
            feed = Feed(
                url=entry.url,
                name=entry.name,
                source=urlsplit(entry.url).hostname or "",
                every=collect.every,
                backfill=collect.backfill,
                origin="added",
            )
            if entry.url not in listed:
                added += store.add_feed(feed, _CLOCK.now())
    for reason in outline.skipped:
        click.echo(f"skipped: {reason}", err=True)
    known = len(outline.feeds) - added
    click.echo(
        f"{counted(added, 'feed')} added, {known} known already, "
        f"{len(outline.skipped)} skipped"
    )
    if not outline.feeds:
        fail(f"{file} holds no feed that can be watched", BAD_INPUT)


@feeds.command("export")
@config_option
def export_feeds(config: Path | None) -> None:
    """Write all watched feeds as OPML to standard output."""
    with opened_store(config) as (found, store):
        tell_edits(found, store)
        rows = [row.feed for row in by_address(store)]
    click.echo(write_opml(rows, "Feeds watched by Tocsin").decode("utf-8"))


@feeds.command()
@config_option
@click.argument("urls", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All feeds.")
def poll(config: Path | None, urls: tuple[str, ...], *, every: bool) -> None:
    """Make URLS due now; a running daemon polls them within a second."""
    if every == bool(urls):
        fail("name feeds by address, or give --all", BAD_INPUT)
    with opened_store(config) as (found, store):
        tell_edits(found, store)
        due = store.make_due(None if every else urls, _CLOCK.now())
    unknown = [url for url in urls if url not in due]
    for url in unknown:
        click.echo(unwatched(found, url), err=True)
    click.echo(f"{counted(len(due), 'feed is', 'feeds are')} due now")
    if unknown:
        raise SystemExit(BAD_INPUT)
