"""One pack: its file, its definitions, its rules compiled, its examples run."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor import documents
from monitor.detect import checking
from monitor.detect.compiled import Compiled, Where
from monitor.detect.compiling import Compiler
from monitor.detect.explain import explain
from monitor.detect.folding import fold
from monitor.detect.lexicon import Lexicon
from monitor.detect.query import Parsed, parse
from monitor.detect.syntax import Node, Ref, walk, write
from monitor.detect.view import View
from monitor.documents import Document, Location
from monitor.errors import InputRefused, Problem
from monitor.model import Corroboration, Escalation, Item, Rule
from monitor.rulepacks.definitions import DefinitionReader
from monitor.rulepacks.imports import Imported, Library, alone
from monitor.rulepacks.mutation import Importer, Trial
from monitor.rulepacks.shape import (
    ExampleShape,
    PackShape,
    RuleShape,
    WhereShape,
    trigger_of,
)

_HIT, _MISS = "hit", "miss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of a rule's tests, and what came of it."""

    rule: str
    title: str
    wanted: bool
    fired: bool


@dataclass(slots=True)
class Pack:
    """What one file holds; with errors among its problems, it is not to be used."""

    path: Path
    problems: list[Problem] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """Which one in the file each of them is; those with faults are left out."""
    compiled: list[Compiled] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    definitions: dict[str, Node] = field(default_factory=dict)
    imported: Imported = field(default_factory=Imported)
    trials: list[Trial] = field(default_factory=list)
    document: Document | None = None


def read_pack(path: Path, lexicon: Lexicon, library: Library) -> Pack:
    """Read one file; its patterns go into `lexicon`, its imports come by `library`."""
    pack = Pack(path)
    try:
        document = documents.read_file(path)
    except InputRefused as refused:
        pack.problems += refused.problems
        return pack
    try:
        shape = PackShape.model_validate(document.data)
    except ValidationError as error:
        pack.problems += documents.model_problems(PackShape, error, document)
        # The queries are checked all the same, so that all is told at once.
        _PackReader(pack, document, lexicon, library).check_queries(document.data)
    else:
        _PackReader(pack, document, lexicon, library).read(shape)
    return pack


def importers(pack: Pack, packs: Sequence[Pack]) -> list[Importer]:
    """Return those of several packs that import definitions of one, with their names."""
    file, known = pack.path.resolve(), pack.definitions
    return [
        Importer(
            trials=other.trials,
            definitions=other.definitions,
            names=frozenset(
                name
                for name, node in other.imported.definitions.items()
                if name in known and write(alone(known[name], known)) == write(node)
            ),
        )
        for other in packs
        if file in {one.resolve() for one in other.imported.files}
    ]


