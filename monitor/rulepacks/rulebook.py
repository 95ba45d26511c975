"""All packs together: the rules in force, as one immutable set."""

import difflib
import gc
import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from monitor import documents
from monitor.detect import checking
from monitor.detect.clauses import Clause
from monitor.detect.compiling import Compiler
from monitor.detect.engine import Engine, evidence
from monitor.detect.explain import Explanation, explain
from monitor.detect.lexicon import Lexicon
from monitor.detect.query import parse
from monitor.detect.syntax import Fault
from monitor.detect.view import View
from monitor.documents import Document, blank
from monitor.errors import InputRefused, Problem
from monitor.model import Item, Match, Rule, Span
from monitor.rulepacks import linting
from monitor.rulepacks.collisions import collisions, vocabulary
from monitor.rulepacks.expanding import Expanded, expand, stands_for
from monitor.rulepacks.imports import Library
from monitor.rulepacks.mutation import unnoticed
from monitor.rulepacks.packs import Example, Pack, importers, read_pack

_NEED_IT = "add an example that needs it, or remove it"
_SHOWN = 12
"""Terms of one definition that are named when no example needs them."""


class Rulebook:
    """The rules in force; replaced whole when rules change."""

    def __init__(
        self, packs: Sequence[Pack], lexicon: Lexicon, warnings: Iterable[Problem]
    ) -> None:
        """Take packs without errors; `load` sees to it."""
        self._known = {rule.id: rule for pack in packs for rule in pack.rules}
        self._rules = {rule.id: rule for rule in self._known.values() if rule.enabled}
        compiled = [one for pack in packs for one in pack.compiled]
        self._compiled = {one.id: one for one in compiled}
        self._engine = Engine([c for c in compiled if c.id in self._rules], lexicon)
        self._one_at_a_time = threading.Lock()
        self.warnings = tuple(warnings)
        """What is legal and suspicious."""
        self.test_results: tuple[Example, ...] = tuple(
            example for pack in packs for example in pack.examples
        )
        versions = "\n".join(f"{r.id} {r.version}" for r in self._rules.values())
        self.version = f"sha256:{hashlib.sha256(versions.encode()).hexdigest()[:12]}"
        """Over all rules in force; equal where two replicas run the same ones."""

    @property
    def rules(self) -> Mapping[str, Rule]:
        """The rules in force, by id."""
        return MappingProxyType(self._rules)

    @property
    def known(self) -> Mapping[str, Rule]:
        """All rules by id, those that are switched off too."""
        return MappingProxyType(self._known)

    @property
    def off(self) -> tuple[str, ...]:
        """The ids of those that are switched off."""
        return tuple(name for name, rule in self._known.items() if not rule.enabled)

    def match(
        self, item: Item, complete: Callable[[Item], Item] | None = None
    ) -> tuple[Match, ...]:
        """Return the rules that fire on an item, with the evidence.

        `complete` is asked for what takes time to find out of an item, such as its
        language, when a rule comes into question; the texts stay as they are.
        """
        (only,) = self.match_all((item,), complete)
        return only

    def match_all(
        self, items: Sequence[Item], complete: Callable[[Item], Item] | None = None
    ) -> list[tuple[Match, ...]]:
        """Return for each item the rules that fire on it.

        Many items at once cost less than one after the other.
        """
        with self._one_at_a_time:
            found = self._engine.match_all(items, complete)
        return [
            tuple(
                Match(
                    item_id=item.id,
                    rule_id=hit.rule.id,
                    rule_version=self._rules[hit.rule.id].version,
                    evidence=hit.evidence,
                )
                for hit in hits
            )
            for item, hits in zip(items, found, strict=True)
        ]

    def explain(self, item: Item, rule_id: str) -> Explanation:
        """Say clause by clause what a rule makes of an item; KeyError if unknown."""
        return explain(self._compiled[rule_id], item, self._engine.lexicon)


