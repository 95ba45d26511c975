"""`tocsin tokens`: who may use the interface for programs, and what they changed."""

from pathlib import Path

import click

from monitor.cli.context import config_option, json_option, limit_option, opened_store
from monitor.cli.output import BAD_INPUT, fail, print_json, print_table
from monitor.clock import SystemClock

_CLOCK = SystemClock()


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens of the interface for programs."""


@tokens.command()
@config_option
@json_option
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice(["read", "write"]),
    default="read",
    show_default=True,
    help="Whether it may change something.",
)
def add(config: Path | None, *, as_json: bool, name: str, scope: str) -> None:
    """Make a token called NAME. It is shown this once; only its hash is kept."""
    if not name.strip() or not name.isprintable():
        fail("give the token a name: who did what is told by it", BAD_INPUT)
    with opened_store(config) as (_, store):
        token = store.add_token(name, scope, _CLOCK.now())
    if as_json:
        print_json({"name": name, "scope": scope, "token": token})
    else:
        click.echo(token)


@tokens.command("list")
@config_option
@json_option
def list_tokens(config: Path | None, *, as_json: bool) -> None:
    """Show the tokens, without their secrets."""
    with opened_store(config) as (_, store):
        found = store.tokens()
    if as_json:
        print_json(found)
        return
    print_table(
        ["token", "name", "scope", "made", "last used", "revoked"],
        ([o.id, o.name, o.scope, o.created, o.last_used, o.revoked] for o in found),
        "no token; make one: tocsin tokens add NAME",
    )


@tokens.command()
@config_option
@click.argument("which")
def revoke(config: Path | None, which: str) -> None:
    """Revoke the tokens of an id or name (WHICH), at once."""
    with opened_store(config) as (_, store):
        count = store.revoke_token(which, _CLOCK.now())
    if not count:
        fail(f"no token {which!r} is in force; see: tocsin tokens list", BAD_INPUT)
    click.echo(f"{count} revoked")


@tokens.command()
@config_option
@json_option
@limit_option
def audit(config: Path | None, *, as_json: bool, limit: int) -> None:
    """Show what was changed through the interface, by whom."""
    with opened_store(config) as (_, store):
        found = store.audited(limit)
    if as_json:
        print_json(found)
        return
    print_table(
        ["at", "who", "what", "detail"],
        ([line.at, line.who, line.action, line.detail] for line in found),
        "nothing was changed",
    )
