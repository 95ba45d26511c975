"""Each command says what each of its words means, and saying so costs little."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from monitor.cli import main

SHIPPED = Path(__file__).parents[2] / "config" / "tocsin.yaml"
_SERVICE = {"aiohttp", "apscheduler", "httpx", "numpy", "sqlalchemy", "starlette"}


def _tree(
    command: click.Command, ctx: click.Context
) -> Iterator[tuple[str, click.Command]]:
    yield ctx.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            under = command.get_command(ctx, name)
            assert under is not None
            yield from _tree(under, click.Context(under, parent=ctx, info_name=name))


_COMMANDS = list(_tree(main, click.Context(main, info_name="tocsin")))


def test_the_tree_is_walked_whole() -> None:
    paths = {path for path, _ in _COMMANDS}
    assert {"tocsin check", "tocsin alerts held", "tocsin rules match"} <= paths


@pytest.mark.parametrize(("path", "command"), _COMMANDS)
def test_every_command_option_and_argument_is_explained(
    path: str, command: click.Command
) -> None:
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.opts}"
        else:
            assert parameter.human_readable_name.upper() in command.help, (
                f"{path}: its help does not say what {parameter.name} is"
            )


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    listed = " ".join(CliRunner().invoke(main, ["--help"]).output.split())
    for path, command in _COMMANDS:
        if path.count(" ") == 1:
            _, name = path.split()
            first = " ".join((command.help or "").split("\n\n")[0].split())
            assert f" {name} {first}" in listed


def _modules_read(*arguments: str) -> set[str]:
    code = (
        "import sys\nfrom monitor.cli import main\n"
        f"try: main({list(arguments)!r})\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "spared"),
    [
        (("--help",), _SERVICE | {"pydantic", "monitor.cli.service"}),
        (("chekc",), _SERVICE | {"pydantic", "monitor.cli.service"}),
        (("init",), _SERVICE),
        (("completion", "bash"), _SERVICE),
        (("healthcheck", "--url", "nowhere"), _SERVICE | {"monitor.rulepacks"}),
        # It reads the settings, twice a minute in a container.
        (
            ("healthcheck", "--config", str(SHIPPED)),
            {"aiohttp", "feedparser", "httpx", "lxml", "numpy", "monitor.rulepacks"},
        ),
        (
            ("check", "--config", "nothing.yaml"),
            _SERVICE - {"aiohttp", "httpx", "numpy"},
        ),
        (("rules", "lst"), _SERVICE - {"numpy"}),
    ],
)
def test_a_command_reads_only_what_it_needs(
    arguments: tuple[str, ...], spared: set[str]
) -> None:
    read = _modules_read(*arguments)
    assert "click" in read
    assert read & spared == set()
