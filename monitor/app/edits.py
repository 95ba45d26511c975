"""Notices that rule packs were saved, so that an edit needs no signal."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor import documents

Seen = frozenset[tuple[str, int, int, int]]
"""Files as they were: path, time, size and number of each."""


@dataclass(frozen=True, slots=True)
class Read:
    """What rules were last read from, be they in force or refused."""

    files: tuple[Path, ...] = ()
    """Files and folders; files that packs import too, also what could not be read."""
    seen: Seen = frozenset()
    """How they were."""


class Edits:
    """Compares the rule files on disk with those last read."""

    def __init__(self, read: Callable[[], Read]) -> None:
        """`read` is asked at each look: a reload for another reason is no edit."""
        self._read = read
        self._before = read().seen
        self._told: Seen | None = None

    def settled(self) -> bool:
        """Say once whether files have changed and then stayed as they are.

        Editors write a file in several steps; so a change counts when two looks
        in a row see the same.
        """
        read = self._read()
        now = look(read.files)
        still, self._before = now == self._before, now
        if not still or now in (read.seen, self._told):
            return False
        self._told = now
        return True


def look(paths: Iterable[Path]) -> Seen:
    """Return how the rule files at paths are now: files, and all in folders."""
    return frozenset(_files(paths))


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, int, int, int]]:
    for path in paths:
        for one in documents.files_in(path) if path.is_dir() else [path]:
            try:
                state = one.stat()
            except OSError:
                continue
            yield str(one), state.st_mtime_ns, state.st_size, state.st_ino
