"""Fits the weights of the grouping scorer, and says how good they are on other data.

    python bench/stories/train.py FOLDER [--write]

FOLDER holds judged sets as `measure.py` reads them, and, for how common words are,
stream*.jsonl.xz of unlabelled headlines. Cross-validation leaves out one set at a time:
what is reported of a set was fitted and its threshold chosen on the others. With
--write the weights of all sets together go to monitor/group/weights.json.
"""

import argparse
import json
import lzma
import sys
from collections import Counter
from pathlib import Path

from measure import item, labels, sets
from sklearn.linear_model import LogisticRegression

from monitor.group import scorer, stories, vectors
from monitor.group.fingerprints import capitalised, headline, latin, stems
from monitor.model import stable_id

GROUP = Path(scorer.__file__).parent
TOPICAL = {"uci_news_aggregator_dev"}
"""Sets whose clusters are topics rather than events: not for training."""
MOST_HIDDEN = 0.018
"""The share of new stories that may be swallowed on the data that is trained on."""
VERSION = "base-3"
GIVEN = {
    "places differ": -4.0,
    "few words shared": -3.0,
    "days apart": -0.4,
    "other language": 0.0,
    "size of the story": 0.0,
}
"""Weights that the sets cannot tell: two of three have no times, all of them events
that outlets were picked for."""


def pairs(rows):
    """Yield (features, is one event, query) of each item against its candidates."""
    window = stories.Window()
    known, seen, begun = {}, set(), set()
    for number, row in enumerate(rows):
        one = item(row, number)
        label = labels(row)
        event = label[1] if label else row["id"]
        window.evict(one.published)
        if label:
            kind = "repeat" if event in seen else ""
            kind = kind or ("further" if label[0] in begun else "first")
            # Also where there is nothing to compare with, so that shares are of all.
            yield dict.fromkeys(NAMES, 0.0), False, row["id"], kind
            for cluster in window.candidates(window.read(one)):
                if known[cluster.story_id] is not None:
                    found, _ = scorer.features(window.read(one), cluster)
                    same = known[cluster.story_id] == event
                    yield found, same, row["id"], kind
        story = stable_id("sto", event)
        known[story] = event if label else None
        seen.add(event)
        begun.add(label[0] if label else row["id"])
        window.add(one, story)


def fit(data):
    names = [name for name in NAMES if name not in GIVEN]
    data = [one for one in data if any(one[0].values())]
    rows = [[found[name] for name in names] for found, *_ in data]
    model = LogisticRegression(C=1.0, max_iter=2000)
    model.fit(rows, [same for _, same, *_ in data])
    fitted = dict(zip(names, model.coef_[0].tolist(), strict=True))
    return fitted | GIVEN, float(model.intercept_[0])


def threshold(data, weights, bias):
    """Return the lowest score to join from at which few new stories are swallowed."""
    best, kinds = outcomes(data, weights, bias)
    first = [best[query][0] for query, kind in kinds.items() if kind == "first"]

    def hidden(same):
        return sum(score >= same for score in first) / (len(first) or 1)

    steps = (step / 100 for step in range(40, 98))
    return next((same for same in steps if hidden(same) <= MOST_HIDDEN), 0.98)


def outcomes(data, weights, bias):
    """Return for each query its best score and whether that was right, and its kind."""
    by = scorer.Scale("", bias, weights, 0.0, 0.0)
    best, kinds = {}, {}
    for found, is_same, query, kind in data:
        score = scorer.probability({n: weights[n] * found[n] for n in NAMES}, by)
        kinds[query] = kind
        best[query] = max(best.get(query, (0.0, False)), (score, is_same))
    return best, kinds


def common(folder):
    """Return the share of headlines, per 100,000, of each word in over 0.03 % of them."""
    counts, items = Counter(), 0
    for path in sorted(folder.rglob("stream*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                title = json.loads(line)["title"] or ""
                items += 1
                counts.update({*stems(latin(headline(title))), *capitalised(title)})
    if not items:
        return None
    shares = {w: round(n / items * 1e5) for w, n in counts.most_common()}
    return {word: share for word, share in shares.items() if share >= 30}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    usual = common(options.folder)
    if usual and options.write:
        text = json.dumps(usual, ensure_ascii=False, indent=0, sort_keys=True)
        (GROUP / "commonness.json").write_text(text + "\n", encoding="utf-8")
        vectors.commonness.cache_clear()
    data = {
        name: list(pairs(rows))
        for name, rows in sets(options.folder)
        if name not in TOPICAL
    }
    if not data:
        sys.exit(f"{options.folder} holds no labelled items; nothing was fitted")
    print("left out                 pairs  threshold  leak  hidden")
    for name, held in data.items():
        others = [one for other, rows in data.items() if other != name for one in rows]
        if others:
            weights, bias = fit(others)
            report(name, held, weights, bias, threshold(others, weights, bias))
    everything = [one for rows in data.values() for one in rows]
    weights, bias = fit(everything)
    same = threshold(everything, weights, bias)
    report("(none: all sets)", everything, weights, bias, same)
    if options.write:
        made = {
            "version": VERSION,
            "bias": round(bias, 4),
            "weights": {name: round(weights[name], 4) for name in NAMES},
            "same": round(same, 4),
            "related": round(same / 7, 4),
        }
        text = json.dumps(made, indent=2)
        (GROUP / "weights.json").write_text(text + "\n", encoding="utf-8")


def report(name, data, weights, bias, same):
    best, kinds = outcomes(data, weights, bias)
    again = [best[query] for query, kind in kinds.items() if kind == "repeat"]
    first = [best[query] for query, kind in kinds.items() if kind == "first"]
    leak = sum(score < same or not right for score, right in again) / (len(again) or 1)
    hidden = sum(score >= same for score, _ in first) / (len(first) or 1)
    print(f"{name:22} {len(data):7}  {same:9.3f} {leak:5.3f}  {hidden:6.4f}")


NAMES = [
    "title in common",
    "text in common",
    "like the story",
    "like a second report",
    "story says it too",
    "names in common",
    "names differ",
    "numbers agree",
    "numbers differ",
    "rarest shared word",
    "places differ",
    "few words shared",
    "days apart",
    "size of the story",
    "other language",
    "same outlet",
    "title and names",
]


if __name__ == "__main__":
    main()
