"""Webhook signatures of version v1a: ed25519, which a receiver checks without a secret.

The private key is `whsk_` and the base64 of its 32 bytes (64 where the public key
follows, as other tools write it); the public key `whpk_` and the base64 of its 32.
The arithmetic is that of `cryptography`, which the extra `ed25519` installs.
"""

import base64
import binascii
from dataclasses import dataclass, field

PRIVATE = "whsk_"
PUBLIC = "whpk_"
_SIZE = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a receiver checks signatures with."""

    raw: bytes

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is of this message, by the private key."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - an extra

        try:
            key = ed25519.Ed25519PublicKey.from_public_bytes(self.raw)
            key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def written(self) -> str:
        """`whpk_...`."""
        return PUBLIC + base64.b64encode(self.raw).decode()


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """What messages are signed with."""

    seed: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the signature, 64 bytes; the same message gives the same ones."""
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - an extra
            ed25519,
        )

        key = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
        return key.sign(message)

    @property
    def public(self) -> PublicKey:
        """The key that receivers are given."""
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - an extra
            ed25519,
        )

        key = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed)
        return PublicKey(key.public_key().public_bytes_raw())

    @property
    def written(self) -> str:
        """`whsk_...`."""
        return PRIVATE + base64.b64encode(self.seed).decode()


def read_private(text: str) -> PrivateKey:
    """Read `whsk_...`; ValueError that says what is wrong, never the key."""
    _require()
    raw = _decoded(text, PRIVATE)
    if len(raw) not in {_SIZE, 2 * _SIZE}:
        raise ValueError(f"an ed25519 private key has {_SIZE} bytes, this {len(raw)}")
    key = PrivateKey(raw[:_SIZE])
    if raw[_SIZE:] and key.public.raw != raw[_SIZE:]:
        raise ValueError("the private and the public half of the key do not fit")
    return key


def read_public(text: str) -> PublicKey:
    """Read `whpk_...`; ValueError that says what is wrong."""
    _require()
    raw = _decoded(text, PUBLIC)
    if len(raw) != _SIZE:
        raise ValueError(f"an ed25519 public key has {_SIZE} bytes, this {len(raw)}")
    return PublicKey(raw)


def _require() -> None:
    try:
        import cryptography  # noqa: F401, PLC0415 - an extra
    except ImportError:
        message = "ed25519 needs an extra: pip install 'tocsin[ed25519]'"
        raise ValueError(message) from None


def _decoded(text: str, prefix: str) -> bytes:
    encoded = text.removeprefix(prefix)
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"what follows {prefix} is not base64") from None
