"""Reads a folder of feeds by the fast path and by feedparser: what is lost, how fast.

    python bench/parse.py FOLDER [--rounds 3] [--limit N] [--show 20] [--json]

FOLDER holds feed files, also in .tar.xz, .tar.gz or .zip archives. Each is read by
Tocsin (the strict fast path where the document is well-formed, feedparser behind our
own bounds where not) and by feedparser alone. Compared are the words of titles,
summaries and texts, and the number of items.

A loss is an item, or a word of an item, that feedparser finds and we do not. Each is
explained by one of the reasons below or counted as unexplained; then the exit status
is 1.

no-text      feedparser makes an entry of an element without title, text and link
too-many     items beyond the documented limit of one document
too-long     words beyond the documented length of a title, summary or body
not-a-feed   feedparser makes entries of a document that is none (a web page, say)
markup       what feedparser leaves of tags, attributes, comments, styles and scripts
hidden       what a browser shows nobody: heads, scripts, frames, comments
media        titles and descriptions of pictures and players (media:, itunes:)
binary       Atom content of a type that is no text, in base64
nested       texts of elements inside a category or another element of the item
charset      letters that feedparser decoded wrongly, or we, by another guess
foreign      a feed in a vocabulary that has no items of news (CDF, OPML)
"""

import argparse
import html
import io
import json
import re
import statistics
import sys
import tarfile
import time
import warnings
import zipfile
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import feedparser

from monitor.collect.parse import parse
from monitor.collect.parse.plaintext import one_line, paragraphs
from monitor.collect.parse.raw import MOST_ITEMS
from monitor.errors import FeedProblem
from monitor.model import Feed

NOW = datetime.now(UTC)
FEED = Feed(url="http://feed.example/feed")
WORD = re.compile(r"[^\W_]+")
SUFFIXES = {".xml", ".rss", ".atom", ".rdf", ".feed", ".json", ".body", ".txt", ""}
HIDDEN = re.compile(
    r"<(head|title|iframe|object|script|select|style|svg|template|textarea|noscript)\b"
    r".*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.DOTALL | re.IGNORECASE,
)
MEDIA = re.compile(
    r"<(media|itunes|psc|podcast|geo):(\w+).*?(?:</\1:\2>|/>)", re.DOTALL
)
NESTED = re.compile(r"<(category|author|image|source)\b[^>]*>.*?</\1>", re.DOTALL)
BINARY = re.compile(r"<content[^>]*type=.application/(?!xhtml|xml)", re.IGNORECASE)
MARKUP = re.compile(r"<!--.*?-->|<[^>]*>|&lt;.*?&gt;", re.DOTALL)


def files(folder):
    """Yield (name, bytes) of all that may be a feed."""
    for path in sorted(folder.rglob("*") if folder.is_dir() else [folder]):
        if path.is_file():
            for name, body in inside(path):
                if Path(name).suffix.lower() in SUFFIXES:
                    yield name, body


def inside(path):
    """Yield the files of an archive, or the file itself."""
    if ".tar" in path.suffixes or path.suffix == ".tgz":
        with tarfile.open(path) as archive:
            for member in archive:
                opened = archive.extractfile(member) if member.isfile() else None
                if opened:
                    yield member.name, opened.read()
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)
    else:
        yield path.name, path.read_bytes()


def words(*texts):
    return Counter(w for t in texts for w in WORD.findall((t or "").casefold()))


