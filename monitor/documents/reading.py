"""YAML text into data and places, event by event, without recursion."""

import os
import re
import tempfile
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, NoReturn

import yaml

from monitor.documents.faults import yaml_fault
from monitor.documents.places import Document, Mark, tells_secret
from monitor.errors import InputRefused, Problem

SUFFIXES = (".yaml", ".yml")
"""What the names of YAML files end in."""


LARGEST_FILE = 16 * 1024 * 1024


DEEPEST = 24


MOST_ALIASES = 64


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
"""What stands before a value: its anchor, or a mark that says nothing."""


_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")


_QUOTED = re.compile(r" (?:\*\S+|'[^']{2,}'|\(\S+\))")
"""What messages repeat of the file."""


_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")


_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


def files_in(folder: Path) -> list[Path]:
    """Return the YAML files in a folder and below it, in order; hidden ones are no documents.

    Editors keep locks and copies beside a file under names that begin with a dot.
    """
    found = []
    for place, folders, names in os.walk(folder):
        # None below a hidden one is looked at: that may be a whole repository.
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(place, name)
            for name in (*names, *folders)
            if not name.startswith(".") and name.endswith(SUFFIXES)
        ]
    return sorted(found)


def read_file(path: Path) -> Document:
    """Read a YAML file; raise InputRefused when it cannot be read or parsed."""
    return read_text(read_whole(path), str(path))


def replace_file(path: Path, text: str) -> None:
    """Write a file anew, whole or not at all; its rights and its owner stay.

    A link stays one: what it points to is replaced.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".tocsin-")
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        before = target.stat()
        if (before.st_uid, before.st_gid) != (os.geteuid(), made.stat().st_gid):
            # An administrator's command must not take a secret from the service.
            with suppress(PermissionError):
                os.chown(made, before.st_uid, before.st_gid)
        made.chmod(before.st_mode & 0o7777)
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise


def read_whole(path: Path, *, exactly: bool = False) -> str:
    """Return a file's text; raise InputRefused when it cannot be read.

    Lines end in a line feed, or `exactly` as they do in the file.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            _refuse(path, f"the file has {size} bytes", f"at most {LARGEST_FILE}")
        with path.open(encoding="utf-8", newline="" if exactly else None) as file:
            return file.read()
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        _refuse(path, "the file is not UTF-8", "save it as UTF-8", line)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        _refuse(path, f"cannot be read: {why}", "check the path and its rights")


def read_text(text: str, where: str) -> Document:
    """Parse YAML text; raise InputRefused with all duplicate keys, or the fault."""
    text = text.removeprefix("\ufeff")  # The parser's places do not count it.
    builder = _Builder(where, text)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.YAMLError as error:
        fault = yaml_fault(error, text)
        message = f"not valid YAML: {fault.message}"
        builder.complain(fault.line, fault.column, message, fault.mend)
    if builder.problems:
        raise InputRefused(builder.problems)
    return Document(where, text, builder.data, builder.root)


def _refuse(path: Path, message: str, mend: str, line: int = 0) -> NoReturn:
    raise InputRefused(
        [Problem(where=str(path), message=message, mend=mend, line=line)]
    )


@dataclass(slots=True)
class _Open:
    """A list or map that is being read."""

    value: list[Any] | dict[str, Any]
    mark: Mark
    key: str | None = None
    key_mark: Mark | None = None


