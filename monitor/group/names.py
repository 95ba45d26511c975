"""The names in a headline, and how they are kept among facts; pure."""

import re
from collections.abc import Iterable

from monitor.group.fingerprints import name_key
from monitor.group.vocabulary import LANGUAGES


def names_of(title: str, lang: str) -> list[tuple[str, ...]]:
    """Return the names in a headline that is written in sentence case, word by word.

    Not in German, which writes every noun so, not in a language whose words nobody
    listed here, and not where most words begin with a capital; the word that begins a
    sentence says nothing either.
    """
    words = _NAME_WORDS.findall(_OUTLET.sub("", title))
    letters = [word for word in words if word[0].isalpha() and len(word) > _SHORT]
    capital = sum(word[0].isupper() for word in letters)
    if lang == "de" or lang not in (*LANGUAGES, "") or capital * 2 > len(letters):
        return []
    found: list[tuple[str, ...]] = []
    run: list[str] = []
    before = ":"
    for word in [*words, "."]:
        if word[0].isupper() and before[0].isalpha():
            run.append(word)
        elif run:
            found.append(tuple(run))
            run = []
        before = word
    return [one for one in found if any(_says_a_name(word) for word in one)]


def _says_a_name(word: str) -> bool:
    return len(word) > _SHORT and not word.endswith(_DEMONYMS)


_NAME_WORDS = re.compile(
    r"[:.!?\u2013\u2014\"\u201c\u201e\u00ab]|[^\W\d_][\w'\u2019-]*"
)
_OUTLET = re.compile(r"\s[-\u2013\u2014|]\s[^-\u2013\u2014|]{2,40}\Z")
_SHORT = 3
_DEMONYMS = ("ian", "ians", "ish", "ese", "day", "uary", "mber", "ril", "ust", "ober")
"""Endings of English words with a capital that name nobody."""


def name_keys(names: Iterable[str]) -> list[str]:
    """Return names as they are kept: `name/` and their beginnings in Latin letters."""
    return [f"name/{name_key(name)}" for name in names]
