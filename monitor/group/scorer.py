"""How likely a report and a story are one event: features, weighed and added up.

Logistic regression over features that a person can check; the weights are a small
file for each level that `bench/stories/train.py` writes. Contributions to the log-odds
are kept with each decision.

A story is compared with its rivals too: what is as near to several stories is a topic
that they share, and no event.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from monitor.group import places
from monitor.group.clusters import Cluster
from monitor.group.levels import Scale
from monitor.group.vectors import Report, Vector

_FEW = 3
"""Words in common from which on a likeness is no coincidence."""
_TELLING = 4.0
"""What a word weighs at least to be counted among these; a place, which may be the
subject of a whole desk, is not."""
_SCORED = 3
"""The most alike of the candidates, which are compared in full."""
_RIVALS = 4
FEW_STORIES = 20
"""Stories of a window from which on it shows how alike different ones are."""
_WORDS_FLOOR, _MEANING_FLOOR = 0.2, 0.5
"""How alike the nearest other story is as a rule; that there is none says no more."""
_WORDS_ASSUMED, _MEANING_ASSUMED = 0.4, 0.65
"""The same where there are few stories, among which a topic looks like an event."""


@dataclass(slots=True)
class Likeness:
    """How alike a report and a story are."""

    cluster: Cluster
    nearest: Report
    words: float
    second: float
    title_means: float = 0.0
    means: float = 0.0
    second_means: float = 0.0
    story_means: float = 0.0

    @property
    def rank(self) -> float:
        """For the order in which stories are looked at."""
        return self.words + self.means


@dataclass(frozen=True, slots=True)
class Comparison:
    """A report compared with one story."""

    cluster: Cluster
    nearest: Report
    found: Mapping[str, float]
    """The features."""


def compare(
    report: Report, clusters: Sequence[Cluster], *, few: bool = False
) -> list[Comparison]:
    """Compare a report with the stories that come into question.

    `few` says that the window has too few stories to tell an event from a topic.
    """
    alike = [_likeness(report, cluster) for cluster in clusters]
    ranked = sorted(alike, key=lambda one: -one.rank)
    return [
        Comparison(one.cluster, one.nearest, features(report, one, alike, few=few))
        for one in ranked[:_SCORED]
    ]


def _likeness(report: Report, cluster: Cluster) -> Likeness:
    texts = [report.text.cosine(one.text) for one in cluster.members]
    best = max(texts)
    second = sorted(texts)[-2] if len(texts) > 1 else 0.0
    nearest = cluster.members[texts.index(best)]
    rows = cluster.meanings() if report.meaning is not None else None
    if report.meaning is None or rows is None:
        return Likeness(cluster, nearest, best, second)
    titles, whole = rows
    by_text = (whole @ report.meaning.text).tolist()
    means = max(by_text)
    middle = cluster.meaning()
    return Likeness(
        cluster,
        cluster.members[by_text.index(means)],
        best,
        second,
        title_means=float((titles @ report.meaning.title).max()),
        means=means,
        second_means=sorted(by_text)[-2] if len(by_text) > 1 else means,
        story_means=float(middle @ report.meaning.text) if middle is not None else 0.0,
    )


def features(
    report: Report, one: Likeness, alike: Sequence[Likeness], *, few: bool
) -> dict[str, float]:
    """Return what speaks for and against one event."""
    found = _words(report, one) | _circumstances(report, one)
    others = [
        other
        for other in alike
        if other.cluster is not one.cluster and not _kin(other.cluster, one.cluster)
    ]
    found["nearest other story"], found["other stories"] = _rivals(
        [other.words for other in others], _WORDS_ASSUMED if few else _WORDS_FLOOR
    )
    if report.meaning is None:
        return found
    found["title means the same"] = one.title_means
    found["text means the same"] = one.means
    found["story means the same"] = one.story_means
    found["second means the same"] = one.second_means
    titles = [other.title_means for other in others]
    floor = _MEANING_ASSUMED if few else _MEANING_FLOOR
    nearest, crowd = _rivals(titles, floor)
    found["nearest other meaning"], found["other meanings"] = nearest, crowd
    nearest, crowd = _rivals([other.means for other in others], floor)
    found["nearest other text meaning"], found["other text meanings"] = nearest, crowd
    return found


def _kin(one: Cluster, two: Cluster) -> bool:
    """Say whether one story is threaded to another, or both to a third."""
    return bool(one.kin and two.kin) and one.kin == two.kin


def _rivals(values: Sequence[float], floor: float) -> tuple[float, float]:
    """Return how near the nearest other story is, and the nearest few together."""
    first = sorted((max(value, floor) for value in values), reverse=True)[:_RIVALS]
    first += [floor] * (_RIVALS - len(first))
    return first[0], sum(first) / _RIVALS


def _words(report: Report, one: Likeness) -> dict[str, float]:
    """Return how much of their words, names and numbers the two share."""
    cluster, nearest = one.cluster, one.nearest
    title = max(report.title.cosine(each.title) for each in cluster.members)
    names = _names(report, nearest)
    agree = report.numbers & nearest.numbers
    differ = (
        bool(report.title_numbers and nearest.title_numbers)
        and not report.title_numbers & nearest.numbers
        and not nearest.title_numbers & report.numbers
    )
    shared = report.text.weights.keys() & nearest.text.weights.keys()
    weighed = [report.text.weights[word] for word in shared]
    rarest = max(weighed, default=0.0)
    telling = sum(
        weight >= _TELLING and not word.startswith("@")
        for word, weight in zip(shared, weighed, strict=True)
    )
    return {
        "title in common": title,
        "text in common": one.words,
        # One report is its story.
        "like the story": report.text.cosine(cluster.centroid())
        if cluster.size > 1
        else one.words,
        "like a second report": one.second,
        "story says it too": _covered(report.title, cluster.words),
        "names in common": names,
        "names differ": float(bool(report.names and nearest.names) and not names),
        "numbers agree": float(bool(agree)),
        "numbers differ": float(differ),
        "rarest shared word": rarest / 10.0,
        "few words shared": max(0, _FEW - telling) / _FEW,
        "title and names": title * names,
    }


def _circumstances(report: Report, one: Likeness) -> dict[str, float]:
    cluster, nearest = one.cluster, one.nearest
    same_outlet = bool(report.source) and report.source == nearest.source
    return {
        "places differ": float(_elsewhere(report, cluster)),
        "days apart": abs(report.moment - nearest.moment) / timedelta(days=1),
        "size of the story": math.log(cluster.size),
        "other language": float(report.lang != nearest.lang),
        "same outlet": float(same_outlet),
    }


def contributions(found: Mapping[str, float], by: Scale) -> dict[str, float]:
    """Return what each feature adds to the log-odds; those that add nothing left out."""
    weighed = {name: by.weights.get(name, 0.0) * value for name, value in found.items()}
    return {name: value for name, value in weighed.items() if value}


def probability(parts: Mapping[str, float], by: Scale) -> float:
    """Return how likely the two are one event, 0 to 1."""
    odds = by.bias + sum(parts.values())
    return 1.0 / (1.0 + math.exp(-max(min(odds, 60.0), -60.0)))


def _elsewhere(report: Report, cluster: Cluster) -> bool:
    """Say whether the title names places, and all reports of the story other ones."""
    return bool(report.places) and all(
        places.differ(report.places, one.places) for one in cluster.members
    )


def _names(one: Report, two: Report) -> float:
    both = sum(weight for key, weight in one.names.items() if key in two.names)
    less = min(sum(one.names.values()), sum(two.names.values()))
    return min(both / less, 1.0) if less else 0.0


def _covered(title: Vector, words: Mapping[str, float]) -> float:
    whole = sum(title.weights.values())
    said = sum(weight for word, weight in title.weights.items() if word in words)
    return said / whole if whole else 0.0
