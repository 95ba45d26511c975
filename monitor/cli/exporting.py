"""`tocsin alerts export`: what was told, for other programs to read."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from monitor.cli.context import (
    check_chosen,
    chosen_options,
    config_option,
    opened_store,
)
from monitor.cli.times import in_order, since_option, until_option
from monitor.model import Delivery, Notice, stable_id
from monitor.send import render
from monitor.send.render import stix
from monitor.send.render.wire import encoded
from monitor.store.records import Store
from monitor.store.views import AlertFilter


@click.command("export")
@config_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["stix", "jsonl"]),
    default="jsonl",
    show_default=True,
    help="A STIX 2.1 bundle, or what a webhook gets, one a line.",
)
@since_option
@until_option
@chosen_options
def export_alerts(
    config: Path | None,
    *,
    form: str,
    since: datetime,
    until: datetime,
    rule: str,
    theme: str,
) -> None:
    """Write alerts as they stand after their last message, the latest first.

    Ids depend on the alerts alone: who imports twice has everything once.
    """
    wanted = AlertFilter(since=since, until=until, rule=rule, theme=theme)
    in_order(since, until)
    with opened_store(config) as (loaded, store):
        check_chosen(loaded, store, rule=rule, theme=theme)
        if form == "stix":
            made = stix.bundle(list(_notices(store, wanted)))
            click.echo(encoded(made).decode())
            return
        for notice in _notices(store, wanted):
            name = stable_id("exp", notice.alert.id, str(notice.sequence))
            click.echo(render.payload(notice, name).decode())


def _notices(store: Store, wanted: AlertFilter) -> Iterator[Notice]:
    for row in store.alerts(wanted):
        moment = row.alert.updated
        yield store.notice(
            Delivery(
                id="",
                alert_id=row.alert.id,
                sequence=row.messages[-1].sequence,
                receiver="",
                due=moment,
                created=moment,
            )
        )
