"""`tocsin check`: whether all that people wrote is in order, without starting."""

from collections.abc import Sequence
from pathlib import Path

import click

from monitor.app.files import configuration_file
from monitor.app.loading import load
from monitor.cli.options import config_option, json_option
from monitor.cli.output import BAD_INPUT, print_json, print_problems
from monitor.errors import InputRefused
from monitor.model.counts import counted


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
    names = [r.name for r in configuration.receivers]
    figures = {
        "configuration": configuration.where,
        "feeds": len(configuration.feeds),
        "sources": len(configuration.sources),
        "rules": len(found.rulebook.rules),
        "rules_off": found.rulebook.off,
        "receivers": names,
        "warnings": len(found.warnings),
    }
    if as_json:
        print_json({"ok": True, **figures, "problems": found.warnings})
        return
    print_problems(found.warnings)
    click.echo(
        f"{configuration.where}: {counted(len(configuration.feeds), 'feed')} of "
        f"{counted(len(configuration.sources), 'outlet')}, "
        f"{counted(len(found.rulebook.rules), 'rule')}{_off(found.rulebook.off)}, "
        f"{_named(names)}: "
        "all in order"
    )


def _named(names: Sequence[str]) -> str:
    return f"{'receiver' if len(names) == 1 else 'receivers'} {', '.join(names)}"


def _off(rules: Sequence[str]) -> str:
    return f" ({len(rules)} more switched off)" if rules else ""
