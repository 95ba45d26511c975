"""The command line: `tocsin COMMAND`; every list has --json, errors say what to do."""

import click

from monitor import __version__
from monitor.cli import alerts, feeds, items, receivers, rules, service, webhook
from monitor.cli.context import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tocsin")
def main() -> None:
    """Tocsin: from news feeds to one alert a story.

    Without a configuration the shipped example is used. Start with `tocsin run`,
    see it work without a network with `tocsin demo`, write your own configuration
    with `tocsin init FOLDER`. Shell completion: `tocsin completion bash`.
    """


for command in (
    service.run,
    service.once,
    service.check,
    service.init,
    service.demo,
    service.db,
    service.healthcheck,
    service.completion,
    feeds.feeds,
    rules.rules,
    items.items,
    items.explain,
    alerts.alerts,
    alerts.deliveries,
    receivers.receivers,
    webhook.webhook,
):
    main.add_command(command)
