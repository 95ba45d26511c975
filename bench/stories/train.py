"""Fits the weights of grouping, a file for each level, and says how good they are.

    python bench/stories/train.py FOLDER [--level base] [--write] [--corrections FILE]

FOLDER holds judged sets as `measure.py` reads them, the streams that `judged.jsonl`
has a sample of (see `natural.py`), and, for how common words are, stream*.jsonl.xz of
unlabelled headlines. FILE is what `tocsin stories corrections --json` printed: what
people corrected is learned from as pairs.

Most of what is learned comes from news as it comes; the sets, which were made of look-
alike events, have a smaller say. What is reported was fitted without what it is
reported of: one set at a time, half of the stories at a time, and the days that were
put aside, on which nothing is fitted. With --write the weights go to
monitor/group/weights-LEVEL.json, and the report beside this file.
"""

import argparse
import json
import lzma
import sys
import zlib
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import natural
import numpy as np
from ends import Ends
from examples import corrections, judged, labelled
from measure import Remembering, agreement, item, labels, sets
from regression import fit as regress

from monitor.app import levels
from monitor.group import merging, places, scorer, stories, vectors
from monitor.group.fingerprints import capitalised, headline
from monitor.group.levels import Level, LevelName, Scale, scale
from monitor.model import Relation

GROUP = Path(scorer.__file__).parent
HERE = Path(__file__).parent
TOPICAL = {"uci_news_aggregator_dev"}
"""Sets whose clusters are topics rather than events: for `measure.py` to look at."""
VERSIONS = {"base": "base-9", "multilingual": "multilingual-6", "quality": "quality-5"}
SAME = {"base": 0.6, "multilingual": 0.5, "quality": 0.5}
RELATED = {"base": 0.08, "multilingual": 0.1, "quality": 0.1}
SAY = {"": 6000.0, "ecbplus_dev": 300.0, "emergent_dev": 500.0}
"""What a source of examples weighs altogether, however many it has; "" is the stream."""
OTHERS_SAY = 700.0
GIVEN = {
    "places differ": -6.0,
    "another issue of like titles": -9.0,
    "one word for another": -6.0,
    "another amount": -6.0,
    "another number of like titles": -6.0,
    "another of a series": -6.0,
    "the reverse": -6.0,
    "other persons": -2.0,
    "no telling word shared": -1.0,
}
"""Weights that are set, not fitted: what they are there for is rare in headlines. Where
places or what is stated contradict, or where a word stands in for another, nothing may
join."""
GIVEN_ALONE = GIVEN | {"no telling word shared": -3.0}
"""The same without an encoder, which says more of how alike two short titles are."""
AGAINST = {
    "days apart",
    "days since the last",
    "names differ",
    "other stories",
    "other text meanings",
    "same outlet",
    "size of the story",
}
"""What can speak against one event only; all else can speak for it only."""
PENALTY = 60.0
"""Of the squares of the weights."""
FOLDS = 2
HEAD = f"{'left out':40}   leak unmarked hidden             B3  in the end"


def fit(sources, level):
    """Return the weights that the examples of {source: examples} give."""
    rows, same, weights = [], [], []
    for name, found in sources.items():
        pairs = [pair for one in found for pair in one.found]
        say = SAY.get(name, OTHERS_SAY) / (sum(weight for *_, weight in pairs) or 1.0)
        for features, is_same, weight in pairs:
            rows.append(features)
            same.append(is_same)
            weights.append(say * weight)
    given = GIVEN_ALONE if level.encoder is None else GIVEN
    names = [name for name in rows[0] if name not in given]
    table = np.array([[row[name] for name in names] for row in rows])
    signs = [-1 if name in AGAINST else 1 for name in names]
    fitted, bias = regress(table, same, weights, signs, PENALTY)
    found = dict(zip(names, fitted.tolist(), strict=True)) | given
    by_name = {name: round(found[name], 4) for name in rows[0]}
    return Scale(
        VERSIONS[level.name],
        round(bias, 4),
        by_name,
        SAME[level.name],
        RELATED[level.name],
        usual(rows, same, weights),
    )


def usual(rows, same, weights):
    """Return the mean of each feature where the two are different events."""
    others = [
        (row, weight)
        for row, is_same, weight in zip(rows, same, weights, strict=True)
        if not is_same
    ]
    table = np.array([list(row.values()) for row, _ in others])
    means = np.average(table, axis=0, weights=[weight for _, weight in others])
    return {
        name: round(mean, 4)
        for name, mean in zip(rows[0], means.tolist(), strict=True)
        if round(mean, 4)
    }


class Material:
    """The sets and the days, and the examples that they give."""

    def __init__(self, folder, level, more=()):
        """Read everything twice: each report a story, and as such weights group them."""
        self.level, self.more = level, list(more)
        known = dict(sets(folder))
        self.sets = {name: known[name] for name in sorted(known.keys() - TOPICAL)}
        self.spans = natural.spans(folder)
        if not self.sets and not self.spans:
            sys.exit("the folder holds no labelled items; nothing was fitted")
        self.of_sets, self.of_spans = defaultdict(list), defaultdict(list)
        self._read(None)
        self._read(self.fit())

    def _read(self, own):
        for name, rows in self.sets.items():
            self.of_sets[name] += labelled(rows, self.level, own)
        for span in self.spans:
            if span.part == "fit":
                self.of_spans[span.name] += judged(span, self.level, own)

    def fit(self, *, without="", fold=None):
        """Return the weights without a set, some days, or one fold of the stories."""
        sources = {
            name: [one for one in found if fold is None or fold_of(one.story) != fold]
            for name, found in self.of_sets.items()
            if name != without
        }
        spans = [found for name, found in self.of_spans.items() if name != without]
        if spans:
            sources[""] = [one for found in spans for one in found]
        if self.more:
            sources["corrections"] = self.more
        return fit({n: found for n, found in sources.items() if found}, self.level)


