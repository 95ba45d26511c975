"""`tocsin receivers`: who is told, and whether they can be reached."""

import asyncio
import os
import pwd
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path

import click

from monitor import __version__
from monitor.app.channels import Channels
from monitor.cli.context import config_option, json_option, loaded, opened_store
from monitor.cli.output import BAD_INPUT, FAILED, clean, fail, print_json, print_table
from monitor.cli.webhook import made
from monitor.clock import SystemClock
from monitor.documents import replace_file
from monitor.errors import MessageProblem
from monitor.model import Delivery, stable_id
from monitor.model.counts import counted
from monitor.send import asymmetric, sample
from monitor.send.deliveries import Channel, Receipt
from monitor.send.services import ServiceChannel
from monitor.send.signatures import PREFIX
from monitor.settings import Configuration
from monitor.store.records import Store
from monitor.store.views import AuditLine, ReceiverRow

_CLOCK = SystemClock()


@click.group()
def receivers() -> None:
    """List, test, enable and disable receivers."""


@receivers.command("list")
@config_option
@json_option
def list_receivers(config: Path | None, *, as_json: bool) -> None:
    """Show the configured receivers, and what each has had."""
    with opened_store(config) as (found, store):
        rows = {row.name: row for row in store.receivers()}
        configured = {r.name: r.channel for r in found.configuration.receivers}
    names = [*configured, *(name for name in rows if name not in configured)]
    shown = [
        {
            "name": name,
            "channel": configured.get(name, "no longer configured"),
            **_figures(rows.get(name, ReceiverRow(name=name))),
        }
        for name in names
    ]
    if as_json:
        print_json(shown)
        return
    print_table(
        [
            "receiver",
            "channel",
            "delivered",
            "waiting",
            "dead",
            "disabled",
            "why",
            "failing since",
            "paused until",
        ],
        (list(one.values()) for one in shown),
        "no receivers",
    )


def _figures(row: ReceiverRow) -> dict[str, object]:
    return {
        "delivered": row.delivered,
        "pending": row.pending,
        "dead": row.dead,
        "disabled": row.disabled,
        "reason": row.reason if row.disabled else "",
        "failing_since": row.failing_since,
        "paused_until": row.paused_until,
    }


@receivers.command()
@config_option
@json_option
@click.argument("name")
def test(config: Path | None, *, as_json: bool, name: str) -> None:
    """Send NAME a message that is marked as a test, once, and show the answer."""
    configuration = loaded(config).configuration
    receipts = asyncio.run(_test(configuration, name))
    if as_json:
        print_json(receipts)
    for recipient, receipt in receipts.items():
        taken = receipt.outcome == "accepted"
        said = f"{name} {recipient}".strip()
        if not as_json:
            word = f"delivered {receipt.status}" if taken else receipt.status
            click.echo(f"{said}: {word} {clean(receipt.problem)}".rstrip())
            if receipt.ended:
                click.echo(f"  {receipt.ended}")
            if receipt.response and not taken:
                click.echo(f"  answered: {clean(receipt.response[:300])}")
    if any(receipt.outcome != "accepted" for receipt in receipts.values()):
        raise SystemExit(FAILED)


@receivers.command("unsubscribed")
@config_option
@json_option
def list_unsubscribed(config: Path | None, *, as_json: bool) -> None:
    """Show who has unsubscribed by the link in a mail."""
    with opened_store(config) as (_, store):
        found = store.unsubscribed()
    if as_json:
        print_json(found)
        return
    print_table(
        ["receiver", "recipient", "since"],
        ([one.receiver, one.recipient, one.at] for one in found),
        "nobody has unsubscribed",
    )


@receivers.command()
@config_option
@click.argument("name")
@click.argument("recipient")
def resubscribe(config: Path | None, name: str, recipient: str) -> None:
    """Let RECIPIENT have mail of NAME again."""
    with opened_store(config) as (_, store):
        done = store.resubscribe(name, recipient)
    if not done:
        fail(f"{recipient} has not unsubscribed from {name}", BAD_INPUT)
    click.echo(f"{recipient} gets mail of {name} again")


@receivers.command()
@config_option
@click.argument("name")
def preview(config: Path | None, name: str) -> None:
    """Show the message that NAME would get about an invented alert; nothing is sent."""
    configuration = loaded(config).configuration
    channels = Channels(clock=_CLOCK, write=click.echo, agent=f"Tocsin/{__version__}")
    channel = _named(channels.build(configuration), name)
    delivery = replace(
        _delivery(channel, channel.recipients[0], sample.AT), id=sample.DELIVERY
    )
    try:
        body = channel.compose(sample.sample_notice(), delivery)
    except MessageProblem as problem:
        fail(str(problem), BAD_INPUT)
    click.echo(f"content-type: {body.content_type}")
    for header, value in body.headers:
        click.echo(f"{header}: {value}")
    click.echo()
    click.echo(body.content.decode("utf-8", "replace"))


def _named(built: dict[str, Channel], name: str) -> Channel:
    if name not in built:
        fail(
            f"no receiver is called {name!r}; there are: {', '.join(built)}", BAD_INPUT
        )
    return built[name]


