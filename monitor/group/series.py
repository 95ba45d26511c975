"""Which one of a series a text names: the 18th package, «третий раунд», „2. Runde“; pure.

Only with the noun that is numbered: a first lady, a second home and the 19th century are
of no series.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from monitor.group.lexicon import Words

_NOUNS: Mapping[str, str] = {
    "package": "package|paket|pakiet|paquet|pacchett|pakket|пакет",
    "round": "round|runda|rund[ęy]|rundzie|runde|ronde|раунд|^тур(?:а|у|е|і|ы)?$|^tur(?:a|y|ze|ę)$",
    "tranche": "tranche|transz|транш",
    "summit": "summit|gipfel|sommet|szczyt|саммит|саміт",
    "anniversary": "anniversa|jahrestag|rocznic|годовщин|річниц|гадавін|угодк",
    "session": "session|sitzung|sesj|posiedzeni|сесси|сесі|сэсі|заседани|засідан|пасяджэн",
    "reactor": "reactor|reaktor|réacteur|реактор|рэактар|энергоблок|енергоблок|энэргаблок",
}
"""What is numbered: parts of words, for German makes one of two."""
_ORDINALS = Words(
    {
        "1": "first erste* premier première pierwsz* перв* перш*",
        "2": "second zweite* deuxième seconde drugi* drugą druga drugie* втор* другий друга "
        "другу другі другим другім",
        "3": "third dritte* troisième trzeci* трет* трэц* трац*",
        "4": "fourth vierte* quatrième czwart* четверт* чацвёр* чацвер*",
        "5": "fifth fünfte* cinquième piąt* пятый пятого пятому пятом пятая пятой пятую пятий "
        "пятої пята пяту пяты пятае",
        "6": "sixth sechste* sixième szóst* шестой шестого шестому шестом шестая шестую шост* "
        "шаст*",
        "7": "seventh siebte* septième siódm* седьм* сьом* сём*",
        "8": "eighth achte* huitième ósm* восьмо* восьмая восьмую восьмий восьма* восьмы*",
        "9": "ninth neunte* neuvième dziewiąt* девят* дзевят* дзявят*",
        "10": "tenth zehnte* dixième dziesiąt* десятый десятого десятому десятом десятая "
        "десятую десятий десята* дзясят* дзесят*",
        "11": "eleventh elfte* onzième jedenast* одиннадцат* одинадцят* адзінаццат*",
        "12": "twelfth zwölfte* douzième dwunast* двенадцат* дванадцят* дванаццат*",
        "13": "thirteenth dreizehnte* treizième trzynast* тринадцат* тринадцят* трынаццат*",
        "14": "fourteenth vierzehnte* quatorzième czternast* четырнадцат* чотирнадцят* "
        "чатырнаццат*",
        "15": "fifteenth fünfzehnte* quinzième piętnast* пятнадцат* пятнадцят* пятнаццат*",
        "16": "sixteenth sechzehnte* seizième szesnast* шестнадцат* шістнадцят* шаснаццат*",
        "17": "seventeenth siebzehnte* dix-septième siedemnast* семнадцат* сімнадцят* "
        "сямнаццат* семнаццат*",
        "18": "eighteenth achtzehnte* dix-huitième osiemnast* восемнадцат* вісімнадцят* "
        "васямнаццат* васемнаццат*",
        "19": "nineteenth neunzehnte* dix-neuvième dziewiętnast* девятнадцат* девятнадцят* "
        "дзевятнаццат*",
        "20": "twentieth zwanzigste* vingtième dwudziest* двадцат* двадцят* дваццат*",
    }
)
"""Words of all languages at once: a noun of the same series stands by them."""
_SUFFIXES = (
    "st nd rd th er e ère ème re . й я м ю у ы е і го га му ой ую ая ый ий ым им"
)
_NUMBER = re.compile(
    rf"(\d{{1,3}})-?(?:{'|'.join(map(re.escape, _SUFFIXES.split()))})(?!\w)"
)
_TOKEN = re.compile(
    rf"(?<![\w.,]){_NUMBER.pattern.replace('(', '(?:', 1)}|\d+(?:[.,]\d+)*|[#\u2116]"
    r"|[^\W\d_]+(?:['\u2019-][^\W\d_]+)*"
)
_SIGNS = frozenset({"#", "\u2116", "no", "nr"})
_BARE = frozenset({"пакет", "раунд", "тур", "транш", "саммит", "саміт", "pakiet"})
"""After a number of things the noun would have another ending."""
_MOST_DIGITS = 9
"""Of a number that counts a series; a longer one is a code or noise."""
_NEAR = 3
"""Words between a number and its noun, at most, and the number."""
# No word's beginning is asked for: a pattern that begins with letters is found by them.
_ANY = re.compile(
    "|".join(stems.replace("^", "").replace("$", r"\b") for stems in _NOUNS.values())
)


def numbered(folded: str) -> Iterator[tuple[str, int]]:
    """Yield what is numbered in a folded text, and its number."""
    if not _ANY.search(folded):
        return
    tokens = _TOKEN.findall(folded.replace("'", "").replace("\u2019", ""))
    for place, token in enumerate(tokens):
        kind = _kind(token)
        value = _before(tokens, place) or _behind(tokens, place) if kind else 0
        if value:
            yield kind, value


@lru_cache(maxsize=2048)
def _kind(token: str) -> str:
    return next((k for k, stems in _NOUNS.items() if re.search(stems, token)), "")


def _before(tokens: list[str], place: int) -> int:
    for steps, token in enumerate(reversed(tokens[max(0, place - _NEAR) : place])):
        value = _ordinal(token)
        if value:
            return value
        if token.isdecimal():
            bare = steps == 0 and tokens[place] in _BARE
            return _cardinal(token) if bare else 0
        if _kind(token):
            return 0
    return 0


def _ordinal(token: str) -> int:
    written = _NUMBER.fullmatch(token)
    return int(written[1]) if written else int(_ORDINALS.meaning(token) or 0)


def _behind(tokens: list[str], place: int) -> int:
    """Return the number of "package no 19"."""
    sign, digits = (*tokens[place + 1 : place + 3], "", "")[:2]
    return _cardinal(digits) if sign in _SIGNS else 0


def _cardinal(digits: str) -> int:
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else 0
