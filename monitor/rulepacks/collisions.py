"""Terms of one language's list that mostly find words of another language.

Every list of a definition is tried on every item, so a term may mean one thing in its
language and another elsewhere: Polish `spor*` (disputes) finds English "sport". Whether
it does is told from items in many languages.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.detect.folding import CYRILLIC_LETTER
from monitor.detect.language import CYRILLIC_LANGUAGES
from monitor.detect.lexicon import Atom, Lexicon
from monitor.detect.query import listed_term
from monitor.detect.syntax import Term
from monitor.detect.text import words
from monitor.documents import Document, Location
from monitor.errors import Problem
from monitor.model import Item
from monitor.model.counts import counted
from monitor.rulepacks.packs import Pack

NEAR = frozenset({"ru", "uk", "be"})
"""Languages whose newsrooms quote each other unchanged, and share much of a vocabulary."""
_NO_LANGUAGE = frozenset({"match", "except", "any"})
_FEWEST = 3
"""Items of other languages; below that it is chance."""
_SHARED = 3
"""Languages in whose lists one term stands, for it to be a word of all."""
_SHOWN = 4
"""Words that a warning names."""

Words = Mapping[str, Counter[str]]
"""For each word the languages of the items that it stands in, with their number."""


@dataclass(slots=True)
class _Listed:
    """A one-word term of a list, and what it found."""

    location: Location
    language: str
    term: str
    shared: bool = False
    """Whether so many languages list it that it is a word of all."""
    own: int = 0
    elsewhere: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Items by word and language, where no term of that language's list finds it."""


def vocabulary(items: Iterable[Item]) -> Words:
    """Count in how many items of each language each folded word stands.

    Items without a language are left out: nothing can be said of their words.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        text = f"{item.title} {item.summary} {item.body}"
        for word in set(words(text)) if item.lang else ():
            found[word][item.lang] += 1
    return found


def collisions(pack: Pack, known: Words) -> Iterator[Problem]:
    """Yield a warning for each term that mostly finds words of other languages.

    A word that is found by a term of its own language too is no collision: a name, or
    a word that both languages have. Neither is one in another alphabet than its item's,
    nor a term that stands in the lists of three languages: all know that word.
    """
    if pack.document is None:
        return
    for name, written in (pack.document.data.get("defs") or {}).items():
        if isinstance(written, dict):
            for listed in _found(("defs", name), written, known):
                foreign = sum(listed.elsewhere.values())
                meant = listed.shared or foreign <= listed.own
                if foreign >= _FEWEST and not meant:
                    yield _warning(pack.document, listed, foreign)


def _found(
    location: Location, lists: Mapping[str, object], known: Words
) -> Sequence[_Listed]:
    """Return the one-word terms of a definition's lists, with what they find."""
    lexicon = Lexicon()
    listed: dict[Atom, list[_Listed]] = defaultdict(list)
    for language, terms in lists.items():
        if language in _NO_LANGUAGE or not isinstance(terms, list):
            continue
        for number, written in enumerate(terms):
            node = listed_term(str(written)).tree
            if isinstance(node, Term) and node.kind == "word":
                inflect = None if node.inflect is None else node.inflect or language
                one = _Listed((*location, language, number), language, str(written))
                listed[lexicon.atom(node.words[0], inflect)].append(one)
    for several in listed.values():
        shared = len({one.language for one in several}) >= _SHARED
        for one in several:
            one.shared = shared
    for word, spoken in known.items():
        finders = [one for atom in lexicon.atoms(word) for one in listed.get(atom, ())]
        _count(word, spoken, finders)
    return [one for several in listed.values() for one in several]


def _count(word: str, spoken: Counter[str], finders: Sequence[_Listed]) -> None:
    found_in = {one.language for one in finders}
    for language, items in spoken.items():
        if _foreign_letters(word, language):
            continue
        for one in finders:
            if _near(one.language, language):
                one.own += items
            elif not any(_near(own, language) for own in found_in):
                one.elsewhere[word, language] += items


def _near(one: str, other: str) -> bool:
    return one == other or {one, other} <= NEAR


def _foreign_letters(word: str, language: str) -> bool:
    """Say whether a word is quoted in another alphabet than its item is written in."""
    return bool(CYRILLIC_LETTER.match(word)) != (language in CYRILLIC_LANGUAGES)


def _warning(document: Document, listed: _Listed, foreign: int) -> Problem:
    most = listed.elsewhere.most_common(_SHOWN)
    shown = ", ".join(
        f"{word} ({language} {items})" for (word, language), items in most
    )
    return document.problem(
        listed.location,
        f"{listed.term} finds {counted(foreign, 'item')} of other languages and {listed.own}"
        f" in {listed.language}: {shown}",
        mend="write the forms that are meant instead; where it means the same there,"
        " put it into that language's list too",
        code="R306",
        severity="warning",
    )