def load(paths: Iterable[Path], library: Library | None = None) -> Rulebook:
    """Read rule packs; raise InputRefused with every problem of every pack.

    A folder stands for the packs in it and below it. One bad rule refuses all, so
    that what is in force is always what is on disk. What they import comes by a fresh
    `library`, which knows its files afterwards, whatever came of it.
    """
    with _uncollected():
        packs, problems, lexicon = _read(paths, library)
        if any(problem.severity == "error" for problem in problems):
            raise InputRefused(problems)
        return Rulebook(packs, lexicon, problems)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the cyclic collector the many objects that a load makes and keeps.

    Its passes over them would be two fifths of the time of loading ten thousand rules.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def check(paths: Iterable[Path]) -> list[Problem]:
    """Return all problems of rule packs, warnings too."""
    return _read(paths)[1]


def lint(paths: Iterable[Path], corpus: Iterable[Item] = ()) -> list[Problem]:
    """Return all problems of rule packs, and what is legal and suspicious in them.

    `corpus`: items, with their languages, on which terms are tried for words of other
    languages than their list's (R306).
    """
    packs, problems, _ = _read(paths)
    if any(problem.severity == "error" for problem in problems):
        return problems
    known = vocabulary(corpus)
    foreign = (one for pack in packs for one in collisions(pack, known))
    return [*problems, *linting.lint(packs), *foreign]


def untested(paths: Iterable[Path]) -> list[Problem]:
    """Return the parts of rules that no example would miss, as warnings (R301).

    Those of one definition are one warning: a list of names has hundreds of them.
    """
    packs, problems, _ = _read(paths)
    if any(problem.severity == "error" for problem in problems):
        raise InputRefused(problems)
    found = []
    for pack in packs:
        numbers = {rule.id: number for number, rule in enumerate(pack.rules)}
        listed: dict[str, list[str]] = {}
        document = pack.document
        if document is None:
            continue
        for part in unnoticed(pack.trials, pack.definitions, importers(pack, packs)):
            if part.definition in pack.imported.definitions:
                continue
            if part.definition:
                listed.setdefault(part.definition, []).append(part.text)
                continue
            found.append(
                document.problem_within(
                    ("rules", numbers[part.rule], "match"),
                    part.start,
                    f"no example notices when {part.text} is dropped",
                    mend=_NEED_IT,
                    code="R301",
                    severity="warning",
                )
            )
        for name, parts in listed.items():
            found.append(_unneeded(document, name, parts))
    return found


def _unneeded(document: Document, name: str, parts: Sequence[str]) -> Problem:
    shown = ", ".join(parts[:_SHOWN])
    more = f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    which = "any one of them" if len(parts) > 1 else "it"
    return document.problem_at_key(
        ("defs", name),
        f"no example notices when {which} is dropped: {shown}{more}",
        mend=_NEED_IT,
        code="R301",
        severity="warning",
    )


def expand_query(
    text: str, paths: Iterable[Path], corpus: Iterable[Item] = ()
) -> list[Expanded]:
    """Write out what a query matches; `@name` is looked up in all packs.

    Raise InputRefused for a query with faults, or one that names nothing.
    """
    packs, parsed = _read(paths)[0], parse(text)
    definitions = stands_for(parsed.tree, packs)
    known = {n: node for pack in packs for n, node in pack.definitions.items()}
    faults = [*parsed.faults, *checking.check_references(parsed.tree, known)]
    _refuse_faults(text, faults)
    return expand(parsed.tree, definitions, corpus)


def _read(
    paths: Iterable[Path], library: Library | None = None
) -> tuple[list[Pack], list[Problem], Lexicon]:
    lexicon = Lexicon()
    problems: list[Problem] = []
    library = library or Library()
    packs = [read_pack(path, lexicon, library) for path in _files(paths, problems)]
    problems += [problem for pack in packs for problem in _in_order(pack.problems)]
    problems += _twice(packs)
    problems += _unknown_steps(packs)
    problems += _nothing_in_force(packs)
    if not packs and not problems:
        problems.append(
            Problem(
                where="rules",
                message="there is no rule pack",
                mend="name files or folders under rules: (tocsin init writes some)",
            )
        )
    return packs, problems, lexicon


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort the problems of one file as they stand in it."""
    return sorted(problems, key=lambda one: (one.line, one.column))


def files(paths: Iterable[Path]) -> list[Path]:
    """Return the packs that files and folders hold; InputRefused where there is none."""
    problems: list[Problem] = []
    found = list(_files(paths, problems))
    if problems:
        raise InputRefused(problems)
    return found


def _files(paths: Iterable[Path], problems: list[Problem]) -> Iterator[Path]:
    seen: set[Path] = set()
    for path in paths:
        found = [path]
        if path.is_dir():
            found = documents.files_in(path)
            if not found:
                problems.append(
                    Problem(
                        where=str(path),
                        message="the folder holds no rule pack",
                        mend="put a .yaml file there, or remove it from rules:",
                    )
                )
        for one in found:
            if one.resolve() not in seen:
                seen.add(one.resolve())
                yield one


def _twice(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Report rule ids that stand more than once, in one pack or in two."""
    first: dict[str, Rule] = {}
    for pack in packs:
        for number, rule in zip(pack.numbers, pack.rules, strict=True):
            known = first.setdefault(rule.id, rule)
            if known is not rule and pack.document:
                yield pack.document.problem(
                    ("rules", number, "id"),
                    f"the id stands in {known.file}:{known.line} already",
                    mend="give one of them another id",
                    code="R101",
                )


