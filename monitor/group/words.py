"""Why a report was or was not put into a story, in a sentence."""

from collections.abc import Sequence

from monitor.model import Grouping, Relation

_FOR = {
    "title in common": (
        "its title is worded like one of the story's",
        "its title is worded unlike the story's",
    ),
    "text in common": (
        "its text is worded like a report of the story",
        "its text is worded unlike the story's reports",
    ),
    "like the story": (
        "it uses the story's own words",
        "it uses few of the story's own words",
    ),
    "story says it too": (
        "the story says what its title says",
        "its title says what the story does not",
    ),
    "report says it too": (
        "it says what the nearest report's title says",
        "it does not say what the nearest report's title says",
    ),
    "weight in common": ("they share telling words", "they share no telling words"),
    "rarest shared word": ("they share a rare word", "they share common words only"),
    "names in common": (
        "they have names in common",
        "they have few names in common",
    ),
    "same place": (
        "their titles name the same place",
        "their titles name no place in common",
    ),
    "other language": ("they share more words than two languages do as a rule", ""),
    "title means the same": (
        "its title means what one of the story's means",
        "its title means something else than the story's",
    ),
    "text means the same": (
        "its text means what a report of the story means",
        "its text means something else than the story's reports",
    ),
    "story means the same": (
        "it means what the story as a whole means",
        "it means something else than the story as a whole",
    ),
    "meaning across languages": ("the titles mean the same in two languages", ""),
    "summaries mean the same": ("what follows their titles means the same", ""),
}
"""What is said of a feature that speaks for one event: where it is more than usual, and
where it is less; nothing where that tells nothing."""
_AGAINST = {
    "one word for another": ("the titles are alike but for a word or two", ""),
    "no telling word shared": (
        "they share no telling word",
        "they share telling words",
    ),
    "names differ": ("each names somebody whom the other does not", ""),
    "another issue of like titles": (
        "titles worded alike are of different days or issues",
        "",
    ),
    "another amount": ("they name different amounts of one kind", ""),
    "another number of like titles": (
        "titles worded alike name different numbers",
        "",
    ),
    "another of a series": ("they name different ones of a series", ""),
    "the reverse": ("one title says the reverse of the other", ""),
    "other persons": ("each names persons whom the other does not", ""),
    "places differ": ("their titles name different places", ""),
    "days apart": ("they are days apart", "they are of about the same day"),
    "days since the last": (
        "the story's latest report is days old",
        "the story was reported of within the day",
    ),
    "size of the story": ("something in a large story is always alike", ""),
    "same outlet": ("the same outlet published both", ""),
    "other stories": (
        "other stories read like it as well, or are too few to compare with",
        "no other story reads like it",
    ),
    "other text meanings": (
        "other stories mean the same as well, or are too few to compare with",
        "no other story means the same",
    ),
}
"""The same of what speaks against one event."""
_IDENTITY = {
    "exact copy of an item of the story": (
        "it is a report of the story again: it has the address or the text of one"
    ),
    "revision of the same item": "it is a revision of the same item",
}
"""What is said where no model was asked."""
_TELLING = 0.3
"""Contributions to the log-odds that are too small to be named."""


def in_words(grouping: Grouping) -> str:
    """Return a sentence on a grouping decision, strongest reasons first."""
    if grouping.level == "identity":
        same = grouping.because[0][0] if grouping.because else "the same report"
        return _IDENTITY.get(same, same)
    if grouping.level == "person":
        before = grouping.related_to
        return f"a person split it off {before}" if before else "a person decided it"
    if not grouping.because:
        return "nothing like it was found, so it is a story of its own"
    one_event = f"{likely(grouping.score)} likely to be one event"
    nearest = f"the nearest report {grouping.nearest}".rstrip()
    head = f"{_outcome(grouping)}: {one_event} with {nearest}"
    return head + reasons(grouping.because, joined=grouping.outcome is Relation.SAME)


def likely(score: float) -> str:
    """Return a probability in per cent; what is not sure never reads as if it were."""
    said = f"{score:.0%}"
    if said == "100%" and score < 1:
        return "over 99%"
    return "under 1%" if said == "0%" and score > 0 else said


def figure(score: float) -> str:
    """Return a probability as a short figure, under the same rule."""
    said = f"{score:.2f}"
    if said == "1.00" and score < 1:
        return ">0.99"
    return "<0.01" if said == "0.00" and score > 0 else said


def reasons(because: Sequence[tuple[str, float]], *, joined: bool) -> str:
    """Return why a report joined or did not, and what spoke against that."""
    telling = [(n, w) for n, w in because if abs(w) >= _TELLING]
    for_it = [clause for n, w in telling if w > 0 and (clause := _clause(n, w))][:3]
    against = [clause for n, w in telling if w < 0 and (clause := _clause(n, w))][:3]
    why, but = (for_it, against) if joined else (against, for_it)
    said = f", because {_listed(why)}" if why else ""
    return f"{said}; yet {_listed(but)}" if but else said


def _outcome(grouping: Grouping) -> str:
    said = _OUTCOMES[grouping.outcome]
    if grouping.outcome is not Relation.RELATED:
        return said
    return f"{said} {grouping.related_to or 'a known one'}"


def _clause(name: str, weight: float) -> str:
    """Return what a contribution says; nothing where it tells nothing."""
    if name in _AGAINST:
        more, less = _AGAINST[name]
        return more if weight < 0 else less
    more, less = _FOR.get(name, (name, ""))
    return more if weight > 0 else less


def _listed(clauses: Sequence[str]) -> str:
    """Return "a, b and c"."""
    *all_but_last, last = clauses
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last


_OUTCOMES = {
    Relation.SAME: "it joined",
    Relation.RELATED: "it is a story of its own, related to",
    Relation.NEW: "it is a story of its own",
}
