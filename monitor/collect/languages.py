"""What people and publishers write for a language, as ISO 639-1; pure."""

import re
from functools import lru_cache

_LONGEST = 40
_PRIMARY = re.compile(r"\s*([A-Za-z]{2,12})(?:[-_ .@]|\s*\Z)")
_KNOWN = {
    # ISO 639-2 and 639-3
    "ara": "ar", "bel": "be", "bul": "bg", "ces": "cs", "cze": "cs", "deu": "de",
    "ell": "el", "eng": "en", "est": "et", "fin": "fi", "fra": "fr", "fre": "fr",
    "ger": "de", "heb": "he", "hun": "hu", "hye": "hy", "ita": "it", "jpn": "ja",
    "kat": "ka", "kaz": "kk", "kor": "ko", "lav": "lv", "lit": "lt", "nld": "nl",
    "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru",
    "slk": "sk", "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv", "tur": "tr",
    "ukr": "uk", "zho": "zh", "chi": "zh",
    # names
    "belarusian": "be", "english": "en", "french": "fr", "german": "de",
    "polish": "pl", "russian": "ru", "spanish": "es", "ukrainian": "uk",
    # codes of countries that are no code of a language, and codes of old
    "by": "be", "cz": "cs", "dk": "da", "gr": "el", "in": "id", "iw": "he",
    "jp": "ja", "ji": "yi", "kz": "kk", "ua": "uk", "us": "en",
}  # fmt: skip


def language(stated: str) -> str:
    """Return the ISO 639-1 code of a language tag or name, "" where there is none.

    `ru_RU`, `ru-RU`, `rus` and `Russian` are all `ru`; `ua` and `by`, which are
    countries, are `uk` and `be`, since no language has those codes.
    """
    return _language(stated.lstrip()[:_LONGEST]) if stated else ""


@lru_cache(256)
def _language(stated: str) -> str:
    found = _PRIMARY.match(stated)
    if found is None:
        return ""
    code = found[1].lower()
    known = _KNOWN.get(code)
    if known is not None:
        return known
    return code if len(code) == len("xx") else ""
