"""Running Tocsin: run, once, demo, db upgrade."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import click
import structlog
from rich.status import Status

from monitor.app import logs
from monitor.app.observers import LogObserver, Observers, Summary
from monitor.app.running import run_once, run_service
from monitor.cli.context import config_option, json_option, loaded
from monitor.cli.output import FAILED, console, print_json
from monitor.daemon import hold_signals
from monitor.errors import TocsinError
from monitor.pipeline.reports import Observer
from monitor.store.records import open_store

_log = structlog.get_logger("tocsin")


@click.command()
@config_option
def run(config: Path | None) -> None:
    """Run the service: poll, match, group, alert, deliver, until stopped."""
    hold_signals()
    found = loaded(config, logging=True)
    try:
        complete = asyncio.run(run_service(found))
    except TocsinError as error:
        if logs.for_people(found.configuration.settings.log.format):
            raise
        # Who reads the log as JSON would miss a plain line, or stumble over it.
        _log.error("ended", why=str(error))
        raise SystemExit(FAILED) from None
    if not complete:
        # A worker thread that will not end must not hold up the stop: what it
        # held is released, and the next start does it again.
        os._exit(0)


@click.command()
@config_option
@json_option
@click.option("--verbose", is_flag=True, help="Log every poll to standard error.")
def once(config: Path | None, *, as_json: bool, verbose: bool) -> None:
    """Poll every feed now, deliver what is due, print a summary, and exit.

    For cron, tests and measuring. The exit status is 0 when the cycle ran, even
    where single feeds failed; the summary counts them.
    """
    found = loaded(config, logging=verbose)
    summary = Summary()
    observers: list[Observer] = [summary]
    if verbose:
        observers.append(LogObserver())
    with Status("polling every feed ...", console=console()) as status:
        if as_json or not console().is_terminal:
            status.stop()
        result = asyncio.run(run_once(found, Observers(observers), summary))
    if as_json:
        print_json(result)
        return
    for line in result.lines():
        click.echo(line)


@click.command()
@json_option
@click.option(
    "--seconds",
    type=click.FloatRange(5, 600),
    default=40,
    show_default=True,
    help="How long the seventeen days take.",
)
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Leave the configuration, the database and what was received in this new"
    " folder, to try the other commands on.",
)
def demo(*, as_json: bool, seconds: float, keep: Path | None) -> None:
    """Play 29 July to 14 August 2020 on this machine; needs no network.

    A local feed server publishes reports in six languages, Tocsin polls it, and a
    webhook receiver and a mail server on this machine get the alerts.
    """
    from monitor.demo.play import play  # noqa: PLC0415 - only the demo needs it

    logs.set_up("error", "auto")
    result = asyncio.run(play(timedelta(seconds=seconds), quiet=as_json, keep=keep))
    if as_json:
        print_json(result.figures())
    raise SystemExit(0 if result.complete else FAILED)


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@config_option
def upgrade(config: Path | None) -> None:
    """Bring the database's tables to this version (`run` does it too)."""
    found = loaded(config)
    open_store(found.configuration.store_url).close()
    click.echo("the database is at this version")
