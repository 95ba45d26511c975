"""Grouping on news as it comes: days of a stream of which a sample was judged.

`judged.jsonl` holds no texts: for each sampled item the set and the days that it is
of, how many items of those days it stands for, and which of the earlier items most
like it report the same event (s), another event of the same story (r) or another story
(d); u where the reader could not say. The texts are read from FOLDER
(stream_2023_mar_jun.jsonl.xz, census-dev.tar.xz).

How it was judged: same event is the same occurrence, statement, decision or match, so
that who knows the first report learns details from the second; a rising toll is the
same event. A preview, a reaction, the next day's page of a running story is another
event of the story. Horoscopes, prices, fixtures and tables of two days are two stories.
Titles, and the beginnings of texts, were shown without scores, the candidates in random
order, to one reader. The sample was drawn evenly over how near the nearest earlier title is; the
weights undo that. Pairs that the grouping proposed, and that were not among these, were
judged later, in the same way and without their scores; of 118 that two readers saw, they
judged 105 alike, and none the same event the one and another story the other.

Days of the part `aside` are for reporting: nothing is fitted on them.
"""

import io
import json
import lzma
import random
import tarfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.model import Relation

JUDGED = Path(__file__).with_name("judged.jsonl")
CENSUS = "census-dev.tar.xz"
RESAMPLES = 400


@dataclass(frozen=True)
class Span:
    """Some days of a stream, of which a sample was judged."""

    name: str
    part: str
    rows: list[dict]
    judged: dict[str, dict]


def spans(folder):
    """Return the judged days whose texts FOLDER holds."""
    lines = JUDGED.read_text("utf-8").splitlines()
    by_span = defaultdict(list)
    for line in lines:
        one = json.loads(line)
        by_span[one["set"], one["days"], one["part"]].append(one)
    rows = {name: _rows(folder, name) for name, *_ in by_span}
    return [
        Span(
            f"{name} {days}",
            part,
            [row for row in rows[name] if _within(row, days)],
            {one["item"]: one for one in judged},
        )
        for (name, days, part), judged in by_span.items()
        if rows[name]
    ]


def _within(row, days):
    first, last = days.split("..")
    return first <= f"{datetime.fromtimestamp(row['time'], UTC):%Y-%m-%d}" <= last


def _rows(folder, name):
    for path in folder.rglob(f"{name}.jsonl.xz"):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    for path in folder.rglob(CENSUS):
        with tarfile.open(path) as census:
            found = census.extractfile(f"census/{name}.jsonl")
            return [_census(json.loads(line)) for line in io.TextIOWrapper(found)]
    return []


def _census(row):
    when = datetime.fromisoformat(row["published"])
    return {**row, "body": row["summary"], "time": when.timestamp()}


class Known:
    """What was judged of one item, and by what follows from other judgements."""

    def __init__(self, span):
        """Join what is the same event, pair by pair."""
        self.judged, self.heads = span.judged, {}
        for item, one in span.judged.items():
            for other, label in one["pairs"].items():
                if label == "s":
                    self.heads[self.head(item)] = self.head(other)

    def head(self, item):
        while item in self.heads and self.heads[item] != item:
            item = self.heads[item]
        return item

    def label(self, item, members):
        """Return what an item and a story are to each other: s, r, d, u, or ""."""
        pairs = self.judged[item]["pairs"]
        found = {pairs.get(member, "") for member in members}
        head = self.head(item)
        if "s" in found or any(self.head(member) == head for member in members):
            return "s"
        return next((label for label in "urd" if label in found), "")

    def is_repeat(self, item):
        return "s" in self.judged[item]["pairs"].values()


def outcomes(span, placed):
    """Yield (weight, is a repeat, outcome, label, is a page) of each judged item.

    `placed` has (story, outcome) of each row, in order.
    """
    known, members = Known(span), defaultdict(list)
    for row, (story, outcome) in zip(span.rows, placed, strict=True):
        one = span.judged.get(row["id"])
        if one:
            label = known.label(row["id"], members[story])
            page = bool(one.get("page"))
            yield one["weight"], known.is_repeat(row["id"]), outcome, label, page
        members[story].append(row["id"])


def rates(found):
    """Return the rates that the sample says of all items of its days."""
    counts = Counter()
    for weight, repeat, outcome, label, page in found:
        same = outcome is Relation.SAME
        if repeat:
            counts["repeats"] += weight
            counts["leak"] += weight * (not same)
            counts["unmarked"] += weight * (outcome is Relation.NEW)
        elif not (same and label == "u"):
            counts["new"] += weight
            wrong = weight * (same and label in {"d", ""})
            counts["hidden"] += wrong
            counts["news"] += weight * (not page)
            counts["hidden news"] += wrong * (not page)
            counts["muffled"] += weight * (same and label == "r")
    repeats, new = counts["repeats"] or 1, counts["new"] or 1
    return {
        "leak": counts["leak"] / repeats,
        "unmarked": counts["unmarked"] / repeats,
        "hidden": counts["hidden"] / new,
        "hidden news": counts["hidden news"] / (counts["news"] or 1),
        "muffled": counts["muffled"] / new,
    }


def interval(found, name):
    """Return the 95 % interval of a rate, by drawing the sample anew."""
    chance = random.Random(0)
    drawn = sorted(
        rates(chance.choices(found, k=len(found)))[name] for _ in range(RESAMPLES)
    )
    return drawn[RESAMPLES // 40], drawn[-RESAMPLES // 40]
