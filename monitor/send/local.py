"""Receivers on this machine: a file of JSON lines, and the terminal."""

import asyncio
import fcntl
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from monitor.model import Body, Bundle, Delivery, Notice, Remark
from monitor.send import render
from monitor.send.deliveries import Receipt, failed

_MODE = 0o640


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChannel:
    """Appends each message as one line of JSON, the payload that a webhook gets.

    The line is on the disk before the delivery counts as made. A crash between
    the two repeats the line with the same `id`. The file is never rotated or
    truncated here; a rotated one is created anew, and so is its folder.
    """

    name: str
    path: Path
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
        try:
            await asyncio.to_thread(_append, self.path, body.content)
        except OSError as error:
            told = error.strerror or str(error)
            return failed(f"cannot write to {self.path}: {told}")
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


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        begun = regular and _unfinished(descriptor)
        _write(descriptor, (b"\n" if begun else b"") + line + b"\n")
        if regular:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if regular:
        _sync_folder(path.parent)


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


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _text(text: str) -> Body:
    return Body(content_type="text/plain; charset=utf-8", content=text.encode())
