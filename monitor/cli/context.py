"""What commands share: --config, --json, and errors without tracebacks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from monitor.app import logs
from monitor.app.compose import (
    Loaded,
    configuration_file,
    load,
    open_configured_store,
)
from monitor.cli.output import BAD_INPUT, fail, print_problems
from monitor.errors import InputRefused, TocsinError
from monitor.store.records import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Group(click.Group):
    """A group whose commands end with a sentence, not with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn errors that people can mend into words."""
        try:
            return super().invoke(ctx)
        except InputRefused as refused:
            print_problems(refused.problems)
            errors = sum(p.severity == "error" for p in refused.problems)
            noun = "problem" if errors == 1 else "problems"
            fail(f"{errors} {noun}; nothing was started", BAD_INPUT)
        except TocsinError as error:
            fail(str(error))
        except BrokenPipeError:
            sys.stderr.close()
            raise SystemExit(0) from None


def config_option(command: _Command) -> _Command:
    """Add --config FILE."""
    return click.option(
        "--config",
        "config",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The configuration [default: $TOCSIN_CONFIG, ./tocsin.yaml, "
        "./config/tocsin.yaml, /etc/tocsin/tocsin.yaml, else the shipped example].",
    )(command)


def json_option(command: _Command) -> _Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def limit_option(command: _Command) -> _Command:
    """Add --limit N."""
    return click.option(
        "--limit",
        type=click.IntRange(1, 100_000),
        default=50,
        show_default=True,
        help="Show at most so many, the newest first.",
    )(command)


def loaded(config: Path | None, *, logging: bool = False) -> Loaded:
    """Load the configuration; print its warnings; set up the log."""
    path = configuration_file(config)
    found = load(path)
    log = found.configuration.settings.log
    logs.set_up(log.level if logging else "warning", log.format)
    logs.redactor.hide(found.configuration.secrets)
    return found


@contextmanager
def opened_store(config: Path | None) -> Iterator[tuple[Loaded, Store]]:
    """Load the configuration and open its store for one command."""
    found = loaded(config)
    store = open_configured_store(found.configuration)
    try:
        yield found, store
    finally:
        store.close()
