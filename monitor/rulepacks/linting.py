"""What is legal in rule packs and suspicious, beyond what their loading tells."""

from collections.abc import Iterator, Sequence

from monitor.detect.suspicions import suspicions
from monitor.detect.syntax import Ref, walk, write
from monitor.documents import Document, Location
from monitor.errors import Problem
from monitor.rulepacks.packs import Pack


def lint(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Yield warnings about packs that have no errors."""
    seen: dict[tuple[str, object], str] = {}
    for pack in packs:
        if pack.document is None:
            continue
        yield from _clauses(pack, pack.document)
        yield from _unused(pack, pack.document)
        yield from _together(pack, pack.document, seen)


def _clauses(pack: Pack, document: Document) -> Iterator[Problem]:
    for number, trial in enumerate(pack.trials):
        where: Location = ("rules", number, "match")
        for fault in suspicions(trial.tree):
            yield document.problem_within(
                where,
                fault.start,
                fault.message,
                mend=fault.mend,
                code=fault.code,
                severity="warning",
            )
    for name, tree in pack.definitions.items():
        for fault in suspicions(tree):
            yield document.problem_at_key(
                ("defs", name),
                fault.message,
                mend=fault.mend,
                code=fault.code,
                severity="warning",
            )


def _unused(pack: Pack, document: Document) -> Iterator[Problem]:
    trees = [trial.tree for trial in pack.trials]
    trees += pack.definitions.values()
    used = {n.name for tree in trees for n in walk(tree) if isinstance(n, Ref)}
    for name in pack.definitions:
        if name not in used:
            yield document.problem_at_key(
                ("defs", name),
                "no rule of the pack uses it",
                mend="remove it, or use it",
                code="R302",
                severity="warning",
            )


def _together(
    pack: Pack, document: Document, seen: dict[tuple[str, object], str]
) -> Iterator[Problem]:
    """Find rules that always fire together: one query, one `where:`."""
    for number, trial in enumerate(pack.trials):
        meaning = [write(trial.tree)]
        named = [node.name for node in walk(trial.tree) if isinstance(node, Ref)]
        meaning += [write(pack.definitions[name]) for name in named]
        first = seen.setdefault(("\n".join(meaning), trial.where), trial.rule)
        if first != trial.rule:
            yield document.problem(
                ("rules", number, "match"),
                f"it fires whenever {first} fires, and only then",
                mend="make one rule of the two",
                code="R303",
                severity="warning",
            )
