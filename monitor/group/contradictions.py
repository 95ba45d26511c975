"""What two look-alike reports cannot both say of one event; pure.

Another amount of one kind (a cap at $60, a cap at $47.60), another one of a series (the
18th package, the 19th), the reverse (halted, resumed), other persons. A toll is not
meant, which rises; nor is an amount in another currency, or one that is rounded.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.group import places
from monitor.group.facts import measures, tolls
from monitor.group.fingerprints import DIGIT, fold, headline, name_key, numbers
from monitor.group.series import numbered

_LEAD = 300
"""Letters of a text that say what it is about; what follows is background."""
_ROUNDED = 0.1
"""Amounts that differ by less may be one, rounded."""
_LARGE = 100.0
"""Smaller numbers without a unit are ages, days and scores."""
_AS_IT_GOES_ON = frozenset({"drones", "missiles"})
"""What is counted while it lasts, as a toll is."""
_REVERSES = (
    ("#detain", "#release"),
    ("#sentence", "#acquit"),
    ("#appoint", "#dismiss"),
    ("#appoint", "#resign"),
    ("#approve", "#reject"),
    ("#halt", "#resume"),
    ("#ban", "#allow"),
    ("#open", "#close"),
    ("#join", "#leave"),
)
"""Words of `concepts.txt`."""
_BOTH_WAYS = frozenset(_REVERSES) | {(two, one) for one, two in _REVERSES}
_TURNS = frozenset(one for one, _ in _BOTH_WAYS)

Values = Mapping[str, frozenset[float]]
"""By kind, what is said of it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a report says that another one on the same event would not contradict."""

    amounts: Values
    """That the title names, or the beginning of the text where the title names none."""
    all_amounts: Values
    """That either names."""
    series: Values
    all_series: Values
    """The same for what is numbered in a series."""
    large: frozenset[float]
    """Large numbers of the title, tolls and years left out."""
    all_large: frozenset[float]
    persons: tuple[tuple[str, ...], ...]
    """Full names, each by the beginnings of its words in Latin letters."""


_NONE = Claims({}, {}, {}, {}, frozenset(), frozenset(), ())
"""One for all: many reports claim nothing of the kind."""


def claims(title: str, text: str, lang: str) -> Claims:
    """Return what a title and the beginning of its text claim."""
    lead = text[:_LEAD]
    above, below = _amounts(title, lang), _amounts(lead, lang)
    first, then = _series(title), _series(lead)
    large = _large(headline(title)) if DIGIT.search(title) else frozenset()
    if large:
        large -= tolls(title, lang)
    persons = tuple(_persons(title, lead, lang))
    if not (above or below or first or then or large or persons):
        return _NONE
    return Claims(
        amounts=below | above,
        all_amounts=_both(above, below),
        series=then | first,
        all_series=_both(first, then),
        large=large,
        all_large=large | _large(fold(lead)) if large else large,
        persons=persons,
    )


def _amounts(text: str, lang: str) -> dict[str, frozenset[float]]:
    if not DIGIT.search(text):
        return {}
    facts = (fact.split("/") for fact in measures(text, lang))
    return _grouped((k, float(v)) for _, k, v in facts if k not in _AS_IT_GOES_ON)


def _series(text: str) -> dict[str, frozenset[float]]:
    if not text:
        return {}
    return _grouped((kind, float(value)) for kind, value in numbered(fold(text)))


def _large(folded: str) -> frozenset[float]:
    found = (float(n) for n in numbers(folded) if n.replace(".", "", 1).isdecimal())
    return frozenset(n for n in found if n >= _LARGE)


def _grouped(found: Iterable[tuple[str, float]]) -> dict[str, frozenset[float]]:
    by_kind: dict[str, frozenset[float]] = {}
    for kind, value in found:
        by_kind[kind] = by_kind.get(kind, frozenset()) | {value}
    return by_kind


def _both(one: Values, two: Values) -> Values:
    if not (one and two):
        return one or two
    nothing: frozenset[float] = frozenset()
    kinds = one.keys() | two.keys()
    return {kind: one.get(kind, nothing) | two.get(kind, nothing) for kind in kinds}


def amounts_differ(one: Claims, two: Claims) -> bool:
    """Say whether both name amounts of a kind, and neither one that the other names."""
    if not (one.amounts and two.amounts):
        return False
    return any(
        _differ(one.amounts[kind], two.all_amounts[kind], _ROUNDED)
        and _differ(two.amounts[kind], one.all_amounts[kind], _ROUNDED)
        for kind in one.amounts.keys() & two.amounts.keys()
    )


def issues_differ(one: Claims, two: Claims) -> bool:
    """Say whether both name one of a series by its number, each another one."""
    if not (one.series and two.series):
        return False
    return any(
        _differ(one.series[kind], two.all_series[kind])
        and _differ(two.series[kind], one.all_series[kind])
        for kind in one.series.keys() & two.series.keys()
    )


def numbers_differ(one: Claims, two: Claims) -> bool:
    """Say whether both titles name large numbers, and neither one that the other has."""
    return (
        bool(one.large and two.large)
        and _differ(one.large, two.all_large, _ROUNDED)
        and _differ(two.large, one.all_large, _ROUNDED)
    )


def _differ(some: frozenset[float], others: frozenset[float], by: float = 0.0) -> bool:
    return not any(abs(a - b) <= by * max(a, b) for a in some for b in others)


def reversed_in(
    title: Collection[str],
    text: Collection[str],
    other_title: Collection[str],
    other_text: Collection[str],
) -> bool:
    """Say whether one title says the reverse of another, in words as they are compared.

    Not where a text says both: who is released had been detained.
    """
    mine = _TURNS.intersection(title)
    if not mine:
        return False
    theirs = _TURNS.intersection(other_title)
    return any(
        (one, two) in _BOTH_WAYS and two not in text and one not in other_text
        for one in mine
        for two in theirs
    )


def persons_differ(
    one: Claims, names: Collection[str], two: Claims, other_names: Collection[str]
) -> bool:
    """Say whether each names persons, and none that the other one names.

    `names` are all names of a report, as `fingerprints.capitalised` gives them.
    """
    return _strangers(one, other_names) and _strangers(two, names)


def _strangers(one: Claims, names: Collection[str]) -> bool:
    return bool(one.persons) and not any(
        key in names for person in one.persons for key in person
    )


_CAPITAL = "A-Z\u00c0-\u00d6\u00d8-\u00deĀĂĄĆČĎĐĒĖĘĚĞĢĪĮĶŁĻĽŃŅŇŌŐŘŚŞŠŢŤŪŮŰŲŹŻŽЁІЇЄҐЎА-Я"
_REST = r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)?"
_WORD = rf"[{_CAPITAL}]{_REST}"
# What may not stand before the first letter is asked behind it: letters are found faster.
_PERSON = re.compile(
    rf"[{_CAPITAL}](?<![\w.'\u2019-].){_REST}(?: [{_CAPITAL}]\.)?"
    rf"(?: (?:van|von|der|den|de|da|di|al|bin|el))*(?: {_WORD}){{1,2}}"
)
_LONG_WORD = re.compile(r"[^\W\d_](?<!\w.)[^\W\d_]{4,}")
_CAPITAL_NOUNS = "de"
"""Where nouns begin with a capital, a name is told from none."""


def _persons(title: str, lead: str, lang: str) -> Iterator[tuple[str, ...]]:
    """Yield names of two words or three, as a person's is; a place is none.

    In a headline of capitals only short words have none, and no name shows.
    """
    if lang == _CAPITAL_NOUNS:
        return
    names = _PERSON.findall(title)
    if names and not any(word[0][0].islower() for word in _LONG_WORD.finditer(title)):
        names = []
    for name in [*names, *_PERSON.findall(lead)]:
        if not places.located(name):
            yield tuple(map(name_key, name.split()))
