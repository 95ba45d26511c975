"""What grouping learns from: reports compared with stories, and whether they are one."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from measure import item, labels
from natural import Known

from monitor.group import scorer, stories
from monitor.group.clusters import Cluster
from monitor.group.levels import Level
from monitor.model import stable_id

FURTHER = 0.4
"""What a pair of one story but not of one event weighs: joining it is no grave error."""


@dataclass(frozen=True)
class Example:
    """One item, compared with the stories that came into question."""

    item: str
    story: str
    kind: str
    """`first` of its story, `further` event of it, `repeat` of an event; or `judged`."""
    found: list
    """(features, whether it is one event, how much that weighs)."""


def labelled(rows, level, own=None):
    """Yield an example for each labelled item of a set.

    Each is compared with the stories as they should be, or, where a scale `own` is
    given, with those that it makes.
    """
    window = _window(rows, level, own)
    known, seen, begun = {}, set(), set()
    for number, row in enumerate(rows):
        one, label = item(row, number), labels(row)
        story, event = label or (row["id"], row["id"])
        window.evict(one.published)
        kind = "repeat" if event in seen else "first"
        if kind == "first" and story in begun:
            kind = "further"
        if label:
            found = [
                (made.found, event_of == event, FURTHER if alike else 1.0)
                for made, event_of, alike in _known(window, one, known, label)
            ]
            yield Example(row["id"], story, kind, found)
        where, related = stable_id("sto", event), ""
        if own is not None:
            made = window.decide(one)
            where, related = made.story_id, made.related_to
        known.setdefault(where, label)
        seen.add(event)
        begun.add(story)
        window.add(one, where, related)


def _window(rows, level, own):
    scale = own or level.scale
    window = stories.Window(Level(level.name, scale, level.encoder))
    window.prepare([item(row, number) for number, row in enumerate(rows)])
    return window


def _known(window, one, known, label):
    for made in _compared(window, one):
        judged = known[made.cluster.story_id]
        if judged:
            alike = judged[0] == label[0] and judged[1] != label[1]
            yield made, judged[1], alike


def _compared(window, one):
    report = window.read(one)
    few = len(window.stories) < scorer.FEW_STORIES
    return scorer.compare(report, window.candidates(report), few=few)


def judged(span, level, own=None):
    """Yield an example for each judged item of some days of a stream.

    Without a scale `own`, each report is a story.
    """
    window, known = _window(span.rows, level, own), Known(span)
    members = defaultdict(list)
    for number, row in enumerate(span.rows):
        one = item(row, number)
        window.evict(one.published)
        if row["id"] in span.judged:
            found = list(_judged(window, one, known, members))
            yield Example(row["id"], row["id"], "judged", found)
        where, related = stable_id("sto", row["id"]), ""
        if own is not None:
            made = window.decide(one)
            where, related = made.story_id, made.related_to
        members[where].append(row["id"])
        window.add(one, where, related)


def _judged(window, one, known, members):
    # A sample stands for many items; that it stands for all of them would make a few
    # judgements rule the rest.
    share = known.judged[one.id]["weight"] ** 0.5
    for made in _compared(window, one):
        label = known.label(one.id, members[made.cluster.story_id])
        if label in {"s", "r", "d"}:
            yield made.found, label == "s", share * (FURTHER if label == "r" else 1.0)


def corrections(path, level):
    """Yield what people corrected, a pair each.

    A merge says that two reports are one event; a split, a link or that a merge was taken
    back that they are not. What was undone says nothing, nor does the end of a link.
    """
    for number, row in enumerate(json.loads(path.read_text("utf-8"))):
        if row.get("undone") or row["kind"] == "unlink":
            continue
        if not row.get("one") or not row.get("other"):
            continue
        one, other = (item(_row(row[name]), number) for name in ("one", "other"))
        cluster = Cluster("sto_other")
        window = stories.Window(level)
        cluster.add(window.read(other))
        made = scorer.compare(window.read(one), [cluster])[0]
        found = [(made.found, row["kind"] == "merge", 1.0)]
        yield Example(f"correction {number}", f"correction {number}", "repeat", found)


def _row(corrected):
    when = corrected["published"]
    moment = datetime.fromisoformat(when).timestamp() if when else None
    return {**corrected, "body": corrected["summary"], "time": moment}
