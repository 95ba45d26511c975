"""Options that commands share: --config, --json, --limit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


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


def chosen_options(command: _Command) -> _Command:
    """Add --rule ID and --theme THEME, which choose alerts."""
    for option in (
        click.option(
            "--theme", default="", metavar="THEME", help="Of this theme only."
        ),
        click.option("--rule", default="", metavar="ID", help="Of this rule only."),
    ):
        command = option(command)
    return command


def limit_option(command: _Command) -> _Command:
    """Add --limit N."""
    return click.option(
        "--limit",
        type=click.IntRange(1, 100_000),
        default=50,
        show_default=True,
        help="Show at most so many, the newest first.",
    )(command)
