"""Which places a text names: countries and cities, in any alphabet and ending.

`bench/stories/places.py` makes the list. It is there to tell events apart that are worded
alike: an earthquake in Turkey and one in Japan.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from monitor.group.fingerprints import capitals, fold, latin

SHORTEST = 4
"""Letters of a stem; shorter ones are words of too many languages."""
_LONGEST_ENDING = 4
_ENDINGS = "aeiouy"


def stem(name: str) -> str:
    """Return a name in Latin letters without the vowel that inflection changes."""
    letters = latin(fold(name)).replace("'", "")
    bare = letters.rstrip(_ENDINGS)
    return bare if len(bare) >= SHORTEST else letters


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    text = files("monitor.group").joinpath("places.json").read_text("utf-8")
    known: dict[str, str] = json.loads(text)
    return known


def named(text: str) -> frozenset[str]:
    """Return the places that a text names: `UA`, `UA/Kyiv`."""
    return frozenset(located(text).values())


def located(text: str) -> dict[str, str]:
    """Return the words that name places, folded and in Latin letters, with the places."""
    return among(capitals(text))


def among(words: Iterable[str]) -> dict[str, str]:
    """Return the same of words that begin with a capital, as written."""
    found = [_place(word) for word in words if len(word) >= SHORTEST]
    return {word: place for word, place in found if place}


@lru_cache(maxsize=50_000)
def _place(name: str) -> tuple[str, str]:
    word = latin(fold(name))
    return word, _known_as(word)


def _known_as(word: str) -> str:
    known = _known()
    for length in range(len(word), max(SHORTEST, len(word) - _LONGEST_ENDING) - 1, -1):
        place = known.get(word[:length])
        if place:
            return place
    return ""


def differ(one: frozenset[str], two: frozenset[str]) -> bool:
    """Say whether two texts name places, and none of them is or lies in another."""
    if not one or not two:
        return False
    return not any(_together(a, b) for a in one for b in two)


def _together(one: str, two: str) -> bool:
    return one == two or one.startswith(f"{two}/") or two.startswith(f"{one}/")
