"""feedparser in a process of its own: what hangs or eats memory there is killed there.

Malformed feeds come from strangers, and what reads them is written for leniency. Its
process has a limit of memory, each document a limit of time, and it is started anew after
many documents, so that nothing it keeps adds up.
"""

import multiprocessing
import resource
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from monitor.collect.parse import lenient
from monitor.collect.parse.raw import RawFeed
from monitor.errors import FeedProblem

_SPAWN = multiprocessing.get_context("spawn")
_STARTS_WITHIN = 60.0
"""Seconds for the process to come up; a busy machine takes a while."""


@dataclass(kw_only=True, eq=False)
class Reader:
    """Reads one document at a time; safe to share between threads."""

    limit: timedelta = timedelta(seconds=20)
    """For one document."""
    memory: int = 1024 * 1024 * 1024
    """Bytes of address space."""
    documents: int = 500
    """After so many the process is replaced."""
    _process: SpawnProcess | None = field(default=None, init=False)
    _pipe: Connection | None = field(default=None, init=False)
    _read: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def read(self, document: bytes) -> RawFeed:
        """Read a document; FeedProblem where it took too long or broke the reader."""
        with self._lock:
            pipe = self._started()
            try:
                pipe.send_bytes(document)
                if not pipe.poll(self.limit.total_seconds()):
                    self._end()
                    said = f"{self.limit.total_seconds():g} s"
                    raise FeedProblem(
                        "unreadable",
                        f"reading it took more than {said}; it was stopped",
                    )
                found = pipe.recv()
            except (EOFError, OSError) as error:
                self._end()
                message = "its reader broke down, by its size or its nesting"
                raise FeedProblem("unreadable", message) from error
            self._read += 1
            if self._read >= self.documents:
                self._end()
        if isinstance(found, RawFeed):
            return found
        raise FeedProblem("unreadable", f"the feed is broken: {found}")

    def close(self) -> None:
        """End the process, where there is one."""
        with self._lock:
            self._end()

    def _started(self) -> Connection:
        if self._pipe is not None and self._process and self._process.is_alive():
            return self._pipe
        self._end()
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(
            target=_serve, args=(theirs, self.memory), daemon=True, name="tocsin-reader"
        )
        self._pipe = ours
        try:
            process.start()
            self._process = process
            theirs.close()
            if not ours.poll(_STARTS_WITHIN):
                raise TimeoutError
            ours.recv()
        except (EOFError, OSError) as error:
            self._end()
            message = "the reader of broken feeds did not start"
            raise FeedProblem("unreadable", message) from error
        return ours

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        self._process = self._pipe = None
        self._read = 0


def _serve(pipe: Connection, memory: int) -> None:
    """Read what comes until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    lenient.read(b"<rss version='2.0'><channel></channel></rss>")
    # Where the service is killed there is nobody to tell: that is no fault.
    with suppress(EOFError, OSError):
        pipe.send("ready")
        _answer(pipe)


def _answer(pipe: Connection) -> None:
    while True:
        document = pipe.recv_bytes()
        try:
            found: RawFeed | str = lenient.read(document)
        except FeedProblem as problem:
            found = str(problem)
        except Exception as error:  # noqa: BLE001 - a stranger's document broke it
            found = f"{type(error).__name__}: {error}"[:200]
        pipe.send(found)
