"""How likely a report and a story are one event: features, weighed and added up.

Logistic regression over features that a person can check; the weights are a small
file for each level that `bench/stories/train.py` writes. Contributions to the log-odds
are kept with each decision.

A story is compared with its rivals too: what is as near to several stories is a topic
that they share, and no event.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitor.group.clusters import Cluster
from monitor.group.features import features, likeness
from monitor.group.levels import Scale
from monitor.group.vectors import Report

_SCORED = 3
"""The most alike of the candidates, which are compared in full."""
FEW_STORIES = 20
"""Stories of a window from which on it shows how alike different ones are."""


class Comparison(NamedTuple):
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
    alike = [likeness(report, cluster) for cluster in clusters]
    ranked = sorted(alike, key=lambda one: -one.rank)
    return [
        Comparison(one.cluster, one.nearest, features(report, one, alike, few=few))
        for one in ranked[:_SCORED]
    ]


def contributions(found: Mapping[str, float], by: Scale) -> dict[str, float]:
    """Return what each feature adds to the log-odds; those that add nothing left out.

    Beside what is usual between reports of different events, which are alike too: what
    is no more than that speaks for nothing.
    """
    usual = by.usual
    weighed = {
        name: weight * (found.get(name, 0.0) - usual.get(name, 0.0))
        for name, weight in by.weights.items()
    }
    return {name: value for name, value in weighed.items() if value}


def probability(found: Mapping[str, float], by: Scale) -> float:
    """Return how likely the two are one event, 0 to 1, by the features."""
    weighed = [
        weight * found[name] for name, weight in by.weights.items() if name in found
    ]
    odds = by.bias + sum(weighed)
    return 1.0 / (1.0 + math.exp(-max(min(odds, 60.0), -60.0)))
