"""`tocsin alerts`: what was told, to whom, and why."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from monitor.app.policy import policy_of
from monitor.cli.context import (
    check_chosen,
    chosen_options,
    config_option,
    json_option,
    limit_option,
    opened_store,
)
from monitor.cli.deliveries import fares
from monitor.cli.output import (
    BAD_INPUT,
    clean,
    fail,
    print_json,
    print_table,
    shown,
)
from monitor.cli.times import since_option
from monitor.clock import SystemClock
from monitor.model import Alert, Kind, Message
from monitor.pipeline.lifecycle import Lifecycles, Note
from monitor.store.views import AlertFilter, AlertView


@click.group()
def alerts() -> None:
    """List, show, acknowledge, close and export alerts."""


@alerts.command("list")
@config_option
@json_option
@limit_option
@since_option
@chosen_options
def list_alerts(
    config: Path | None,
    *,
    as_json: bool,
    limit: int,
    since: datetime,
    rule: str,
    theme: str,
) -> None:
    """Show alerts, the newest first."""
    wanted = AlertFilter(since=since, rule=rule, theme=theme, limit=limit)
    with opened_store(config) as (loaded, store):
        check_chosen(loaded, store, rule=rule, theme=theme)
        found = store.alerts(wanted)
    if as_json:
        print_json(found)
        return
    print_table(
        [
            "updated",
            "alert",
            "state",
            "severity",
            "rule",
            "messages",
            "reports",
            "story",
        ],
        (
            [
                row.alert.updated,
                row.alert.id,
                _state(row.alert).split(" ", maxsplit=1)[0].rstrip(","),
                row.alert.rule.severity,
                row.alert.rule.id,
                row.alert.sequence,
                row.story.items,
                row.story.title,
            ]
            for row in found
        ),
        "no alerts in this time; widen --since",
    )


@alerts.command("show")
@config_option
@json_option
@click.argument("alert")
def show_alert(config: Path | None, *, as_json: bool, alert: str) -> None:
    """Show ALERT: its story, every message, and to whom each went."""
    with opened_store(config) as (_, store):
        view = store.alert(alert)
        if view is None:
            fail(f"no alert has the id {alert!r}; see: tocsin alerts list", BAD_INPUT)
        story = store.story(view.story.id)
    if as_json:
        print_json({"alert": view, "story": story})
        return
    _print_alert(view)
    if story is not None:
        click.echo("reports:")
        for item in story.items:
            click.echo(
                f"  {shown(item.first_seen)}  {clean(item.source)}: {clean(item.title)}"
            )


_NOBODY = {
    True: "sent to nobody: no receiver it goes to has send_closed",
    False: "sent to nobody",
}

_author_option = click.option("--author", envvar="USER", default="", help="Who.")
_comment_option = click.option("--comment", default="", help="Why.")


@alerts.command("close")
@config_option
@click.argument("alert")
@_author_option
@_comment_option
def close_alert(config: Path | None, alert: str, author: str, comment: str) -> None:
    """Close ALERT: it is over. Only a report that says something new opens it again.

    Receivers with send_closed are told.
    """
    _change(config, alert, Note(by=author or "a person", comment=comment), "close")


@alerts.command("ack")
@config_option
@click.argument("alert")
@_author_option
@_comment_option
def acknowledge(config: Path | None, alert: str, author: str, comment: str) -> None:
    """Acknowledge ALERT: somebody knows of it, and it is not repeated."""
    _change(config, alert, Note(by=author or "a person", comment=comment), "ack")


def _change(config: Path | None, alert: str, note: Note, what: str) -> None:
    now = SystemClock().now()
    with opened_store(config) as (found, store):
        lifecycles = Lifecycles(store, lambda: policy_of(found.loaded))
        if what == "ack":
            changed = lifecycles.acknowledge(alert, note, now)
        else:
            _ = found.loaded  # whom to tell; read before the database is held
            changed = lifecycles.close(alert, note, now)
    if changed is None:
        fail(f"no alert {alert!r} is open; see: tocsin alerts list", BAD_INPUT)
    click.echo(f"{alert} is {'closed' if what == 'close' else 'acknowledged'}")


def _print_alert(view: AlertView) -> None:
    rule = view.alert.rule
    click.echo(f"[{rule.severity.upper()}] {clean(rule.title)}")
    click.echo(
        f"  {view.alert.id}, rule {rule.id} ({rule.version}), theme {rule.theme}"
    )
    click.echo(f"  story {view.story.id}: {clean(view.story.title)}")
    click.echo(f"  {_state(view.alert)}")
    for message in view.messages:
        click.echo(
            f"message {message.sequence}, {message.kind.value}, {shown(message.at)}: "
            f"{message.reason}: {clean(message.detail)}"
        )
        for line in _told(message):
            click.echo(f"  {line}")
        sent = [one for one in view.deliveries if one.sequence == message.sequence]
        for delivery in sent:
            click.echo(f"  {fares(delivery)}")
        if not sent:
            click.echo(f"  {_NOBODY[message.kind is Kind.CLOSED]}")


def _told(message: Message) -> Iterator[str]:
    """Yield what a message said that was new, and what the story was worth."""
    for change in message.changes:
        facts = f"{clean('; '.join(change.facts))}: " if change.facts else ""
        yield f"new: {facts}{clean(change.sentence)}"
    made = message.assessment
    if made is not None:
        yield f"graded {made.grade}: {clean(made.because)}"


def _state(alert: Alert) -> str:
    if alert.closed is not None:
        by = f" by {clean(alert.closed_by)}" if alert.closed_by else ""
        return f"closed {shown(alert.closed)}{by}"
    if alert.acknowledged is not None:
        return f"open, acknowledged {shown(alert.acknowledged)}"
    return "open"
