"""What a report says that its story did not: counts that moved, turns, new places; pure.

For the update policy `updates: news`, and for corrections. A paraphrase says nothing new:
what is compared are facts, and what is known is a set of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.group import places
from monitor.group.credits import is_agency
from monitor.group.facts import Facts, said_by
from monitor.group.names import name_keys, names_of
from monitor.group.sentences import TITLE, Sentence, is_live
from monitor.group.vocabulary import TURNS
from monitor.model import Item

MATERIAL = 0.25
"""A count that moved by this share is news."""
VOICES = (3, 10, 30)
"""Independent sources whose number is news when the story reaches it."""
_URGENT = frozenset(
    {
        "released",
        "dead",
        "alive",
        "confirmed",
        "denied",
        "halted",
        "resumed",
        "cancelled",
    }
)
"""Turns that are not to wait."""
_ALSO_FEWER = frozenset({"missing"})
"""Counts that are news when they fall, too."""
_FIRSTS = {
    "voice/official": "first word of an authority",
    "voice/wire": "first report of a news agency",
}
_NOT_DENIED = frozenset({"", "denied", "alleged"})
"""States that say how something is reported, which is no state of its own."""
CORRECTIONS = frozenset({"correction", "retraction", "denial"})


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new in a report."""

    kind: str
    """`count`, `turn`, `place`, `name`, `confirmation`, `sources`; `correction`,
    `retraction` or `denial` of what the story said."""
    text: str
    """For people."""
    urgent: bool = False
    """Whether it is not to wait: the first deaths, a turn, a correction."""
    sentence: Sentence = TITLE
    """The one that says so."""

    @property
    def corrects(self) -> bool:
        """Whether the report takes back, corrects or denies what was told."""
        return self.kind in CORRECTIONS


def news(report: Item, known: Facts) -> tuple[News, ...]:
    """Return what a report says that is not among what is known of its story.

    The title of a page that is rewritten all day says nothing by itself.
    """
    if not known:
        return ()
    said = said_by(report)
    if is_live(report.title):
        said = [one for one in said if one[0].field != "title"]
    corrected = any("note/correction" in facts for _, facts in said)
    found: dict[tuple[str, str], News] = {}
    for sentence, facts in said:
        for one in _new(sentence, facts, known, corrected=corrected):
            found.setdefault((one.kind, one.text), one)
    for one in _named(report, said, known):
        found.setdefault((one.kind, one.text), one)
    return tuple(sorted(found.values(), key=lambda one: not one.corrects))


def reached(voices: int, known: Facts) -> tuple[News, ...]:
    """Return the news that so many independent sources report a story by now.

    Of the marks that were passed, only the last one is told.
    """
    told = max(
        (int(f.rpartition("/")[2]) for f in known if f.startswith("voices/")), default=0
    )
    marks = [mark for mark in VOICES if told < mark <= voices]
    return (
        (News("sources", f"{voices} independent sources report it"),) if marks else ()
    )


def _new(
    sentence: Sentence, facts: Facts, known: Facts, *, corrected: bool
) -> Iterator[News]:
    yield from _taken_back(sentence, facts, known)
    yield from _counts(sentence, facts, known, corrected=corrected)
    yield from _measures(sentence, facts, known)
    yield from _turns(sentence, facts, known)
    for fact, text in _FIRSTS.items():
        if fact in facts - known:
            yield News("confirmation", text, sentence=sentence)


def _taken_back(sentence: Sentence, facts: Facts, known: Facts) -> Iterator[News]:
    fresh = facts - known
    if "note/retraction" in fresh:
        yield News(
            "retraction",
            "an outlet takes its report back",
            urgent=True,
            sentence=sentence,
        )
    if "note/correction" in fresh:
        yield News(
            "correction",
            "an outlet corrects its report",
            urgent=True,
            sentence=sentence,
        )
    # What is denied must have been told: reports at large, or this state of somebody.
    denied = {one.partition("/")[2] for one in fresh if one.startswith("denial/")}
    told = sorted(
        one
        for one in denied
        if one == "reports" or (one not in _NOT_DENIED and f"state/{one}" in known)
    )
    if told:
        text = f"denied: {', '.join(told)}"
        yield News("denial", text, urgent=True, sentence=sentence)