@receivers.command("rotate-secret")
@config_option
@click.argument("name")
@click.option("--finish", is_flag=True, help="Drop the old secret: all have the new.")
def rotate_secret(config: Path | None, *, name: str, finish: bool) -> None:
    """Put a new secret above the old one in NAME's secret_file.

    Messages are then signed with both, so that the receiver can change over when it
    likes; --finish leaves the newest alone. The daemon reads the file at a reload. The
    new secret is printed, for the receiver; of an ed25519 key its public half.
    """
    configuration = loaded(config).configuration
    webhook = next((r.webhook for r in configuration.receivers if r.name == name), None)
    if webhook is None or not webhook.secret_file:
        fail(f"{name!r} is no webhook with a secret_file", BAD_INPUT)
    path = configuration.find(webhook.secret_file)
    known = path.read_text(encoding="utf-8").split()
    if finish:
        kept = known[:1]
    elif len(known) > 1:
        fail("two secrets are live already; --finish drops the older", BAD_INPUT)
    else:
        kind = asymmetric.PRIVATE if known[0].startswith(asymmetric.PRIVATE) else PREFIX
        kept = [made(kind), *known]
    replace_file(path, "".join(f"{one}\n" for one in kept))
    if finish:
        click.echo(f"{name} has one secret; reload for it to be in force")
        return
    new = kept[0]
    if new.startswith(asymmetric.PRIVATE):
        new = asymmetric.read_private(new).public.written
    click.echo(new)
    click.echo("reload, give this to the receiver, then --finish", err=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tested(Receipt):
    """What became of a test message."""

    ended: str = ""
    """What was done to end what it began; "" where nothing had to."""


async def _test(configuration: Configuration, name: str) -> dict[str, _Tested]:
    channels = Channels(clock=_CLOCK, write=click.echo, agent=f"Tocsin/{__version__}")
    built = channels.build(configuration)
    channel = _named(built, name)
    try:
        return {to: await _send_test(channel, to) for to in channel.recipients}
    finally:
        await channels.aclose()


async def _send_test(channel: Channel, recipient: str) -> _Tested:
    now = _CLOCK.now()
    delivery = _delivery(channel, recipient, now)
    receipt = await channel.send(delivery, channel.compose_test(delivery, now))
    tested = _Tested(
        **{one.name: getattr(receipt, one.name) for one in fields(receipt)}
    )
    # What was not answered may have been taken all the same.
    if receipt.outcome not in {"accepted", "temporary"}:
        return tested
    return await _ended(channel, delivery, tested)


async def _ended(channel: Channel, delivery: Delivery, tested: _Tested) -> _Tested:
    """End the incident that a test message opened: nobody else does."""
    body = None
    if isinstance(channel, ServiceChannel):
        body = channel.compose_end_of_test(delivery, _CLOCK.now())
    if body is None:
        return tested
    end = await channel.send(delivery, body)
    if end.outcome == "accepted":
        return replace(tested, ended="the incident that it opened is resolved")
    if tested.outcome != "accepted":
        return tested
    problem = "the incident that it opened is not resolved; resolve it by hand"
    said = f"{problem}: {end.problem}"
    return replace(tested, outcome=end.outcome, status=end.status, problem=said)


def _delivery(channel: Channel, recipient: str, now: datetime) -> Delivery:
    return Delivery(
        id=stable_id("dlv", "test", channel.name, recipient, now.isoformat()),
        alert_id="",
        sequence=0,
        receiver=channel.name,
        recipient=recipient,
        due=now,
        created=now,
        first_attempt=now,
    )


@receivers.command()
@config_option
@click.argument("name")
def enable(config: Path | None, name: str) -> None:
    """Send to NAME again, after a 410 or a person disabled it."""
    with opened_store(config) as (found, store):
        rows = {row.name: row for row in store.receivers()}
        if name not in rows:
            _known(found.configuration, name)
        with store.together():
            done = store.enable_receiver(name)
            if done:
                _noted(store, "enable", name)
    row = rows.get(name, ReceiverRow(name=name))
    click.echo(f"{name} is enabled" if done else f"{name} was not disabled")
    if row.pending:
        wait = "waits for it and goes" if row.pending == 1 else "wait for it and go"
        click.echo(f"{row.pending} {wait} now")
    if row.dead:
        click.echo(
            f"{counted(row.dead, 'was given up; to send it', 'were given up; to send them')} again: "
            f"tocsin deliveries replay --receiver {name}"
        )


@receivers.command()
@config_option
@click.argument("name")
@click.option(
    "--reason", default="disabled by hand", show_default=True, help="Why; it is kept."
)
def disable(config: Path | None, name: str, reason: str) -> None:
    """Send NAME nothing until it is enabled; what is due for it waits."""
    with opened_store(config) as (found, store):
        _known(found.configuration, name)
        with store.together():
            store.disable_receiver(name, reason, _CLOCK.now())
            _noted(store, "disable", f"{name}: {reason}")
    click.echo(f"{name} is disabled; what is due for it waits")


def _known(configuration: Configuration, name: str) -> None:
    known = [r.name for r in configuration.receivers]
    if name not in known:
        fail(
            f"no receiver is called {name!r}; there are: {', '.join(known)}", BAD_INPUT
        )


def _noted(store: Store, what: str, detail: str) -> None:
    """Leave a line of who changed a receiver from the command line."""
    line = AuditLine(
        at=_CLOCK.now(), who=_who(), action=f"command: receivers {what}", detail=detail
    )
    store.audit(line)


def _who() -> str:
    """Return the user's name, or number: in a container it often has no name."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
