"""`imports:` of a pack: definitions that stand in another pack's file."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from monitor import documents
from monitor.detect.syntax import (
    And,
    AtLeast,
    Except,
    Field,
    Near,
    Node,
    Not,
    Or,
    Ref,
    Some,
    children,
)
from monitor.documents import Document, Location
from monitor.errors import InputRefused, Problem
from monitor.rulepacks.definitions import BROKEN, DefinitionReader

_FURTHEST = 24
"""Files that import from each other in a row."""


class ImportRefused(Exception):
    """A file from which nothing can be imported, with what to do."""

    def __init__(self, message: str, mend: str) -> None:
        """Say what is wrong with the file, and the mend."""
        super().__init__(message)
        self.message = message
        self.mend = mend


@dataclass(slots=True)
class Imported:
    """What one pack imports."""

    definitions: dict[str, Node] = field(default_factory=dict)
    """By name; each stands for itself and names no other."""
    files: list[Path] = field(default_factory=list)


class Library:
    """The definitions of files, each read once however many packs import it."""

    def __init__(self) -> None:
        """Begin with no file read."""
        self._known: dict[Path, dict[str, Node]] = {}
        self._refused: dict[Path, ImportRefused] = {}
        self._asked: set[Path] = set()
        self._open: list[Path] = []

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that packs import, and those import in turn; broken ones too."""
        return tuple(sorted(self._asked))

    def take(
        self,
        written: Mapping[str, Sequence[str]],
        document: Document,
        problems: list[Problem],
    ) -> Imported:
        """Return what a pack imports; what cannot be goes to `problems` (Q154)."""
        taken = Imported()
        for name, wanted in written.items():
            place: Location = ("imports", name)
            try:
                path = _path(Path(document.where).parent, name)
                self._asked.add(path)
                known = self._definitions(path)
            except ImportRefused as refused:
                problems.append(
                    document.problem_at_key(
                        place, refused.message, mend=refused.mend, code="Q154"
                    )
                )
                # So that those who use the names are not blamed too.
                taken.definitions |= dict.fromkeys(wanted, BROKEN)
                continue
            taken.files.append(path)
            for number, one in enumerate(wanted):
                if one in known and one not in taken.definitions:
                    taken.definitions[one] = known[one]
                    continue
                message, mend = _unknown(one, name, known)
                taken.definitions.setdefault(one, BROKEN)
                problems.append(
                    document.problem((*place, number), message, mend=mend, code="Q154")
                )
        return taken

    def _definitions(self, path: Path) -> dict[str, Node]:
        key = path.resolve()
        if key in self._open:
            way = " > ".join(one.name for one in (*self._open, key))
            raise ImportRefused(
                f"the imports lead in a circle: {way}",
                "move what both need to a third file",
            )
        if len(self._open) >= _FURTHEST:
            raise ImportRefused(
                f"the imports lead over more than {_FURTHEST} files",
                "import from the file in which the definitions stand",
            )
        if key in self._refused:
            raise self._refused[key]
        if key not in self._known:
            self._open.append(key)
            try:
                self._known[key] = self._read(path)
            except ImportRefused as refused:
                self._refused[key] = refused
                raise
            finally:
                self._open.pop()
        return self._known[key]

    def _read(self, path: Path) -> dict[str, Node]:
        problems: list[Problem] = []
        try:
            document = documents.read_file(path)
        except InputRefused as refused:
            # What stands in the file is not shown: it may not be a pack at all.
            raise ImportRefused(
                f"{path.name}: {refused.problems[0].message}",
                "name a pack's file, by its path from this file's folder",
            ) from refused
        data = document.data if isinstance(document.data, dict) else {}
        taken = self.take(_imports(data), document, problems)
        defs = data.get("defs")
        own = defs if isinstance(defs, dict) else {}
        reader = DefinitionReader(document, problems)
        found = reader.read(own, taken.definitions)
        if any(problem.severity == "error" for problem in problems):
            raise ImportRefused(
                f"{path.name} has errors of its own: {problems[0].message}",
                f"see: tocsin rules test {path.name}",
            )
        return {name: alone(found[name], found) for name in found}


def _imports(data: Mapping[str, object]) -> dict[str, list[str]]:
    written = data.get("imports")
    if not isinstance(written, dict):
        return {}
    return {
        str(name): [str(one) for one in names]
        for name, names in written.items()
        if isinstance(names, list)
    }


def _path(folder: Path, name: str) -> Path:
    if PurePosixPath(name).is_absolute() or Path(name).suffix not in documents.SUFFIXES:
        raise ImportRefused(
            f"{name} is not the path of a pack",
            "write the path of a .yaml file, from this file's folder",
        )
    return folder / name


def _unknown(one: str, file: str, known: Mapping[str, Node]) -> tuple[str, str]:
    if one in known:
        return f"@{one} is imported twice", "import it once"
    near = difflib.get_close_matches(one, known, 1)
    names = ", ".join(f"@{name}" for name in sorted(known)[:12])
    mend = f"did you mean @{near[0]}?" if near else f"defined there are: {names}"
    return f"{file} defines no @{one}", mend if known else f"{file} has no defs"


def alone(node: Node, definitions: Mapping[str, Node]) -> Node:
    """Return a tree with every name replaced by what it stands for.

    The definitions hold no cycles and are bounded (`checking.too_large`).
    """
    match node:
        case Or() | And() | Some():
            made = tuple(alone(one, definitions) for one in node.children)
            return replace(node, children=made)
        case Ref():
            return alone(definitions[node.name], definitions)
        case Near():
            left, right = (alone(one, definitions) for one in children(node))
            return replace(node, left=left, right=right)
        case Except():
            child, removed = (alone(one, definitions) for one in children(node))
            return replace(node, child=child, removed=removed)
        case Field() | Not() | AtLeast():
            return replace(node, child=alone(node.child, definitions))
        case _:
            return node
