"""Signed addresses in messages: silence this, unsubscribe me; pure.

An address carries what it is for and a signature, and nothing is stored until somebody
confirms it: whoever has the address may do that one thing. Opening it changes nothing,
since mail servers and chats open every link that they see.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from monitor.model import Delivery, Notice

SHORTEST_SECRET = 24
"""Characters of `server.link_secret`."""
LASTS = timedelta(days=7)
"""How long the link to silence an alert works."""
_LONGEST = 2000
_SIGNATURE = 16

Purpose = Literal["silence", "unsubscribe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an address is for."""

    purpose: Purpose
    receiver: str
    recipient: str = ""
    alert: str = ""
    story: str = ""
    rule: str = ""
    expires: datetime | None = None

    @property
    def who(self) -> str:
        """To whom the address was sent."""
        return self.recipient or self.receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes the addresses, and reads them."""

    base: str
    """The address under which people reach this service (`server.public_url`)."""
    secret: str = field(repr=False)

    def silence(self, notice: Notice, delivery: Delivery) -> str:
        """Return where a recipient can silence an alert; it works for seven days."""
        claim = {
            "p": "silence",
            "r": delivery.receiver,
            "t": delivery.recipient,
            "a": notice.alert.id,
            "s": notice.story.id,
            "u": notice.alert.rule.id[:100],
            "x": int((notice.at + LASTS).timestamp()),
        }
        return self._address("silence", claim)

    def unsubscribe(self, delivery: Delivery) -> str:
        """Return where a recipient can end what a receiver sends."""
        claim = {"p": "unsubscribe", "r": delivery.receiver, "t": delivery.recipient}
        return self._address("unsubscribe", claim)

    def _address(self, purpose: Purpose, claim: dict[str, Any]) -> str:
        written = json.dumps(claim, ensure_ascii=False, separators=(",", ":")).encode()
        token = f"{_coded(written)}.{_coded(self._signature(written))}"
        return f"{self.base.rstrip('/')}/links/{purpose}/{token}"

    def _signature(self, written: bytes) -> bytes:
        key = hashlib.sha256(b"tocsin links " + self.secret.encode()).digest()
        return hmac.new(key, written, hashlib.sha256).digest()[:_SIGNATURE]

    def read(self, purpose: Purpose, token: str, now: datetime) -> Claim | str:
        """Return what a token allows, or why it allows nothing."""
        first, _, second = token[:_LONGEST].partition(".")
        try:
            written, signature = _decoded(first), _decoded(second)
        except ValueError:
            return "the address is not whole"
        if not hmac.compare_digest(signature, self._signature(written)):
            return "the address is not one of ours, or was made with another secret"
        claim = json.loads(written)
        if claim["p"] != purpose:
            return "the address is for something else"
        expires = datetime.fromtimestamp(claim["x"], UTC) if "x" in claim else None
        if expires is not None and now >= expires:
            return f"the address worked until {expires:%Y-%m-%d %H:%M} UTC"
        return Claim(
            purpose=purpose,
            receiver=claim["r"],
            recipient=claim["t"],
            alert=claim.get("a", ""),
            story=claim.get("s", ""),
            rule=claim.get("u", ""),
            expires=expires,
        )


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("no base64") from None
