"""In which language and time zone a message speaks; pure.

Only its own fixed words are translated: titles, rules and evidence stay as they were
published. A phrase that a language lacks is said in English.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from monitor.model.counts import counted
from monitor.send.render import (
    catalogue,
    catalogue_bundles,
    catalogue_chat,
    catalogue_grades,
    catalogue_nouns,
)

LANGUAGES = ("en", *sorted(catalogue.PHRASES))
"""What a recipient can choose."""
PHRASES: Mapping[str, Mapping[str, str]] = {
    lang: {
        **words,
        **catalogue_bundles.PHRASES[lang],
        **catalogue_grades.PHRASES[lang],
        **catalogue_chat.PHRASES[lang],
    }
    for lang, words in catalogue.PHRASES.items()
}
PLURALS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    lang: {
        **nouns,
        **catalogue_bundles.PLURALS[lang],
        **catalogue_grades.PLURALS[lang],
    }
    for lang, nouns in catalogue_nouns.PLURALS.items()
}

_FEW = range(2, 5)
_DOZEN = range(12, 15)


def _east(number: int) -> int:
    """Russian, Ukrainian and Belarusian: 1 and 21; 2 to 4; the others."""
    if number % 10 == 1 and number % 100 != 11:  # noqa: PLR2004 - the languages' rules
        return 0
    return 1 if _is_few(number) else 2


def _is_few(number: int) -> bool:
    """2 to 4, 22 to 24 and so on, as Slavic languages count."""
    return number % 10 in _FEW and number % 100 not in _DOZEN


def _polish(number: int) -> int:
    if number == 1:
        return 0
    return 1 if _is_few(number) else 2


def _lithuanian(number: int) -> int:
    teen = 11 <= number % 100 <= 19  # noqa: PLR2004 - the language's rule
    if number % 10 == 1 and not teen:
        return 0
    return 2 if number % 10 == 0 or teen else 1


_RULES: Mapping[str, Callable[[int], int]] = {
    "ru": _east,
    "uk": _east,
    "be": _east,
    "pl": _polish,
    "lt": _lithuanian,
    "de": lambda number: 0 if number == 1 else 1,
    "fr": lambda number: 0 if number < 2 else 1,  # noqa: PLR2004 - the language's rule
}


@dataclass(frozen=True, slots=True)
class Voice:
    """A recipient's language and time zone."""

    lang: str = "en"
    zone: tzinfo = UTC

    def say(self, phrase: str, **parts: object) -> str:
        """Return a phrase, which is written in English, with its parts filled in."""
        said = PHRASES.get(self.lang, {}).get(phrase, phrase)
        return said.format(**parts) if parts else said

    def knows(self, phrase: str) -> bool:
        """Whether a phrase is said in another language than English."""
        return phrase in PHRASES.get(self.lang, {})

    def count(self, number: int, noun: str) -> str:
        """Return `1 report`, `2 reports`, and the same in other languages."""
        forms = PLURALS.get(self.lang, {}).get(noun)
        if forms is None:
            return counted(number, noun)
        return f"{number} {forms[_RULES[self.lang](number)]}"

    def moment(self, when: datetime) -> str:
        """Return a moment for people, such as `2020-07-29 10:02 UTC`."""
        return f"{when.astimezone(self.zone):%Y-%m-%d %H:%M %Z}"


ENGLISH = Voice()
