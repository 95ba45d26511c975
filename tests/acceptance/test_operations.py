"""What keeps the service running sees: health, signals, reloads, a log that is full."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harness import (
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
    wait_for,
)

DETAINED = Entry("33 fighters detained near Minsk")


def test_the_health_check_goes_through_no_proxy(tocsin: Installation) -> None:
    """Docker gives every container the proxies of its client's configuration."""
    tocsin.write([])
    tocsin.start()
    tocsin.environment = {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}

    assert "healthy" in tocsin.command(
        "healthcheck", "--url", f"{tocsin.web}/-/healthy"
    )


def test_the_health_check_finds_the_service_after_a_change_of_its_address(
    tocsin: Installation, feeds: FeedServer
) -> None:
    tocsin.write([])
    tocsin.start()
    assert tocsin.command("healthcheck").startswith("healthy, version")

    # Something else answers there, so that the service must not be looked for there.
    new = f"127.0.0.1:{feeds.port}"
    tocsin.write([], server={"listen": new})
    said = tocsin.command("healthcheck")
    assert said.startswith("healthy, version")
    assert f"until the next start, then on {new}" in said

    tocsin.stop()
    assert list(tocsin.folder.glob("*-listen")) == []
    assert "--url" in tocsin.command("healthcheck", status=1)


@pytest.mark.parametrize("edit", ["receivrs: []\n", "a: [\n"])
def test_a_bad_edit_of_the_configuration_makes_no_service_unhealthy(
    tocsin: Installation, edit: str
) -> None:
    """It goes on by what it read; a container that is ended for it would not start again."""
    tocsin.write([])
    tocsin.start()
    tocsin.config.write_text(f"{tocsin.config.read_text()}\n{edit}")
    # Of a file that is no YAML nothing is known: its store is where it says elsewhere.
    (store,) = tocsin.folder.glob("*.db")
    tocsin.environment = {"TOCSIN_STORE__URL": f"sqlite:///{store}"}
    assert tocsin.command("healthcheck").startswith("healthy, version")


def test_a_note_that_a_killed_service_left_behind_is_not_believed(
    tocsin: Installation,
) -> None:
    tocsin.write([])
    tocsin.start()
    tocsin.stop(signal.SIGKILL)
    (note,) = tocsin.folder.glob("*-listen")
    former = note.read_text().strip()
    said = tocsin.command("healthcheck", status=1)
    assert f"no healthy answer from http://{former}/-/healthy" in said

    tocsin.start()
    assert note.read_text().strip() in tocsin.web
    assert tocsin.command("healthcheck").startswith("healthy, version")


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the system has no /dev/full"
)
def test_a_log_that_cannot_be_written_stops_nothing(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = [DETAINED]
    tocsin.write([feeds.url("/a")], webhook.url)
    with Path("/dev/full").open("wb") as full:
        tocsin.daemon = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run", "--config", str(tocsin.config)],
            stderr=full,
            cwd=tocsin.folder,
            env=os.environ | tocsin.environment,  # noqa: TID251 - a child process
        )
    wait_for(lambda: webhook.accepted, "the webhook arrives")
    feeds.entries["/a"].append(Entry("Smugglers detained at Minsk airport, cigarettes"))
    wait_for(lambda: len(webhook.accepted) == 2, "so does the next")
    assert tocsin.stop(signal.SIGTERM) == 0
    assert tocsin.json("deliveries", "list", "--state", "pending") == []


