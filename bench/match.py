"""Matching many rules: ours against what else could do it, on the same items.

    python bench/match.py [FOLDER] [--rules 10,100] [--engines tocsin,re] [--json]

Without FOLDER the items are made up (six languages, words as Zipf has them); with one
they are the news in its .jsonl and .jsonl.xz files. Each engine runs with each number
of rules in a process of its own, on one core; figures are items a second of CPU time.
`cold` is the first sight of the items, `warm` the median of passes over items that were
all seen before, `unseen` the first sight of other items by a warm engine; `--json` has
the warm ones as `items_per_s`. Memory is what the process grew by. All must give the
same answers on a sample, or the exit status is 1; so it is where an engine fails.

All engines with 10 to 50,000 rules take a quarter of an hour (the last number three
quarters of that), and 4 GB of memory for tantivy. A pass takes as many items as fit into
`--seconds`, at least one, or one batch: `measured_items` says how many these were. An
engine whose pass lasts longer than 2.5 s has one warm pass instead of three, as
`measured_passes` says.

Ours is handed its items as the daemon hands them over, many at once (`tocsin`), and
also one at a time (`tocsin+single`) and asked for the words that made each rule fire
(`tocsin+evidence`). The scanners (ahocorasick_rs, hyperscan) come with two second stages, see
`matching/engines.py`: by hand for this one form of rule, and `+clauses` with ours.
"""

import argparse
import gc
import hashlib
import importlib.util
import json
import os
import pickle
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import itertools

from matching import corpus
from matching import rules as drawing
from matching.engines import ENGINES, NEEDS

SIZES = (10, 100, 1_000, 10_000, 50_000)
CHECKED = {"short": 60, "long": 12}
HALF_CHECKED = 4
PASSES = 3
SLOW_PASS = 2.5
TOLD = ("engine", "rules", "items", "items_per_s", "build_s", "rss_mb")
TOLD += ("cold_items_per_s", "unseen_items_per_s", "measured_items", "measured_passes")


