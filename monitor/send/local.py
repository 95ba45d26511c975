"""Receivers on this machine: a file of JSON lines, and the terminal."""

import asyncio
import errno
import fcntl
import os
import select
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from monitor.model import Body, Bundle, Delivery, Notice, Remark
from monitor.send import render
from monitor.send.deliveries import Receipt, failed

_MODE = 0o640
_AGAIN = 0.1
"""Seconds until what has to be waited for is tried again."""
_LOCKED = "locked by another program"
_FULL = "full, and read by nobody,"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChannel:
    """Appends each message as one line of JSON, the payload that a webhook gets.

    The line is on the disk before the delivery counts as made. A crash between
    the two repeats the line with the same `id`. The file is never rotated or
    truncated here; a rotated one is created anew, and so is its folder. A file that
    another program has locked, or a full pipe, is waited for outside of any thread.
    """

    name: str
    path: Path
    timeout: timedelta = timedelta(seconds=15)
    """How long it is waited for."""
    kind: str = field(init=False, default="file")
    recipients: tuple[str, ...] = field(init=False, default=("",))

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render the payload."""
        return Body(
            content_type="application/json",
            content=render.payload(notice, delivery.id),
        )

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render several alerts as one payload."""
        return Body(
            content_type="application/json",
            content=render.bundle_payload(bundle, delivery.id),
        )

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a payload of type `test.ping`."""
        return Body(
            content_type="application/json",
            content=render.ping(self.name, delivery.id, now),
        )

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render a payload of the remark's type."""
        return Body(
            content_type="application/json",
            content=render.remark(remark, delivery.id, now),
        )

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """Append the line and wait until the disk has it."""
        del delivery
        seconds = self.timeout.total_seconds()
        deadline = time.monotonic() + seconds
        while True:
            try:
                await asyncio.to_thread(_append, self.path, body.content, deadline)
            except BlockingIOError as busy:
                if time.monotonic() + _AGAIN >= deadline:
                    return failed(f"{self.path} was {busy} for {seconds:g} s")
                await asyncio.sleep(_AGAIN)
            except OSError as error:
                told = error.strerror or str(error)
                return failed(f"cannot write to {self.path}: {told}")
            else:
                return Receipt(outcome="accepted", status="written")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleChannel:
    """Prints each message; what is stored is what is printed."""

    name: str
    write: Callable[[str], None]
    """Given the message's lines, without a line feed at the end."""
    kind: str = field(init=False, default="console")
    recipients: tuple[str, ...] = field(init=False, default=("",))

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render a few lines of text."""
        del delivery
        return _text("\n".join(render.console(notice)))

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render a few lines for each alert."""
        del delivery
        return _text("\n".join(render.bundle_console(bundle)))

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a line that says it is a test."""
        del delivery, now
        return _text(render.ping_text(self.name).rstrip("\n"))

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render the remark as text."""
        del delivery, now
        return _text(render.remark_text(remark).rstrip("\n"))

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """Print the message; a closed or narrow-minded terminal is a failure."""
        del delivery
        try:
            self.write(body.content.decode())
        except (OSError, ValueError) as error:
            return failed(f"cannot print: {error}")
        return Receipt(outcome="accepted", status="printed")


def _append(path: Path, line: bytes, deadline: float) -> None:
    """Append a line; BlockingIOError where it has to be waited for, and why."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _opened(path)
    try:
        _lock(descriptor)
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        begun = regular and _unfinished(descriptor)
        _write(descriptor, (b"\n" if begun else b"") + line + b"\n", deadline)
        if regular:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if regular:
        _sync_folder(path.parent)


def _opened(path: Path) -> int:
    # What is written to a pipe that nobody reads is lost as soon as it is closed: where
    # it is opened for writing alone, that is refused.
    access = os.O_WRONLY if path.is_fifo() else os.O_RDWR
    try:
        flags = access | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        return os.open(path, flags, _MODE)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "nobody reads from it") from None
        raise


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(_LOCKED) from None


def _sync_folder(folder: Path) -> None:
    """Make the file's name last too; the file itself may just have been created."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unfinished(descriptor: int) -> bool:
    """Whether a crash or a full disk left half a line at the end."""
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _write(descriptor: int, content: bytes, deadline: float) -> None:
    """Write all of it; what was begun is ended before another line is begun."""
    rest = content
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            if len(rest) == len(content):
                raise BlockingIOError(_FULL) from None
            left = max(deadline - time.monotonic(), 0.0)
            if not select.select([], [descriptor], [], left)[1]:
                raise OSError(errno.ETIMEDOUT, "it takes no more") from None


def _text(text: str) -> Body:
    return Body(content_type="text/plain; charset=utf-8", content=text.encode())
