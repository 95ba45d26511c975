"""The command line: `tocsin COMMAND`; every list has --json, errors say what to do.

A command's module is read when the command is used: the service needs a database, an
HTTP client and a web server, and `tocsin rules match` none of them.
"""

import gc
from importlib import import_module

import click

from monitor import __version__
from monitor.cli.problems import Group

_HOMES = {
    "alerts": "alerts",
    "check": "service",
    "completion": "service",
    "db": "service",
    "deliveries": "deliveries",
    "demo": "service",
    "explain": "items",
    "feeds": "feeds",
    "healthcheck": "service",
    "init": "service",
    "items": "items",
    "ledger": "ledger",
    "once": "service",
    "receivers": "receivers",
    "routes": "routes",
    "rules": "rules",
    "run": "service",
    "silences": "silences",
    "stories": "stories",
    "tokens": "tokens",
    "trace": "trace",
    "webhook": "webhook",
}
"""The modules of this package in which the commands stand, under their own names."""
_ELSEWHERE = {
    "alerts": (("silences", "held"), ("exporting", "export_alerts")),
    "rules": (("matching", "match"),),
}
"""Commands of a group that stand in other modules than the group."""


class _Commands(Group):
    """The commands, each read when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names of all commands."""
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None where there is none of the name."""
        if cmd_name not in _HOMES:
            return super().get_command(ctx, cmd_name)
        if cmd_name not in self.commands:
            command = _command(_HOMES[cmd_name], cmd_name)
            for home, name in _ELSEWHERE.get(cmd_name, ()):
                if isinstance(command, click.Group):
                    command.add_command(_command(home, name))
            self.add_command(command, cmd_name)
        return self.commands[cmd_name]


def _command(home: str, name: str) -> click.Command:
    # All that a module makes stays: the cyclic collector would look through it in vain.
    was = gc.isenabled()
    gc.disable()
    try:
        module = import_module(f"monitor.cli.{home}")
    finally:
        if was:
            gc.enable()
    found = getattr(module, name)
    if not isinstance(found, click.Command):
        raise TypeError(f"{home}.{name} is no command")
    return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tocsin")
def main() -> None:
    """Tocsin: from news feeds to one alert a story.

    Without a configuration the shipped example is used. Start with `tocsin run`,
    see it work without a network with `tocsin demo`, write your own configuration
    with `tocsin init FOLDER`. Shell completion: `tocsin completion bash`.
    """
