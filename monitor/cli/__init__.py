"""The command line: `tocsin COMMAND`; every list has --json, errors say what to do.

A command's module is read when the command is used: the service needs a database, an
HTTP client and a web server, and `tocsin rules match` none of them.
"""

import gc
from importlib import import_module
from typing import Any

import click

from monitor import __version__
from monitor.cli.problems import Group, write_all
from monitor.signals import hold_signals

_HOMES = {
    "alerts": ("alerts", "List, show, acknowledge, close and export alerts."),
    "check": (
        "check",
        "Check the configuration, feeds, sources and rules without starting.",
    ),
    "completion": ("setup", "Print the completion script of SHELL."),
    "db": ("service", "Look after the database."),
    "deliveries": ("deliveries", "List and show deliveries, and send them again."),
    "demo": (
        "service",
        "Play 29 July to 14 August 2020 on this machine; needs no network.",
    ),
    "explain": (
        "items",
        "Say what became of ITEM (an id, its beginning, or an address), and why.",
    ),
    "feeds": ("feeds", "List, test, add, remove, import, export and poll feeds."),
    "healthcheck": (
        "setup",
        "Exit 0 when the running service is healthy, 1 when not (for containers).",
    ),
    "init": (
        "setup",
        "Write a commented configuration, feeds and rule packs into FOLDER.",
    ),
    "items": ("items", "Search the items that were stored."),
    "ledger": (
        "ledger",
        "Prove that nothing of the record was altered, dropped or slipped in.",
    ),
    "once": (
        "service",
        "Poll every feed now, deliver what is due, print a summary, and exit.",
    ),
    "receivers": ("receivers", "List, test, enable and disable receivers."),
    "routes": ("routes", "Show the route tree; ask who would hear of an item."),
    "rules": ("rules", "List, show and test rules."),
    "run": (
        "service",
        "Run the service: poll, match, group, alert, deliver, until stopped.",
    ),
    "silences": ("silences", "Silence what you do not want to hear of for a while."),
    "stories": (
        "stories",
        "List, show and correct stories; try the grouping on a file.",
    ),
    "tokens": (
        "tokens",
        "Make, list and revoke tokens of the interface for programs.",
    ),
    "trace": (
        "trace",
        "Follow WHAT, the id of an item, an alert or a delivery, both ways.",
    ),
    "webhook": ("webhook", "Make secrets for webhooks and verify messages."),
}
"""The modules of this package in which the commands stand, under their own names, and
what each says of itself first: the list of commands reads none of the modules."""
_ELSEWHERE = {
    "alerts": (("silences", "held"), ("exporting", "export_alerts")),
    "rules": (("matching", "match"),),
}
"""Commands of a group that stand in other modules than the group."""


class _Commands(Group):
    """The commands, each read when it is asked for."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command, on a terminal of any alphabet."""
        write_all()
        return super().main(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names of all commands."""
        return list(_HOMES)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, first) for name, (_, first) in _HOMES.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None where there is none of the name."""
        if cmd_name not in _HOMES:
            return super().get_command(ctx, cmd_name)
        if cmd_name == "run":
            # What the service is made of takes a second or more to load.
            hold_signals()
        if cmd_name not in self.commands:
            command = _command(_HOMES[cmd_name][0], cmd_name)
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
