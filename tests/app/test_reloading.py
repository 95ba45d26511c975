"""Reloads: what is on disk last is in force."""

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from monitor.app import compose, logs
from monitor.app.compose import Clocks, Tocsin
from monitor.app.edits import Edits
from monitor.app.loading import Loaded, load
from monitor.app.observers import Observers
from monitor.clock import SteppedClock
from monitor.model import Body, Subscribed
from monitor.send.links import Claim
from monitor.store.records import open_store
from tests.send.examples import NOW, delivery, notice
from tests.send.servers import HANG, webhook_server
from tests.store.test_hubs import active

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


def write(folder: Path, *feeds: str, **more: Any) -> Path:
    written = {
        "rules": ["pack.yaml"],
        "feeds": ["feeds.yaml"],
        "receivers": [{"name": "desk", "console": {}}],
        **more,
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


def test_a_pack_that_is_saved_while_the_service_starts_is_read(tmp_path: Path) -> None:
    """The start may wait for the store, or for models, long after the rules were read."""
    loaded = load(write(tmp_path, "a"))
    (tmp_path / "pack.yaml").write_text(PACK.replace("storm", "storm OR hail"))
    edits = Edits(lambda: loaded.read)
    assert [edits.settled() for _ in range(3)] == [False, True, False]
    unchanged = load(tmp_path / "tocsin.yaml")
    edits = Edits(lambda: unchanged.read)
    assert not any(edits.settled() for _ in range(3))


@pytest.mark.parametrize("name", [".#other.yaml", "._pack.yaml", ".git/x.yaml"])
def test_what_editors_hide_beside_the_packs_is_no_pack(
    tmp_path: Path, name: str
) -> None:
    """A lock of Emacs leads nowhere, and what macOS adds to a file is no YAML."""
    rules, hidden = tmp_path / "rules", tmp_path / "rules" / name
    hidden.parent.mkdir(parents=True)
    path = write(tmp_path, "a", rules=["rules"])
    (rules / "pack.yaml").write_text(PACK)
    loaded = load(path)
    edits = Edits(lambda: loaded.read)
    if name.startswith(".#"):
        hidden.symlink_to("dana@desk.4711")
    else:
        hidden.write_bytes(b"\0\5\x16\7")
    assert not any(edits.settled() for _ in range(3))
    assert list(load(path).rulebook.rules) == ["r"]


def looks(edits: Edits) -> list[bool]:
    return [edits.settled() for _ in range(3)]


IMPORTING = """
version: 1
theme: weather
imports: {../shared/words.yaml: [storm]}
rules:
- {id: r, title: Storms, severity: low, match: '@storm'}
"""
WORDS = "version: 1\ntheme: words\ndefs: {storm: storm}\n"


async def test_what_refused_a_reload_is_looked_at_though_it_lies_outside_the_rules(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    """The import is new, so no rule in force knows it; it names another one in turn."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "words.yaml").write_text(WORDS + "imports: {more.yaml: [hail]}\n")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "pack.yaml").write_text(IMPORTING)
    path = tmp_path / "tocsin.yaml"
    path.write_text(path.read_text().replace("pack.yaml", "rules"))
    edits = Edits(lambda: tocsin.read)
    assert "more.yaml" in str(await tocsin.reload())
    assert looks(edits) == [False, False, False]
    (shared / "more.yaml").write_text("version: 1\ntheme: words\ndefs: {hail: [\n")
    assert looks(edits) == [False, True, False]
    assert "more.yaml" in str(await tocsin.reload())
    (shared / "more.yaml").write_text(WORDS.replace("storm", "hail"))
    assert looks(edits) == [False, True, False]
    assert await tocsin.reload() == []
    assert looks(edits) == [False, False, False]
    (shared / "more.yaml").write_text(
        WORDS.replace("storm", "hail").replace("words", "x")
    )
    assert looks(edits) == [False, True, False]


async def test_a_reload_that_changes_where_the_rules_are_is_no_edit_of_them(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    edits = Edits(lambda: tocsin.read)
    assert looks(edits) == [False, False, False]
    (tmp_path / "other.yaml").write_text(PACK.replace("storm", "storm OR hail"))
    path = tmp_path / "tocsin.yaml"
    path.write_text(path.read_text().replace("pack.yaml", "other.yaml"))
    assert await tocsin.reload() == []
    assert looks(edits) == [False, False, False]


async def test_a_configuration_that_cannot_be_read_leaves_the_rules_watched(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    edits = Edits(lambda: tocsin.read)
    path = tmp_path / "tocsin.yaml"
    good = path.read_text()
    path.write_text("rules: [\n")
    assert await tocsin.reload()
    path.write_text(good)
    (tmp_path / "pack.yaml").write_text(PACK.replace("storm", "storm OR hail"))
    assert looks(edits) == [False, True, False]


async def test_a_secret_that_a_reload_reads_is_hidden_in_the_log(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    address = "https://hooks.example/services/T0/B0/rotated-since"
    write(tmp_path, "a", receivers=[{"name": "desk", "slack": {"url": address}}])
    assert await tocsin.reload() == []
    line = logs.redactor(None, "error", {"why": f"cannot reach {address}"})
    assert line == {"why": "cannot reach [hidden]"}


SERVED = {"public_url": "https://before.example", "link_secret": "b" * 24}
MAIL = {"from": "a@a.example", "to": ["b@b.example"], "smtp": {"host": "a.example"}}


@pytest.mark.parametrize(
    "change", [{"public_url": "https://after.example"}, {"link_secret": "a" * 24}]
)
async def test_links_lead_to_the_server_that_runs_whatever_it_will_be_next(
    tmp_path: Path, change: dict[str, str]
) -> None:
    """What the server listens for is in force from the next start on."""
    receivers = [{"name": "desk", "email": MAIL}]
    path = write(tmp_path, "a", receivers=receivers, server=SERVED)
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    begun = load(path)
    tocsin = Tocsin(begun, store, Observers([]))
    served = begun.configuration.links
    write(tmp_path, "a", receivers=receivers, server={**SERVED, **change})
    assert await tocsin.reload() == []
    to = replace(delivery(), recipient="b@b.example")
    body = tocsin.courier.channels["desk"].compose(notice(), to)
    await tocsin.aclose()
    store.close()
    text = message_from_bytes(body.content, policy=policy.default)
    part = text.get_body(("plain",))
    assert part is not None
    found = re.search(r"https://(\S+)/links/silence/(\S+)", part.get_content())
    assert found is not None
    assert found[1] == "before.example"
    assert served is not None
    assert isinstance(served.read("silence", found[2], notice().at), Claim)


async def test_a_receiver_may_take_as_long_as_a_reload_allows(tmp_path: Path) -> None:
    """Else another replica would send the same message meanwhile."""
    clock = SteppedClock(NOW)
    clocks = Clocks(clock=clock)
    path = write(tmp_path, "a")
    stores = [open_store(f"sqlite:///{tmp_path}/t.db") for _ in range(2)]
    one, other = (
        Tocsin(load(path), each, Observers([]), clocks=clocks) for each in stores
    )
    ping = Body(content_type="application/json", content=b"{}")
    stores[0].add_deliveries([replace(delivery(), alert_id="", body=ping, due=NOW)])
    async with webhook_server(HANG) as slow:
        webhook = {"url": slow.url, "timeout": "5m", "allow_networks": ["127.0.0.0/8"]}
        write(tmp_path, "a", receivers=[{"name": "desk", "webhook": webhook}])
        for tocsin in (one, other):
            assert await tocsin.reload() == []
        assert await one.crew.claim_deliveries() == 1
        clock.step(timedelta(minutes=4))
        assert await other.crew.claim_deliveries() == 0
        for tocsin in (one, other):
            await tocsin.crew.drain(timedelta())
            await tocsin.aclose()
    for store in stores:
        store.close()


async def test_a_start_that_ends_early_still_leaves_hubs_to_be_asked_anew(
    tmp_path: Path,
) -> None:
    """Else they would push to the old address, and the feed be polled once a day."""
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    known = active(store)

    async def begin(address: str) -> None:
        path = write(tmp_path, server={"public_url": address})
        tocsin = Tocsin(load(path), store, Observers([]))
        try:
            tocsin.begin()
        finally:
            await tocsin.aclose()

    await begin("https://before.example")
    with closing(sqlite3.connect(tmp_path / "t.db")) as other, other:
        other.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON hub_subscriptions "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with pytest.raises(IntegrityError):
        await begin("https://after.example")
    with closing(sqlite3.connect(tmp_path / "t.db")) as other, other:
        other.execute("DROP TRIGGER full")
    await begin("https://after.example")
    (found,) = store.hubs.all()
    assert (found.id, found.state) == (known.id, Subscribed.OFFERED)
    store.close()