class _PackReader:
    def __init__(
        self, pack: Pack, document: Document, lexicon: Lexicon, library: Library
    ) -> None:
        self.library = library
        self.pack = pack
        self.document = document
        self.lexicon = lexicon
        self.definer = DefinitionReader(document, pack.problems)
        self.meanings: dict[str, Any] = {}
        self.uses: dict[str, list[str]] = {}
        """For each definition those that it names."""

    def check_queries(self, data: Any) -> None:
        """Check the queries of a pack whose shape is wrong elsewhere."""
        if not isinstance(data, dict):
            return
        defs = data.get("defs", {})
        self._import(data.get("imports"))
        imported = self.pack.imported.definitions
        own = defs if isinstance(defs, dict) else {}
        definitions = self.definer.read(own, imported)
        rules = data.get("rules")
        for number, rule in enumerate(rules if isinstance(rules, list) else ()):
            match = rule.get("match") if isinstance(rule, dict) else None
            if isinstance(match, str):
                self._query(("rules", number, "match"), match, definitions)

    def _import(self, written: Any) -> None:
        wanted = {
            name: [one for one in names if isinstance(one, str)]
            for name, names in (written if isinstance(written, dict) else {}).items()
            if isinstance(names, list | tuple)
        }
        self.pack.imported = self.library.take(
            wanted, self.document, self.definer.problems
        )

    def read(self, shape: PackShape) -> None:
        self._import(shape.imports)
        imported = self.pack.imported.definitions
        definitions = self.definer.read(shape.defs, imported)
        self.meanings = shape.defs | {n: write(node) for n, node in imported.items()}
        self.pack.definitions = definitions
        self.pack.document = self.document
        compiler = Compiler(self.lexicon, definitions)
        broken = any(p.severity == "error" for p in self.definer.problems)
        for number, written in enumerate(shape.rules):
            location: Location = ("rules", number)
            parsed = self._query((*location, "match"), written.match, definitions)
            if parsed is None or broken:
                continue
            clause = compiler.compile(parsed.tree)
            where = _where(written.where)
            compiled = Compiled(id=written.id, clause=clause, where=where)
            self.pack.compiled.append(compiled)
            self.pack.numbers.append(number)
            self.pack.rules.append(self._rule(shape, written, location, parsed.tree))
            self.pack.trials.append(_trial(compiled, written, parsed.tree))
            self._run_examples(compiled, written, location)

    def _query(
        self, location: Location, text: str, definitions: dict[str, Node]
    ) -> Parsed | None:
        self.definer.check_comment(location)
        parsed = parse(text)
        faults = list(parsed.faults)
        if parsed.ok:
            faults += checking.check(parsed.tree, definitions)
        else:
            faults += checking.check_references(parsed.tree, definitions)
        self.definer.put(location, faults)
        errors = any(fault.severity == "error" for fault in faults)
        return None if errors else parsed

    def _rule(
        self, shape: PackShape, written: RuleShape, location: Location, tree: Node
    ) -> Rule:
        held, more = written.corroboration, written.escalate
        return Rule(
            id=written.id,
            title=written.title,
            theme=shape.theme,
            match=written.match,
            severity=written.severity,
            tags=written.tags,
            updates=written.updates,
            corroboration=Corroboration(
                sources=held.sources, within=held.within, grade=held.grade
            )
            if held
            else None,
            trigger=trigger_of(written.trigger),
            receivers=written.receivers,
            escalate=Escalation(sources=more.sources or 0, grade=more.grade)
            if more
            else None,
            resolve_after=written.resolve_after,
            enabled=shape.enabled and written.enabled,
            version=_version(self._meant(tree), written),
            file=str(self.pack.path),
            line=self.document.place(location)[0],
        )

    def _meant(self, tree: Node) -> dict[str, Any]:
        """Return the definitions that a query uses, and those that they use."""
        found: set[str] = set()
        waiting = _named(tree)
        while waiting:
            name = waiting.pop()
            if name in found or name not in self.meanings:
                continue
            found.add(name)
            if name not in self.uses:
                self.uses[name] = _named(self.pack.definitions[name])
            waiting += self.uses[name]
        return {name: self.meanings[name] for name in sorted(found)}

    def _run_examples(
        self, compiled: Compiled, written: RuleShape, location: Location
    ) -> None:
        for key, examples in (
            (_HIT, written.tests.hit),
            (_MISS, written.tests.miss),
        ):
            for number, example in enumerate(examples):
                item = example_item(example)
                view = View(item, self.lexicon)
                fired = not compiled.where.refusal(item) and compiled.clause.holds(view)
                self.pack.examples.append(
                    Example(
                        rule=compiled.id,
                        title=item.title or item.summary or item.body,
                        wanted=key == _HIT,
                        fired=fired,
                    )
                )
                if fired != (key == _HIT):
                    self._complain(compiled, item, (*location, "tests", key, number))

    def _complain(self, compiled: Compiled, item: Item, location: Location) -> None:
        said = str(explain(compiled, item, self.lexicon))
        wanted = location[-2] == _HIT
        code, message = (
            ("R201", "the example must match, and does not")
            if wanted
            else ("R202", "the example must not match, and does")
        )
        problem = self.document.problem(location, message, code=code)
        shown = "\n".join(f"      {line}" for line in said.split("\n"))
        self.definer.problems.append(
            Problem(
                where=problem.where,
                line=problem.line,
                column=problem.column,
                field=problem.field,
                message=message,
                mend="mend the rule or the example",
                code=code,
                excerpt=f"{problem.excerpt}\n{shown}" if problem.excerpt else shown,
            )
        )


def _trial(compiled: Compiled, written: RuleShape, tree: Node) -> Trial:
    hits = [(example_item(one), True) for one in written.tests.hit]
    misses = [(example_item(one), False) for one in written.tests.miss]
    return Trial(
        rule=compiled.id,
        tree=tree,
        where=compiled.where,
        examples=(*hits, *misses),
    )


def _where(written: WhereShape) -> Where:
    return Where(
        lang=frozenset(written.lang),
        not_lang=frozenset(written.not_lang),
        source=frozenset(map(fold, written.source)),
        not_source=frozenset(map(fold, written.not_source)),
        country=frozenset(written.country),
        not_country=frozenset(written.not_country),
        since=written.since,
        until=written.until,
    )


def _noon(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) if day else None


def example_item(example: ExampleShape) -> Item:
    """Return an example as the item that a feed would have brought."""
    return Item(
        id="example",
        feed="",
        key="example",
        title=example.title,
        summary=example.summary,
        body=example.body,
        lang=example.lang,
        source=example.source,
        country=example.country,
        published=_noon(example.published),
        url=example.url,
        author=example.author,
        tags=example.tags,
    )


_LATER = ("escalate", "resolve_after")


def _version(used: dict[str, Any], written: RuleShape) -> str:
    """Return a fingerprint of all that decides what the rule does."""
    # What a rule leaves out must not change the fingerprints of those that were there.
    unset = {name for name in _LATER if getattr(written, name) is None}
    decides = written.model_dump(
        mode="json", exclude={"title", "tags", "tests", "enabled", *unset}
    )
    text = json.dumps([decides, used], sort_keys=True, ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _named(tree: Node) -> list[str]:
    return [one.name for one in walk(tree) if isinstance(one, Ref)]
