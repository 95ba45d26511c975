"""Replays saved snapshots of feeds, in the order of time, through the daemon's own code.

    python bench/replay.py FOLDER [--feed PART] [--show 10] [--json]

FOLDER (or a .tar.xz of it) holds MANIFEST.jsonl, a line a snapshot: `feed`, `file` and
`fetched`; and may hold ITEMS_LABELLED.jsonl, a line for each item that must be found:
`feed`, `guid`, `link`, `title`. Each snapshot is what a poll is answered at its moment: the same
reading, rules, grouping and transaction as in service, with another clock and without a
network. Told are:

polls      how they ended; every answer that was refused
items      in all answers, new ones, revised ones, copies of others
alerts     what was decided
lost       labelled items of which the store has neither address, title nor guid
doubled    items of one feed with one address and one title, stored as two
storms     items that were revised more than five times, and what changed in them
dateless   items without a date of their own, and why

The exit status is 1 where an item was lost, or raised an alert more than once.
"""

import argparse
import asyncio
import html
import json
import re
import sys
import tarfile
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from monitor.app.compose import Clocks, Tocsin
from monitor.app.loading import load
from monitor.clock import SteppedClock
from monitor.group.fingerprints import canonical_url, words
from monitor.model import Exchange, Feed, Fetched
from monitor.store.records import open_store
from monitor.store.schema import feeds, items

RULES = Path(__file__).resolve().parent.parent / "rules"
STORM = 5
LEASE = timedelta(minutes=5)


@dataclass
class Told:
    """What the polls reported."""

    statuses: Counter = field(default_factory=Counter)
    problems: Counter = field(default_factory=Counter)
    verdicts: Counter = field(default_factory=Counter)
    raised: Counter = field(default_factory=Counter)
    sums: Counter = field(default_factory=Counter)

    def polled(self, report) -> None:
        self.statuses[report.status] += 1
        if report.problem:
            self.problems[f"{report.feed.name}: {report.problem}"] += 1
        for name in ("items", "new_items", "revised_items", "twins", "new_stories"):
            self.sums[name] += getattr(report, name)
        for finding in report.findings:
            verdict = finding.decision.verdict.value
            self.verdicts[verdict] += 1
            if verdict == "raise":
                self.raised[finding.item.id, finding.match.rule_id] += 1

    def delivered(self, _) -> None:
        self.sums["deliveries"] += 1


