"""`defs:` of a pack: names for lists of terms and for queries."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from monitor.detect import checking, inflection
from monitor.detect.folding import mixed_letters
from monitor.detect.lexer import OPERATOR
from monitor.detect.query import Parsed, listed_term, parse
from monitor.detect.syntax import Broken, Except, Fault, Node, Or, Term
from monitor.documents import Document, Location
from monitor.errors import Problem

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
BROKEN = Broken(start=0, end=0)
"""What stands for a definition that could not be read."""
_FORM = "write a query, a list of terms, or terms by language: {en: [...], ru: [...]}"


_QUOTED = 'quote a word that YAML reads as something else: "null", "true", "1.5"'


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)


class DefinitionReader:
    """Reads the definitions of one pack; problems are collected, not raised."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        """Add what is found to `problems`."""
        self.document = document
        self.problems = problems
        self._queries: list[tuple[Location, Node]] = []

    def read(
        self, written: Mapping[str, Any], imported: Mapping[str, Node] | None = None
    ) -> dict[str, Node]:
        """Return the definitions by name; broken ones stand there as `Broken`.

        `imported` are those of other files, which the written ones may name.
        """
        found = dict(imported or {})
        for name, value in written.items():
            location: Location = ("defs", name)
            if not _NAME.match(name):
                self._complain(
                    location,
                    f"{name!r} cannot be the name of a definition",
                    f"lower-case letters, digits, - and _{mixed_letters(name)}",
                    "Q152",
                )
            if imported and name in imported:
                self._complain(
                    location, f"@{name} is imported too", "rename one of them", "Q155"
                )
            found[name] = self._definition(location, value)
        for name, way in checking.cycles(found).items():
            shown = " > ".join(f"@{step}" for step in way)
            self._complain(
                ("defs", name), f"it leads back to itself: {shown}", "", "Q151"
            )
            found[name] = BROKEN
        for name, why in checking.too_large(found).items():
            self._complain(("defs", name), why, "split it", "Q172")
            found[name] = BROKEN
        for location, node in self._queries:
            self.put(location, checking.check_operands(node, found))
        return found

    def check_comment(self, location: Location) -> None:
        """Refuse a query of which YAML has taken the end for a comment."""
        comment = self.document.comment_behind(location)
        if OPERATOR.search(comment):
            self.problems.append(
                self.document.problem(
                    location,
                    f"YAML reads a comment here: {comment}",
                    mend="quote the whole query: '...'; or put the comment on its own line",
                    code="Q109",
                )
            )

    def put(self, location: Location, faults: list[Fault]) -> None:
        """Report a query's faults at their places in the file."""
        for fault in faults:
            self.problems.append(
                self.document.problem_within(
                    location,
                    fault.start,
                    fault.message,
                    mend=fault.mend,
                    code=fault.code,
                    severity=fault.severity,
                )
            )

    def _complain(
        self, location: Location, message: str, mend: str, code: str = "Q153"
    ) -> None:
        self.problems.append(
            self.document.problem_at_key(location, message, mend=mend, code=code)
        )

    def _definition(self, location: Location, value: Any) -> Node:
        if isinstance(value, str):
            return self._query(location, value)
        if isinstance(value, list):
            return self._either(self._terms(location, value, ""))
        if isinstance(value, dict):
            return self._by_language(location, value)
        self._complain(location, f"expected terms, not {_shown(value)}", _FORM)
        return BROKEN

    def _by_language(self, location: Location, value: Mapping[str, Any]) -> Node:
        kept: list[Node] = []
        removed: list[Node] = []
        for key, inner in value.items():
            here = (*location, key)
            if key == "match":
                kept.append(self._match(here, inner))
            elif key == "except":
                removed += self._list(here, inner, "")
            elif re.fullmatch("[a-z]{2,3}", key):
                kept += self._list(here, inner, key)
            else:
                self._complain(here, f"unknown field {key!r}", _FORM)
                kept.append(BROKEN)
        if not kept:
            alone = ", as except: stands alone" if removed else ""
            self._complain(location, f"it stands for nothing{alone}", _FORM)
            return BROKEN
        node = self._either(kept)
        if not removed:
            return node
        return Except(start=0, end=0, child=node, removed=self._either(removed))

    def _match(self, location: Location, value: Any) -> Node:
        if isinstance(value, str):
            return self._query(location, value)
        mend = "write one query, such as gas OR oil; lists stand by language: en: [...]"
        self._complain(location, f"expected a query, not {_shown(value)}", mend)
        return BROKEN

    def _list(self, location: Location, value: Any, language: str) -> list[Node]:
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            self._complain(
                location, f"expected a list of terms, not {_shown(value)}", _FORM
            )
            return [BROKEN]
        return self._terms(location, value, language)

    def _terms(self, location: Location, value: list[Any], language: str) -> list[Node]:
        found: list[Node] = []
        for number, entry in enumerate(value):
            here = (*location, number)
            plain = isinstance(entry, int) and not isinstance(entry, bool)
            text = str(entry) if plain else entry
            if not isinstance(text, str):
                self.problems.append(
                    self.document.problem(
                        here,
                        f"expected a term, not {_shown(entry)}",
                        mend=_FORM if isinstance(entry, list | dict) else _QUOTED,
                        code="Q153",
                    )
                )
                continue
            node = self._parsed(here, text, listed_term)
            self._check_forms(here, node, language)
            found.append(_in_language(node, language))
        if not value:
            self._complain(location, "the list is empty", "write terms, or remove it")
        return found or [BROKEN]

    def _check_forms(self, location: Location, node: Node, language: str) -> None:
        """Warn of a `~` that takes the endings of other languages, or none."""
        asks = isinstance(node, Term) and node.inflect == ""
        if asks and language and language not in inflection.LANGUAGES:
            self.problems.append(
                self.document.problem(
                    location,
                    f"no forms are known for {language}: ~ takes the endings of other"
                    " languages of these letters, or none",
                    mend="write the forms, or * for any ending",
                    code="Q308",
                    severity="warning",
                )
            )

    def _query(self, location: Location, text: str) -> Node:
        self.check_comment(location)
        return self._parsed(location, text, parse)

    def _parsed(
        self, location: Location, text: str, read: Callable[[str], Parsed]
    ) -> Node:
        parsed = read(text)
        self.put(location, list(parsed.faults))
        self._queries.append((location, parsed.tree))
        return parsed.tree if parsed.ok else BROKEN

    def _either(self, nodes: list[Node]) -> Node:
        if len(nodes) == 1:
            return nodes[0]
        return Or(start=0, end=0, children=tuple(nodes))


def _in_language(node: Node, language: str) -> Node:
    """Let `~` in a language's list mean that language."""
    if isinstance(node, Term) and node.inflect == "":
        known = language if language in inflection.LANGUAGES else ""
        return replace(node, inflect=known, text=f"{node.text}{known}")
    return node
