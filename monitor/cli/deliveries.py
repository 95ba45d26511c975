"""`tocsin deliveries`: what was sent to whom, whether it arrived, and sending it again."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click

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
    printable,
    shown,
)
from monitor.cli.times import MOMENT, SPACING, in_order, since_option
from monitor.clock import SystemClock
from monitor.model import Body, Delivery, DeliveryState
from monitor.model.counts import counted
from monitor.pipeline.courier import made_anew
from monitor.pipeline.fallbacks import can_be_anew
from monitor.settings import Configuration
from monitor.store.records import Store
from monitor.store.views import DeliveryFilter, DeliveryView


def fares(delivery: Delivery) -> str:
    """Return how a delivery fares, in a line."""
    to = f" {delivery.recipient}" if delivery.recipient else ""
    number = delivery.attempts
    tries = f" after {counted(number, 'attempt')}" if number else ""
    status = f", {delivery.status}" if delivery.status else ""
    problem = f": {clean(delivery.problem)}" if delivery.problem else ""
    return f"{delivery.receiver}{to}: {delivery.state.value}{tries}{status}{problem}"


@click.group()
def deliveries() -> None:
    """List and show deliveries, and send them again."""


def _states(state: str) -> tuple[DeliveryState, ...]:
    return (DeliveryState(state),) if state else ()


_state_option = click.option(
    "--state",
    type=click.Choice([s.value for s in DeliveryState]),
    default=None,
    help="In this state only.",
)
_receiver_option = click.option("--receiver", default="", help="Of this receiver only.")


@deliveries.command("list")
@config_option
@json_option
@limit_option
@_state_option
@_receiver_option
@since_option
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
    with opened_store(config) as (loaded, store):
        _known_receiver(loaded.configuration, store, receiver)
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
        "no deliveries fit in this time; widen --since",
    )


@deliveries.command("show")
@config_option
@json_option
@click.option("--body", is_flag=True, help="Write the message's bytes alone, as sent.")
@click.argument("delivery")
def show_delivery(
    config: Path | None, *, as_json: bool, body: bool, delivery: str
) -> None:
    """Show DELIVERY with every attempt and the message that was sent."""
    if body and as_json:
        fail("--body writes bytes and --json JSON; choose one", BAD_INPUT)
    with opened_store(config) as (_, store):
        view = store.delivery(delivery)
    if view is None:
        fail(_NOT_THERE.format(delivery), BAD_INPUT)
    if body:
        if view.delivery.body is None:
            fail(f"{delivery} was not rendered yet, so nothing was sent")
        sys.stdout.buffer.write(view.delivery.body.content)
        return
    if as_json:
        print_json(view)
        return
    _print_delivery(view)


def _print_delivery(view: DeliveryView) -> None:
    one = view.delivery
    click.echo(f"{one.id}  {fares(one)}")
    about = one.alert_id or (one.gathered or "- (a test)")
    click.echo(f"  of alert {about}, message {one.sequence}")
    if one.note:
        click.echo(f"  {clean(one.note)}")
    click.echo(f"  created {shown(one.created)}, due {shown(one.due)}")
    for attempt in view.attempts:
        took = attempt.took / timedelta(milliseconds=1)
        click.echo(
            f"  {attempt.number}. {shown(attempt.at)}  {attempt.outcome} "
            f"{attempt.status} in {took:.0f} ms {clean(attempt.problem)}".rstrip()
        )
        if attempt.response:
            click.echo(f"     answered: {clean(attempt.response[:300])}")
    if one.body is not None:
        click.echo(f"\n{one.body.content_type}")
        for line in _readable(one.body).splitlines():
            click.echo(printable(line).rstrip())


def _readable(body: Body) -> str:
    """Return a message for people: JSON over several lines."""
    text = body.content.decode("utf-8", "replace")
    if "json" not in body.content_type:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which deliveries a command is about."""

    ids: tuple[str, ...]
    receiver: str
    since: datetime | None
    until: datetime | None

    def wanted(self, states: Sequence[DeliveryState]) -> DeliveryFilter:
        return DeliveryFilter(
            ids=self.ids,
            states=tuple(states),
            receiver=self.receiver,
            since=self.since,
            until=self.until,
        )


_since_option = click.option(
    "--since", type=MOMENT, default=None, help="Created since then."
)
_until_option = click.option(
    "--until", type=MOMENT, default=None, help="Created before then."
)
_dry_option = click.option("--dry-run", is_flag=True, help="Only show which ones.")