class Snapshots:
    """Answers each poll with the snapshot of its moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.current: Path | None = None
        self.at = ""

    async def fetch(self, feed, _) -> Exchange:
        body = self.current.read_bytes()
        return Exchange(
            outcome=Fetched.BODY,
            url=feed.url,
            final_url=feed.url,
            status=200,
            headers={"etag": f'"{self.at}"'},
            body=body,
        )


def address(name: str) -> str:
    """Return an address for a feed, each on a host of its own."""
    host = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"https://{host}.example/feed"


def unpacked(folder: Path, scratch: Path) -> Path:
    if folder.is_file():
        with tarfile.open(folder) as archive:
            archive.extractall(scratch, filter="data")
        folder = scratch
    found = next(iter(sorted(folder.rglob("MANIFEST.jsonl"))), None)
    if found is None:
        sys.exit(f"{folder} has no MANIFEST.jsonl: name a folder of snapshots")
    return found.parent


def lines(path: Path, part: str):
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [row for row in rows if part in row["feed"]]


async def replay(folder: Path, part: str, scratch: Path) -> dict:
    rows = sorted(lines(folder / "MANIFEST.jsonl", part), key=lambda r: r["fetched"])
    if not rows:
        sys.exit(f"no feed's name has {part!r} in it")
    clock = SteppedClock(datetime.fromisoformat(rows[0]["fetched"]))
    config = scratch / "tocsin.yaml"
    config.write_text(
        json.dumps(
            {
                "store": {"url": f"sqlite:///{scratch}/tocsin.db"},
                "rules": [str(RULES)],
                "receivers": [{"name": "file", "file": {"path": f"{scratch}/alerts"}}],
                "grouping": {"level": "base"},
            }
        )
    )
    loaded = load(config)
    store = open_store(loaded.configuration.store_url)
    told, snapshots = Told(), Snapshots(folder)
    tocsin = Tocsin(loaded, store, told, clocks=Clocks(clock=clock), write=print)
    tocsin.poller._fetcher = snapshots
    tocsin.begin()
    began = time.process_time()
    for row in rows:
        clock.step(datetime.fromisoformat(row["fetched"]) - clock.now())
        snapshots.current, snapshots.at = folder / row["file"], row["fetched"]
        feed = Feed(url=address(row["feed"]), name=row["feed"], origin="command")
        store.add_feed(feed, clock.now())
        alone(store, feed.url, clock.now())
        for lease in store.lease_feeds(clock.now(), clock.now() + LEASE, 1, "replay"):
            told.polled(await tocsin.poller.poll(lease))
    seconds = time.process_time() - began
    await tocsin.aclose()
    with store._database.read() as connection:
        stored = connection.execute(
            sa.select(items, feeds.c.name.label("feed")).join(
                feeds, feeds.c.id == items.c.feed_id
            )
        ).all()
    store.close()
    labelled = lines(folder / "ITEMS_LABELLED.jsonl", part)
    return judged(told, stored, labelled) | {
        "ms a poll": round(seconds / len(rows) * 1000, 1)
    }


def alone(store, url: str, now: datetime) -> None:
    """Make one feed due and no other: each is polled when its snapshot was taken."""
    with store._database.write() as connection:
        later = now + timedelta(days=9999)
        connection.execute(sa.update(feeds).values(poll_after=later))
        mine = sa.update(feeds).where(feeds.c.url == url)
        connection.execute(mine.values(poll_after=now))


def judged(told: Told, stored, labelled) -> dict:
    """Return the figures and what is wrong."""
    addresses, titles, guids = (defaultdict(set) for _ in range(3))
    same = defaultdict(list)
    for row in stored:
        addresses[row.feed].add(row.canonical_url)
        guids[row.feed].add(row.guid)
        titles[row.feed].add(" ".join(words(row.title)))
        if row.canonical_url:
            same[row.feed, row.canonical_url, " ".join(words(row.title))].append(row)
    lost = [
        row
        for row in labelled
        if canonical_url(html.unescape(row["link"] or "")) not in addresses[row["feed"]]
        and " ".join(words(row["title"] or "")) not in titles[row["feed"]]
        and (row["guid"] or "-") not in guids[row["feed"]]
    ]
    doubled = {key: rows for key, rows in same.items() if len(rows) > 1}
    storms = [row for row in stored if row.revisions > STORM]
    dateless = Counter(row.date_note for row in stored if row.published is None)
    return {
        "polls": dict(told.statuses),
        "problems": dict(told.problems.most_common()),
        **dict(told.sums),
        "stored": len(stored),
        "verdicts": dict(told.verdicts),
        "raised twice": sum(n > 1 for n in told.raised.values()),
        "labelled": len(labelled),
        "lost": [f"{row['feed']}: {row['title']} {row['link']}" for row in lost],
        "doubled": [
            f"{feed}: {url} ({len(rows)}: {', '.join(r.key[:60] for r in rows[:3])})"
            for (feed, url, _), rows in doubled.items()
        ],
        "doubled by feed": dict(Counter(feed for feed, _, _ in doubled)),
        "revised by feed": dict(
            Counter(row.feed for row in stored if row.revisions).most_common()
        ),
        "storms": [
            f"{row.feed}: {row.revisions} times, {row.title[:60]}" for row in storms
        ],
        "storms by feed": dict(Counter(row.feed for row in storms)),
        "dateless": dict(dateless),
        "dated otherwise": dict(
            Counter(row.date_note for row in stored if row.date_note)
        ),
    }


def show(found: dict, most: int) -> None:
    for name, value in found.items():
        if isinstance(value, list):
            print(f"{name}: {len(value)}")
            for line in value[:most]:
                print(f"  {line}")
        elif isinstance(value, dict):
            print(f"{name}: {len(value)}")
            for key, number in list(value.items())[: max(most, 10)]:
                print(f"  {key}: {number}")
        else:
            print(f"{name}: {value}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--feed", default="", help="a part of the feed's name")
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = unpacked(options.folder, Path(scratch, "snapshots"))
        found = asyncio.run(replay(folder, options.feed, Path(scratch)))
    if options.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        show(found, options.show)
    sys.exit(1 if found["lost"] or found["raised twice"] else 0)


if __name__ == "__main__":
    main()
