"""How well reports are grouped into stories: leaks, hidden events, B-cubed, speed.

    python bench/stories/measure.py FOLDER [--level base] [--json]

FOLDER holds *.jsonl or *.jsonl.xz of items in order (id, time, lang, title, body,
source, url, and story with event, or cluster). Each set is streamed once through our
grouping and through simple ones. Of a set in which items of no known story stand too,
all are streamed and the labelled ones are counted.

leak       a repeated report of an event that did not join silently
unmarked   a repeated report that was not even marked as related
hidden     the first report of a story that was swallowed by another one
related    further events of a known story that were threaded to it or joined it
B3, F1     B-cubed (Bagga and Baldwin 1998) and pairwise F1 of `same` against events
"""

import argparse
import json
import lzma
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

from monitor.group.fingerprints import headline, stems
from monitor.group.trial import Trial
from monitor.model import Item, Relation

START = datetime(2020, 1, 1, tzinfo=UTC)
WINDOW = 2_000
"""Items that the simple methods look back on."""


def sets(folder):
    for path in sorted(folder.rglob("*.jsonl*")):
        opened = lzma.open if path.suffix == ".xz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
        labelled = [r for r in rows if r.get("cluster") or r.get("story")]
        if rows and "title" in rows[0] and labelled:
            yield path.name.split(".")[0], rows


def labels(row):
    """Return (story, event) of a row, or None where nobody judged it."""
    story = row.get("story") or row.get("cluster")
    return (str(story), str(row.get("event") or story)) if story else None


def item(row, number):
    if row.get("time"):
        moment = datetime.fromtimestamp(float(row["time"]), UTC)
    else:
        moment = START + timedelta(minutes=number)
    texts = {"title": row.get("title") or "", "summary": (row.get("body") or "")[:600]}
    rest = {name: row.get(name) or "" for name in ("lang", "source", "url")}
    return Item(id=row["id"], feed="", key=row["id"], published=moment, **texts, **rest)


def ours():
    trial = Trial()

    def place(one):
        found = trial.place(one)
        return found.story_id, found.outcome, found.related_to

    return place


def by_likeness(alike, enough):
    """Return a method that joins the most alike of the last titles."""
    seen = []

    def place(one):
        key = headline(one.title)
        words = frozenset(stems(key))
        best, story = 0.0, ""
        for other, others, known in islice(reversed(seen), WINDOW):
            score = alike(key, words, other, others)
            if score > best:
                best, story = score, known
        same = best >= enough
        story = story if same else one.id
        seen.append((key, words, story))
        return story, Relation.SAME if same else Relation.NEW, ""

    return place


def exact(key, _words, other, _others):
    return float(key == other)


def fuzzy(key, words, other, others):
    if not words & others:
        return 0.0
    return SequenceMatcher(None, key, other, autojunk=False).quick_ratio()


def jaccard(_key, words, _other, others):
    return len(words & others) / (len(words | others) or 1)


METHODS = {
    "tocsin": ours,
    "exact title": lambda: by_likeness(exact, 1.0),
    "fuzzy title": lambda: by_likeness(fuzzy, 0.85),
    "title Jaccard": lambda: by_likeness(jaccard, 0.55),
}


def measure(rows, method):
    place = METHODS[method]()
    items = [item(row, number) for number, row in enumerate(rows)]
    begin = time.process_time()
    placed = [place(one) for one in items]
    spent = time.process_time() - begin
    counts, wrong = Counter(), []
    of_event, of_story = defaultdict(set), defaultdict(set)
    pairs = []
    for row, (where, outcome, related) in zip(rows, placed, strict=True):
        label = labels(row)
        if label is None:
            continue
        story, event = label
        if of_event[event]:
            counts["repeats"] += 1
            counts["leak"] += outcome is not Relation.SAME
            counts["unmarked"] += outcome is Relation.NEW
        elif of_story[story]:
            counts["further"] += 1
            counts["related"] += where in of_story[story] or related in of_story[story]
        else:
            counts["first"] += 1
            counts["hidden"] += outcome is Relation.SAME
            if outcome is Relation.SAME:
                wrong.append(row["id"])
        of_event[event].add(where)
        of_story[story].add(where)
        pairs.append((where, event))
    return {
        "method": method,
        "items": len(rows),
        "labelled": len(pairs),
        "leak": share(counts, "leak", "repeats"),
        "unmarked": share(counts, "unmarked", "repeats"),
        "hidden": share(counts, "hidden", "first"),
        "related": share(counts, "related", "further"),
        **agreement(pairs),
        "items_per_s": round(len(rows) / spent) if spent else None,
        "hidden_ids": wrong,
    }


def share(counts, part, whole):
    return counts[part] / counts[whole] if counts[whole] else None


def agreement(pairs):
    """Return B-cubed and pairwise F1 of what was found against what is so."""
    found, real, both = Counter(), Counter(), Counter(pairs)
    for where, event in pairs:
        found[where] += 1
        real[event] += 1
    total = len(pairs) or 1
    precision = sum(n * n / found[w] for (w, _), n in both.items()) / total
    recall = sum(n * n / real[e] for (_, e), n in both.items()) / total
    hits = sum(n * (n - 1) for n in both.values())
    said = sum(n * (n - 1) for n in found.values())
    true = sum(n * (n - 1) for n in real.values())
    return {
        "b3": f1(precision, recall),
        "f1": f1(hits / (said or 1), hits / (true or 1)),
    }


def f1(precision, recall):
    whole = precision + recall
    return 2 * precision * recall / whole if whole else 0.0


def shown(value):
    return "     -" if value is None else f"{value:6.3f}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--level", choices=["base"], default="base")
    parser.add_argument("--method", choices=list(METHODS), action="append")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = []
    for name, rows in sets(options.folder):
        if not options.json:
            print(f"{name}, {len(rows)} items, level {options.level}")
            print(f"  {'':14}  leak unmarked hidden related    B3     F1  items/s")
        for method in options.method or METHODS:
            found = {"set": name, "level": options.level, **measure(rows, method)}
            results.append(found)
            if not options.json:
                columns = ("leak", "unmarked", "hidden", "related", "b3", "f1")
                figures = " ".join(shown(found[key]) for key in columns)
                print(f"  {method:14}{figures} {found['items_per_s'] or 0:8}")
    if not results:
        sys.exit(f"{options.folder} holds no labelled items; nothing was measured")
    if options.json:
        print(json.dumps(results, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
