"""Polls a folder of saved feeds twice through the daemon; feedparser beside it.

    python bench/poll.py FOLDER [--rounds 3] [--json]

FOLDER holds feed files, or `live-feeds.tar.xz` with feed files in it. Each file
is served from a loopback address of its own, with an ETag. In every round the
same files go through

- `tocsin run`, a process of its own, on a new database: a first poll of every
  feed, then a second one, which must be answered 304;
- a plain loop of httpx and feedparser, twice over the same addresses.

Printed are medians over the rounds, and ours against the loop as a ratio.
"""

import argparse
import asyncio
import hashlib
import json
import re
import signal
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

LOOP = r"""
import json, resource, sys, time
import feedparser, httpx
urls = json.load(sys.stdin)
validators, figures = {}, []
with httpx.Client(timeout=30) as client:
    for _ in range(2):
        began, cpu = time.perf_counter(), time.process_time()
        entries = statuses = parsed = 0
        for url in urls:
            answer = client.get(url, headers=validators.get(url, {}))
            if answer.status_code == 304:
                statuses += 1
                continue
            if "etag" in answer.headers:
                validators[url] = {"If-None-Match": answer.headers["etag"]}
            feed = feedparser.parse(answer.content, response_headers=dict(answer.headers))
            entries += len(feed.entries)
            parsed += bool(feed.entries)
        figures.append(dict(seconds=time.perf_counter() - began,
            cpu=time.process_time() - cpu, entries=entries, parsed=parsed,
            unchanged=statuses))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(passes=figures, peak_mb=peak)))
"""


def feed_files(folder: Path, scratch: Path) -> list[Path]:
    """Return the feed files of a folder, unpacking `live-feeds.tar.xz` if it is there."""
    packed = folder / "live-feeds.tar.xz"
    if packed.is_file():
        with tarfile.open(packed) as tar:
            tar.extractall(scratch, filter="data")
        folder = scratch
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)


