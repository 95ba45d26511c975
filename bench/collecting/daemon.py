"""`tocsin run` on many feeds, in a process of its own, measured from outside."""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bench.collecting.publisher import host
from monitor.model import Feed
from monitor.store.records import open_store
from monitor.store.schema import feeds

HOSTS = 1000
LEAD = timedelta(seconds=30)
CAUGHT_UP = 3
"""Seconds: the most overdue feed of a daemon that is in time."""
RULES = Path(__file__).resolve().parent.parent.parent / "rules"


@contextmanager
def publishing():
    """Serve feeds in a process of its own; yield how to name the Nth of a kind."""
    publisher = subprocess.Popen(
        [sys.executable, "-m", "bench.collecting.publisher", str(HOSTS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = int(publisher.stdout.readline())
        yield lambda kind, n: f"http://{host(n % HOSTS)}:{port}/{kind}/{n}"
    finally:
        publisher.stdin.close()
        publisher.wait(10)


def seed(
    folder: Path, urls: list[str], over: timedelta, lead: timedelta = timedelta()
) -> None:
    """Make a database whose feeds were all polled before and come due over a time.

    The first of them is due after `lead`, so that the daemon is up by then.
    """
    store = open_store(f"sqlite:///{folder}/tocsin.db")
    now = datetime.now(UTC)
    every = timedelta(minutes=15)
    store.sync_feeds([Feed(url=u, every=every, origin="command") for u in urls], now)
    share = over.total_seconds() / max(len(urls), 1)
    # Multiplied by a number without a common factor: neighbours come due far apart.
    place = (feeds.c.id * 7919) % len(urls)
    moment = sa.func.strftime(
        "%Y-%m-%d %H:%M:%f000", sa.func.julianday(now + lead) + place * share / 86400
    )
    with store._database.write() as connection:
        connection.execute(
            sa.update(feeds).values(
                etag='"1"',
                body_hash="x",
                interval=every,
                status="unchanged",
                last_polled=now,
                last_ok=now,
                last_new=now,
                last_full=now,
                poll_after=sa.type_coerce(moment, sa.String),
            )
        )
    store.close()


class Daemon:
    """The running program."""

    def __init__(self, folder: Path, concurrency: int = 256) -> None:
        self.folder = folder
        self.database = folder / "tocsin.db"
        config = folder / "tocsin.yaml"
        settings = {
            "store": {"url": f"sqlite:///{self.database}"},
            "rules": [str(RULES)],
            "collect": {"allow_networks": ["127.0.0.0/8"], "concurrency": concurrency},
            "receivers": [{"name": "file", "file": {"path": f"{folder}/alerts"}}],
            "server": {"listen": "127.0.0.1:0"},
            "log": {"format": "json", "level": "info"},
        }
        self.log = folder / "log"
        config.write_text(json.dumps(settings))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run", "--config", str(config)],
            stderr=self.log.open("w"),
        )
        self.port = self._port()

    def _port(self) -> int:
        for _ in range(1200):
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", self.log.read_text()):
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        sys.exit(f"the daemon did not start:\n{self.log.read_text()[-2000:]}")

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            text = answer.read().decode()
        rows = re.findall(r"^(tocsin_[^ ]+) ([0-9.e+-]+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in rows}

    def polls(self) -> int:
        found = self.metrics()
        return int(sum(v for k, v in found.items() if k.startswith("tocsin_polls_t")))

    def cpu(self) -> float:
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def memory(self, name: str = "VmHWM") -> float:
        """Return megabytes: VmHWM is the most so far, VmRSS is now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024

    def size(self) -> float:
        """Return the database's megabytes, with what is not checkpointed."""
        files = self.folder.glob("tocsin.db*")
        return sum(f.stat().st_size for f in files) / 2**20

    def poll_all(self) -> None:
        """Make every feed due, as `tocsin feeds poll --all` does."""
        store = open_store(f"sqlite:///{self.database}")
        store.make_due(None, datetime.now(UTC))
        store.close()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def cost(urls: list[str], polls: int, folder: Path, *, again: bool = False) -> dict:
    """Return the daemon's CPU a poll, over `polls` of feeds that are all due.

    `again` measures the second poll of each, when most entries are known. Few feeds
    are made due again until there were as many polls as wanted: what a second of a
    young daemon costs says little.
    """
    folder.mkdir()
    seed(folder, urls, timedelta())
    daemon = Daemon(folder)
    try:
        if again:
            _until(daemon, len(urls))
            daemon.poll_all()
        else:
            _until(daemon, min(256, len(urls) // 4))
        before, cpu, began = daemon.polls(), daemon.cpu(), time.perf_counter()
        rounds = 1 + again
        if polls <= len(urls):
            _until(daemon, min(before + polls, rounds * len(urls)))
        else:
            while daemon.polls() < before + polls:
                _until(daemon, min(before + polls, rounds * len(urls)))
                daemon.poll_all()
                rounds += 1
        done = daemon.polls() - before
        seconds = time.perf_counter() - began
        return {
            "us": (daemon.cpu() - cpu) / done * 1e6,
            "polls_a_second": done / seconds,
            "polls": done,
            "peak_mb": daemon.memory(),
        }
    finally:
        daemon.stop()


def _until(daemon: Daemon, polls: int) -> None:
    for _ in range(2400):
        if daemon.polls() >= polls:
            return
        time.sleep(0.25)
    sys.exit("the daemon polls no more")


def cadence(urls: list[str], mean: timedelta, window: float, folder: Path) -> dict:
    """Poll feeds at their cadence for `window` seconds; how late, and at what cost."""
    folder.mkdir()
    seed(folder, urls, mean, LEAD)
    daemon = Daemon(folder)
    try:
        # What came due while it started is made up for first.
        for _ in range(240):
            time.sleep(1)
            late = daemon.metrics()["tocsin_store_feeds_overdue_seconds"]
            if daemon.polls() and late < CAUGHT_UP:
                break
        first, cpu, began = daemon.metrics(), daemon.cpu(), time.perf_counter()
        size = daemon.size()
        time.sleep(window)
        last, seconds = daemon.metrics(), time.perf_counter() - began
        lags = _histogram(first, last, "tocsin_poll_lag_seconds")
        polls = lags[-1][1]
        return {
            "feeds": len(urls),
            "asked_polls_a_second": round(len(urls) / mean.total_seconds(), 1),
            "polls": int(polls),
            "polls_a_second": round(polls / seconds, 1),
            "lag_p50_s": round(quantile(lags, 0.5), 2),
            "lag_p99_s": round(quantile(lags, 0.99), 2),
            "cores": round((daemon.cpu() - cpu) / seconds, 2),
            "peak_mb": round(daemon.memory()),
            "database_mb": round(daemon.size()),
            "growth_bytes_a_poll": round((daemon.size() - size) * 2**20 / polls),
            "by_status": _by_status(first, last),
        }
    finally:
        daemon.stop()


def _by_status(first, last) -> dict[str, int]:
    return {
        found[1]: int(value - first.get(name, 0))
        for name, value in last.items()
        if (found := re.fullmatch(r'tocsin_polls_total\{status="(.+)"\}', name))
    }


def _histogram(first, last, name: str) -> list[tuple[float, float]]:
    """Return upper bounds with how many were at most that, between two scrapes."""
    found = []
    for key, value in last.items():
        if match := re.fullmatch(rf'{name}_bucket\{{le="(.+)"\}}', key):
            found.append((float(match[1]), value - first.get(key, 0)))
    return sorted(found)


def quantile(lags: list[tuple[float, float]], share: float) -> float:
    """Return a quantile as Prometheus computes it, straight between the bounds."""
    wanted = share * lags[-1][1]
    below, before = 0.0, 0.0
    for bound, count in lags:
        if count >= wanted:
            inside = (wanted - before) / max(count - before, 1)
            return bound if bound == float("inf") else below + (bound - below) * inside
        below, before = bound, count
    return below
