"""Methods side by side at the same rate of hidden events: each at its best threshold.

A threshold alone says nothing of a method: with a lower one it leaks less and hides
more. Each method is run at a row of thresholds; told is the lowest leak among those that
hide at most so much, for each set, for the sets together at one threshold, and for the
days that were put aside (`natural.py`).
"""

from dataclasses import replace
from functools import partial

import natural
from measure import Tally, item, labels, ours
from rivals import by_likeness, embedding, jaccard, minhash, tfidf

SETS, DAYS = "sets together", "days put aside"
OURS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def ways(level):
    """Yield (method, threshold, a maker of `place` with its `prepare`)."""
    for enough in OURS:
        low = min(level.scale.related, enough)
        scale = replace(level.scale, same=enough, related=low)
        yield "tocsin", enough, partial(ours, replace(level, scale=scale))
    alone = {
        "title Jaccard": (
            partial(by_likeness, jaccard),
            (0.2, 0.3, 0.4, 0.5, 0.6, 0.8),
        ),
        "TF-IDF": (tfidf, (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
        "MinHash-LSH": (minhash, (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
    }
    if level.encoder is not None:
        encoded = partial(embedding, level.encoder)
        alone["nearest meaning"] = (
            encoded,
            (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85),
        )
    for name, (method, thresholds) in alone.items():
        for enough in thresholds:
            yield name, enough, partial(_alone, method, enough)


def _alone(method, enough):
    return (lambda _batch: None), method(enough=enough)


def placed(rows, made):
    prepare, place = made()
    items = [item(row, number) for number, row in enumerate(rows)]
    prepare(items)
    return [place(one) for one in items]


def of_sets(known, made):
    """Return {set: (leaks, repeats, hidden, first)} of a method."""
    found = {}
    for name, rows in known.items():
        tally = Tally()
        for number, (row, where) in enumerate(
            zip(rows, placed(rows, made), strict=True)
        ):
            if labels(row) is not None:
                tally.add(labels(row), item(row, number), where)
        counts = tally.counts
        found[name] = tuple(counts[n] for n in ("leak", "repeats", "hidden", "first"))
    found[SETS] = tuple(map(sum, zip(*found.values(), strict=True)))
    return found


def of_days(spans, made):
    found = []
    for span in spans:
        where = [(story, outcome) for story, outcome, _ in placed(span.rows, made)]
        found += natural.outcomes(span, where)
    rates = natural.rates(found)
    return rates["leak"], 1.0, rates["hidden"], 1.0


def sweep(folder, known, level, limit):
    """Yield (method, {source: (leak, threshold) or None}), at most `limit` hidden."""
    spans = [span for span in natural.spans(folder) if span.part == "aside"]
    found = {}
    for method, enough, made in ways(level):
        counts = of_sets(known, made)
        if spans:
            counts[DAYS] = of_days(spans, made)
        best = found.setdefault(method, dict.fromkeys(counts))
        for source, (leaks, repeats, hidden, first) in counts.items():
            leak = leaks / (repeats or 1)
            within = hidden <= limit * first
            if within and (best[source] is None or leak < best[source][0]):
                best[source] = leak, enough
    yield from found.items()