class FeedHost:
    """Serves each file at its own loopback address, so that no host is shared."""

    def __init__(self, files: list[Path]) -> None:
        self.bodies = {_address(i): p.read_bytes() for i, p in enumerate(files)}
        self.statuses: Counter[int] = Counter()
        self.urls: list[str] = []

    @asynccontextmanager
    async def serving(self):
        servers = [
            await asyncio.start_server(self._answer, host, 0) for host in self.bodies
        ]
        self.urls = [
            "http://{}:{}/feed".format(*s.sockets[0].getsockname()) for s in servers
        ]
        try:
            yield self
        finally:
            for server in servers:
                server.close()

    async def _answer(self, reader, writer) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = self.bodies[writer.get_extra_info("sockname")[0]]
                etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                same = f"if-none-match: {etag}".encode() in head.lower()
                status, body = (304, b"") if same else (200, body)
                self.statuses[status] += 1
                writer.write(
                    f"HTTP/1.1 {status} X\r\nETag: {etag}\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def _address(index: int) -> str:
    return f"127.1.{index // 250}.{index % 250 + 1}"


def metrics(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    rows = re.findall(r"^(tocsin_[^ ]+) ([0-9.e+-]+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in rows}


def polls(port: int) -> Counter[str]:
    found = Counter()
    for name, value in metrics(port).items():
        if match := re.fullmatch(r'tocsin_polls_total\{status="(.+)"\}', name):
            found[match[1]] += int(value)
    return found


def run_daemon(urls: list[str], folder: Path) -> dict:
    """Start the daemon, let it poll every feed twice, and measure it from outside."""
    config = folder / "tocsin.yaml"
    (folder / "feeds.yaml").write_text(
        json.dumps({"feeds": [{"url": u} for u in urls]})
    )
    rules = Path(__file__).resolve().parent.parent / "rules"
    config.write_text(
        json.dumps(
            {
                "store": {"url": f"sqlite:///{folder}/tocsin.db"},
                "rules": [str(rules)],
                "feeds": ["feeds.yaml"],
                "collect": {"allow_networks": ["127.0.0.0/8"]},
                "receivers": [
                    {"name": "file", "file": {"path": f"{folder}/alerts.jsonl"}}
                ],
                "server": {"listen": "127.0.0.1:0"},
                "log": {"format": "json", "level": "info"},
            }
        )
    )
    command = [sys.executable, "-m", "monitor"]
    log = (folder / "log").open("w+")
    daemon = subprocess.Popen([*command, "run", "--config", config], stderr=log)
    try:
        port = _port(folder / "log", daemon)
        first = _wait_for(port, len(urls), daemon.pid)
        again = time.perf_counter()
        subprocess.run(
            [*command, "feeds", "poll", "--all", "--config", config],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        second = _wait_for(port, 2 * len(urls), daemon.pid, began=again)
        figures = metrics(port)
        return {
            "first": first,
            "second": second,
            "statuses": dict(polls(port)),
            "items": int(figures["tocsin_store_items"]),
            "peak_mb": _peak(daemon.pid),
        }
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(30)


def _port(log: Path, daemon: subprocess.Popen) -> int:
    for _ in range(600):
        if match := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text()):
            return int(match[1])
        if daemon.poll() is not None:
            sys.exit(f"the daemon did not start:\n{log.read_text()}")
        time.sleep(0.05)
    sys.exit("the daemon did not say where it listens")


def _wait_for(port: int, wanted: int, pid: int, began: float | None = None) -> dict:
    began = began or time.perf_counter()
    cpu = _cpu(pid)
    while sum(polls(port).values()) < wanted:
        time.sleep(0.05)
    return {"seconds": time.perf_counter() - began, "cpu": _cpu(pid) - cpu}


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _peak(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def run_loop(urls: list[str]) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", LOOP],
        input=json.dumps(urls),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


async def measure(files: list[Path], rounds: int) -> dict:
    ours, theirs = [], []
    async with FeedHost(files).serving() as host:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as scratch:
                host.statuses.clear()
                run = await asyncio.to_thread(run_daemon, host.urls, Path(scratch))
                run["http"] = dict(host.statuses)
                ours.append(run)
            theirs.append(await asyncio.to_thread(run_loop, host.urls))
    return {"feeds": len(files), "tocsin": ours, "loop": theirs}


def median(values) -> float:
    return statistics.median(values)


def report(found: dict) -> dict:
    """Sum up the rounds: medians and ratios."""
    ours, theirs = found["tocsin"], found["loop"]
    statuses = ours[-1]["statuses"]
    rows = {
        "feeds": found["feeds"],
        "feeds_read": statuses.get("ok", 0),
        "feeds_refused": {
            k: v for k, v in statuses.items() if k not in {"ok", "unchanged"}
        },
        "loop_feeds_read": theirs[-1]["passes"][0]["parsed"],
        "items_stored": ours[-1]["items"],
        "loop_items": theirs[-1]["passes"][0]["entries"],
        "second_poll_304": ours[-1]["http"].get(304, 0),
    }
    for index, name in enumerate(("first", "second")):
        for figure in ("seconds", "cpu"):
            mine = median(r[name][figure] for r in ours)
            other = median(r["passes"][index][figure] for r in theirs)
            rows[f"{name}_poll_{figure}"] = round(mine, 2)
            rows[f"loop_{name}_poll_{figure}"] = round(other, 2)
            if mine:
                rows[f"ratio_{name}_poll_{figure}"] = round(other / mine, 1)
    rows["peak_mb"] = round(median(r["peak_mb"] for r in ours))
    rows["loop_peak_mb"] = round(median(r["peak_mb"] for r in theirs))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.folder is None or not options.folder.is_dir():
        sys.exit("no data: name a folder of feed files (make bench DATA=FOLDER)")
    with tempfile.TemporaryDirectory() as scratch:
        files = feed_files(options.folder, Path(scratch))
        rows = report(asyncio.run(measure(files, options.rounds)))
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for name, value in rows.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
