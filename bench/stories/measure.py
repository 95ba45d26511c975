"""How well reports are grouped into stories: leaks, hidden events, B-cubed, speed.

    python bench/stories/measure.py [FOLDER] [--level base] [--json] [--growth N] [--sweep]

FOLDER (bench/stories/samples where none is named) holds *.jsonl or *.jsonl.xz of items in order (id, time, lang, title, body,
source, url, and story with event, or cluster). Each set is streamed once through our
grouping and through simple ones. Of a set in which items of no known story stand too,
all are streamed and the labelled ones are counted.

leak       a repeated report of an event that did not join silently
unmarked   a repeated report that was not even marked as related
hidden     the first report of a story that was swallowed by another one
related    further events of a known story that were threaded to it or joined it
B3, F1     B-cubed (Bagga and Baldwin 1998) and pairwise F1 of `same` against events
end        B3 of what stories are in the end, when later reports have merged some
late       events not told at their first report: minutes until they were (median),
           and how many never were
p99        milliseconds that one item took at most, of 99 in 100
--sweep    each method at its best threshold among those that hide at most 0.5 %
--growth   N unlabelled headlines (stream*.jsonl.xz) within the window, which holds the
           last 100,000 of them: items a second and memory as they add up
"""

import argparse
import json
import lzma
import resource
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
from ends import Ends
from rivals import methods

from monitor.app import levels
from monitor.app.settling import settle
from monitor.group.stories import HORIZON
from monitor.group.trial import Trial
from monitor.model import Item, Relation

HIDDEN = 0.005
"""The rate of hidden events at which methods are compared."""
SAMPLES = Path(__file__).with_name("samples")
"""Reports of our own in eight languages: what is measured where no folder is named."""
START = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 64
"""Items that are encoded together, as a poll's are."""


class Remembering:
    """An encoder that encodes each text once."""

    def __init__(self, encoder):
        self.encoder, self.known = encoder, {}

    def encode(self, texts):
        fresh = list(dict.fromkeys(text for text in texts if text not in self.known))
        for start in range(0, len(fresh), 512):
            part = fresh[start : start + 512]
            self.known.update(zip(part, self.encoder.encode(part), strict=True))
        return np.stack([self.known[text] for text in texts])


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


def ours(level):
    trial, ends = Trial(level), Ends()

    def place(one):
        found = trial.place(one)
        ends.join(found.story_id, [rival.story_id for rival in trial.one_with])
        return found.story_id, found.outcome, found.related_to

    return trial.prepare, place, ends


def none_needed(_batch):
    """Prepare nothing: the other methods read each item as it comes."""


def placing(items, prepare, place):
    """Return where each item was put, and how many seconds each took."""
    placed, took = [], []
    for start in range(0, len(items), BATCH):
        batch = items[start : start + BATCH]
        begin = time.process_time()
        prepare(batch)
        share_of_batch = (time.process_time() - begin) / len(batch)
        for one in batch:
            begin = time.process_time()
            placed.append(place(one))
            took.append(time.process_time() - begin + share_of_batch)
    return placed, took


class Tally:
    """Counts what became of labelled items, in their order."""

    def __init__(self):
        self.counts, self.by_language = Counter(), defaultdict(Counter)
        self.of_event, self.of_story = defaultdict(set), defaultdict(set)
        self.pairs, self.begun, self.told, self.wrong = [], {}, {}, []

    def add(self, label, one, placed):
        story, event = label
        where, outcome, related = placed
        same = outcome is Relation.SAME
        self.begun.setdefault(event, one.published)
        if not same:
            self.told.setdefault(event, one.published)
        if self.of_event[event]:
            self.count(one, "repeats")
            self.count(one, "leak", not same)
            self.count(one, "unmarked", outcome is Relation.NEW)
        elif self.of_story[story]:
            known = self.of_story[story]
            self.count(one, "further")
            self.count(one, "related", where in known or related in known)
        else:
            self.count(one, "first")
            self.count(one, "hidden", same)
            self.wrong += [one.id] * same
        self.of_event[event].add(where)
        self.of_story[story].add(where)
        self.pairs.append((where, event))

    def count(self, one, what, many=1):
        self.counts[what] += many
        self.by_language[one.lang][what] += many

    def figures(self):
        told, begun = self.told, self.begun
        late = [told[e] - t for e, t in begun.items() if e in told and told[e] > t]
        languages = sorted(self.by_language.items())
        return {
            "labelled": len(self.pairs),
            **rates(self.counts),
            **agreement(self.pairs),
            "late": len(late),
            "late_minutes": round(median(late) / timedelta(minutes=1), 1)
            if late
            else 0,
            "never_told": len(begun) - len(told),
            "by_language": {lang: rates(counts) for lang, counts in languages},
            "hidden_ids": self.wrong,
        }


def rates(counts):
    return {
        "leak": share(counts, "leak", "repeats"),
        "unmarked": share(counts, "unmarked", "repeats"),
        "hidden": share(counts, "hidden", "first"),
        "related": share(counts, "related", "further"),
        "repeats": counts["repeats"],
        "first": counts["first"],
    }