def test_while_nothing_can_be_written_it_is_not_ready_and_says_why(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    """A limit of the size of files stands for a full disk."""
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: feeds.requests, "the first poll")
    assert _asked(tocsin, "/-/ready")[0] == 200

    assert tocsin.daemon is not None
    limit = resource.prlimit(tocsin.daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(tocsin.daemon.pid, resource.RLIMIT_FSIZE, (0, limit[1]))
    feeds.entries["/a"] = [DETAINED]
    wait_for(lambda: _asked(tocsin, "/-/ready")[0] == 503, "it is not ready")
    assert "disk" in _asked(tocsin, "/-/healthy")[1]["failing_ticks"]["poll"]

    resource.prlimit(tocsin.daemon.pid, resource.RLIMIT_FSIZE, limit)
    wait_for(lambda: webhook.accepted, "with room the report is told")
    wait_for(lambda: _asked(tocsin, "/-/ready")[0] == 200, "it is ready again")


def test_a_reload_waits_for_a_store_that_cannot_be_written(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    tocsin.write([], webhook.url)
    tocsin.start()
    assert tocsin.daemon is not None
    limit = resource.prlimit(tocsin.daemon.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(tocsin.daemon.pid, resource.RLIMIT_FSIZE, (0, limit[1]))
    feeds.entries["/a"] = [DETAINED]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.daemon.send_signal(signal.SIGHUP)
    wait_for(
        lambda: _asked(tocsin, "/-/healthy")[1]["rules"]["refused"],
        "the reload is in sight",
    )
    wait_for(
        lambda: 'tocsin_reloads_total{outcome="postponed"} 1.0' in _metrics(tocsin),
        "it is counted as what it is",
    )
    assert "tocsin_rules_refused 0.0" in _metrics(tocsin), "no rule is wrong"

    resource.prlimit(tocsin.daemon.pid, resource.RLIMIT_FSIZE, limit)
    wait_for(lambda: webhook.accepted, "the new feed is polled", seconds=60)
    assert _asked(tocsin, "/-/healthy")[1]["rules"]["refused"] == []


def test_what_ends_the_start_is_a_line_of_the_log_and_tells_the_mend(
    tocsin: Installation,
) -> None:
    """A log that is read as JSON must not end in a plain line."""
    tocsin.store_url = "postgresql://tocsin:geheim@127.0.0.1:1/tocsin"
    tocsin.write([])
    said = tocsin.command("run", status=1)
    last = json.loads(said.splitlines()[-1])
    assert (last["level"], last["event"]) == ("error", "tocsin cannot run")
    assert "nothing listens there; start PostgreSQL" in last["why"]
    assert "geheim" not in said


def _metrics(tocsin: Installation) -> list[str]:
    with urllib.request.urlopen(f"{tocsin.web}/metrics", timeout=10) as answer:
        return str(answer.read(), "utf-8").splitlines()


def _reloaded(tocsin: Installation, **settings: Any) -> list[dict[str, Any]]:
    """Write the configuration anew, reload, and return the lines of the whole log."""
    before = tocsin.log.count('"reloaded"')
    tocsin.write([], **settings)
    assert tocsin.daemon is not None
    tocsin.daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: tocsin.log.count('"reloaded"') > before, "the reload")
    return [json.loads(line) for line in tocsin.log.splitlines()]


def test_a_change_that_waits_for_the_next_start_is_told_until_it_is_undone(
    tocsin: Installation,
) -> None:
    tocsin.write([])
    tocsin.start()

    def waiting(**settings: Any) -> int:
        lines = _reloaded(tocsin, **settings)
        said = "collect: changes take effect at the next start"
        return [line["event"] for line in lines].count(said)

    assert waiting(collect={"every": "9m"}) == 1
    assert waiting(collect={"every": "9m"}) == 2
    assert waiting() == 2, "what is on disk is what runs"


def test_warnings_are_lines_of_the_log_at_the_start_and_at_a_reload(
    tocsin: Installation,
) -> None:
    unsigned = [{"name": "desk", "webhook": {"url": "https://desk.example/"}}]
    tocsin.write([], receivers=unsigned)
    tocsin.start()

    lines = _reloaded(tocsin, receivers=unsigned)

    warned = [line for line in lines if "not signed" in line.get("problem", "")]
    assert [line["level"] for line in warned] == ["warning", "warning"]


def test_what_a_clock_that_was_ahead_put_off_is_polled_at_the_next_start(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    """The store is left as by a machine whose clock was a year ahead."""
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: '"polled"' in tocsin.log, "the first poll")
    tocsin.stop()
    with closing(sqlite3.connect(tocsin.folder / "tocsin.db")) as store:
        for name in ("last_polled", "poll_after"):
            moved = f"strftime('%Y-%m-%d %H:%M:%f', {name}, '+1 year') || '000'"
            store.execute(f"UPDATE feeds SET {name} = {moved}")
        store.commit()

    feeds.entries["/a"] = [DETAINED]
    tocsin.start()
    wait_for(lambda: webhook.accepted, "the report is told")
    assert "the clock was ahead" in tocsin.log


def _beginning(tocsin: Installation) -> "subprocess.Popen[bytes]":
    """Return the service as soon as its process begins."""
    with (tocsin.folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "monitor", "run", "--config", str(tocsin.config)],
            stderr=log,
            cwd=tocsin.folder,
            env=os.environ | tocsin.environment,  # noqa: TID251 - a child process
        )


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_during_the_start_is_heeded_after_it(
    tocsin: Installation, number: signal.Signals
) -> None:
    tocsin.write([])
    # The configuration is a pipe: the start waits at it.
    config = tocsin.config.read_bytes()
    tocsin.config.unlink()
    os.mkfifo(tocsin.config)
    tocsin.daemon = _beginning(tocsin)
    with tocsin.config.open("wb") as pipe:
        tocsin.daemon.send_signal(number)
        tocsin.config.unlink()
        tocsin.config.write_bytes(config)
        pipe.write(config)

    if number is signal.SIGTERM:
        assert tocsin.daemon.wait(30) == 0
        assert '"stopped"' in tocsin.log
    else:
        wait_for(lambda: '"reloaded"' in tocsin.log, "it runs, and reloads")


_SIGNALLED_WHILE_IT_LOADS = """
import os, signal, sys

class Sender:
    def find_spec(self, name, path=None, target=None):
        if name == "monitor.cli.service":
            os.kill(os.getpid(), signal.SIGHUP)

sys.meta_path.insert(0, Sender())
from monitor.cli import main
main(["run", "--help"])
"""


def test_a_signal_does_not_end_a_service_whose_modules_are_still_loading() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SIGNALLED_WHILE_IT_LOADS],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0


