"""The command line: `tocsin COMMAND`; every list has --json, errors say what to do."""

import click

from monitor import __version__
from monitor.cli.alerts import alerts as alerts_group
from monitor.cli.alerts import deliveries as deliveries_group
from monitor.cli.context import Group
from monitor.cli.exporting import export_alerts
from monitor.cli.feeds import feeds as feeds_group
from monitor.cli.items import explain
from monitor.cli.items import items as items_group
from monitor.cli.ledger import ledger as ledger_group
from monitor.cli.receivers import receivers as receivers_group
from monitor.cli.rules import rules as rules_group
from monitor.cli.service import (
    check,
    completion,
    db,
    demo,
    healthcheck,
    init,
    once,
    run,
)
from monitor.cli.silences import held
from monitor.cli.silences import routes as routes_group
from monitor.cli.silences import silences as silences_group
from monitor.cli.stories import stories as stories_group
from monitor.cli.tokens import tokens as tokens_group
from monitor.cli.trace import trace
from monitor.cli.webhook import webhook as webhook_group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tocsin")
def main() -> None:
    """Tocsin: from news feeds to one alert a story.

    Without a configuration the shipped example is used. Start with `tocsin run`,
    see it work without a network with `tocsin demo`, write your own configuration
    with `tocsin init FOLDER`. Shell completion: `tocsin completion bash`.
    """


for command in (
    run,
    once,
    check,
    init,
    demo,
    db,
    healthcheck,
    completion,
    feeds_group,
    rules_group,
    items_group,
    explain,
    trace,
    stories_group,
    alerts_group,
    deliveries_group,
    receivers_group,
    routes_group,
    silences_group,
    ledger_group,
    tokens_group,
    webhook_group,
):
    main.add_command(command)
alerts_group.add_command(held)
alerts_group.add_command(export_alerts)
