"""The words by which news are told apart, in eight languages.

`vocabulary.txt` lists them. A report is read with the words of its own language only:
the French `tués` must not be found in a Tuesday.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from monitor.group.lexicon import Words, entry

LANGUAGES = ("en", "ru", "uk", "be", "pl", "lt", "de", "fr")
CYRILLIC = ("ru", "uk", "be")

LEADING = frozenset({"magnitude"})
"""Units that stand before their number."""

TURNS: Mapping[str, frozenset[str]] = {
    "released": frozenset({"detained", "sentenced"}),
    "confirmed": frozenset({"alleged", "denied"}),
    "denied": frozenset(),
    "resumed": frozenset({"halted"}),
    "halted": frozenset({"resumed"}),
    "dead": frozenset({"alive", "missing", "in hospital"}),
    "alive": frozenset({"dead"}),
    "found": frozenset({"missing"}),
    "cancelled": frozenset({"announced"}),
    "postponed": frozenset({"announced"}),
    "lifted": frozenset({"imposed"}),
    "sentenced": frozenset({"detained"}),
}
"""The states that are a turn, and from which ones; from none in particular where empty."""

AGENCIES: Mapping[str, str] = {
    "Reuters": "Reuters|Рейтер(?:с|з)?",
    "AP": "AP|Associated Press|Ассошиэйтед Пресс",
    "AFP": "AFP|Agence France-Presse|Франс[- ]Пресс?",
    "dpa": "dpa|DPA",
    "TASS": "TASS|ТАСС",
    "RIA Novosti": "RIA(?: Novosti)?|РИА(?: «?Новости»?)?",
    "Interfax-Ukraine": "Interfax[- ]Ukraine|Интерфакс[- ]Украина|Інтерфакс[- ]Україна",
    "Interfax": "Interfax|«?Интерфакс»?|«?Інтерфакс»?",
    "BelTA": "BelTA|BELTA|БЕЛТА|БелТА",
    "PAP": "PAP|Polska Agencja Prasowa",
    "Ukrinform": "Ukrinform|Укринформ|Укрінформ\\w*",
    "UNIAN": "UNIAN|УНИАН|УНІАН",
    "BNS": "BNS",
    "ELTA": "ELTA|ЭЛЬТА",
    "LETA": "LETA|ЛЕТА",
    "Bloomberg": "Bloomberg|Блумберг",
    "Xinhua": "Xinhua|Синьхуа",
    "Anadolu": "Anadolu|Анадолу",
}
"""News agencies, and how reports credit them; the longer name first."""


@lru_cache(maxsize=len(LANGUAGES))
def words(lang: str) -> Mapping[str, Words]:
    """Return for each table what words of one of the languages stand for."""
    return {
        table: Words({name: called[lang] for name, called in meanings.items()})
        for table, meanings in tables().items()
    }


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return what each meaning of each table is called, by language."""
    return {table: dict(meanings) for table, meanings in _read()}


def _read() -> Iterator[tuple[str, list[tuple[str, Mapping[str, str]]]]]:
    text = files("monitor.group").joinpath("vocabulary.txt").read_text("utf-8")
    for part in text.split("\n[")[1:]:
        table, _, lines = part.partition("]\n")
        yield table, list(filter(None, map(entry, lines.splitlines())))
