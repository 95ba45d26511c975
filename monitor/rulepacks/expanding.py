"""What a term or a definition really matches, written out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.detect import inflection
from monitor.detect.lexicon import Lexicon
from monitor.detect.syntax import Node, Ref, Term, walk, write
from monitor.detect.text import words
from monitor.errors import InputRefused, Problem
from monitor.model import Item
from monitor.rulepacks.imports import alone
from monitor.rulepacks.packs import Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The forms of a word in one language: any of the stems, with any ending or none."""

    language: str
    stems: tuple[str, ...]
    endings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpandedWord:
    """One word of a term, folded."""

    word: str
    forms: tuple[Forms, ...] = ()
    """Empty where it matches only itself, or what its wildcards say."""
    seen: Mapping[str, int]
    """The words of the corpus that it matches, with the number of items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """One term."""

    term: str
    """As written."""
    words: tuple[ExpandedWord, ...]


_WILD = frozenset("*?")


def stands_for(tree: Node, packs: Sequence[Pack]) -> dict[str, Node]:
    """Return the definitions that a query names, each as its own pack reads it.

    Raise InputRefused where packs differ in one, or have faults where it may stand.
    """
    found: dict[str, Node] = {}
    for name in {one.name for one in walk(tree) if isinstance(one, Ref)}:
        holders = [pack for pack in packs if name in pack.definitions]
        faults = [one for pack in holders or packs for one in _faults(pack)]
        if faults:
            raise InputRefused(faults)
        nodes = [alone(pack.definitions[name], pack.definitions) for pack in holders]
        if len({write(node) for node in nodes}) > 1:
            files = ", ".join(str(pack.path) for pack in holders)
            message = f"@{name} stands for one thing here and another there: {files}"
            mend = "say which file is meant: --rules FILE"
            raise InputRefused([Problem(where="query", message=message, mend=mend)])
        if nodes:
            found[name] = nodes[0]
    return found


def _faults(pack: Pack) -> list[Problem]:
    """Return what keeps definitions from being read; an example that fails does not."""
    return [
        one
        for one in pack.problems
        if one.severity == "error" and not one.code.startswith("R")
    ]


def expand(
    tree: Node, definitions: Mapping[str, Node], corpus: Iterable[Item] = ()
) -> list[Expanded]:
    """Write out every term of a query, those of its definitions too, each once.

    `corpus`: items in which to look up the words that each term matches.
    """
    seen: Counter[str] = Counter()
    for item in corpus:
        seen.update(set(words(f"{item.title} {item.summary} {item.body}")))
    found = {term.text: term for term in _terms(tree, definitions)}
    return [
        Expanded(
            term=term.text, words=tuple(_word(word, term, seen) for word in term.words)
        )
        for term in found.values()
    ]


def _terms(tree: Node, definitions: Mapping[str, Node]) -> Iterable[Term]:
    for node in walk(tree):
        if isinstance(node, Term):
            yield node
        elif isinstance(node, Ref) and node.name in definitions:
            yield from _terms(definitions[node.name], definitions)


def _word(word: str, term: Term, seen: Mapping[str, int]) -> ExpandedWord:
    lexicon = Lexicon()
    folded = word.casefold() if term.kind == "case" else word
    inflect = None if term.kind == "case" else term.inflect
    atom = lexicon.atom(folded, inflect)
    matching = {
        one: count
        for one, count in sorted(seen.items(), key=lambda pair: (-pair[1], pair[0]))
        if atom in lexicon.atoms(one)
    }
    forms: tuple[Forms, ...] = ()
    if inflect is not None and lexicon.is_pattern(atom) and not _WILD & set(word):
        forms = tuple(
            Forms(language=language, stems=stems, endings=endings)
            for language, stems, endings in inflection.parts(folded, inflect)
        )
    return ExpandedWord(word=word, forms=forms, seen=matching)
