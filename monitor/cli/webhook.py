"""`tocsin webhook`: make a secret or a key; check a message that was received."""

import secrets as chance
import sys
from pathlib import Path

import click

from monitor.cli.output import BAD_INPUT, FAILED, fail
from monitor.clock import SystemClock
from monitor.documents import parse_duration
from monitor.send import asymmetric
from monitor.send.signatures import PREFIX, Verified, new_secret, verify

ENTROPY = 32


@click.group()
def webhook() -> None:
    """Make secrets for webhooks and verify messages."""


@webhook.command()
@click.option(
    "--ed25519",
    is_flag=True,
    help="A private key: receivers get its public half alone.",
)
def secret(*, ed25519: bool) -> None:
    """Print a new secret, to be kept in a file and shared with the receiver.

    With --ed25519 it is a private key, which nobody else needs to know; give the
    receiver what `tocsin webhook public-key` prints of it.
    """
    click.echo(made(asymmetric.PRIVATE if ed25519 else PREFIX))


def made(prefix: str) -> str:
    """Return a new secret or private key, as `prefix` says."""
    entropy = chance.token_bytes(ENTROPY)
    if prefix == asymmetric.PRIVATE:
        return asymmetric.PrivateKey(entropy).written
    return new_secret(entropy)


@webhook.command("public-key")
@click.argument(
    "secret_file", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def public_key(secret_file: Path) -> None:
    """Print the public halves of the ed25519 keys in SECRET_FILE, for receivers."""
    try:
        words = secret_file.read_text(encoding="utf-8").split()
        keys = [
            asymmetric.read_private(word)
            for word in words
            if word.startswith(asymmetric.PRIVATE)
        ]
    except ValueError as error:
        fail(str(error), BAD_INPUT)
    if not keys:
        fail("the file holds no whsk_...; tocsin webhook secret --ed25519", BAD_INPUT)
    for key in keys:
        click.echo(key.public.written)


@webhook.command("verify")
@click.option(
    "--secret-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with the secret or public key (whpk_...), or one a line.",
)
@click.option("--id", "identity", required=True, help="The webhook-id header.")
@click.option("--timestamp", required=True, help="The webhook-timestamp header.")
@click.option("--signature", required=True, help="The webhook-signature header.")
@click.option("--tolerance", default="5m", show_default=True, help="How old it may be.")
@click.argument(
    "body",
    type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True),
)
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
        lasts = parse_duration(tolerance)
    except ValueError:
        fail(f"{tolerance!r} is no duration; write 5m or 1h", BAD_INPUT)
    try:
        known = secret_file.read_text(encoding="utf-8").split()
        found = verify(headers, content, known, SystemClock().now(), lasts)
    except ValueError as error:
        fail(str(error), BAD_INPUT)
    if isinstance(found, Verified):
        click.echo(f"genuine: {found.id}, sent {found.sent:%Y-%m-%d %H:%M:%S}Z")
        return
    click.echo(f"not to be trusted: {found.problem}: {found.detail}", err=True)
    raise SystemExit(FAILED)
