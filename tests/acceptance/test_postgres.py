"""The same service on PostgreSQL, and two of them on one database."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import postgres
from tests.acceptance.harness import (
    Entry,
    FeedServer,
    WebhookServer,
    installation,
    wait_for,
)

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    try:
        with postgres.running() as running:
            yield running
    except postgres.CannotStart as reason:
        pytest.skip(f"no PostgreSQL: {reason}")


def test_two_replicas_share_the_work_and_alert_once(
    server: postgres.Server,
    tmp_path: Path,
    feeds: FeedServer,
    webhook: WebhookServer,
) -> None:
    url = server.new_database()
    titles = [
        "33 fighters detained near Minsk",
        "Crowds gather as journalists are detained in Minsk, fighters watch",
    ]
    feeds.entries |= {f"/{n}": [] for n in range(6)}
    with ExitStack() as stack:
        replicas = []
        for name in ("one", "two"):
            folder = tmp_path / name
            folder.mkdir()
            replica = stack.enter_context(installation(folder, url))
            replica.write([feeds.url(f"/{n}") for n in range(6)], webhook.url)
            replicas.append(replica)
            replica.start()
        for path in ("/0", "/1", "/2"):
            feeds.entries[path] = [Entry(titles[0], "Armed men in a sanatorium.")]
        wait_for(lambda: webhook.accepted, "the first alert arrives")
        feeds.entries["/5"] = [Entry(titles[1], "A gas quarrel ends in a brawl.")]
        wait_for(lambda: len(webhook.accepted) == 2, "the second alert arrives")
        wait_for(
            lambda: len(replicas[0].json("items", "search", "fighters")) == 4,
            "every report is stored",
        )
        assert [replica.stop() for replica in replicas] == [0, 0]
    assert sorted(webhook.titles()) == sorted(titles)
    assert len(set(webhook.ids)) == len(webhook.ids) == 2


def test_a_database_that_goes_away_is_told_once_with_the_mend_and_waited_for(
    server: postgres.Server,
    tmp_path: Path,
    feeds: FeedServer,
    webhook: WebhookServer,
) -> None:
    url = server.new_database()
    name = url.partition("?")[0].rpartition("/")[2]
    feeds.entries["/a"] = []
    with installation(tmp_path, url) as tocsin:
        tocsin.write([feeds.url("/a")], webhook.url)
        tocsin.start()
        wait_for(lambda: feeds.requests, "the first poll")
        _close(server, name)
        feeds.entries["/a"] = [Entry("33 fighters detained near Minsk")]
        wait_for(lambda: "the store is unavailable" in tocsin.log, "it is told")
        address = f"{tocsin.web}/-/healthy"
        wait_for(lambda: _fails(address) >= {"poll", "deliver"}, "it is not healthy")
        said = tocsin.command("healthcheck", "--url", address, status=1)
        assert said.startswith("tocsin: not healthy: store, ")
        assert said.count(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true") == 1
        server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        wait_for(lambda: webhook.accepted, "the report is told")
        wait_for(lambda: "the store works again" in tocsin.log, "so is the end")
        assert tocsin.stop() == 0
        lines = [json.loads(line) for line in tocsin.log.splitlines()]
    outage = "the store is unavailable; what is due waits for it"
    down = [one["why"] for one in lines if one["event"] == outage]
    assert len(down) == len(set(down)), "no reason is told twice"
    assert sum("ALLOW_CONNECTIONS" in why for why in down) == 1


def _close(server: postgres.Server, name: str) -> None:
    """Let nobody use a database any more, nor go on using it."""
    server.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    of = f"FROM pg_stat_activity WHERE datname = '{name}'"
    server.run(f"SELECT pg_terminate_backend(pid) {of}")


def _fails(address: str) -> set[str]:
    """Return the ticks that fail, once the service says that it is not healthy."""
    try:
        urllib.request.urlopen(address, timeout=10).close()
    except urllib.error.HTTPError as error:
        return set(json.load(error)["failing_ticks"])
    return set()
