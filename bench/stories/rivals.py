"""What grouping is set against: simple methods, as each would be used alone."""

from collections import defaultdict, deque
from difflib import SequenceMatcher
from importlib import import_module
from importlib.util import find_spec
from itertools import islice

import numpy as np

from monitor.group.fingerprints import STEM, headline, spelled
from monitor.group.meaning import meanings
from monitor.group.vectors import Frequencies, report_of
from monitor.model import Relation

WINDOW = 2_000
"""Items that the simple methods look back on."""


def answer(one, story):
    return (story or one.id), (Relation.SAME if story else Relation.NEW), ""


def by_likeness(alike, enough):
    """Return a method that joins the most alike of the last titles."""
    seen = []

    def place(one):
        key = headline(one.title)
        words = frozenset([word[:STEM] for word in spelled(key)])
        best, story = 0.0, ""
        for other, others, known in islice(reversed(seen), WINDOW):
            score = alike(key, words, other, others)
            if score > best:
                best, story = score, known
        found = answer(one, story if best >= enough else "")
        seen.append((key, words, found[0]))
        return found

    return place


def exact(key, _words, other, _others):
    return float(key == other)


def fuzzy(key, words, other, others):
    if not words & others:
        return 0.0
    return SequenceMatcher(None, key, other, autojunk=False).quick_ratio()


def jaccard(_key, words, _other, others):
    return len(words & others) / (len(words | others) or 1)


def minhash(enough=0.5, hashes=128, bands=32):
    """Return MinHash with locality-sensitive hashing on the words of titles."""
    rensa = import_module("rensa")
    index = rensa.RMinHashLSH(enough, hashes, bands)
    kept, stories = [], []

    def place(one):
        sketch = rensa.RMinHash(hashes, 42)
        sketch.update([word[:STEM] for word in spelled(headline(one.title))])
        near = [n for n in index.query(sketch) if n > len(kept) - WINDOW]
        best = max(near, key=lambda n: sketch.jaccard(kept[n]), default=None)
        same = best is not None and sketch.jaccard(kept[best]) >= enough
        found = answer(one, stories[best] if same else "")
        index.insert(len(kept), sketch)
        kept.append(sketch)
        stories.append(found[0])
        return found

    return place


def tfidf(enough=0.5):
    """Return the nearest report by weighted words, with online frequencies."""
    frequencies, recent = Frequencies(), deque(maxlen=WINDOW)
    rows = defaultdict(lambda: deque(maxlen=200))

    def place(one):
        report = report_of(one, frequencies)
        near = {
            id(other): (other, story)
            for word in report.text.weights
            for other, story in rows[word]
        }
        alike = [(report.text.cosine(o.text), o.item_id, s) for o, s in near.values()]
        best, _, story = max(alike, default=(0.0, "", ""))
        found = answer(one, story if best >= enough else "")
        frequencies.count(report.text.weights)
        recent.append(report)
        for word in report.text.weights:
            rows[word].append((report, found[0]))
        return found

    return place


def embedding(encoder, enough=0.6):
    """Return the nearest title by one encoder's cosine."""
    stories, recent = [], deque(maxlen=WINDOW)

    def place(one):
        title = meanings([one], encoder)[0].title
        best, story = 0.0, ""
        if recent:
            alike = np.stack(recent) @ title
            nearest = int(alike.argmax())
            best = float(alike[nearest])
            story = stories[len(stories) - len(recent) + nearest]
        found = answer(one, story if best >= enough else "")
        recent.append(title)
        stories.append(found[0])
        return found

    return place


def methods(encoder):
    """Return the methods by name; some where what they need is installed."""
    found = {
        "exact title": lambda: by_likeness(exact, 1.0),
        "fuzzy title": lambda: by_likeness(fuzzy, 0.85),
        "title Jaccard": lambda: by_likeness(jaccard, 0.55),
        "TF-IDF": tfidf,
    }
    if find_spec("rensa") is not None:
        found["MinHash-LSH"] = minhash
    if encoder is not None:
        found["nearest meaning"] = lambda: embedding(encoder)
    return found
