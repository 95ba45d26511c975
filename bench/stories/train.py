"""Fits the weights of grouping, a file for each level, and says how good they are.

    python bench/stories/train.py FOLDER [--level base] [--write] [--corrections FILE]

FOLDER holds judged sets as `measure.py` reads them, and, for how common words are,
stream*.jsonl.xz of unlabelled headlines. FILE is what `tocsin stories corrections
--json` printed: what people corrected is learned from as pairs.

Cross-validation leaves out one set at a time, and then half of the stories at a
time: what is reported was fitted without what it is reported of. The thresholds are
the same everywhere. With --write the weights of all sets together go to
monitor/group/weights-LEVEL.json, and the report beside this file.
"""

import argparse
import json
import lzma
import sys
import zlib
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
from measure import agreement, item, labels, sets
from sklearn.linear_model import LogisticRegression

from monitor.app import levels
from monitor.group import places, scorer, stories, vectors
from monitor.group.clusters import Cluster
from monitor.group.fingerprints import capitalised, headline
from monitor.group.levels import Level, LevelName, Scale, scale
from monitor.model import Relation, stable_id

GROUP = Path(scorer.__file__).parent
HERE = Path(__file__).parent
TOPICAL = {"uci_news_aggregator_dev"}
"""Sets whose clusters are topics rather than events: for looking at, not for training."""
VERSIONS = {"base": "base-6", "multilingual": "multilingual-3", "quality": "quality-3"}
SAME = {"base": 0.8, "multilingual": 0.8, "quality": 0.8}
RELATED = {"base": 0.15, "multilingual": 0.2, "quality": 0.2}
FURTHER = 0.3
"""What a pair of one story but not of one event weighs: joining it is no grave error."""
GIVEN = {
    "places differ": -6.0,
    "few words shared": -4.5,
    "days apart": -0.4,
    "other language": 0.0,
    "size of the story": 0.0,
    "same outlet": 0.0,
}
"""Weights that the sets cannot tell: two of three have no times, all of them events
that outlets were picked for."""
WORDS = [
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
    "few words shared",
    "title and names",
    "nearest other story",
    "other stories",
    "places differ",
    "days apart",
    "size of the story",
    "other language",
    "same outlet",
]
MEANING = [
    "title means the same",
    "text means the same",
    "story means the same",
    "second means the same",
    "nearest other meaning",
    "other meanings",
    "nearest other text meaning",
    "other text meanings",
]


class Remembering:
    """An encoder that encodes each text once."""

    def __init__(self, encoder):
        self.encoder, self.known = encoder, {}

    def encode(self, texts):
        fresh = [text for text in texts if text not in self.known]
        for start in range(0, len(fresh), 512):
            part = fresh[start : start + 512]
            self.known.update(zip(part, self.encoder.encode(part), strict=True))
        return np.stack([self.known[text] for text in texts])


def pairs(rows, level, own=None):
    """Yield (query, kind, story, [(features, is one event, weight)]) of each item.

    Each is compared with the stories as they should be, or, where a scale `own` is
    given, with those that it makes.
    """
    window = stories.Window(Level(level.name, own or level.scale, level.encoder))
    window.prepare([item(row, number) for number, row in enumerate(rows)])
    known, seen, begun = {}, set(), set()
    for number, row in enumerate(rows):
        one, label = item(row, number), labels(row)
        story, event = label or (row["id"], row["id"])
        window.evict(one.published)
        kind = "" if label is None else "first"
        if label and story in begun:
            kind = "repeat" if event in seen else "further"
        if kind:
            yield row["id"], kind, story, list(_compared(window, one, known, label))
        where, related = stable_id("sto", event), ""
        if own is not None:
            made = window.decide(one)
            where, related = made.story_id, made.related_to
        known.setdefault(where, label)
        seen.add(event)
        begun.add(story)
        window.add(one, where, related)


def _compared(window, one, known, label):
    report = window.read(one)
    few = len(window.stories) < scorer.FEW_STORIES
    for made in scorer.compare(report, window.candidates(report), few=few):
        judged = known[made.cluster.story_id]
        if judged:
            only_story = judged[0] == label[0] and judged[1] != label[1]
            yield made.found, judged[1] == label[1], FURTHER if only_story else 1.0


def corrections(path, level):
    """Yield what people corrected, as `pairs` does: a pair each, as a set of its own.

    A merge says that two reports are one event, a split or a link that they are not.
    """
    for number, row in enumerate(json.loads(path.read_text("utf-8"))):
        if not row.get("one") or not row.get("other"):
            continue
        one, other = (item(_row(row[name]), number) for name in ("one", "other"))
        cluster = Cluster("sto_other")
        window = stories.Window(level)
        cluster.add(window.read(other))
        made = scorer.compare(window.read(one), [cluster])[0]
        found = [(made.found, row["kind"] == "merge", 1.0)]
        yield f"correction {number}", "repeat", f"correction {number}", found


def _row(corrected):
    when = corrected["published"]
    moment = datetime.fromisoformat(when).timestamp() if when else None
    return {**corrected, "body": corrected["summary"], "time": moment}


def names_of(level):
    return WORDS + (MEANING if level.encoder is not None else [])


def given(level):
    if level.encoder is None:
        return GIVEN
    # Across languages few words are shared, and the meaning tells.
    return GIVEN | {"few words shared": -1.0}


