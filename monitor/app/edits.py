"""Notices that rule packs were saved, so that an edit needs no signal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

_SUFFIXES = (".yaml", ".yml")
Seen = frozenset[tuple[str, int, int, int]]
"""Files as they were: path, time, size and number of each."""


class Edits:
    """Compares the rule files on disk with those last read."""

    def __init__(self, paths: Callable[[], Sequence[Path]], read: Seen) -> None:
        """Take the files as they were `read` as known; `paths` are files and folders."""
        self._paths = paths
        self._known = self._before = read

    def settled(self) -> bool:
        """Say once whether files have changed and then stayed as they are.

        Editors write a file in several steps; so a change counts when two looks
        in a row see the same.
        """
        now = look(self._paths())
        still, self._before = now == self._before, now
        if now == self._known or not still:
            return False
        self._known = now
        return True


def look(paths: Iterable[Path]) -> Seen:
    """Return how the rule files at paths are now: files, and all in folders."""
    return frozenset(_files(paths))


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, int, int, int]]:
    for path in paths:
        found = path.rglob("*") if path.is_dir() else [path]
        for one in found:
            if one.suffix not in _SUFFIXES and one != path:
                continue
            try:
                state = one.stat()
            except OSError:
                continue
            yield str(one), state.st_mtime_ns, state.st_size, state.st_ino
