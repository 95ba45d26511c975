"""What a report says that its story did not: counts that moved, turns, new places; pure.

For the update policy `updates: news`. A paraphrase says nothing new.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.group import places
from monitor.group.fingerprints import fold, latin
from monitor.model import Item

MATERIAL = 0.25
"""A count that moved by this share is news."""
_REACH = 4
"""Words between a number and what it counts."""
_TOKENS = re.compile(r"\d[\d.,\u00a0 ]*\d|\d+|[^\W\d_]+")
_DIGITS = 7
"""A longer number counts no people."""
_YEAR = re.compile(r"(?:19|20)\d\d")

# Stems in plain Latin letters, so that all alphabets meet; see `fingerprints.latin`.
_COUNTED = {
    "dead": "dead kills killed deaths died dies pogib ubit zagin zabit zgine tote getotet morts "
    "tues zuvo zahin nuzud bojag",
    "injured": "injur wound ranen poranen rannych rannymi verletz bless suzeist",
    "detained": "detain arrest zaderz zaderzh zatrim zatrym zatrzym festgenomm interpel sulaik",
    "missing": "missing propal propavsh znikl zagubi vermisst disparu dingo",
    "evacuated": "evacuat evakuac evakuir evakuova evakuiert",
}
_TURNS = (
    (
        "released",
        "detain arrest zaderzh zatrim zatrym zatrzym festgenomm jail sulaik imprison",
        "releas freed osvobod osvobozh otpush otpusc zvilnen vyzval zwolnion uwoln freigelass liber paleist",
    ),
    (
        "confirmed",
        "denied denies alleg reportedly otric oproverg zapere zaprzecz dementi abgestrit",
        "confirm podtverd pidtverd pacverd potwierdz bestatig confirme patvirtin",
    ),
    (
        "denied",
        "claim alleg said zaya zajav oswiadcz behaupt",
        "denies denied oproverg sprostuva abverg dementi zdementow bestreit dement paneig",
    ),
    (
        "resumed",
        "halt stopp suspend prekrat prystan pryp wstrzym gestoppt suspendu sustabd",
        "resum vozobnov vidnov adnav wznow wieder aufgenommen reprend atnaujin",
    ),
)
_BYPASS = frozenset({"dead", "released", "denied"})


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new in a report."""

    kind: str
    """`count`, `turn` or `place`."""
    text: str
    """For people."""
    urgent: bool = False
    """Whether it is not to wait: the first deaths, a turn."""


def news(report: Item, before: Sequence[Item]) -> tuple[News, ...]:
    """Return what a report says that none of the reports before said."""
    return (
        *_counts(report, before),
        *_turns(report, before),
        *_places(report, before),
    )


def _text(item: Item) -> str:
    return latin(fold(f"{item.title}. {item.summary[:600]}"))


def _counts(report: Item, before: Sequence[Item]) -> list[News]:
    known: dict[str, int] = {}
    for item in before:
        for kind, number in _counted(_text(item)).items():
            known[kind] = max(known.get(kind, 0), number)
    found = []
    for kind, number in _counted(_text(report)).items():
        was = known.get(kind)
        if was is None:
            text = f"first count of {kind}: {number}"
            found.append(News("count", text, kind in _BYPASS))
        elif number > was and number - was >= MATERIAL * was:
            found.append(News("count", f"{kind}: {was} before, {number} now"))
    return found


def _counted(text: str) -> dict[str, int]:
    """Return the largest number of each kind that a text counts."""
    tokens = _TOKENS.findall(text)
    found: dict[str, int] = {}
    for place, token in enumerate(tokens):
        if not token[0].isdigit():
            continue
        digits = re.sub(r"\D", "", token)
        if len(digits) > _DIGITS or _YEAR.fullmatch(token):
            continue
        near = [
            *tokens[place + 1 : place + 1 + _REACH],
            *tokens[max(0, place - 2) : place],
        ]
        for kind, stems in _COUNTED.items():
            if any(_begins(word, stems) for word in near):
                found[kind] = max(found.get(kind, 0), int(digits))
                break
    return found


def _begins(word: str, stems: str) -> bool:
    return any(word.startswith(stem) for stem in stems.split())


def _has(text: str, stems: str) -> bool:
    return any(_begins(word, stems) for word in _TOKENS.findall(text))


def _turns(report: Item, before: Sequence[Item]) -> list[News]:
    text, earlier = _text(report), [_text(item) for item in before]
    found = []
    for name, was, now in _TURNS:
        said = any(_has(one, was) for one in earlier)
        turned = any(_has(one, now) for one in earlier)
        if said and not turned and _has(text, now):
            found.append(News("turn", name, urgent=name in _BYPASS))
    return found


def _places(report: Item, before: Sequence[Item]) -> list[News]:
    known: set[str] = set()
    for item in before:
        known |= places.named(f"{item.title}. {item.summary[:600]}")
    fresh = [
        place
        for place in sorted(places.named(report.title))
        if known and places.differ(frozenset({place}), frozenset(known))
    ]
    return [News("place", f"new place: {place.rpartition('/')[2]}") for place in fresh]
