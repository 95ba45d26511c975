"""Reloads: what is on disk last is in force."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app import compose
from monitor.app.compose import Tocsin
from monitor.app.edits import Edits
from monitor.app.loading import Loaded, load
from monitor.app.observers import Observers
from monitor.store.records import open_store

PACK = """
version: 1
theme: weather
rules:
- id: r
  title: Storms
  severity: low
  match: storm
"""


class SlowAtFirst:
    """Reads the configuration; the first one it has read it keeps back for a while."""

    def __init__(self) -> None:
        self.has_read = threading.Event()
        self.go_on = threading.Event()
        self._asked = 0

    def __call__(self, path: Path) -> Loaded:
        self._asked += 1
        is_first = self._asked == 1
        found = load(path)
        if is_first:
            self.has_read.set()
            self.go_on.wait(30)
        return found


def write(folder: Path, *feeds: str) -> Path:
    written = {
        "rules": ["pack.yaml"],
        "feeds": ["feeds.yaml"],
        "receivers": [{"name": "desk", "console": {}}],
    }
    listed = [{"url": f"https://{name}.example/f"} for name in feeds]
    (folder / "pack.yaml").write_text(PACK)
    (folder / "feeds.yaml").write_text(json.dumps({"feeds": listed}))
    (folder / "tocsin.yaml").write_text(json.dumps(written))
    return folder / "tocsin.yaml"


@pytest.fixture
async def tocsin(tmp_path: Path) -> AsyncIterator[Tocsin]:
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    made = Tocsin(load(write(tmp_path, "a")), store, Observers([]))
    yield made
    await made.aclose()
    store.close()


async def test_of_two_reloads_at_once_the_newer_files_stay_in_force(
    tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal may come while saved rules are being read."""
    reading = SlowAtFirst()
    monkeypatch.setattr(compose, "load", reading)
    first = asyncio.create_task(tocsin.reload())
    await asyncio.to_thread(reading.has_read.wait, 30)
    write(tmp_path, "a", "b")
    second = asyncio.create_task(tocsin.reload())
    await asyncio.wait([second], timeout=0.2)
    reading.go_on.set()
    assert not any(await asyncio.gather(first, second))
    assert len(tocsin.loaded.configuration.feeds) == 2


async def test_a_lease_outlasts_the_attempts_of_a_receiver_that_is_given_more_time(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    """Else another process would take the message over while it is being sent."""
    path = write(tmp_path, "a")
    written = json.loads(path.read_text())
    hook = {"url": "https://desk.example/", "timeout": "5m"}
    written["receivers"] = [{"name": "desk", "webhook": hook}]
    path.write_text(json.dumps(written))
    assert await tocsin.reload() == []
    assert tocsin.sender.margin >= timedelta(minutes=5)
    assert tocsin.sender.lease > tocsin.sender.margin


def test_a_pack_that_is_saved_while_the_service_starts_is_read(tmp_path: Path) -> None:
    """The start may wait for the store, or for models, long after the rules were read."""
    loaded = load(write(tmp_path, "a"))
    (tmp_path / "pack.yaml").write_text(PACK.replace("storm", "storm OR hail"))
    edits = Edits(lambda: loaded.rule_files, loaded.seen)
    assert [edits.settled() for _ in range(3)] == [False, True, False]
    unchanged = load(tmp_path / "tocsin.yaml")
    edits = Edits(lambda: unchanged.rule_files, unchanged.seen)
    assert not any(edits.settled() for _ in range(3))