def fold_of(story):
    return zlib.crc32(story.encode()) % FOLDS


def group(rows, level, by, ends):
    """Yield what becomes of each row, streamed through the grouping with a scale.

    What later reports show to be one story is joined in `ends`.
    """
    window = stories.Window(Level(level.name, by, level.encoder))
    window.prepare([item(row, number) for number, row in enumerate(rows)])
    for number, row in enumerate(rows):
        one = item(row, number)
        window.evict(one.published)
        made = window.decide(one)
        found = merging.rivals(window, one, made)
        ends.join(made.story_id, [rival.story_id for rival in found])
        window.add(one, made.story_id, made.related_to)
        yield made


def play(rows, level, by):
    """Return (kind, story, decision, event, story in the end) of each labelled row."""
    seen, begun, placed, ends = set(), set(), [], Ends()
    for row, made in zip(rows, group(rows, level, by, ends), strict=True):
        if labels(row) is None:
            continue
        story, event = labels(row)
        kind = "first" if story not in begun else "further"
        kind = "repeat" if event in seen else kind
        seen.add(event)
        begun.add(story)
        placed.append((kind, story, made, event))
    return [(*one, ends.of(one[2].story_id)) for one in placed]


def row_of(name, placed):
    counts = Counter()
    for kind, _, made, *_ in placed:
        counts[kind] += 1
        counts[kind, made.outcome] += 1
    repeats, first = counts["repeat"] or 1, counts["first"] or 1
    hidden = counts["first", Relation.SAME]
    b3 = agreement([(made.story_id, event) for _, _, made, event, _ in placed])["b3"]
    end = agreement([(end, event) for *_, event, end in placed])["b3"]
    return (
        f"{name:40} {1 - counts['repeat', Relation.SAME] / repeats:6.3f} "
        f"{counts['repeat', Relation.NEW] / repeats:8.3f} "
        f"{hidden / first:6.3f} {f'{hidden}/{first}':>8} {b3:6.3f} {end:6.3f}"
    )


def natural_row(name, found):
    rates = natural.rates(found)
    low, high = natural.interval(found, "hidden")
    return (
        f"{name:40} {rates['leak']:6.3f} {rates['unmarked']:8.3f} "
        f"{rates['hidden']:6.3f} ({low:.3f} to {high:.3f}), pages aside "
        f"{rates['hidden news']:.3f}; other events joined {rates['muffled']:.3f}"
    )


def streamed(span, level, by):
    """Return the outcomes of a span's judged items."""
    made = group(span.rows, level, by, Ends())
    placed = [(one.story_id, one.outcome) for one in made]
    return list(natural.outcomes(span, placed))


def report(material, level):
    """Yield the lines of the report."""
    same, related = SAME[level.name], RELATED[level.name]
    yield f"level {level.name}, same from {same}, related from {related}"
    yield HEAD
    for name, rows in material.sets.items():
        by = material.fit(without=name)
        yield row_of(f"set {name}", play(rows, level, by))
    placed = defaultdict(list)
    for number in range(FOLDS):
        by = material.fit(fold=number)
        for name in material.of_sets:
            placed[name] += [
                one
                for one in play(material.sets[name], level, by)
                if fold_of(one[1]) == number
            ]
    for name, found in placed.items():
        yield row_of(f"stories of {name}", found)
    yield from natural_report(material, level)


def natural_report(material, level):
    whole, parts = material.fit(), defaultdict(list)
    for span in material.spans:
        fitted = span.part == "fit"
        by = material.fit(without=span.name) if fitted else whole
        parts[span.part] += streamed(span, level, by)
    for part, found in parts.items():
        name = "days, each in turn" if part == "fit" else "days put aside"
        yield natural_row(f"{name} ({len(found)} items)", found)


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


def write(by, level):
    made = {
        "version": by.version,
        "bias": by.bias,
        "weights": by.weights,
        "same": by.same,
        "related": by.related,
        "usual": by.usual,
    }
    text = json.dumps(made, indent=2)
    (GROUP / f"weights-{level.name}.json").write_text(text + "\n", encoding="utf-8")
    scale.cache_clear()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--level", choices=[name.value for name in LevelName], default="base"
    )
    parser.add_argument("--corrections", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    shares = common(options.folder)
    if shares and options.write:
        text = json.dumps(shares, ensure_ascii=False, indent=0, sort_keys=True)
        (GROUP / "commonness.json").write_text(text + "\n", encoding="utf-8")
        vectors.commonness.cache_clear()
    level = levels.level(options.level)
    if level.encoder is not None:
        level = replace(level, encoder=Remembering(level.encoder))
    more = corrections(options.corrections, level) if options.corrections else ()
    material = Material(options.folder, level, more)
    if options.write:
        write(material.fit(), level)
    lines = []
    for line in report(material, level):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        text = "\n".join(lines)
        (HERE / f"report-{level.name}.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
