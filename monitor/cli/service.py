"""Running Tocsin: run, once, check, init, demo, db, healthcheck, completion."""

import asyncio
import json
import os
import shutil
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import click
from click.shell_completion import get_completion_class
from rich.status import Status

from monitor.app import logs
from monitor.app.compose import open_configured_store
from monitor.app.files import configuration_file, shipped
from monitor.app.loading import load
from monitor.app.observers import LogObserver, Observers, Summary
from monitor.app.running import run_once, run_service
from monitor.cli.context import config_option, json_option, loaded
from monitor.cli.output import (
    BAD_INPUT,
    FAILED,
    console,
    fail,
    print_json,
    print_problems,
)
from monitor.errors import InputRefused
from monitor.pipeline.reports import Observer


@click.command()
@config_option
def run(config: Path | None) -> None:
    """Run the service: poll, match, group, alert, deliver, until stopped."""
    found = loaded(config, logging=True)
    print_problems(found.warnings)
    complete = asyncio.run(run_service(found))
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
@config_option
@json_option
def check(config: Path | None, *, as_json: bool) -> None:
    """Check the configuration, feeds, sources and rules without starting.

    The exit status is 0 when all is well (warnings allowed), 2 when not.
    """
    path = configuration_file(config)
    try:
        found = load(path)
    except InputRefused as refused:
        if as_json:
            print_json({"ok": False, "problems": refused.problems})
            raise SystemExit(BAD_INPUT) from None
        raise
    configuration = found.configuration
    figures = {
        "configuration": configuration.where,
        "feeds": len(configuration.feeds),
        "sources": len(configuration.sources),
        "rules": len(found.rulebook.rules),
        "receivers": [r.name for r in configuration.receivers],
        "warnings": len(found.warnings),
    }
    if as_json:
        print_json({"ok": True, **figures, "problems": found.warnings})
        return
    print_problems(found.warnings)
    click.echo(
        f"{configuration.where}: {figures['feeds']} feeds of {figures['sources']} "
        f"outlets, {figures['rules']} rules, receivers "
        f"{', '.join(r.name for r in configuration.receivers)}: all in order"
    )


_NEXT_STEPS = """\
Written to {folder}:
  tocsin.yaml      the configuration, each line explained
  feeds/           which feeds are polled
  sources.yaml     the outlets behind them
  rules/           the rule packs

Next:
  cd {folder}
  tocsin check               # is all in order?
  tocsin run                 # watch; alerts appear here and in data/alerts.jsonl
  $EDITOR rules/wagner.yaml  # make the rules yours; a saved pack takes effect at once
"""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
def init(folder: Path, *, force: bool) -> None:
    """Write a commented configuration, feeds and rule packs into FOLDER."""
    root = shipped()
    files = {
        path.relative_to(root / "config"): path
        for path in sorted((root / "config").rglob("*.yaml"))
    }
    files |= {
        path.relative_to(root): path
        for path in sorted((root / "rules").rglob("*.yaml"))
    }
    there = [name for name in files if (folder / name).exists()]
    if there and not force:
        fail(f"{folder / there[0]} is there already; choose another folder, or --force")
    for name, path in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    written = folder / "tocsin.yaml"
    text = written.read_text(encoding="utf-8").replace("../rules/", "rules/")
    written.write_text(text, encoding="utf-8")
    click.echo(_NEXT_STEPS.format(folder=folder), nl=False)


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
    store = open_configured_store(found.configuration)
    store.close()
    click.echo("the database is at this version")


@click.command()
@config_option
@click.option(
    "--url", default="", help="The service's address [default: server.listen]."
)
def healthcheck(config: Path | None, url: str) -> None:
    """Exit 0 when the running service is healthy, 1 when not (for containers)."""
    listen = loaded(config).configuration.settings.server.listen
    host, _, port = listen.rpartition(":")
    local = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104
    address = url or f"http://{local}:{port}/-/healthy"
    if not address.startswith(("http://", "https://")):
        fail("--url begins with http:// or https://", BAD_INPUT)
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - checked above
            state = json.load(answer)
    except urllib.error.HTTPError as error:
        fail(f"not healthy: {error.read(2000).decode('utf-8', 'replace')}")
    except (OSError, ValueError) as error:
        fail(f"no healthy answer from {address}: {error}")
    click.echo(f"healthy, version {state.get('version', '?')}")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    For bash: tocsin completion bash > ~/.local/share/bash-completion/completions/tocsin
    """
    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    if kind is None:
        fail(f"no completion for {shell}", BAD_INPUT)
    made = kind(root.command, {}, "tocsin", "_TOCSIN_COMPLETE")
    click.echo(made.source())
