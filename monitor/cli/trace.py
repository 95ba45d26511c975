"""`tocsin trace`: what became of an item, an alert or a delivery, and where it came from."""

from pathlib import Path

import click

from monitor.cli.context import config_option, json_option, opened_store
from monitor.cli.output import BAD_INPUT, clean, fail, print_json, shown
from monitor.web.tracing import steps_of


@click.command()
@config_option
@json_option
@click.argument("what")
def trace(config: Path | None, *, as_json: bool, what: str) -> None:
    """Follow WHAT, the id of an item, an alert or a delivery, both ways.

    From the report that was seen, through the rule in its version, the story and the
    decision, to each message and each attempt to deliver it, in the order of time.
    """
    with opened_store(config) as (_, store):
        steps = steps_of(store, what)
    if not steps:
        fail(f"nothing has the id {what!r}: an item, an alert or a delivery", BAD_INPUT)
    if as_json:
        print_json(steps)
        return
    for step in steps:
        click.echo(f"{shown(step.at)}  {step.what:9}  {step.id}  {clean(step.detail)}")
