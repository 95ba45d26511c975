"""What a poll costs, where it goes, and a hundred thousand feeds at their cadence.

    python bench/collect.py [FOLDER] [--feeds 100000] [--accelerate 2] [--json]

One run, against a loopback server in a process of its own:

- CPU a poll, for a 304 and for a changed feed of 50 kB: clients alone, and `tocsin run`
  as a whole (claim, request, read, match, commit); a connection each, as feeds need;
- where the time of a 304 goes, and the cost a poll with 1,000 and with `--feeds` feeds;
- parsing FOLDER's feed files (or its live-feeds.tar.xz): ours, feedparser, and
  lemon24's reader; left out where no FOLDER is named;
- `--feeds` feeds that come due over 15 minutes, `--accelerate` times as fast, one poll in
  ten with three new items: how late polls begin, polls a second, memory, and how the
  database grows.

Rounds are interleaved; medians are printed.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.collecting import costs, daemon
from bench.collecting.clients import CLIENTS

MEAN = timedelta(minutes=15)
KINDS = {"u": "304", "c": "changed, 50 kB"}


def alone(name: str, urls: list[str], polls: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.collecting.clients", name, str(polls), "64"],
        input=json.dumps(urls),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def compare(name_of, options, scratch: Path) -> dict[str, dict[str, float]]:
    """Return the median CPU a poll in microseconds, by kind of answer and client."""
    found: dict[str, dict[str, list[float]]] = {}
    for turn in range(options.rounds):
        for kind, said in KINDS.items():
            polls = options.polls if kind == "u" else options.polls // 10
            urls = [name_of(kind, n) for n in range(polls)]
            row = found.setdefault(said, {})
            for name in CLIENTS:
                row.setdefault(name, []).append(alone(name, urls, polls)["us"])
            folder = scratch / f"{kind}{turn}"
            whole = daemon.cost(urls, polls, folder, again=kind == "c")
            row.setdefault("tocsin, whole daemon", []).append(whole["us"])
    return {
        said: {name: round(statistics.median(v)) for name, v in row.items()}
        for said, row in found.items()
    }


def flat(name_of, options, scratch: Path) -> dict[str, float]:
    """Return the daemon's CPU a 304 with few feeds and with many."""
    few, many = [], []
    for turn in range(options.rounds):
        for number, into in ((1000, few), (options.feeds, many)):
            urls = [name_of("u", n) for n in range(number)]
            polls = 5000
            folder = scratch / f"flat{number}-{turn}"
            into.append(daemon.cost(urls, polls, folder)["us"])
    one, other = statistics.median(few), statistics.median(many)
    return {
        "1000 feeds": round(one),
        f"{options.feeds} feeds": round(other),
        "ratio": round(other / one, 2),
    }


# ── parsing ──────────────────────────────────────────────────────────────────


def feed_files(folder: Path, scratch: Path) -> list[Path]:
    packed = folder / "live-feeds.tar.xz"
    if packed.is_file():
        with tarfile.open(packed) as tar:
            tar.extractall(scratch, filter="data")
        folder = scratch
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)


def parsing(folder: Path | None, scratch: Path, rounds: int) -> dict[str, object]:
    if folder is None or not folder.is_dir():
        return {"left out": "no data: name a folder of feed files (DATA=FOLDER)"}
    scratch.mkdir()
    files = feed_files(folder, scratch)
    ways = {
        "ours": ours,
        "feedparser": with_feedparser,
        "reader (parses and stores)": with_reader,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, read in ways.items():
            began = time.process_time()
            read(files)
            times[name].append(time.process_time() - began)
    median = {name: statistics.median(found) for name, found in times.items()}
    per = {f"{n}, ms a feed": round(v / len(files) * 1e3, 2) for n, v in median.items()}
    ratio = {f"{n} / ours": round(v / median["ours"], 1) for n, v in median.items()}
    return {"feeds": len(files), **per, **ratio}


def ours(files: list[Path]) -> None:
    from monitor.collect.parse import parse  # noqa: PLC0415
    from monitor.errors import FeedProblem  # noqa: PLC0415
    from monitor.model import Feed  # noqa: PLC0415

    now = datetime.now(UTC)
    for file in files:
        try:
            parse(file.read_bytes(), {}, Feed(url="http://bench.example/"), now)
        except FeedProblem:
            continue


def with_feedparser(files: list[Path]) -> None:
    import feedparser  # noqa: PLC0415

    for file in files:
        feedparser.parse(file.read_bytes())


def with_reader(files: list[Path]) -> None:
    from reader import make_reader  # noqa: PLC0415

    with make_reader(":memory:", feed_root="") as reader:
        for file in files:
            reader.add_feed(str(file))
        reader.update_feeds(workers=1)


# ── all of it ────────────────────────────────────────────────────────────────


def measure(options, scratch: Path) -> dict[str, object]:
    with daemon.publishing() as name_of:
        found: dict[str, object] = {
            "CPU a poll, us": compare(name_of, options, scratch),
            "where a 304 goes, us": costs.of_a_304(scratch),
            "CPU a 304 as feeds grow, us": flat(name_of, options, scratch),
            "parsing": parsing(options.folder, scratch / "parse", options.rounds),
        }
        kinds = ["s" if n % 10 == 0 else "u" for n in range(options.feeds)]
        urls = [name_of(kind, n) for n, kind in enumerate(kinds)]
        mean = MEAN / options.accelerate
        found[f"at their cadence, {options.accelerate:g} times as fast"] = (
            daemon.cadence(urls, mean, options.window, scratch / "cadence")
        )
    return found


def show(found, indent: str = "") -> None:
    for name, value in found.items():
        if isinstance(value, dict):
            print(f"{indent}{name}")
            show(value, indent + "  ")
        else:
            print(f"{indent}{name:<{40 - len(indent)}} {value}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--polls", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--accelerate", type=float, default=2)
    parser.add_argument("--window", type=float, default=120, help="seconds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = measure(options, Path(scratch))
    print(json.dumps(found, indent=2)) if options.json else show(found)


if __name__ == "__main__":
    main()
