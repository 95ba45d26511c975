"""Words of one meaning are one word, in any of eleven languages; pure.

`concepts.txt` lists them. A report in German and one in Russian share no word but names;
that both say that gas supplies were halted shows only where the words are known.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from monitor.group.fingerprints import fold

_MOST_WORDS = 20_000
"""Words that are remembered of each table."""
_ELIDED = re.compile(r"\b(?:[cdjlmnst]|qu|un|dell|nell|sull|dall|all)['\u2019](?=\w)")
"""French and Italian: l'armée, dell'esercito."""
_ELIDING = frozenset({"fr", "it"})


class Words:
    """Words and beginnings of words of one language, and what each stands for."""

    def __init__(self, tables: Mapping[str, str]) -> None:
        """Read what stands for what: `word` itself, `word*` all that begin so."""
        self._whole: dict[str, str] = {}
        self._begun: dict[str, str] = {}
        for meaning, written in tables.items():
            for word in fold(written).split():
                rows = self._begun if word.endswith("*") else self._whole
                rows.setdefault(word.rstrip("*"), meaning)
        self._memo: dict[str, str] = {}
        self._longest = max(map(len, self._begun), default=0)

    def meaning(self, word: str) -> str:
        """Return what a word stands for, "" where nothing; the longest beginning wins."""
        known = self._memo.get(word)
        if known is None:
            if len(self._memo) >= _MOST_WORDS:
                self._memo.clear()
            known = self._memo[word] = self.look_up(word)
        return known

    def look_up(self, word: str) -> str:
        """Return the same of a word that need not be remembered."""
        found = self._whole.get(word)
        if found is not None:
            return found
        for length in range(min(len(word), self._longest), 0, -1):
            begun = self._begun.get(word[:length])
            if begun is not None:
                return begun
        return ""


def unelided(folded: str, lang: str) -> str:
    """Return a text without the articles that French and Italian tie to words."""
    return _ELIDED.sub("", folded) if lang in _ELIDING else folded


def entry(line: str) -> tuple[str, Mapping[str, str]] | None:
    """Return the name and the words by language of `name: en words | ru words`.

    None for a line that is empty or a `//` comment.
    """
    name, colon, written = line.partition(": ")
    if not colon or line.startswith("//"):
        return None
    parts = (part.strip().partition(" ") for part in written.split("|"))
    return name, {lang: words for lang, _, words in parts}


@lru_cache(maxsize=1)
def _concepts() -> Mapping[str, Mapping[str, str]]:
    """Return by language what each concept is called; `*` is what all have in common."""
    text = files("monitor.group").joinpath("concepts.txt").read_text("utf-8")
    found: dict[str, dict[str, str]] = {}
    for name, called in filter(None, map(entry, text.splitlines())):
        token = name if name.startswith("@") or name.isdigit() else f"#{name}"
        for lang, words in called.items():
            found.setdefault(lang, {})[token] = words
    return found


_UNKNOWN = ("en", "ru")
"""As what a text is read whose language nobody states: by its letters, one or the other."""


@lru_cache(maxsize=64)
def concepts(lang: str) -> Words:
    """Return what words of a language stand for.

    `#detain`, `@RU` for a people, as places are called, or `3` for a number.
    """
    known = _concepts()
    words: dict[str, str] = {}
    for table in ("*", *((lang,) if lang else _UNKNOWN)):
        for token, written in known.get(table, {}).items():
            words[token] = f"{words.get(token, '')} {written}"
    return Words(words)