@deliveries.command()
@config_option
@json_option
@click.argument("ids", nargs=-1)
@_receiver_option
@_since_option
@_until_option
@_dry_option
def retry(
    config: Path | None,
    *,
    as_json: bool,
    ids: tuple[str, ...],
    receiver: str,
    since: datetime | None,
    until: datetime | None,
    dry_run: bool,
) -> None:
    """Try now what waits for its next attempt: IDS, or all of a receiver.

    A receiver that rests after failures is tried again at once. What waits for a digest,
    a group or a rate goes on waiting for it.
    """
    if not ids and not receiver:
        fail("name deliveries, or choose with --receiver", BAD_INPUT)
    in_order(since, until)
    wanted = _Choice(ids, receiver, since, until).wanted([DeliveryState.PENDING])
    with opened_store(config) as (loaded, store):
        _known(store, ids)
        _known_receiver(loaded.configuration, store, receiver)
        found = store.hurry(wanted, SystemClock().now(), dry_run=dry_run)
    _tell(found, as_json=as_json, dry_run=dry_run, what="tried now")


@deliveries.command()
@config_option
@json_option
@click.argument("ids", nargs=-1)
@click.option(
    "--state",
    type=click.Choice(["dead", "delivered"]),
    default=None,
    help="Of this state only; by id of either.",
)
@_receiver_option
@_since_option
@_until_option
@_dry_option
@click.option(
    "--rate",
    type=SPACING,
    default="5",
    show_default=True,
    help="So many a second at most, or 60/1m: so many in so much time.",
)
@click.option(
    "--anew", is_flag=True, help="Render again, by today's settings, under new ids."
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
    rate: timedelta,
    anew: bool,
) -> None:
    """Send deliveries again: those of IDS, or all that fit (dead ones unless --state).

    They keep their ids and bytes, so that a receiver that has seen one can tell; --anew
    makes new messages of them instead. The daemon sends them, or the next `tocsin once`.
    """
    if not ids and not (receiver or since or until or state):
        fail("name deliveries, or choose with --receiver, --state, --since", BAD_INPUT)
    over = [DeliveryState.DEAD, DeliveryState.DELIVERED]
    states = [DeliveryState(state)] if state else over if ids else over[:1]
    in_order(since, until)
    wanted = _Choice(ids, receiver, since, until).wanted(states)
    now = SystemClock().now()
    with opened_store(config) as (loaded, store):
        _known(store, ids)
        _known_receiver(loaded.configuration, store, receiver)
        if anew:
            found = _anew(store, wanted, now, rate, dry_run=dry_run)
        else:
            found = store.replay(wanted, now, spacing=rate, dry_run=dry_run)
    _tell(found, as_json=as_json, dry_run=dry_run, what="sent again")
    if not (found or ids or state or as_json):
        click.echo("only dead ones were looked for; see --state delivered", err=True)


def _known(store: Store, ids: Sequence[str]) -> None:
    """End where one of the ids is of no delivery; nothing is sent then."""
    for one in ids:
        if store.delivery(one) is None:
            fail(_NOT_THERE.format(one), BAD_INPUT)


def _known_receiver(configuration: Configuration, store: Store, name: str) -> None:
    """End where nobody is called so, now or when messages went to him."""
    names = [one.name for one in configuration.receivers]
    if not name or name in names:
        return
    if name not in {row.name for row in store.receivers()}:
        there = f"there are: {', '.join(names)}"
        fail(f"no receiver is called {name!r}; {there}", BAD_INPUT)


_NOT_THERE = "no delivery has the id {!r}; see: tocsin deliveries list"


def _anew(
    store: Store,
    wanted: DeliveryFilter,
    now: datetime,
    spacing: timedelta,
    *,
    dry_run: bool,
) -> list[Delivery]:
    left = {(one.receiver, one.recipient) for one in store.unsubscribed()}
    ended = [
        one
        for one in reversed(store.deliveries(wanted))
        if can_be_anew(one) and (one.receiver, one.recipient) not in left
    ]
    if dry_run:
        return ended
    made = [
        made_anew(one, now + number * timedelta.resolution, now + number * spacing)
        for number, one in enumerate(ended)
    ]
    store.add_deliveries(made)
    return made


def _tell(
    found: Sequence[Delivery], *, as_json: bool, dry_run: bool, what: str
) -> None:
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one.id}  {fares(one)}")
    if dry_run:
        click.echo(f"{len(found)} would be {what}")
    elif found:
        click.echo(f"{len(found)} will be {what} by the daemon, or by tocsin once")
    else:
        click.echo("none fit")
