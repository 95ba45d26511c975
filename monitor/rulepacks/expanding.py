"""What a term or a definition really matches, written out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.detect import inflection
from monitor.detect.lexicon import Lexicon
from monitor.detect.syntax import Node, Ref, Term, walk
from monitor.detect.text import words
from monitor.model import Item


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
    if inflect is not None and lexicon.is_pattern(atom) and "*" not in word:
        forms = tuple(
            Forms(language=language, stems=stems, endings=endings)
            for language, stems, endings in inflection.parts(folded, inflect)
        )
    return ExpandedWord(word=word, forms=forms, seen=matching)
