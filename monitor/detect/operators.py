"""Words in a query that are operators gone wrong: in lower case, misspelt, of elsewhere."""

import re

from monitor.detect.folding import in_latin, mixed_letters

_OPERATORS = frozenset({"AND", "OR", "NOT", "EXCEPT"})
_DISTANT = re.compile(r"(?P<name>ONEAR|NEAR|PRE|W)/?(?P<reach>\d+|s|p|S|P)?\Z")
_ELSEWHERE = {
    "ANDNOT": "NOT",
    "EXCLUDE": "NOT",
    "UND": "AND",
    "ODER": "OR",
    "NICHT": "NOT",
    "И": "AND",
    "ИЛИ": "OR",
    "НЕ": "NOT",
    "ТА": "AND",
    "АБО": "OR",
    "ORAZ": "AND",
    "LUB": "OR",
    "ADJ": "ONEAR/0",
    "WITHIN": "NEAR/5",
    "SAME": "NEAR/p",
}
"""Operators of other products and languages, which are written in capitals there too."""
CHARACTERS = {"|": "OR", "&": "AND", "+": "AND", "!": "NOT", "-": "NOT"}
"""Characters that are operators elsewhere."""

Complaint = tuple[str, str, str]
"""Code, message and mend."""


def mistaken(word: str) -> Complaint | None:
    """Return what is wrong with a word that stands where an operator belongs."""
    plain = in_latin(word)
    if plain.upper() in _OPERATORS:
        return _written(word, plain.upper(), plain)
    distant = _DISTANT.match(_upper_name(plain))
    if distant is not None and (distant["name"] != "W" or distant["reach"]):
        return _distance(word, plain, distant)
    if word in _ELSEWHERE:
        meant = _ELSEWHERE[word]
        return "Q107", f"{word} is no operator here", _or_word(meant, word)
    if plain.upper().partition("/")[0] == "ATLEAST":
        mend = "write ATLEAST/3 before the word"
        return "Q107", f"{word} is no operator: it wants capitals and a count", mend
    if plain.upper() == "OF":
        return "Q107", "operators are upper case: OF", "write 2 OF (a, b, c)"
    return None


def _upper_name(word: str) -> str:
    name, slash, reach = word.partition("/")
    return name.upper() + slash + reach


def _written(word: str, meant: str, plain: str) -> Complaint:
    if plain == meant:
        message = f"{word} holds a letter of another alphabet{mixed_letters(word)}"
        return "Q107", message, f"write {meant} in Latin letters"
    return "Q107", f"operators are upper case: {meant}", _or_word(meant, word)


def _distance(word: str, plain: str, found: re.Match[str]) -> Complaint:
    name, reach = found["name"], (found["reach"] or "").lower()
    if not reach:
        meant = f"{name}/5"
        if plain == name:
            mend = _or_word(f"{meant} (at most five words between)", word)
            return "Q111", f"{word} names no distance", mend
        return "Q107", f"operators are upper case: {meant}", _or_word(meant, word)
    meant = f"{name}/{reach}"
    if plain.startswith(name):
        if plain == meant:
            return _written(word, meant, plain)
        return "Q111", f"{word} names no distance", f"write {meant}"
    return "Q107", f"operators are upper case: {meant}", f"write {meant}"


def _or_word(meant: str, word: str) -> str:
    return f'write {meant}, or "{word}" for the word'
