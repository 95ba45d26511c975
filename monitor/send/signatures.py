"""Webhook signatures as in Standard Webhooks 1.0; pure.

What is signed is `{webhook-id}.{webhook-timestamp}.{body}`; the signature is
`v1,` and the base64 of its HMAC-SHA256 (secret `whsec_...`), or `v1a,` and that of
its ed25519 signature (key `whsk_...`, see `asymmetric`). While a secret is being
replaced, a message carries one signature for each live secret, separated by blanks.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.send import asymmetric
from monitor.send.asymmetric import PrivateKey, PublicKey

PREFIX = "whsec_"
SHORTEST = 24
LONGEST = 64
"""Bytes a secret may have."""
TOLERANCE = timedelta(minutes=5)
"""How far a timestamp may be from the receiver's clock, against replays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The message is genuine and recent."""

    id: str
    """`webhook-id`: a receiver keeps it, and ignores a message it already has."""
    sent: datetime
    secret: int
    """Which of the given secrets signed it, from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """The message must not be trusted."""

    problem: str
    """One word: `missing-header`, `bad-timestamp`, `too-old`, `too-new`,
    `no-signature` (none of the version that the secrets are for) or `wrong-signature`."""
    detail: str
    """The same for people."""


def read_secret(secret: str) -> bytes:
    """Return the key in `whsec_...`; raise ValueError that says what is wrong.

    The message never contains the secret.
    """
    if not secret.startswith(PREFIX):
        raise ValueError(f"a webhook secret starts with {PREFIX}")
    encoded = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"what follows {PREFIX} is not base64") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(
            f"a webhook secret has {SHORTEST} to {LONGEST} bytes, this one {len(key)}"
        )
    return key


Key = bytes | PrivateKey
"""What signs: a shared secret, or an ed25519 key."""


def read_key(text: str) -> Key:
    """Return what signs, of `whsec_...` or `whsk_...`; ValueError otherwise."""
    if text.startswith(asymmetric.PRIVATE):
        return asymmetric.read_private(text)
    if text.startswith(asymmetric.PUBLIC):
        raise ValueError("this is the public key, which cannot sign; write whsk_...")
    return read_secret(text)


def _read_check(text: str) -> bytes | PublicKey:
    """Return what verifies: a shared secret, or the public half of a key."""
    if text.startswith(asymmetric.PUBLIC):
        return asymmetric.read_public(text)
    key = read_key(text)
    return key.public if isinstance(key, PrivateKey) else key


def new_secret(entropy: bytes) -> str:
    """Return a secret made of 24 to 64 random bytes, for `secret:`."""
    secret = PREFIX + base64.b64encode(entropy).decode()
    read_secret(secret)
    return secret


def sign(keys: Iterable[Key], delivery_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`, one signature a key."""
    signed = _signed(delivery_id, timestamp, body)
    return " ".join(_signature(key, signed) for key in keys)


def _signature(key: Key, signed: bytes) -> str:
    if isinstance(key, PrivateKey):
        return "v1a," + base64.b64encode(key.sign(signed)).decode()
    return "v1," + base64.b64encode(_digest(key, signed)).decode()


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> Verified | Unverified:
    """Check a message that was received: its signature first, then its age.

    `body` must be the bytes as they came. `secrets` are `whsec_...`, `whpk_...` or
    `whsk_...`; one that cannot be read raises ValueError.
    """
    keys = [_read_check(secret) for secret in secrets]
    given = {name.lower(): value for name, value in headers.items()}
    wanted = ("webhook-id", "webhook-timestamp", "webhook-signature")
    if missing := [name for name in wanted if not given.get(name)]:
        return _no("missing-header", f"there is no {' and no '.join(missing)} header")
    delivery_id, stamp, signatures = (given[name] for name in wanted)
    sent = _timestamp(stamp)
    if sent is None:
        return _no("bad-timestamp", "webhook-timestamp is not seconds since 1970")
    found = _found(signatures)
    versions = sorted({"v1a" if isinstance(k, PublicKey) else "v1" for k in keys})
    if not any(found[version] for version in versions):
        known = " or ".join(versions)
        return _no("no-signature", f"webhook-signature has none of version {known}")
    signed = _signed(delivery_id, stamp, body)
    for number, key in enumerate(keys):
        if _fits(key, signed, found):
            return _recent(delivery_id, sent, number, now, tolerance)
    return _no(
        "wrong-signature",
        "no signature fits: another secret, or the body was changed on its way",
    )


def _recent(
    delivery_id: str, sent: datetime, secret: int, now: datetime, tolerance: timedelta
) -> Verified | Unverified:
    if now - sent > tolerance:
        return _no("too-old", f"sent {now - sent} ago, more than {tolerance}")
    if sent - now > tolerance:
        return _no("too-new", f"sent {sent - now} in the future; check the clocks")
    return Verified(id=delivery_id, sent=sent, secret=secret)


def _no(problem: str, detail: str) -> Unverified:
    return Unverified(problem=problem, detail=detail)


def _signed(delivery_id: str, timestamp: int | str, body: bytes) -> bytes:
    return f"{delivery_id}.{timestamp}.".encode("utf-8", "replace") + body


def _digest(key: bytes, signed: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _fits(
    key: bytes | PublicKey, signed: bytes, found: Mapping[str, Sequence[bytes]]
) -> bool:
    if isinstance(key, PublicKey):
        return any(key.fits(signed, one) for one in found["v1a"])
    wanted = _digest(key, signed)
    return any(hmac.compare_digest(wanted, one) for one in found["v1"])


_MOST = 16
"""How many signatures of a message are looked at."""


def _found(signatures: str) -> dict[str, list[bytes]]:
    """Return the signatures of a header by their version."""
    found: dict[str, list[bytes]] = {"v1": [], "v1a": []}
    for signature in signatures.split()[:_MOST]:
        version, _, encoded = signature.partition(",")
        if version not in found:
            continue
        try:
            found[version].append(base64.b64decode(encoded, validate=True))
        except (binascii.Error, ValueError):
            continue
    return found


def _timestamp(stamp: str) -> datetime | None:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 11):  # noqa: PLR2004 - digits
        return None
    return datetime.fromtimestamp(int(stamp), UTC)