def measure(rows, name, level):
    """Return the figures of one method on one set."""
    if name == "tocsin":
        prepare, place, ends = ours(level)
    else:
        place, ends = methods(level.encoder)[name](), Ends()
        prepare = none_needed
    items = [item(row, number) for number, row in enumerate(rows)]
    placed, took = placing(items, prepare, place)
    tally = Tally()
    for row, one, where in zip(rows, items, placed, strict=True):
        label = labels(row)
        if label is not None:
            tally.add(label, one, where)
    return {
        "method": name,
        "items": len(rows),
        **tally.figures(),
        "b3_end": agreement([(ends.of(w), e) for w, e in tally.pairs])["b3"],
        "items_per_s": round(len(rows) / (sum(took) or 1e-9)),
        "p99_ms": round(sorted(took)[int(len(took) * 0.99)] * 1000, 2),
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


def headlines(folder, many):
    """Yield unlabelled headlines, dated so close that all of them are in the window.

    Where they end, further ones are made of the beginning of one and the end of another
    of its language: no text comes twice, and words are as common as they are in news.
    """
    rows = []
    for path in sorted(folder.rglob("stream*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            rows += [json.loads(line) for line in islice(lines, many)]
    if not rows:
        sys.exit(f"{folder} holds no stream*.jsonl.xz; nothing was measured")
    by_language = defaultdict(list)
    for row in rows:
        by_language[row.get("lang")].append(row["title"].split())
    apart = (HORIZON / 2).total_seconds() / many
    for number in range(many):
        again, place = divmod(number, len(rows))
        row, title = rows[place], rows[place]["title"]
        if again:
            others = by_language[row.get("lang")]
            other = others[(place + 7919 * again) % len(others)]
            words = title.split()
            title = " ".join(words[: len(words) // 2] + other[len(other) // 2 :])
        when = START.timestamp() + number * apart
        made = {**row, "id": f"{number}", "url": "", "time": when, "title": title}
        yield item(made, number)


def growth(folder, many, level):
    """Yield (items, items a second since the last line, p99, in the window, memory)."""
    trial = Trial(level)
    # As the daemon does, and `tocsin stories try`.
    settle()
    stream, done, step = headlines(folder, many), 0, 1000
    while done < many:
        part = list(islice(stream, min(step, many) - done))
        _, took = placing(part, trial.prepare, trial.place)
        done += len(part)
        step *= 10 if step < 10_000 else 2
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        yield {
            "items": done,
            "items_per_s": round(len(part) / sum(took)),
            "p99_ms": round(sorted(took)[int(len(took) * 0.99)] * 1000, 2),
            "window": len(trial),
            "memory_mb": memory,
        }


def print_set(name, found):
    print(
        f"  {'':15}  leak unmarked hidden related    B3     F1    end  items/s    p99"
    )
    columns = ("leak", "unmarked", "hidden", "related", "b3", "f1", "b3_end")
    for one in found:
        figures = " ".join(shown(one[key]) for key in columns)
        print(f"  {one['method']:15}{figures} {one['items_per_s']:8} {one['p99_ms']:6}")
    ours = found[0]
    for lang, one in ours["by_language"].items():
        figures = " ".join(shown(one[key]) for key in ("leak", "unmarked", "hidden"))
        print(f"  {ours['method']}, {lang:5} {figures}  ({one['repeats']} repeats)")
    late, never = ours["late"], ours["never_told"]
    print(
        f"  late {late} (median {ours['late_minutes']} min), never told {never}; {name}"
    )


def print_sweep(folder, level, *, as_json):
    from sweep import sweep  # noqa: PLC0415 - it reads this module

    known = dict(sets(folder))
    remembered = level
    if level.encoder is not None:
        remembered = replace(level, encoder=Remembering(level.encoder))
    for method, found in sweep(folder, known, remembered, HIDDEN):
        if as_json:
            print(json.dumps({"method": method, "level": level.name.value, **found}))
            continue
        print(f"{method}, level {level.scale.version}")
        for source, best in found.items():
            said = (
                f"{best[0]:6.3f} from {best[1]}" if best else "     - at no threshold"
            )
            print(f"  {source:28} leak {said}", flush=True)


def compare(options, level):
    results = []
    for name, rows in sets(options.folder):
        if not options.json:
            print(f"{name}, {len(rows)} items, level {level.scale.version}", flush=True)
        chosen = options.method or ["tocsin", *methods(level.encoder)]
        found = [
            {"set": name, "level": level.name.value, **measure(rows, method, level)}
            for method in chosen
        ]
        results += found
        if not options.json:
            print_set(name, found)
    if not results:
        sys.exit(f"{options.folder} holds no labelled items; nothing was measured")
    if options.json:
        print(json.dumps(results, ensure_ascii=False, indent=1))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=SAMPLES)
    parser.add_argument("--level", choices=levels.CHOICES, default="base")
    parser.add_argument("--method", action="append")
    parser.add_argument("--growth", type=int, default=0)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    level = levels.level(options.level)
    if options.growth:
        for line in growth(options.folder, options.growth, level):
            print(json.dumps(line) if options.json else line, flush=True)
    elif options.sweep:
        print_sweep(options.folder, level, as_json=options.json)
    else:
        compare(options, level)


if __name__ == "__main__":
    main()
