"""`tocsin ledger`: whether the record still stands as it was written."""

from pathlib import Path

import click

from monitor.cli.context import config_option, json_option, limit_option, opened_store
from monitor.cli.output import BAD_INPUT, fail, print_json, print_table, shown
from monitor.clock import SystemClock
from monitor.store.chain import Head, read_head
from monitor.store.proof import Proof
from monitor.store.recorded import BEGINS, CHECKPOINT, FORGOTTEN, KINDS

_CLOCK = SystemClock()


@click.group()
def ledger() -> None:
    """Prove that nothing of the record was altered, dropped or slipped in."""


@ledger.command()
@config_option
@json_option
def head(config: Path | None, *, as_json: bool) -> None:
    """Print the last entry's position and hash, to be noted elsewhere.

    What was recorded up to now is sealed first, so that the head vouches for it.
    """
    with opened_store(config) as (_, store):
        store.ledger.seal(_CLOCK.now())
        found = store.ledger.head()
    if as_json:
        print_json(found)
    else:
        click.echo(str(found))


def _heads(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> list[Head]:
    try:
        return [read_head(text) for text in given]
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None


@ledger.command()
@config_option
@json_option
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="POSITION:HASH",
    callback=_heads,
    help="A head that was noted before; may be given several times.",
)
def verify(config: Path | None, *, as_json: bool, heads: list[Head]) -> None:
    """Check the chain, and every record that it tells of.

    Exit status 1 where something is not as it was written; the first such place is
    named.
    """
    with opened_store(config) as (_, store):
        proof = store.ledger.verify(heads)
    if as_json:
        print_json(proof)
    else:
        _print(proof)
    if proof.broken is not None:
        raise SystemExit(1)


def _print(proof: Proof) -> None:
    if proof.broken is not None:
        click.echo(f"BROKEN  {proof.broken.what}: {proof.broken.said}")
    else:
        click.echo("whole   every entry follows, every record is as it was written")
    click.echo(f"entries {proof.entries} sealed, {proof.waiting} waiting to be sealed")
    click.echo(f"records {proof.compared} compared with what the entries say")
    if proof.since is not None:
        click.echo(f"since   {shown(proof.since)}; what is older is not proven")
    click.echo(f"head    {proof.head}")


@ledger.command("list")
@config_option
@json_option
@limit_option
@click.option("--about", default="", help="The id of an item, alert, delivery ...")
@click.option(
    "--kind",
    type=click.Choice([*KINDS, BEGINS, CHECKPOINT, FORGOTTEN]),
    default=None,
    help="Of this kind only.",
)
def list_entries(
    config: Path | None, *, as_json: bool, limit: int, about: str, kind: str | None
) -> None:
    """Show the entries, the newest first."""
    with opened_store(config) as (_, store):
        found = store.ledger.entries(about=about, kind=kind or "", limit=limit)
    if about and not found:
        fail(f"no entry tells of {about!r}", BAD_INPUT)
    if as_json:
        print_json(found)
        return
    print_table(
        ["position", "sealed", "kind", "subject", "digest", "hash"],
        (
            [e.position, e.sealed, e.kind, e.subject, e.digest[:12], e.hash[:12]]
            for e in found
        ),
        "nothing is recorded yet",
    )