def _unknown_steps(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Report sequences that wait for rules which do not exist."""
    known = {rule.id: rule.enabled for pack in packs for rule in pack.rules}
    if any(p.severity == "error" for pack in packs for p in pack.problems):
        return
    for pack in packs:
        for number, rule in enumerate(pack.rules):
            for name in rule.trigger.after:
                if (name not in known or name == rule.id) and pack.document:
                    yield _wrong_step(pack.document, number, rule.id, name, known)
                elif rule.enabled and not known[name] and pack.document:
                    yield _step_that_is_off(pack.document, number, name)


def _wrong_step(
    document: Document, number: int, rule: str, name: str, known: Collection[str]
) -> Problem:
    message, mend = f"no rule is called {name!r}", ""
    near = difflib.get_close_matches(name, known, 1)
    if name == rule:
        message, mend = "the rule waits for itself", "name the rules that come before"
    elif near:
        mend = f"did you mean {near[0]}?"
    return document.problem(
        ("rules", number, "trigger", "after"), message, mend=mend, code="R102"
    )


def _step_that_is_off(document: Document, number: int, name: str) -> Problem:
    return document.problem(
        ("rules", number, "trigger", "after"),
        f"{name} is switched off, so this rule never fires",
        mend="switch it on, or this rule off too: enabled: false",
        code="R103",
        severity="warning",
    )


def _nothing_in_force(packs: Sequence[Pack]) -> Iterator[Problem]:
    """Warn where every rule is switched off."""
    rules = [rule for pack in packs for rule in pack.rules]
    if rules and not any(rule.enabled for rule in rules):
        yield Problem(
            where=rules[0].file,
            line=rules[0].line,
            message="every rule is switched off: nothing is looked for",
            mend="remove enabled: false, in the rule or above in its pack",
            code="R104",
            severity="warning",
        )


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A query alone, as `tocsin items search` runs it."""

    _clause: Clause
    _lexicon: Lexicon

    def match(self, item: Item) -> tuple[Span, ...] | None:
        """Return the words that satisfy it, None where the item does not."""
        view = View(item, self._lexicon)
        return evidence(self._clause, view) if self._clause.holds(view) else None


def compile_query(text: str) -> CompiledQuery:
    """Compile a query without definitions; raise InputRefused with its faults.

    It needs no word that must be there: who searches waits for the whole store.
    """
    parsed = parse(text)
    faults = list(parsed.faults)
    if parsed.ok:
        faults += checking.check_operands(parsed.tree, {})
    _refuse_faults(text, faults)
    lexicon = Lexicon()
    return CompiledQuery(Compiler(lexicon, {}).compile(parsed.tree), lexicon)


def _refuse_faults(text: str, faults: Sequence[Fault]) -> None:
    """Raise InputRefused where a query that was typed has faults."""
    problems = [
        Problem(
            where="query",
            line=text.count("\n", 0, fault.start) + 1,
            column=fault.start - text.rfind("\n", 0, fault.start),
            message=fault.message,
            mend=fault.mend,
            code=fault.code,
            excerpt=""
            if "\n" in text
            else f"  {text}\n  {blank(text[: fault.start])}^",
        )
        for fault in faults
        if fault.severity == "error"
    ]
    if problems:
        raise InputRefused(problems)
