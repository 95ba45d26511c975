"""`tocsin alerts` and `tocsin deliveries`: what was told, and whether it arrived."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click

from monitor.app.policy import policy_of
from monitor.cli.context import (
    config_option,
    json_option,
    limit_option,
    opened_store,
)
from monitor.cli.output import (
    BAD_INPUT,
    clean,
    fail,
    print_json,
    print_table,
    shown,
)
from monitor.cli.times import MOMENT
from monitor.clock import SystemClock
from monitor.model import Alert, Delivery, DeliveryState, Message
from monitor.pipeline.lifecycle import Lifecycles, Note
from monitor.store.views import AlertFilter, AlertView, DeliveryFilter, DeliveryView


@click.group()
def alerts() -> None:
    """List and show alerts."""


@alerts.command("list")
@config_option
@json_option
@limit_option
@click.option("--since", type=MOMENT, default="7d", show_default=True)
@click.option("--rule", default="")
@click.option("--theme", default="")
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
    with opened_store(config) as (_, store):
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
    """Show one alert: its story, every message, and to whom each went."""
    with opened_store(config) as (_, store):
        view = store.alert(alert)
        if view is None:
            fail(f"no alert has the id {alert!r}; see: tocsin alerts list")
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


_author_option = click.option("--author", envvar="USER", default="", help="Who.")
_comment_option = click.option("--comment", default="", help="Why.")


@alerts.command("close")
@config_option
@click.argument("alert")
@_author_option
@_comment_option
def close_alert(config: Path | None, alert: str, author: str, comment: str) -> None:
    """Close an alert: it is over. Only a report that says something new opens it again.

    Receivers with send_closed are told.
    """
    _change(config, alert, Note(by=author or "a person", comment=comment), "close")


@alerts.command("ack")
@config_option
@click.argument("alert")
@_author_option
@_comment_option
def acknowledge(config: Path | None, alert: str, author: str, comment: str) -> None:
    """Acknowledge an alert: somebody knows of it, and it is not repeated."""
    _change(config, alert, Note(by=author or "a person", comment=comment), "ack")


def _change(config: Path | None, alert: str, note: Note, what: str) -> None:
    now = SystemClock().now()
    with opened_store(config) as (loaded, store):
        lifecycles = Lifecycles(store, lambda: policy_of(loaded))
        act = lifecycles.close if what == "close" else lifecycles.acknowledge
        changed = act(alert, note, now)
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
        for delivery in view.deliveries:
            if delivery.sequence == message.sequence:
                click.echo(f"  {_line(delivery)}")


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


def _line(delivery: Delivery) -> str:
    to = f" {delivery.recipient}" if delivery.recipient else ""
    problem = f": {clean(delivery.problem)}" if delivery.problem else ""
    return (
        f"{delivery.receiver}{to}: {delivery.state.value} after "
        f"{delivery.attempts} attempts {delivery.status}{problem}"
    )


@click.group()
def deliveries() -> None:
    """List, show and replay deliveries."""


def _states(state: str) -> tuple[DeliveryState, ...]:
    return (DeliveryState(state),) if state else ()


_state_option = click.option(
    "--state", type=click.Choice([s.value for s in DeliveryState]), default=None
)
_receiver_option = click.option("--receiver", default="", help="Of this receiver only.")


@deliveries.command("list")
@config_option
@json_option
@limit_option
@_state_option
@_receiver_option
@click.option("--since", type=MOMENT, default="7d", show_default=True)
def list_deliveries(
    config: Path | None,
    *,
    as_json: bool,
    limit: int,
    state: str | None,
    receiver: str,
    since: datetime,
) -> None:
    """Show deliveries, the newest first."""
    wanted = DeliveryFilter(
        states=_states(state or ""), receiver=receiver, since=since, limit=limit
    )
    with opened_store(config) as (_, store):
        found = store.deliveries(wanted)
    if as_json:
        print_json(found)
        return
    print_table(
        [
            "created",
            "delivery",
            "receiver",
            "to",
            "state",
            "tries",
            "status",
            "due",
            "problem or note",
        ],
        (
            [
                one.created,
                one.id,
                one.receiver,
                one.recipient,
                one.state,
                one.attempts,
                one.status,
                one.due if one.state is DeliveryState.PENDING else None,
                one.problem or one.note,
            ]
            for one in found
        ),
        "no deliveries fit",
    )


@deliveries.command("show")
@config_option
@json_option
@click.argument("delivery")
def show_delivery(config: Path | None, *, as_json: bool, delivery: str) -> None:
    """Show one delivery with every attempt and the message as it was sent."""
    with opened_store(config) as (_, store):
        view = store.delivery(delivery)
    if view is None:
        fail(f"no delivery has the id {delivery!r}; see: tocsin deliveries list")
    if as_json:
        print_json(view)
        return
    _print_delivery(view)


def _print_delivery(view: DeliveryView) -> None:
    one = view.delivery
    click.echo(f"{one.id}  {_line(one)}")
    about = one.alert_id or (one.gathered or "- (a test)")
    click.echo(f"  of alert {about}, message {one.sequence}")
    if one.note:
        click.echo(f"  {clean(one.note)}")
    click.echo(f"  created {shown(one.created)}, due {shown(one.due)}")
    for attempt in view.attempts:
        took = attempt.took / timedelta(milliseconds=1)
        click.echo(
            f"  {attempt.number}. {shown(attempt.at)}  {attempt.outcome} "
            f"{attempt.status} in {took:.0f} ms {clean(attempt.problem)}"
        )
        if attempt.response:
            click.echo(f"     answered: {clean(attempt.response[:300])}")
    if one.body is not None:
        click.echo(f"\n{one.body.content_type}")
        for line in one.body.content.decode("utf-8", "replace").splitlines():
            click.echo(clean(line) if line.strip() else "")


@deliveries.command()
@config_option
@json_option
@click.argument("ids", nargs=-1)
@_state_option
@_receiver_option
@click.option("--since", type=MOMENT, default=None, help="Created since then.")
@click.option("--until", type=MOMENT, default=None, help="Created before then.")
@click.option("--dry-run", is_flag=True, help="Only show which ones.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0.01),
    default=5.0,
    show_default=True,
    help="So many a second at most.",
)
def replay(
    config: Path | None,
    *,
    as_json: bool,
    ids: tuple[str, ...],
    state: str | None,
    receiver: str,
    since: datetime | None,
    until: datetime | None,
    dry_run: bool,
    rate: float,
) -> None:
    """Send deliveries again: by id, or all that fit (dead ones unless --state).

    They keep their ids, so that a receiver that has seen one can tell. The daemon
    sends them, or the next `tocsin once`.
    """
    if not ids and not (receiver or since or until or state):
        fail("name deliveries, or choose with --receiver, --state, --since", BAD_INPUT)
    wanted = DeliveryFilter(
        ids=ids,
        states=_states(state or ("" if ids else "dead")),
        receiver=receiver,
        since=since,
        until=until,
    )
    now = SystemClock().now()
    with opened_store(config) as (_, store):
        found = store.replay(
            wanted, now, spacing=timedelta(seconds=1 / rate), dry_run=dry_run
        )
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(_line(one))
    if dry_run:
        click.echo(f"{len(found)} would be sent again")
    else:
        click.echo(f"{len(found)} are due again; the daemon sends them")