def theirs(body):
    """Return feedparser's entries as texts, by the same undoing of markup as ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = feedparser.parse(io.BytesIO(body))
    entries = []
    for entry in found.entries:
        contents = [c.get("value", "") for c in entry.get("content", [])]
        kinds = [entry.get(f"{k}_detail", {}).get("type", "") for k in ("title",)]
        title = one_line(
            entry.get("title", ""), 10_000, is_html="html" in str(kinds[0])
        )
        texts = [entry.get("summary", ""), *contents]
        entries.append((title, [paragraphs(t, 10**6, is_html=True) for t in texts]))
    return found, entries


def compare(body, ours, entries):
    """Return the unexplained and the explained losses of one document."""
    unexplained, explained = [], Counter()
    mine = sum(
        (words(i.title, i.summary, i.body, i.url) for i in ours.items), Counter()
    )
    real = [(title, texts) for title, texts in entries if title or any(texts)]
    explained["no-text"] += len(entries) - len(real)
    raw = body.decode("utf-8", "replace")
    missing = max(0, len(real) - len(ours.items))
    over = max(0, len(real) - MOST_ITEMS)
    explained["too-many"] += min(missing, over)
    if missing > over:
        gone = [w for title, texts in real for w in words(title, *texts)]
        why = reason([w for w in gone if w not in mine], raw)
        explained[why] += (missing - over) * bool(why)
        unexplained += [] if why else [f"{missing - over} of {len(real)} items"]
    for title, texts in real[:MOST_ITEMS]:
        found = [(title, 1_000), *((text, 20_000) for text in texts)]
        for text, most in found:
            lost = [w for w in words(text) if w not in mine]
            why = "too-long" if len(text) > most else reason(lost, raw)
            if lost and why:
                explained[why] += 1
            elif lost:
                unexplained.append(f"{lost[:6]} of {text[:60]!r}")
    return unexplained, explained


def reason(lost, raw):
    """Return why words were left out, "" where nothing explains them."""
    if not lost:
        return ""
    shown = html.unescape(html.unescape(raw))
    for name, where in (("media", MEDIA), ("nested", NESTED), ("hidden", HIDDEN)):
        inside = words(*(found[0] for found in where.finditer(shown)))
        if all(word in inside for word in lost):
            return name
    if BINARY.search(raw):
        return "binary"
    if not any(w in words(MARKUP.sub(" ", raw)) for w in lost):
        return "markup"
    if all("\ufffd" in w or any(ord(c) > 0x7F for c in w) for w in lost):
        return "charset"
    return ""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.folder.exists():
        sys.exit(f"{options.folder} is not there; nothing was measured")
    tally = Tally()
    for name, body in islice(files(options.folder), options.limit or None):
        tally.take(name, body)
    if not tally.totals["files"]:
        sys.exit(f"{options.folder} holds no feeds; nothing was measured")
    report = {
        **tally.totals,
        "paths": dict(tally.paths),
        "explained": {why: n for why, n in tally.explained.items() if n},
        "unexplained": len(tally.losses),
        "examples": tally.losses[: options.show],
        **speed(tally.kept, options.rounds),
    }
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        show(report)
    sys.exit(1 if tally.losses else 0)


class Tally:
    """What was found so far."""

    def __init__(self):
        self.totals, self.explained, self.paths = Counter(), Counter(), Counter()
        self.losses, self.kept = [], []

    def take(self, name, body):
        try:
            found, entries = theirs(body)
        except Exception as error:  # noqa: BLE001 - feedparser fails on some documents
            self.totals["feedparser failed"] += 1
            print(f"feedparser fails on {name}: {error!r}", file=sys.stderr)
            return
        self.totals["files"] += 1
        self.totals["entries of feedparser"] += len(entries)
        try:
            ours = parse(body, {}, FEED, NOW)
        except FeedProblem as problem:
            self.refuse(name, problem, found, entries)
            return
        self.paths[ours.path] += 1
        self.totals["our items"] += len(ours.items)
        self.kept.append(body)
        lost, why = compare(body, ours, entries)
        self.losses += [(name, one) for one in lost]
        self.explained += why

    def refuse(self, name, problem, found, entries):
        self.totals["refused by us"] += 1
        self.paths[f"refused: {problem.kind}"] += 1
        if not any(title or any(texts) for title, texts in entries):
            return
        if found.version in {"", "cdf"}:
            self.explained["foreign" if found.version else "not-a-feed"] += 1
        else:
            self.losses.append((name, f"refused: {problem}"))


def speed(bodies, rounds):
    """Return the CPU seconds of both over all documents, medians over the rounds."""
    times = {"tocsin": [], "feedparser": []}
    for _ in range(rounds):
        for name, read in (("tocsin", ours_again), ("feedparser", feedparser_again)):
            began = time.process_time()
            for body in bodies:
                read(body)
            times[name].append(time.process_time() - began)
    mine, other = (statistics.median(times[k] or [0]) for k in ("tocsin", "feedparser"))
    return {
        "tocsin_s": round(mine, 3),
        "feedparser_s": round(other, 3),
        "ratio": round(other / mine, 1) if mine else None,
        "megabytes": round(sum(map(len, bodies)) / 1e6, 1),
    }


def ours_again(body):
    return parse(body, {}, FEED, NOW)


def feedparser_again(body):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return feedparser.parse(io.BytesIO(body))


def show(report):
    for name, value in report.items():
        if name == "examples":
            for where, what in value:
                print(f"  lost in {where}: {what}")
        elif isinstance(value, dict):
            print(f"{name:22} {', '.join(f'{k} {n}' for k, n in value.items())}")
        else:
            print(f"{name:22} {value}")


if __name__ == "__main__":
    main()
