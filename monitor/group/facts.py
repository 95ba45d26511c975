"""What a report states, as short texts that can be kept and united; pure.

count/dead/12    so many of a kind           measure/percent/5   so much of a unit
state/released   somebody or something is so place/UA/Odesa      a place is named
name/prigo       a name, by its beginning    voice/official      an authority or agency says it
denial/reports   what is denied              note/retraction     a report is taken back

What is known of a story is the union of these: the order of its reports does not matter.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from monitor.group import places
from monitor.group.clauses import OBJECT, Clauses
from monitor.group.credits import agency_of
from monitor.group.fingerprints import DIGIT, capitalised
from monitor.group.sentences import TITLE, Sentence, lead, whole
from monitor.group.tokens import (
    CORRECTED,
    FROM,
    OF,
    TO,
    tokens_of,
    value_of,
)
from monitor.group.vocabulary import CYRILLIC, LANGUAGES, LEADING
from monitor.model import Item

Facts = frozenset[str]

_MOST = 100_000_000
"""A larger number counts no people."""
_AHEAD, _BEHIND = 4, 2
"""Words between a number and what it counts."""
_NEAR = 3
"""The same for a number in words."""
_REACHING = 9
"""Words between what is counted and a number that its count reached, at most."""
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[a-z]")
_SIGNS = {
    "%": "percent",
    "$": "dollars",
    "€": "euros",
    "£": "pounds",
    "₽": "roubles",
    "₴": "hryvnias",
}


def known_of(items: Iterable[Item]) -> Facts:
    """Return all that reports state, their background too."""
    known: set[str] = set()
    for item in items:
        for sentence in whole(item):
            known |= stated(sentence, item.lang)
            known |= {f"name/{key}" for key in capitalised(sentence.text)}
        known |= {f"name/{key}" for key in capitalised(f"{item.source} {item.author}")}
        known |= _voiced(item)
    return frozenset(known)


def said_by(item: Item) -> list[tuple[Sentence, Facts]]:
    """Return each sentence of a report's lead with what it states.

    Who voices it, and places and names, only from the title: a text names many in passing.
    """
    found = [(one, stated(one, item.lang)) for one in lead(item)]
    first = found[0] if found else (TITLE, frozenset())
    return [(first[0], first[1] | _voiced(item)), *found[1:]] if found else []


def _voiced(item: Item) -> Facts:
    return frozenset({"voice/wire"}) if agency_of(item) else frozenset()


@lru_cache(maxsize=4096)
def stated(sentence: Sentence, lang: str) -> Facts:
    """Return what one sentence states."""
    text, tokens = tokens_of(sentence.text)
    found: set[str] = set()
    for one in _read_in(lang, text):
        found |= _Reading(tokens, one).facts()
    if CORRECTED.search(text):
        found.add("note/correction")
    found |= {f"place/{place}" for place in places.named(sentence.text)}
    return frozenset(found)


def measures(text: str, lang: str) -> Facts:
    """Return what a text says that something measures.

    By its signs ("60 %", "$ 4") where no word of its language is known.
    """
    if not DIGIT.search(text):
        return frozenset()
    folded, tokens = tokens_of(text)
    found: set[str] = set()
    for one in _read_in(lang, folded) or ("en",):
        found.update(_Reading(tokens, one).measures())
    return frozenset(found)


def tolls(text: str, lang: str) -> frozenset[float]:
    """Return the numbers of a text that count people of some kind."""
    folded, tokens = tokens_of(text)
    facts = (
        fact
        for one in _read_in(lang, folded)
        for fact in _Reading(tokens, one).numbers()
    )
    counts = (fact for fact in facts if fact.startswith("count/"))
    return frozenset(float(fact.rpartition("/")[2]) for fact in counts)


def _read_in(lang: str, text: str) -> tuple[str, ...]:
    """Return the languages whose words a text is read with.

    Where it is unknown: those that are written in its letters.
    """
    if lang:
        return (lang,) if lang in LANGUAGES else ()
    cyrillic = CYRILLIC if _CYRILLIC.search(text) else ()
    latin = tuple(one for one in LANGUAGES if one not in CYRILLIC)
    return (*cyrillic, *(latin if _LATIN.search(text) else ()))


class _Reading(Clauses):
    """The tokens of a sentence, read in one language."""

    def facts(self) -> set[str]:
        found = set(self._states())
        found.update(self.numbers())
        found.update(self._denied())
        if self._any("official") and (self._any("saying") or ":" in self._tokens):
            found.add("voice/official")
        if any(self._takes_back(place) for place in range(len(self._tokens))):
            found.add("note/retraction")
        return found

    def _takes_back(self, place: int) -> bool:
        """Say whether a report is taken back here: an army that withdraws is none."""
        if self._meaning("retracted", place) and self._is_of_report(place):
            return True
        if not self._meaning("unsaid", place):
            return False
        return self._is_of_report(place) or "reports" in self._before(place)

    def _is_of_report(self, place: int) -> bool:
        """Say whether a verb's object is a report; articles and the like are passed over."""
        for after in range(place + 1, min(place + 2 + OBJECT, len(self._tokens))):
            if self._meaning("reports", after):
                return True
            if not self._meaning("filling", after):
                return False
        return False

    def _before(self, place: int) -> list[str]:
        before = range(max(0, place - 2 * OBJECT), place)
        return [self._meaning("reports", one) for one in before]

    def _any(self, table: str) -> bool:
        return any(self._meaning(table, n) for n in range(len(self._tokens)))

    def _after(self, place: int, table: str) -> list[str]:
        end = min(place + 1 + OBJECT, len(self._tokens))
        found = (self._meaning(table, n) for n in range(place + 1, end))
        return [meaning for meaning in found if meaning]

    def _states(self) -> Iterator[str]:
        for place in range(len(self._tokens)):
            state = self._meaning("states", place) or self._meaning("counted", place)
            if state and self._is_so(place, state):
                yield f"state/{state}"

    def _denied(self) -> Iterator[str]:
        for place in range(len(self._tokens)):
            if self._meaning("states", place) != "denied" or self._negated(place):
                continue
            yield "denial/"
            if self._is_of_report(place):
                yield "denial/reports"
            for table in ("states", "counted"):
                yield from (f"denial/{one}" for one in self._after(place, table))

    # ── numbers ──────────────────────────────────────────────────────────────

    def numbers(self) -> Iterator[str]:
        for place, token in enumerate(self._tokens):
            value, end = self._number(place)
            if value is None or self._is_other(place):
                continue
            in_words = not token[0].isdecimal()
            unit = self._unit(place, end)
            if unit == "other":
                continue
            if unit:
                if not in_words:
                    yield f"measure/{unit}/{_shown(value)}"
                continue
            kind = self._counted(place, end, in_words=in_words)
            whole = value == int(value) and 0 < value < _MOST
            if kind and whole and not self._is_denied(place):
                yield f"count/{kind}/{_shown(value)}"

    def _is_other(self, place: int) -> bool:
        """Say whether it is not this number that counts: "not 12", "instead of 12"."""
        before = place - 2 if place > 1 and self._tokens[place - 1] in OF else place - 1
        return before >= 0 and bool(self._meaning("not", before))

    def _is_denied(self, place: int) -> bool:
        """Say whether a number is what somebody denies: "denies reports of 12 dead"."""
        for before in range(place - 1, -1, -1):
            if before + 1 in self._pauses:
                return False
            if self._meaning("states", before) == "denied":
                is_object = (
                    before + 1 == place
                    or bool(self._meaning("counted", before + 1))
                    or self._is_of_report(before)
                )
                return is_object and not self._negated(before)
        return False

    def measures(self) -> Iterator[str]:
        for place, token in enumerate(self._tokens):
            if not token[0].isdecimal():
                continue
            value, end = self._number(place)
            unit = "" if value is None else self._unit(place, end)
            if value is not None and unit not in {"", "other"}:
                yield f"measure/{unit}/{_shown(value)}"

    def _number(self, place: int) -> tuple[float | None, int]:
        """Return the number that begins at a place, and the place behind it."""
        token, end = self._tokens[place], place + 1
        if token[0].isdecimal():
            value = value_of(token)
        else:
            words = self._meaning("numbers", place)
            value = float(words) if words else None
        if value is None:
            return None, end
        times = self._times(place, end) if end < len(self._tokens) else ""
        return (value * float(times), end + 1) if times else (value, end)

    def _times(self, place: int, end: int) -> str:
        """Return what multiplies a number; `m` are millions behind a sign, else metres."""
        if self._tokens[end] == "m" and place and self._tokens[place - 1] in _SIGNS:
            return "1000000"
        return self._meaning("times", end)

    def _unit(self, place: int, end: int) -> str:
        """Return what a number measures, `other` for times and ways, "" for none."""
        before = self._tokens[place - 1] if place else ""
        behind = self._tokens[end] if end < len(self._tokens) else ""
        if before in _SIGNS or behind in _SIGNS:
            return _SIGNS.get(before) or _SIGNS[behind]
        if behind == ":" or (behind and self._meaning("others", end)):
            return "other"
        for after in range(end, min(end + 2, len(self._tokens))):
            if self._tokens[after][0].isdecimal() or self._meaning("counted", after):
                return ""
            unit = self._meaning("units", after)
            if unit:
                return unit
        leading = (self._meaning("units", n) for n in range(max(0, place - 2), place))
        return next((unit for unit in leading if unit in LEADING), "")

    def _counted(self, place: int, end: int, *, in_words: bool) -> str:
        """Return the kind of people that a number counts: the nearest one.

        One of the same clause rather: «убиты 3, ранены 12».
        """
        ahead = self._towards(range(end, end + (_NEAR if in_words else _AHEAD)))
        is_other_clause = ahead is not None and self._parted(place, end + ahead[0])
        reach = 1 if in_words else _AHEAD if is_other_clause else _BEHIND
        behind = self._towards(range(place - 1, place - 1 - reach, -1))
        if behind and is_other_clause:
            is_other_clause = not self._parted(place - 1 - behind[0], place)
        elif behind and ahead and self._parted(place - 1 - behind[0], place):
            behind = None
        if ahead and (not behind or (ahead[0] <= behind[0] and not is_other_clause)):
            return ahead[1]
        return behind[1] if behind else self._reaching(place)

    def _reaching(self, place: int) -> str:
        """Return the kind whose count rose to a number: "deaths in the town rise to 7"."""
        reached = False
        for before in range(place - 1, max(-1, place - 1 - _REACHING), -1):
            if self._tokens[before][0].isdecimal() or self._meaning("numbers", before):
                if before == place - 2 and self._is_span(place):
                    continue
                return ""
            kind = self._meaning("counted", before)
            if kind:
                return kind if reached else ""
            reached = reached or bool(self._meaning("reached", before))
        return ""

    def _is_span(self, place: int) -> bool:
        """Say whether a number is the second one of "from 3 to 12"."""
        start, last = place - 3, place - 1
        return start >= 0 and (self._tokens[start] in FROM and self._tokens[last] in TO)

    def _towards(self, way: Iterable[int]) -> tuple[int, str] | None:
        for steps, place in enumerate(way):
            if not 0 <= place < len(self._tokens) or self._tokens[place][0].isdecimal():
                return None
            kind = self._meaning("counted", place)
            if kind:
                return (steps, kind) if self._is_so(place, kind) else None
        return None


def _shown(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:g}"
