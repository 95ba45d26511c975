"""A text as facts are read from it: its words, numbers and signs, one after another; pure."""

import re

from monitor.group.fingerprints import DIGIT, fold

# What stands behind a letter and a hyphen, as in Tu-154, is no number.
_TOKEN = re.compile(
    r"[^\W\d_]+(?:-[^\W\d_]+)*|[%$€£₽₴:,;]"
    r"|(?<!\w)(?<![^\W\d_]-)(?:\d+(?:[., \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d{1,2}(?!\d))?"
    r"|\d+[.,]\d{1,2}(?!\d)|\d+)"
)
PAUSES = frozenset(",;")
"""Signs between two clauses."""
FROM = frozenset("from с со от з із від са ад z ze od nuo von de".split())  # noqa: SIM905
TO = frozenset(["to", "до", "да", "do", "iki", "auf", "à"])
"""Words before the two numbers of "rose from 3 to 12", in all languages."""
OF = frozenset({"of", "de"})
ABSENT = frozenset(["нет", "нету", "немає", "нема", "няма", "nėra"])
"""Words behind what there is none of: «жертв нет»."""
CORRECTED = re.compile(
    r"\A\W*(?:correction|corrected|clarification|erratum|исправление|исправлено|уточнение"
    r"|поправка|уточнення|виправлення|виправлено|выпраўленне|удакладненне|sprostowanie|korekta"
    r"|pataisymas|patikslinimas|korrektur|richtigstellung|berichtigung|rectificatif)\s*[:\])|.\-\u2013\u2014]"
    r"|\ban earlier version of this\b|\b(?:is|was|has been) corrected to\b"
    r"|\bв предыдущей версии\b|\bранее ошибочно\b|\bраніше помилково\b|\bраней памылкова\b"
    r"|\bwcześniej błędnie\b|\bin einer früheren version\b|\bdans une version précédente\b"
)
"""What an outlet writes over or into a report that it corrects."""
_AGE = re.compile(
    r",(?<=[^\W\d_],)\s\d{1,3}(?=,)|\((?<=[^\W\d_]\s\()\d{1,3}\)"
    r"|\b(aged?|die[ds]? at)\s\d{1,3}\b(?![.,]\d)"
)
"""How old somebody is, where no word for years stands by: "a man, 45, was killed"."""
_THOUSANDS = re.compile(r"[., \u00a0\u202f](?=\d{3}(?:\D|\Z))")
_YEARS = range(1900, 2100)
_LONGEST = 30
"""Signs of a number; a longer one is none, but a code or noise."""
_APOSTROPHES = re.compile(r"['\u2019\u02bc`](?<=\w.)(?=\w)")
_ELISIONS = re.compile(r"\b(?:[ldnjscmt]|qu)['\u2019](?=\w)")
"""French: l'information."""
_PER_CENT = re.compile(r"p(?<!\wp)(?:er|our) cent\b")


def tokens_of(text: str) -> tuple[str, list[str]]:
    """Return a text as it is read, and its words, numbers and signs."""
    folded = fold(text)
    if _APOSTROPHES.search(folded):
        folded = _APOSTROPHES.sub("", _ELISIONS.sub("", folded))
    folded = _PER_CENT.sub("percent", folded)
    if DIGIT.search(folded):
        folded = _AGE.sub(r"\1", folded)
    return folded, _TOKEN.findall(folded)


def value_of(token: str) -> float | None:
    """Return the value of a number in digits; None for a year, a code or noise."""
    if len(token) > _LONGEST:
        return None
    # Whole ones, for a range is searched through for a float.
    if token.isdecimal() and int(token) in _YEARS:
        return None
    return float(_THOUSANDS.sub("", token).replace(",", "."))
