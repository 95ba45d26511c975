"""`tocsin webhook`: make a secret; check a message that was received."""

import secrets as chance
import sys
from pathlib import Path

import click

from monitor.cli.output import BAD_INPUT, FAILED, fail
from monitor.clock import SystemClock
from monitor.documents import parse_duration
from monitor.send.signatures import Verified, new_secret, verify

_ENTROPY = 32


@click.group()
def webhook() -> None:
    """Make secrets for webhooks and verify messages."""


@webhook.command()
def secret() -> None:
    """Print a new secret, to be kept in a file and shared with the receiver."""
    click.echo(new_secret(chance.token_bytes(_ENTROPY)))


@webhook.command("verify")
@click.option(
    "--secret-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the secret, or one a line.",
)
@click.option("--id", "identity", required=True, help="The webhook-id header.")
@click.option("--timestamp", required=True, help="The webhook-timestamp header.")
@click.option("--signature", required=True, help="The webhook-signature header.")
@click.option("--tolerance", default="5m", show_default=True, help="How old it may be.")
@click.argument("body", type=click.Path(path_type=Path, allow_dash=True))
def verify_message(
    *,
    secret_file: Path,
    identity: str,
    timestamp: str,
    signature: str,
    tolerance: str,
    body: Path,
) -> None:
    """Check the signature of a received message; BODY is its file, or - for input.

    The exit status is 0 when it is genuine and recent, 1 when not.
    """
    headers = {
        "webhook-id": identity,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }
    content = sys.stdin.buffer.read() if str(body) == "-" else body.read_bytes()
    try:
        known = secret_file.read_text(encoding="utf-8").split()
        found = verify(
            headers, content, known, SystemClock().now(), parse_duration(tolerance)
        )
    except ValueError as error:
        fail(str(error), BAD_INPUT)
    if isinstance(found, Verified):
        click.echo(f"genuine: {found.id}, sent {found.sent:%Y-%m-%d %H:%M:%S}Z")
        return
    click.echo(f"not to be trusted: {found.problem}: {found.detail}", err=True)
    raise SystemExit(FAILED)
