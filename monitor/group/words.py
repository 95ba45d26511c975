"""Why a report was or was not put into a story, in a sentence."""

from collections.abc import Sequence

from monitor.model import Grouping, Relation

_SAYS = {
    "title in common": "its title is worded like one of the story's",
    "text in common": "its text is worded like a report of the story",
    "like the story": "it uses the story's own words",
    "story says it too": "what its title says, the story says",
    "report says it too": "it says what the nearest report's title says",
    "weight in common": "they share telling words",
    "rarest shared word": "they share a rare word",
    "one word for another": "the titles are alike but for a word or two",
    "few words shared": "few words are in both",
    "names in common": "the same names occur",
    "names differ": "each names somebody whom the other does not",
    "another issue of like titles": "titles worded alike are of different days or issues",
    "another amount": "they name different amounts of one kind",
    "another number of like titles": "titles worded alike name different numbers",
    "another of a series": "they name different ones of a series",
    "the reverse": "one title says the reverse of the other",
    "other persons": "each names persons whom the other does not",
    "places differ": "their titles name different places",
    "same place": "their titles name the same place",
    "days apart": "time has passed between the two",
    "days since the last": "time has passed since the story's latest report",
    "size of the story": "the story is large",
    "other language": "two languages share few words, and these do share some",
    "same outlet": "the same outlet published both",
    "other stories": "several stories read like it",
    "title means the same": "its title means what one of the story's does",
    "text means the same": "its text means what a report of the story does",
    "story means the same": "it means what the story's reports mean together",
    "meaning across languages": "the titles mean the same in two languages",
    "summaries mean the same": "both texts mean the same beside their titles",
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