class _Builder:
    """Builds data and marks from YAML events; refuses what people do not write."""

    def __init__(self, where: str, text: str) -> None:
        self.where = where
        self.text = text
        self.lines = text.split("\n")
        self._ends = list(accumulate(len(line) + 1 for line in self.lines))
        """The place behind each line."""
        self.data: Any = None
        self.root = Mark(1, 1)
        self.problems: list[Problem] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, Mark]] = {}
        self._waiting: dict[int, str] = {}
        self._aliases = 0
        self._documents = 0

    def complain(self, line: int, column: int, message: str, mend: str) -> None:
        shown = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        if tells_secret(shown):
            # The parser quotes what it cannot read, which may be a password's half.
            shown, message = "", _QUOTED.sub("", message)
        excerpt = f"  {line} | {shown[:200]}" if shown.strip() else ""
        self.problems.append(
            Problem(
                where=self.where,
                line=line,
                column=column,
                message=message,
                mend=mend,
                excerpt=excerpt,
            )
        )

    def take(self, event: Any) -> None:
        """Feed one event; raises yaml.YAMLError where going on makes no sense."""
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(event, "a second document begins", "keep one a file")

    def _take_scalar(self, event: Any) -> None:
        self._check_tag(event)
        mark = self._mark(event)
        mark.end = event.end_mark.index
        mark.style = event.style or ""
        if event.anchor or event.tag:
            before = _PROPERTIES.match(self.text, mark.start, mark.end)
            mark.start = before.end() if before else mark.start
        self._put(_scalar(event), mark, event.anchor)

    def _mark(self, event: Any) -> Mark:
        at = event.start_mark.index
        line = bisect_right(self._ends, at)
        return Mark(line + 1, at - (self._ends[line - 1] if line else 0) + 1, at)

    def _stop(self, event: Any, message: str, mend: str) -> NoReturn:
        mark = self._mark(event)
        self.complain(mark.line, mark.column, message, mend)
        raise InputRefused(self.problems)

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            local = event.tag.startswith("!")
            mend = "quote a text that begins with !: '!...'" if local else "remove it"
            self._stop(event, f"a tag ({event.tag}) is not allowed", mend)

    def _open(self, value: list[Any] | dict[str, Any], event: Any) -> None:
        self._check_tag(event)
        if len(self._stack) >= DEEPEST:
            self._stop(event, f"nested deeper than {DEEPEST} levels", "flatten it")
        opened = _Open(value, self._mark(event))
        self._stack.append(opened)
        if event.anchor:
            self._waiting[len(self._stack)] = event.anchor

    def _close(self) -> None:
        anchor = self._waiting.pop(len(self._stack), None)
        done = self._stack.pop()
        self._put(done.value, done.mark, anchor)

    def _alias(self, event: Any) -> None:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            self._stop(event, f"more than {MOST_ALIASES} aliases", "write it out")
        known = self._anchors.get(event.anchor)
        if known is None:
            self._stop(
                event,
                f"alias *{event.anchor} is unknown or inside itself",
                "quote a text that begins with *: '*...'",
            )
        value, mark = known
        if isinstance(value, list | dict):
            self._stop(
                event, "an alias may stand for a single value only", "write it out"
            )
        self._put(value, mark, None)

    def _put(self, value: Any, mark: Mark, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (value, mark)
        if not self._stack:
            self.data, self.root = value, mark
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.mark.children[len(top.value)] = mark
            top.value.append(value)
        elif top.key is None:
            self._key(top, value, mark)
        else:
            self._entry(top, value, mark)

    def _key(self, top: _Open, value: Any, mark: Mark) -> None:
        if isinstance(value, list | dict):
            self.complain(mark.line, mark.column, "a key must be a text", "quote it")
        top.key = value if isinstance(value, str) else _plain(value)
        top.key_mark = mark

    def _entry(self, top: _Open, value: Any, mark: Mark) -> None:
        key, key_mark = top.key, top.key_mark
        top.key = top.key_mark = None
        if key is None or key_mark is None or not isinstance(top.value, dict):
            return
        if key in top.value:
            first = top.mark.keys[key].line
            self.complain(
                key_mark.line,
                key_mark.column,
                f"{key!r} stands twice; first in line {first}",
                "keep one of them",
            )
            return
        top.value[key] = value
        top.mark.keys[key] = key_mark
        top.mark.children[key] = mark


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text) and len(text) < 18:  # noqa: PLR2004 - fits 64 bits
        return int(text)
    return float(text) if _FLOAT.match(text) else text