def main():
    """Run what was asked for and print it."""
    options = arguments()
    if options.worker:
        sys.stdout.write(json.dumps(worker(*options.worker)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return measure(options, Path(folder))


def arguments():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", help="folder with .jsonl[.xz] of news")
    parser.add_argument("--rules", default=",".join(map(str, SIZES)))
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--items", choices=("short", "long", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=0.25, help="CPU time a pass")
    parser.add_argument(
        "--quick", action="store_true", help="10 to 1,000 rules: a minute or two"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.rules = "10,100,1000"
    unknown = set(options.engines.split(",")) - set(ENGINES)
    if unknown:
        parser.error(f"no engine {', '.join(unknown)}; there are {', '.join(ENGINES)}")
    if options.folder and not Path(options.folder).is_dir():
        parser.error(f"there is no folder {options.folder}")
    return options


def measure(options, folder):
    """Run each engine with each number of rules; return the exit status."""
    short, long = corpus.real(options.folder) if options.folder else corpus.made_up()
    if not short or not long:
        sys.exit(f"{options.folder} holds no .jsonl of news with a title and a text")
    kinds = ("short", "long") if options.items == "both" else (options.items,)
    sizes = [int(size) for size in options.rules.split(",")]
    wanted = drawing.draw(short, max(*sizes, 10_000))
    (folder / "corpus").write_bytes(pickle.dumps((short, long, wanted)))
    say(options, f"{len(short)} short items, {len(long)} long ones")
    found, failed = [], []
    for size in sizes:
        for engine in options.engines.split(","):
            if engine in NEEDS and not importlib.util.find_spec(NEEDS[engine]):
                say(options, f"{engine} is not installed (make bench-match); left out")
                continue
            rows, problem = run(engine, size, kinds, options.seconds, folder)
            found += rows
            if problem:
                failed.append(problem)
                say(options, problem)
            show(options, found, engine, size)
    load = loading(folder, wanted[:10_000]) if "tocsin" in options.engines else {}
    differing = disagreements(found)
    if options.json:
        rows = [{key: one[key] for key in TOLD} for one in found]
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    else:
        sys.stdout.write(summary(found, load, differing))
    return 1 if differing or failed else 0


def say(options, text):
    """Tell how far it is; not into the JSON."""
    (sys.stderr if options.json else sys.stdout).write(text + "\n")


def run(engine, size, kinds, seconds, folder):
    """Measure one engine in a process of its own; return rows, or what went wrong."""
    command = [sys.executable, __file__, "--worker", engine, str(size)]
    command += [",".join(kinds) + f":{seconds}", str(folder / "corpus")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr[-2000:] or f"ended by signal {-done.returncode}"
        return [], f"{engine} with {size} rules failed: {why}"
    return json.loads(done.stdout), ""


def worker(engine, size, asked, path):
    """Build an engine and time it; return one row a kind of items."""
    kinds, _, seconds = asked.partition(":")
    short, long, wanted = pickle.loads(Path(path).read_bytes())
    rules = wanted[: int(size)]
    before, begun = resident(), time.process_time()
    built = ENGINES[engine](rules)
    build = time.process_time() - begun
    # The cyclic collector need not walk what stays, whoever built it.
    gc.collect()
    gc.freeze()
    rows = []
    for kind in kinds.split(","):
        items = short if kind == "short" else long
        half = len(items) // 2
        timed = timing(built, items[:half], items[half:], float(seconds))
        rows.append(
            {"engine": engine, "rules": len(rules), "items": kind, **timed}
            | {"build_s": round(build, 3), "answers": answers(built, items, kind)}
        )
    for row in rows:
        row["rss_mb"] = round((resident() - before) / 2**20, 1)
    return rows


def resident():
    """Return the memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def timing(built, items, unseen, seconds):
    """Return items a second: cold, warm and unseen."""
    cold, _, seen = one_pass(built, items, seconds)
    slow = seen / cold > SLOW_PASS
    if not slow:
        # All of them once more, so that each engine is measured on what it has seen.
        seen = one_pass(built, items, 4 * seconds)[2]
    count = 1 if slow else PASSES
    passes = [one_pass(built, items[:seen], 2 * seconds) for _ in range(count)]
    fresh = one_pass(built, unseen, seconds)[0]
    return {
        "items_per_s": round(statistics.median(rate for rate, _, _ in passes), 1),
        "cold_items_per_s": round(cold, 1),
        "unseen_items_per_s": round(fresh, 1),
        "matches_per_item": round(passes[0][1] / passes[0][2], 3),
        "measured_items": passes[0][2],
        "measured_passes": len(passes),
    }


def one_pass(built, items, seconds):
    """Match items until the time is up; return items a second, matches and items."""
    fired = done = 0
    batch = getattr(built, "batch", 16)
    begun = time.process_time()
    for start in range(0, len(items), batch):
        some = items[start : start + batch]
        if hasattr(built, "fired_all"):
            fired += sum(map(len, built.fired_all(some)))
            done += len(some)
        else:
            for item in some:
                fired += len(built.fired(item))
                done += 1
                if time.process_time() - begun > seconds:
                    break
        if time.process_time() - begun > seconds:
            break
    return done / max(time.process_time() - begun, 1e-9), fired, done


def answers(built, items, kind):
    """Return a fingerprint of what fires on each item of the sample."""
    sample = items[: CHECKED[kind]]
    if hasattr(built, "fired_all"):
        found = built.fired_all(sample)
    elif isinstance(built, ENGINES["re"]) and len(built.compiled) > 1_000:
        found = [built.fired(item) for item in sample[:HALF_CHECKED]]
    else:
        found = [built.fired(item) for item in sample]
    return [hashlib.sha256(repr(list(one)).encode()).hexdigest()[:12] for one in found]


def disagreements(found):
    """Return which engines gave other answers than ours, and where."""
    ours = {
        (one["rules"], one["items"]): one["answers"]
        for one in found
        if one["engine"] == "tocsin"
    }
    differing = []
    for one in found:
        reference = ours.get((one["rules"], one["items"]), one["answers"])
        wrong = sum(a != b for a, b in zip(one["answers"], reference, strict=False))
        if wrong:
            where = f"{one['rules']} rules, {one['items']} items"
            differing.append(f"{one['engine']} on {wrong} items ({where})")
    return differing


def loading(folder, wanted):
    """Return the time to load 10,000 rules, and to parse their YAML alone."""
    path = folder / "bench.yaml"
    path.write_text(drawing.pack(wanted), encoding="utf-8")
    script = (
        "import sys,time,yaml\nfrom pathlib import Path\n"
        "from monitor.rulepacks import load\np=Path(sys.argv[1])\n"
        "t=time.process_time()\n"
        "yaml.load(p.read_text(encoding='utf-8'),Loader=getattr(yaml,sys.argv[2]))\n"
        "a=time.process_time()\nload([p])\nprint(a-t,time.process_time()-a)\n"
    )
    figures = {}
    for name, loader in (("", "SafeLoader"), ("c_", "CSafeLoader")):
        done = subprocess.run(
            [sys.executable, "-c", script, str(path), loader],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        parsed, loaded = map(float, done.stdout.split())
        figures[f"{name}yaml_s"] = round(parsed, 2)
        figures["load_s"] = round(loaded, 2)
    return figures


def show(options, found, engine, size):
    """Print the rows of one engine as they come."""
    for one in found:
        if (one["engine"], one["rules"]) == (engine, size):
            say(
                options,
                f"{size:>6} rules  {engine:<24}{one['items']:<6}"
                f"{one['items_per_s']:>11,.0f}/s warm {one['cold_items_per_s']:>10,.0f} cold"
                f" {one['unseen_items_per_s']:>10,.0f} unseen  build {one['build_s']:>7.2f} s"
                f"  {one['rss_mb']:>6.0f} MB  {one['matches_per_item']:>8.3f} an item"
                f"  {one['measured_items']:>6} items x {one['measured_passes']}",
            )


def ratios(ours, others):
    """Yield ours in terms of the best of each kind of alternative."""
    kinds = {
        "the best by hand": [e for e in others if e != "re" and "+" not in e],
        "the best with our clauses": [e for e in others if "+" in e],
    }
    for name, engines in kinds.items():
        if engines:
            best = max(engines, key=others.get)
            yield f"{ours / others[best]:.2f} of {name} ({best})"
    if "re" in others:
        yield f"{ours / others['re']:,.0f} of one re a rule"


def summary(found, load, differing):
    """Return the ratios, and what they should be."""
    lines = [""]
    rate = {(o["engine"], o["rules"], o["items"]): o["items_per_s"] for o in found}
    sizes = sorted({one["rules"] for one in found})
    for kind in ("short", "long"):
        for size in sizes:
            ours = rate.get(("tocsin", size, kind))
            others = {
                engine: rate[engine, size, kind]
                for engine in ENGINES
                if (engine, size, kind) in rate and not engine.startswith("tocsin")
            }
            if ours and others:
                line = f"{kind:<6}{size:>6} rules: "
                line += ", ".join(ratios(ours, others))
                lines.append(line)
        for fewer, more in itertools.pairwise(sizes):
            a, b = rate.get(("tocsin", fewer, kind)), rate.get(("tocsin", more, kind))
            if a and b:
                lines.append(
                    f"{kind:<6}{fewer:>6} to {more} rules: throughput x{b / a:.2f}"
                )
    if load:
        lines.append(
            f"10,000 rules load in {load['load_s']} s: {load['load_s'] / load['yaml_s']:.2f}"
            f" of parsing their YAML ({load['yaml_s']} s; with libyaml {load['c_yaml_s']} s)"
        )
    lines += [f"other answers: {one}" for one in differing] or ["same answers: all"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    # A child inherits no limits; the parent's peak says nothing of an engine.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
