"""Running Tocsin: run, once, demo, db upgrade."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
import structlog
from rich.status import Status

from monitor import settings
from monitor.app import logs
from monitor.app.files import configuration_file
from monitor.app.loading import Loaded
from monitor.app.observers import LogObserver, Observers, Summary
from monitor.app.once import run_once
from monitor.app.running import run_service
from monitor.app.whereabouts import file_of
from monitor.cli.context import config_option, json_option, loaded
from monitor.cli.output import BAD_INPUT, FAILED, console, fail, print_json
from monitor.errors import InputRefused, TocsinError
from monitor.pipeline.reports import Observer
from monitor.store.faults import DAMAGED
from monitor.store.records import open_store
from monitor.store.soundness import soundness

_log = structlog.get_logger("tocsin")
_ENDS_WITHIN = 1.0
"""Seconds in which threads may end once all is put away."""


@click.command()
@config_option
def run(config: Path | None) -> None:
    """Run the service: poll, match, group, alert, deliver, until stopped."""
    with _failing_into_the_log(config):
        found = loaded(config, logging=True)
        complete = asyncio.run(_served(found))
    if not complete:
        os._exit(0)


async def _served(found: Loaded) -> bool:
    """Run the service; when it has stopped, the program ends in any case.

    A worker thread that does not end, as at a disk that answers no more, must not hold up
    the stop: what it held is released, and the next start does it again.
    """
    complete = await run_service(found)
    ending = threading.Timer(_ENDS_WITHIN, os._exit, (0,))
    ending.daemon = True
    ending.start()
    return complete


@contextmanager
def _failing_into_the_log(config: Path | None) -> Iterator[None]:
    """Tell why the service cannot run as a line of the log, where the log is JSON.

    Whoever collects such a log reads nothing else. People are told as by any command.
    """
    try:
        yield
    except TocsinError as error:
        log = settings.log_of(configuration_file(config))
        if logs.is_for_people(log.format):
            raise
        logs.set_up(log.level, log.format)
        raise SystemExit(_told(error)) from None


def _told(error: TocsinError) -> int:
    """Log what keeps the service from running; return the exit status."""
    log = structlog.get_logger("tocsin")
    if isinstance(error, InputRefused):
        log.error("tocsin cannot run", problems=[str(one) for one in error.problems])
        return BAD_INPUT
    log.error("tocsin cannot run", why=str(error))
    return FAILED


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


@db.command("check")
@config_option
@json_option
def check_database(config: Path | None, *, as_json: bool) -> None:
    """Read all of the database and say whether it is sound; it may run meanwhile.

    Of SQLite only: PostgreSQL looks after its files itself (pg_amcheck). The exit
    status is 1 where there is damage.
    """
    url = loaded(config).configuration.store_url
    file = file_of(url)
    if file is not None and not file.exists():
        fail(f"there is no database at {file}")
    found = soundness(url)
    empty = ("it holds no tables of Tocsin",) if found.empty else ()
    findings = (*found.findings, *empty)
    if as_json:
        print_json({"ok": not findings, "findings": findings})
    for line in () if as_json else findings:
        click.echo(line)
    if found.findings:
        fail(DAMAGED)
    if empty:
        fail(
            "the database is empty: nothing was saved or restored, or it is another one"
        )
    if not as_json:
        click.echo("the database is sound")