def _numbers(facts: Facts, prefix: str) -> Iterator[tuple[str, float]]:
    for fact in sorted(facts):
        if fact.startswith(prefix):
            kind, _, number = fact.removeprefix(prefix).rpartition("/")
            yield kind, float(number)


def _counts(
    sentence: Sentence, facts: Facts, known: Facts, *, corrected: bool
) -> Iterator[News]:
    before: dict[str, list[float]] = {}
    for kind, number in _numbers(known, "count/"):
        before.setdefault(kind, []).append(number)
    now: dict[str, float] = {}
    for kind, number in _numbers(facts, "count/"):
        now[kind] = max(now.get(kind, 0), number)
    for kind, number in now.items():
        was = before.get(kind)
        if was is None:
            first = kind == "dead" and "state/dead" not in known
            yield News("count", f"first count of {kind}: {number:.0f}", first, sentence)
        elif _moved(number, was, down=corrected or kind in _ALSO_FEWER):
            text = f"{kind}: {max(was):.0f} before, {number:.0f} now"
            yield News(
                "correction" if corrected else "count", text, corrected, sentence
            )


def _moved(number: float, before: list[float], *, down: bool) -> bool:
    """Say whether a count rose by a share that matters; with `down`, or fell."""
    most = max(before)
    if number > most:
        return number - most >= MATERIAL * most
    return down and all(abs(number - one) >= MATERIAL * one for one in before)


def _measures(sentence: Sentence, facts: Facts, known: Facts) -> Iterator[News]:
    """Tell of a headline's measure that moved; a text names many in passing."""
    if sentence.field != "title":
        return
    before: dict[str, list[float]] = {}
    for unit, number in _numbers(known, "measure/"):
        before.setdefault(unit, []).append(number)
    for unit, number in _numbers(facts, "measure/"):
        was = before.get(unit)
        if was and all(abs(number - one) >= MATERIAL * one for one in was):
            nearest = min(was, key=lambda one: abs(one - number))
            yield News(
                "count",
                f"{unit}: {nearest:g} before, {number:g} now",
                sentence=sentence,
            )


def _turns(sentence: Sentence, facts: Facts, known: Facts) -> Iterator[News]:
    for now, was in TURNS.items():
        if f"state/{now}" not in facts or f"state/{now}" in known:
            continue
        came_from = sorted(one for one in was if f"state/{one}" in known)
        if was and not came_from:
            continue
        text = f"{came_from[0]} before, {now} now" if came_from else now
        yield News("turn", text, now in _URGENT, sentence)


def _named(
    report: Item, said: list[tuple[Sentence, Facts]], known: Facts
) -> Iterator[News]:
    title = next((one for one, _ in said if one.field == "title"), None)
    if title is None:
        return
    there = frozenset(f.removeprefix("place/") for f in known if f.startswith("place/"))
    here = places.named(title.text)
    for place in sorted(here):
        if there and places.differ(frozenset({place}), there):
            yield News(
                "place", f"new place: {place.rpartition('/')[2]}", sentence=title
            )
    text = " ".join(one.text for one, _ in said if one.field != "title")
    fresh = [
        run
        for run in names_of(title.text, report.lang)
        if _is_new(run, known) and (len(run) > 1 or run[0] in text)
    ]
    if fresh:
        names = ", ".join(" ".join(run) for run in fresh[:3])
        yield News("name", f"new name: {names}", sentence=title)


def _is_new(run: tuple[str, ...], known: Facts) -> bool:
    """Say whether no word of a name was read before; one that places something is none."""
    return not any(
        is_agency(word) or places.named(word) or known.issuperset(name_keys([word]))
        for word in run
    )
