"""Folding: the form in which words are compared, whoever wrote them.

A rule's words and an item's words go through the same functions here, so what
they do to a word matters less than that they do it to both.
"""

import re
import unicodedata

LONGEST_WORD = 80
"""Letters of a word that are compared."""
INVISIBLE = (
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e01ef"
)
APOSTROPHES = "'\u2019\u02bc\u2018\u0060\u00b4\u02b9\uff07"
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# Marks of alphabets in which a reader drops them. Those of Indic scripts are
# vowels and stay.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u065f\u0670\u20d0-\u20f0]+"
)
_KEPT_MARKS = re.compile("([иИ])\u0306|([уУ])\u0306|([іІ])\u0308")
# Asked before NFKC too, which makes a space and a mark of an acute accent.
_ONE_APOSTROPHE = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))
_LETTERS = _ONE_APOSTROPHE | str.maketrans(
    {"ґ": "г", "Ґ": "Г", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D"}
    | {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i"}
)
_TO_CYRILLIC = str.maketrans("ABCEHIJKMOPSTXYaceijopsxy", "АВСЕНІЈКМОРЅТХУасеіјорѕху")
_TO_LATIN = str.maketrans("АВСЕНІЈКМОРЅТХУасеіјорѕху", "ABCEHIJKMOPSTXYaceijopsxy")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
CYRILLIC_LETTER = re.compile("[\u0400-\u052f]")


def _plain(text: str) -> str:
    """Write one script, and letters without their marks."""
    # Letters first: the é of Лукашéнко and the ï of Украïна are Latin ones, too.
    apart = unicodedata.normalize("NFD", text).translate(_LETTERS)
    if apart.isascii():
        return apart
    apart = _KEPT_MARKS.sub(_compose, _one_script(apart))
    return unicodedata.normalize("NFC", _MARKS.sub("", apart))


def _compose(found: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", found[0])


def _one_script(text: str) -> str:
    """Write look-alikes in the script of the word's other letters, if all can be."""
    latin, cyrillic = len(_LATIN.findall(text)), len(CYRILLIC_LETTER.findall(text))
    if not latin or not cyrillic:
        return text
    if cyrillic >= latin:
        mended = text.translate(_TO_CYRILLIC)
        return text if _LATIN.search(mended) else mended
    mended = text.translate(_TO_LATIN)
    return text if CYRILLIC_LETTER.search(mended) else mended


_ALPHABETS = {"LATIN": "Latin", "CYRILLIC": "Cyrillic", "GREEK": "Greek"}


def mixed_letters(text: str) -> str:
    """Return a remark on letters of another alphabet that look Latin; "" without any."""
    if text.isascii() or not re.search("[A-Za-z]", text):
        return ""
    odd = [one for one in dict.fromkeys(text) if one.isalpha() and not _is_latin(one)]
    named = [f"{one} is the {_alphabet(one)} letter U+{ord(one):04X}" for one in odd]
    return f" ({', '.join(named[:3])})" if named else ""


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _alphabet(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return _ALPHABETS.get(name, name.title())


def in_latin(text: str) -> str:
    """Return a text with all letters that look Latin as Latin ones."""
    return text.translate(_TO_LATIN)


def cased(text: str) -> str:
    """Fold everything but the case; `{TERM}` compares this."""
    if text.isascii():
        return text.replace("`", "'")[:LONGEST_WORD]
    visible = _INVISIBLE.sub("", text).translate(_ONE_APOSTROPHE)
    return _plain(unicodedata.normalize("NFKC", visible))[:LONGEST_WORD]


def fold(text: str) -> str:
    """Return the form in which words are compared.

    NFKC, look-alike letters to one script, casefold, marks stripped except in
    й ї ў, ё to е, ґ to г, ł to l, ø to o, one apostrophe, invisible characters
    removed. Folding twice changes nothing.
    """
    if text.isascii():
        return text.replace("`", "'").lower()[:LONGEST_WORD]
    folded = unicodedata.normalize("NFKC", cased(text).casefold())
    return _plain(folded)[:LONGEST_WORD]
