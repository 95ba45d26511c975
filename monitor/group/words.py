"""Why a report was or was not put into a story, in a sentence."""

from collections.abc import Sequence

from monitor.model import Grouping, Relation

_SAYS = {
    "title in common": "its title is worded like one of the story's",
    "text in common": "its text is worded like a report of the story",
    "like the story": "it uses the story's own words",
    "like a second report": "a second report of the story reads like it",
    "story says it too": "what its title says, the story says",
    "names in common": "the same names occur",
    "names differ": "no name occurs in both",
    "numbers agree": "the same number occurs",
    "numbers differ": "their titles name different numbers",
    "rarest shared word": "they share a rare word",
    "places differ": "their titles name different places",
    "few words shared": "few words are in both",
    "days apart": "time has passed between the two",
    "size of the story": "the story is large",
    "other language": "they are in different languages",
    "same outlet": "the same outlet published both",
    "title and names": "titles and names agree at once",
    "nearest other story": "another story reads like it too",
    "other stories": "several stories read like it",
    "title means the same": "its title means what one of the story's does",
    "text means the same": "its text means what a report of the story does",
    "story means the same": "it means what the story's reports mean together",
    "second means the same": "a second report of the story means the same",
    "nearest other meaning": "another story's titles mean the same too",
    "other meanings": "the titles of several stories mean nearly the same",
    "nearest other text meaning": "another story means the same too",
    "other text meanings": "several stories mean nearly the same",
}
_TELLING = 0.3
"""Contributions to the log-odds that are too small to be named."""


def in_words(grouping: Grouping) -> str:
    """Return a sentence on a grouping decision, strongest reasons first."""
    if grouping.level == "identity":
        return f"{grouping.because[0][0]}" if grouping.because else "the same report"
    if grouping.level == "person":
        return "a person decided it"
    if not grouping.because:
        return "nothing like it was found, so it is a story of its own"
    likely = f"{grouping.score:.0%} likely to be one event"
    parts = [_OUTCOMES[grouping.outcome], f"{likely} with the nearest report"]
    return "; ".join([*parts, *reasons(grouping.because)])


def reasons(because: Sequence[tuple[str, float]]) -> list[str]:
    """Return what speaks for one event, and what against it, the strongest first."""
    speaks = [(n, w) for n, w in because if abs(w) >= _TELLING]
    for_it = [_SAYS.get(name, name) for name, weight in speaks if weight > 0][:3]
    against = [_SAYS.get(name, name) for name, weight in speaks if weight < 0][:2]
    said = []
    if for_it:
        said.append(f"for it speaks that {', '.join(for_it)}")
    if against:
        said.append(f"against it that {', '.join(against)}")
    return said


_OUTCOMES = {
    Relation.SAME: "it joined",
    Relation.RELATED: "it is a story of its own, related to a known one",
    Relation.NEW: "it is a story of its own",
}
