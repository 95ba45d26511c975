"""Whose word each report of a story is: its outlet's own, an agency's, another's; pure.

A graph over the reports: two are joined where one is a copy of the other, by the words
that they share in order, or where both are taken from one agency. What is joined is one
voice. It is the agency's, where one is named, else that of the first to publish.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.group.credits import agency_of
from monitor.group.fingerprints import headline, words
from monitor.model import Item, Source

_SHINGLE = 5
"""Words of a passage that two texts of their own hardly share."""
_COPY = 0.6
"""The share of the shorter text's passages from which on it is a copy."""
_FEWEST = 8
"""Passages below which a text is too short to tell."""
_READ = 2500
_TITLE_WORDS = 6
"""Words from which on an equal headline is no coincidence."""
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose word a report is, and how that is known."""

    item_id: str
    outlet: str
    voice: str
    because: str
    """`its own report`, `taken from TASS`, `a copy of River Post`."""

    @property
    def own(self) -> bool:
        """Whether the outlet speaks for itself."""
        return self.because == _OWN


@dataclass(frozen=True, slots=True)
class Voice:
    """One independent source of a story."""

    name: str
    """Of the owner, where the sources file names one, else of the outlet or agency."""
    source: Source
    """The one whose grade counts."""
    origins: tuple[Origin, ...]
    """The reports that are its word, in the order of publication."""


_OWN = "its own report"


def voices(reports: Sequence[Item], sources: Mapping[str, Source]) -> tuple[Voice, ...]:
    """Return the independent sources of a story, the first to publish first."""
    ordered = sorted(reports, key=lambda one: (one.moment or _END, one.id))
    agencies = [agency_of(one) for one in ordered]
    groups = _joined(ordered, agencies)
    found: dict[str, Voice] = {}
    for members in groups:
        agency = next((agencies[n] for n in members if agencies[n]), "")
        head = ordered[members[0]]
        source = _source(agency, sources, _outlet(head, sources))
        name = source.owner or source.name
        origins = tuple(
            Origin(
                ordered[n].id,
                ordered[n].source,
                name,
                _why(ordered[n], source, agency, head),
            )
            for n in members
        )
        known = found.get(name)
        if known is None:
            found[name] = Voice(name, source, origins)
        else:
            best = min(known.source, source, key=lambda one: one.grade)
            found[name] = Voice(name, best, (*known.origins, *origins))
    return tuple(found.values())


def _outlet(item: Item, sources: Mapping[str, Source]) -> Source:
    return sources.get(item.source, Source(name=item.source))


def _source(agency: str, sources: Mapping[str, Source], outlet: Source) -> Source:
    """Return whose grade counts; one of an agency that nobody graded is its taker's."""
    if not agency or agency == outlet.name:
        return outlet
    return sources.get(agency, Source(name=agency, grade=outlet.grade))


def _why(item: Item, source: Source, agency: str, head: Item) -> str:
    if agency and item.source != source.name:
        return f"taken from {agency}"
    if item.id == head.id or item.source in {head.source, source.name}:
        return _OWN
    return f"a copy of {head.source or 'an unknown outlet'}"


def _joined(ordered: Sequence[Item], agencies: Sequence[str]) -> list[list[int]]:
    """Return which reports are one voice, as places in the order of publication."""
    above = list(range(len(ordered)))

    def top(place: int) -> int:
        while above[place] != place:
            place = above[place]
        return place

    texts = [_Text.of(one) for one in ordered]
    first: dict[str, int] = {}
    for later, text in enumerate(texts):
        if agencies[later]:
            above[top(later)] = top(first.setdefault(agencies[later], later))
        for sooner in range(later):
            if not _two_agencies(agencies[later], agencies[sooner]) and text.copies(
                texts[sooner]
            ):
                low, high = sorted((top(later), top(sooner)))
                above[high] = low
    groups: dict[int, list[int]] = {}
    for place in range(len(ordered)):
        groups.setdefault(top(place), []).append(place)
    return list(groups.values())


def _two_agencies(one: str, other: str) -> bool:
    return bool(one and other and one != other)


@dataclass(frozen=True, slots=True)
class _Text:
    """A report's text as copies are told by."""

    title: tuple[str, ...]
    passages: frozenset[tuple[str, ...]]

    @staticmethod
    def of(item: Item) -> "_Text":
        text = words(f"{item.summary}\n{item.body}"[:_READ])
        passages = (
            tuple(text[n : n + _SHINGLE]) for n in range(len(text) - _SHINGLE + 1)
        )
        return _Text(tuple(words(headline(item.title))), frozenset(passages))

    def copies(self, other: "_Text") -> bool:
        """Say whether two texts are one: the same headline, or most passages."""
        if len(self.title) >= _TITLE_WORDS and self.title == other.title:
            return True
        less = min(len(self.passages), len(other.passages))
        return less >= _FEWEST and len(self.passages & other.passages) >= _COPY * less