def fit(data, level):
    """Return weights and bias; each set has the same say, however large it is."""
    fixed = given(level)
    names = [name for name in names_of(level) if name not in fixed]
    rows, same, weights = [], [], []
    for each in data:
        share = sum(weight for *_, found in each for *_, weight in found) or 1.0
        for *_, found in each:
            for features, is_same, weight in found:
                rows.append([features[name] for name in names])
                same.append(is_same)
                weights.append(3000.0 * weight / share)
    table = np.array(rows)
    middle, spread = table.mean(0), table.std(0) + 1e-9
    model = LogisticRegression(C=0.3, max_iter=5000)
    model.fit((table - middle) / spread, same, sample_weight=weights)
    fitted = model.coef_[0] / spread
    bias = float(model.intercept_[0] - fitted @ middle)
    weights = dict(zip(names, fitted.tolist(), strict=True)) | fixed
    return Scale(
        VERSIONS[level.name],
        round(bias, 4),
        {name: round(weights[name], 4) for name in names_of(level)},
        SAME[level.name],
        RELATED[level.name],
    )


def fold(story):
    return zlib.crc32(story.encode()) % FOLDS


def play(rows, level, by):
    """Return the counts of one set streamed through the grouping with a scale."""
    window = stories.Window(Level(level.name, by, level.encoder))
    window.prepare([item(row, number) for number, row in enumerate(rows)])
    counts, seen, begun, placed = Counter(), set(), set(), []
    for number, row in enumerate(rows):
        one, label = item(row, number), labels(row)
        window.evict(one.published)
        made = window.decide(one)
        window.add(one, made.story_id, made.related_to)
        if label is None:
            continue
        story, event = label
        kind = "first" if story not in begun else "further"
        kind = "repeat" if event in seen else kind
        seen.add(event)
        begun.add(story)
        placed.append((row["id"], kind, story, made, event))
        counts[kind] += 1
        counts[kind, made.outcome] += 1
    return counts, placed


def figures(counts, placed):
    repeats, first = counts["repeat"] or 1, counts["first"] or 1
    return {
        "leak": 1 - counts["repeat", Relation.SAME] / repeats,
        "unmarked": counts["repeat", Relation.NEW] / repeats,
        "hidden": counts["first", Relation.SAME] / first,
        "hidden n": f"{counts['first', Relation.SAME]}/{first}",
        "b3": agreement([(made.story_id, event) for *_, made, event in placed])["b3"],
    }


def row_of(name, found):
    return (
        f"{name:34} {found['leak']:6.3f} {found['unmarked']:8.3f} "
        f"{found['hidden']:6.3f} {found['hidden n']:>8} {found['b3']:6.3f}"
    )


FOLDS = 2
HEAD = f"{'left out':34}   leak unmarked hidden             B3"


def without(pairs_of_set, number):
    """Return a set's pairs without the stories of one fold."""
    return [one for one in pairs_of_set if fold(one[2]) != number]


def common(folder):
    """Return the share of headlines, per 100,000, of each word in over 0.03 % of them."""
    counts, items = Counter(), 0
    for path in sorted(folder.rglob("stream*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                title, lang = row["title"] or "", row.get("lang") or ""
                items += 1
                where = places.located(title)
                words = vectors.compared(headline(title), lang, where)
                counts.update({*words, *capitalised(title)})
    if not items:
        return None
    shares = {w: round(n / items * 1e5) for w, n in counts.most_common()}
    return {word: share for word, share in shares.items() if share >= 30}


def report(known, data, level, more):
    """Yield the lines of the report."""
    same, related = SAME[level.name], RELATED[level.name]
    yield f"level {level.name}, same from {same}, related from {related}"
    yield HEAD
    for name, rows in known.items():
        others = [pairs for other, pairs in data.items() if other != name]
        by = fit([*others, *more], level)
        yield row_of(f"set {name}", figures(*play(rows, level, by)))
    totals, placed = defaultdict(Counter), defaultdict(list)
    for number in range(FOLDS):
        fewer = [without(pairs, number) for pairs in data.values()]
        by = fit([*fewer, *more], level)
        for name in data:
            for one in play(known[name], level, by)[1]:
                if fold(one[2]) == number:
                    totals[name][one[1]] += 1
                    totals[name][one[1], one[3].outcome] += 1
                    placed[name].append(one)
    for name in data:
        yield row_of(f"stories of {name}", figures(totals[name], placed[name]))


def write(by, level):
    made = {
        "version": by.version,
        "bias": by.bias,
        "weights": by.weights,
        "same": by.same,
        "related": by.related,
    }
    text = json.dumps(made, indent=2)
    (GROUP / f"weights-{level.name}.json").write_text(text + "\n", encoding="utf-8")
    scale.cache_clear()


def examples(known, level):
    """Return the pairs of each set that is trained on."""
    data = {
        name: list(pairs(rows, level))
        for name, rows in known.items()
        if name not in TOPICAL
    }
    if not data:
        sys.exit("the folder holds no labelled items; nothing was fitted")
    # Once more on the stories that such weights make, which are not as they should be.
    first = fit(list(data.values()), level)
    for name in data:
        data[name] += pairs(known[name], level, first)
    return data


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--level", choices=[name.value for name in LevelName], default="base"
    )
    parser.add_argument("--corrections", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    usual = common(options.folder)
    if usual and options.write:
        text = json.dumps(usual, ensure_ascii=False, indent=0, sort_keys=True)
        (GROUP / "commonness.json").write_text(text + "\n", encoding="utf-8")
        vectors.commonness.cache_clear()
    level = levels.level(options.level)
    if level.encoder is not None:
        level = Level(level.name, level.scale, Remembering(level.encoder))
    known = dict(sets(options.folder))
    data = examples(known, level)
    more = []
    if options.corrections:
        more = [list(corrections(options.corrections, level))]
    if options.write:
        write(fit([*data.values(), *more], level), level)
    lines = []
    for line in report(known, data, level, more):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        text = "\n".join(lines)
        (HERE / f"report-{level.name}.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
