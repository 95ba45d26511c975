"""Notices that rule packs were saved, so that an edit needs no signal."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_SUFFIXES = (".yaml", ".yml")
_Print = tuple[tuple[str, int, int, int], ...]


class Edits:
    """Compares the rule files on disk with those last read."""

    def __init__(self, paths: Callable[[], Sequence[Path]]) -> None:
        """Take what is on disk now as known; `paths` are files and folders."""
        self._paths = paths
        self._known = self._before = self._print()

    def settled(self) -> bool:
        """Say once whether files have changed and then stayed as they are.

        Editors write a file in several steps; so a change counts when two looks
        in a row see the same.
        """
        now = self._print()
        still, self._before = now == self._before, now
        if now == self._known or not still:
            return False
        self._known = now
        return True

    def _print(self) -> _Print:
        return tuple(sorted(set(self._files())))

    def _files(self) -> Iterator[tuple[str, int, int, int]]:
        for path in self._paths():
            found = path.rglob("*") if path.is_dir() else [path]
            for one in found:
                if one.suffix not in _SUFFIXES and one != path:
                    continue
                try:
                    state = one.stat()
                except OSError:
                    continue
                yield str(one), state.st_mtime_ns, state.st_size, state.st_ino
