"""The language of an item: as stated, unless its letters say otherwise."""

import re
from functools import cache
from typing import TYPE_CHECKING

from monitor.detect.folding import CYRILLIC_LETTER

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_READ = (
    "ar az be bg cs da de el en es et fa fi fr he hr hu hy it ja ka kk ko lt lv nl "
    "no pl pt ro ru sk sl sr sv tr uk zh"
)
"""What detection chooses from; a short headline among 97 is often Volapük."""
_LONGEST_SAMPLE = 600
_ENOUGH_LETTERS = 12
_SURE = 0.5

_LETTER = re.compile(r"[^\W\d_]")
CYRILLIC_LANGUAGES = frozenset({"ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn"})
"""Languages that are written in Cyrillic letters, some of them in Latin ones too."""
# Letters that the language does not have: two of them, and another one is meant.
_FOREIGN = {
    "ru": re.compile("[іїєґўІЇЄҐЎ]"),
    "uk": re.compile("[ыэёъўЫЭЁЪЎ]"),
    "be": re.compile("[ищъїєИЩЪЇЄ]"),
}
_FOREIGN_ENOUGH = 3


@cache
def _loaded() -> "tuple[LanguageIdentifier | None, str]":
    """Load the model; return it, or why it cannot be loaded."""
    import numpy as np  # noqa: PLC0415 - it takes a while
    from py3langid import langid  # noqa: PLC0415 - it takes a while

    try:
        known = langid.LanguageIdentifier.from_model_file(
            langid.MODEL_FILE, norm_probs=True
        )
    except OSError as error:
        # It is unpacked in the folder for temporary files, which may be small.
        return None, str(error)
    known.set_languages(_READ.split())
    # A model of these languages alone, row by row: it is read faster, and what it knows
    # of all the others need not be kept.
    made = langid.LanguageIdentifier(
        np.ascontiguousarray(known.nb_ptc),
        known.nb_pc,
        known.nb_classes,
        known.tk_nextmove,
        known.tk_output,
        norm_probs=True,
        tk_row=known.tk_row,
    )
    return made, ""


def load() -> str:
    """Load the model now; else the first text without a stated language does.

    Return why it cannot be loaded, or "". Without it a text whose language nobody
    states has none, and is matched with the rules of all languages.
    """
    return _loaded()[1]


def item_language(stated: str, text: str) -> tuple[str, str]:
    """Return the language of a text (ISO 639-1) and on what it rests.

    That is `stated`, `detected`, or `unknown` with "" for the language. Stated is
    what a person, the feed or the entry said; it is set aside where the text's
    letters cannot be of that language, which is common: a site's software fills
    in English, and a Russian outlet publishes some reports in Ukrainian.
    """
    sample = text[:_LONGEST_SAMPLE]
    if stated and not _contradicted(stated, sample):
        return stated, "stated"
    found = detected(sample)
    if found:
        return found, "detected"
    return stated, "stated" if stated else "unknown"


def _contradicted(stated: str, sample: str) -> bool:
    letters = len(_LETTER.findall(sample))
    if letters < _ENOUGH_LETTERS:
        return False
    cyrillic = len(CYRILLIC_LETTER.findall(sample))
    if stated not in CYRILLIC_LANGUAGES:
        return cyrillic * 2 > letters
    if stated in _FOREIGN and cyrillic * 2 > letters:
        return len(_FOREIGN[stated].findall(sample)) >= _FOREIGN_ENOUGH
    return cyrillic * 5 < letters


def detected(sample: str) -> str:
    """Return the language that a text is written in, "" where it cannot be told."""
    model = _loaded()[0] if _LETTER.search(sample) else None
    if model is None:
        return ""
    language, sure = model.classify(sample)
    return str(language) if sure >= _SURE else ""
