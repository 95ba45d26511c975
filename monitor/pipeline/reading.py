"""An answer to what it holds, away from the event loop; malformed feeds in a lane of their own.

What is unchanged or failed needs no thread at all. A document that is not well formed
may take its reader for its whole time limit, so these wait for one another and for
nobody else.
"""

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog

from monitor.collect.parse import ParsedFeed, lenient, parse
from monitor.collect.parse.raw import RawFeed
from monitor.errors import FeedProblem
from monitor.model import Exchange, FeedLease, Fetched

_log = structlog.get_logger(__name__)
_LANES = 2
"""Threads for well-formed documents: more gain nothing, since they compute."""


@dataclass(frozen=True, slots=True)
class Read:
    """What an exchange turned out to hold."""

    status: str
    parsed: ParsedFeed | None = None
    body_hash: str = ""
    problem: str = ""


class _Malformed(Exception):
    """Raised instead of reading leniently in a lane for documents that are well formed."""


class Reading:
    """Reads answers; safe to use for many at once."""

    def __init__(self, lenient_read: Callable[[bytes], RawFeed] = lenient.read) -> None:
        """`lenient_read` reads what is not well formed, one document at a time."""
        self.lenient_read = lenient_read
        self._lanes = ThreadPoolExecutor(_LANES, "tocsin-read")
        self._lenient_lane = ThreadPoolExecutor(1, "tocsin-lenient")

    async def read(self, lease: FeedLease, exchange: Exchange, now: datetime) -> Read:
        """Return what came; a document that cannot be read is a Read too."""
        if exchange.outcome is Fetched.NOT_MODIFIED:
            return Read("unchanged", body_hash=lease.state.body_hash)
        if exchange.outcome is Fetched.FAILED:
            return Read(exchange.kind, problem=exchange.problem)
        loop = asyncio.get_running_loop()
        arguments = (lease, exchange, now)
        try:
            return await loop.run_in_executor(self._lanes, _read, *arguments, _not_here)
        except _Malformed:
            return await loop.run_in_executor(
                self._lenient_lane, _read, *arguments, self.lenient_read
            )

    def close(self) -> None:
        """Let the threads end when they have finished what they are at."""
        self._lanes.shutdown(wait=False, cancel_futures=True)
        self._lenient_lane.shutdown(wait=False, cancel_futures=True)


def _not_here(_: bytes) -> RawFeed:
    raise _Malformed


def _read(
    lease: FeedLease,
    exchange: Exchange,
    now: datetime,
    lenient_read: Callable[[bytes], RawFeed],
) -> Read:
    digest = hashlib.blake2b(exchange.body, digest_size=16).hexdigest()
    if digest == lease.state.body_hash:
        return Read("unchanged", body_hash=digest)
    try:
        parsed = parse(exchange.body, exchange.headers, lease.feed, now, lenient_read)
    except FeedProblem as problem:
        return Read(problem.kind, problem=str(problem))
    except _Malformed:
        raise
    except Exception as fault:  # noqa: BLE001 - no document ends its own record
        _log.exception("a document could not be read", feed=lease.feed.url)
        told = f"a fault of the reader ({type(fault).__name__}), which is in the log"
        return Read("unreadable", problem=told)
    return Read("ok", parsed, digest)
