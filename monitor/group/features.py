"""What speaks for and against one event, each of it a number that a person can check."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.group import contradictions, places
from monitor.group.clusters import Cluster
from monitor.group.fingerprints import NAME_KEY
from monitor.group.vectors import Report, Shared

_TELLING = 7.0
"""What a word of a report weighs at least to be counted among these; a place, which
may be the subject of a whole desk, is not."""
_REPLACED = 2
"""Words of a title that stand in for others, at most."""
_PATTERN = 4
"""Words of a short title; in a long one that is repeated, a word may well differ."""
_LONG_PATTERN = 8
"""Words of a title in which a name or a place that differs tells."""
_RIVALS = 4
_WORDS_FLOOR, _MEANING_FLOOR = 0.2, 0.5
"""How alike the nearest other story is as a rule; that there is none says no more."""
_WORDS_ASSUMED, _MEANING_ASSUMED = 0.4, 0.65
"""The same where there are few stories, among which a topic looks like an event."""
_WEIGHT = 20.0
"""What the telling words of a title weigh together, about."""
_MOST_DAYS = 3.0
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Likeness:
    """How alike a report and a story are."""

    cluster: Cluster
    nearest: Report
    shared: Shared
    """All words that the report may share with reports of the story."""
    words: float
    title_means: float = 0.0
    means: float = 0.0
    story_means: float = 0.0

    @property
    def rank(self) -> float:
        """For the order in which stories are looked at."""
        return self.words + self.means


def likeness(report: Report, cluster: Cluster) -> Likeness:
    """Compare a report with each report of a story, and with the story as a whole."""
    shared = cluster.sharing(report.text)
    texts = report.text.cosines([one.text for one in cluster.members], shared)
    best = max(texts)
    nearest = cluster.members[texts.index(best)]
    rows = cluster.meanings() if report.meaning is not None else None
    if report.meaning is None or rows is None:
        return Likeness(cluster, nearest, shared, best)
    titles, whole = rows
    by_text = (whole @ report.meaning.text).tolist()
    means = max(by_text)
    middle = cluster.meaning()
    return Likeness(
        cluster,
        cluster.members[by_text.index(means)],
        shared,
        best,
        title_means=float((titles @ report.meaning.title).max()),
        means=means,
        story_means=float(middle @ report.meaning.text) if middle is not None else 0.0,
    )


def features(
    report: Report, one: Likeness, alike: Sequence[Likeness], *, few: bool
) -> dict[str, float]:
    """Return what speaks for and against one event.

    `alike` are all stories that come into question; `few` says that they are too few
    to tell an event from a topic.
    """
    others = _rivals(one.cluster, alike)
    found = _words(report, one)
    found |= _names(report, one.nearest)
    found |= _contradictions(report, one.nearest, found["title in common"])
    found |= _circumstances(report, one)
    found["other stories"] = _nearer(
        [other.words for other in others],
        _WORDS_FLOOR,
        _WORDS_ASSUMED if few else _WORDS_FLOOR,
    )
    if report.meaning is not None:
        found |= _meaning(report, one, others, few=few)
    return found


def _rivals(cluster: Cluster, alike: Sequence[Likeness]) -> list[Likeness]:
    """Return the other stories; not those that are threaded to this one, or with it."""
    kin = cluster.kin
    return [
        other
        for other in alike
        if other.cluster is not cluster and not (kin and other.cluster.kin == kin)
    ]


def _nearer(values: Sequence[float], usual: float, floor: float) -> float:
    """Return how much nearer than usual the nearest few other stories are."""
    near = sorted([value for value in values if value > floor], reverse=True)[:_RIVALS]
    return (sum(near) + floor * (_RIVALS - len(near))) / _RIVALS - usual


def _words(report: Report, one: Likeness) -> dict[str, float]:
    """Return how much of their words the two share, and what each says beyond."""
    cluster, nearest, title = one.cluster, one.nearest, report.title
    theirs = nearest.text.weights
    shared = cluster.sharing(title)
    titles = title.cosines([member.title for member in cluster.members], shared)
    left = _left(title.weights, theirs)
    # One report is its story.
    alone = cluster.words is theirs
    story_left = left if alone else _left(title.weights, cluster.words)
    their_left = _left(nearest.title.weights, report.text.weights)
    weighed = [
        weight for word, weight in one.shared if word in theirs and word[0] != "@"
    ]
    return {
        "title in common": max(titles),
        "text in common": one.words,
        "like the story": one.words
        if alone
        else report.text.cosines([cluster.centroid()], one.shared)[0],
        "story says it too": 1.0 - story_left / title.total,
        "report says it too": 1.0 - their_left / nearest.title.total,
        "weight in common": (title.total - left) / _WEIGHT,
        # Across languages a word that is not known is no other word.
        "one word for another": float(
            report.lang == nearest.lang and _replaced(report, nearest)
        ),
        "no telling word shared": float(max(weighed, default=0.0) < _TELLING),
        "rarest shared word": max(weighed, default=0.0) / 10.0,
    }


def _names(report: Report, nearest: Report) -> dict[str, float]:
    """Return the names in common, and how much each names that the other does not."""
    mine, theirs = report.names, nearest.names
    if not (mine and theirs):
        return {"names in common": 0.0, "names differ": 0.0}
    # Exact, so that the order of a set cannot change a decision.
    both = math.fsum([weight for key, weight in mine.items() if key in theirs])
    less = min(report.named, nearest.named)
    return {
        "names in common": min(both / less, 1.0) if less else 0.0,
        "names differ": min(_left(mine, theirs), _left(theirs, mine)) / _WEIGHT,
    }


def _another_issue(report: Report, nearest: Report) -> bool:
    """Say whether titles name different days or issues.

    Today's table, chapter or prices are worded as yesterday's; a toll that rises is not
    meant.
    """
    both = bool(report.issues and nearest.issues)
    return both and report.issues.isdisjoint(nearest.issues)


def _contradictions(report: Report, nearest: Report, alike: float) -> dict[str, float]:
    """Return what the two cannot both say of one event."""
    one, two = report.claims, nearest.claims
    # Across languages a name that is not found may be spelled otherwise.
    one_language = report.lang == nearest.lang
    persons = one_language and contradictions.persons_differ(
        one, report.names, two, nearest.names
    )
    reverse = contradictions.reversed_in(
        report.title.weights,
        report.text.weights,
        nearest.title.weights,
        nearest.text.weights,
    )
    number = one_language and contradictions.numbers_differ(one, two)
    return {
        "another issue of like titles": _another_issue(report, nearest) * alike,
        "another amount": float(contradictions.amounts_differ(one, two)),
        "another number of like titles": number * alike,
        "another of a series": float(contradictions.issues_differ(one, two)),
        "the reverse": float(reverse),
        "other persons": float(persons),
    }


def _circumstances(report: Report, one: Likeness) -> dict[str, float]:
    cluster, nearest = one.cluster, one.nearest
    days = abs(report.moment - nearest.moment) / _DAY
    since = min([abs(report.moment - one.moment) for one in cluster.members]) / _DAY
    return {
        "places differ": float(_elsewhere(report, cluster)),
        "same place": float(bool(report.places & nearest.places)),
        "days apart": min(days, _MOST_DAYS),
        "days since the last": min(since, _MOST_DAYS),
        "size of the story": math.log(cluster.size),
        "same outlet": float(bool(report.source) and report.source == nearest.source),
        "other language": float(report.lang != nearest.lang),
    }


def _meaning(
    report: Report, one: Likeness, others: Sequence[Likeness], *, few: bool
) -> dict[str, float]:
    texts = _nearer(
        [other.means for other in others],
        _MEANING_FLOOR,
        _MEANING_ASSUMED if few else _MEANING_FLOOR,
    )
    both = report.summarised and one.nearest.summarised
    foreign = report.lang != one.nearest.lang
    return {
        "title means the same": one.title_means,
        "text means the same": one.means,
        "story means the same": one.story_means,
        "meaning across languages": one.title_means * foreign,
        "summaries mean the same": one.means * both,
        "other text meanings": texts,
    }


def _replaced(one: Report, two: Report) -> bool:
    """Say whether two titles are worded alike but for a word or two that tell.

    Putin meets Lukashenko in Sochi, Putin meets Erdogan in Sochi. A word of which nothing
    is known may mean the same as the one that it stands in for.
    """
    shared = sum([word in two.title.weights for word in one.saying])
    if not _REPLACED <= shared <= _LONG_PATTERN:
        return False
    left = [word for word in one.saying if word not in two.title.weights]
    their_left = [word for word in two.saying if word not in one.title.weights]
    if not (0 < len(left) <= _REPLACED and 0 < len(their_left) <= _REPLACED):
        return False
    if shared <= _PATTERN and any(word[0] == "#" for word in (*left, *their_left)):
        return True
    mine, theirs = _names_one(left, one, two), _names_one(their_left, two, one)
    return (mine or theirs) if shared <= _PATTERN else (mine and theirs)


def _names_one(words: Collection[str], report: Report, other: Report) -> bool:
    """Say whether one of the words is a name or a place that the other does not have."""
    named = report.named_within
    return any(
        (
            word[0] == "@"
            # A known name: #EU.
            or word[1:2].isupper()
            or word.lstrip("#")[:NAME_KEY] in named
        )
        and word not in other.text.weights
        for word in words
    )


def _left(weights: Mapping[str, float], known: Collection[str]) -> float:
    """Return what the words weigh that the other side does not have."""
    # Exact, so that the order of names cannot change a decision.
    return math.fsum([weight for word, weight in weights.items() if word not in known])


def _elsewhere(report: Report, cluster: Cluster) -> bool:
    """Say whether the title names places, and all reports of the story other ones."""
    return bool(report.places) and all(
        places.differ(report.places, one.places) for one in cluster.members
    )
