"""Ids that are derived from what they name."""

import hashlib


def stable_id(prefix: str, *parts: str) -> str:
    """Return `prefix_` and 26 hex digits that depend on the parts alone.

    Ids are derived, not drawn: the same items replayed give the same ids, and
    two replicas that decide the same thing collide instead of doing it twice.
    """
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return f"{prefix}_{hashlib.blake2b(text, digest_size=13).hexdigest()}"