def _asked(tocsin: Installation, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(tocsin.web + path) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.parametrize("known", [True, False], ids=["at its feeds", "at its tables"])
def test_sigterm_ends_a_start_that_waits_for_a_locked_store(
    tocsin: Installation, *, known: bool
) -> None:
    tocsin.write([])
    if known:
        tocsin.start()
        tocsin.stop()
    with closing(sqlite3.connect(tocsin.folder / "tocsin.db")) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN IMMEDIATE")
        tocsin.daemon = _beginning(tocsin)
        wait_for(lambda: "the start waits for the store" in tocsin.log, "it waits")
        tocsin.daemon.send_signal(signal.SIGTERM)
        # SQLite alone would wait for half a minute.
        assert tocsin.daemon.wait(15) == 0
        assert "before it had started" in tocsin.log
    tocsin.start()


def test_sigterm_stops_in_time_and_in_order_while_the_store_is_locked(
    feeds: FeedServer, tocsin: Installation
) -> None:
    tocsin.write([feeds.url("/a")])
    tocsin.start()
    wait_for(lambda: feeds.requests, "the first poll")
    with closing(sqlite3.connect(tocsin.folder / "tocsin.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        wait_for(lambda: _overdue(tocsin), "a poll that is due waits for the lock")
        assert tocsin.daemon is not None
        tocsin.daemon.send_signal(signal.SIGTERM)
        # SQLite alone would wait for half a minute.
        assert tocsin.daemon.wait(15) == 0
        assert '"event": "stopped"' in tocsin.log


def test_a_thread_that_does_not_end_holds_up_no_stop(tocsin: Installation) -> None:
    """A reload may read from a disk of another machine that answers no more."""
    tocsin.write([])
    tocsin.start()
    os.mkfifo(tocsin.folder / "rules" / "silent.yaml")
    wait_for(lambda: "rule packs were edited" in tocsin.log, "it is being read")
    assert tocsin.stop() == 0
    assert '"event": "stopped"' in tocsin.log


def _overdue(tocsin: Installation) -> bool:
    store = _asked(tocsin, "/-/healthy")[1]["store"]
    return bool(store["feeds_overdue_seconds"] > 1)
