"""The same service on PostgreSQL, and two of them on one database."""

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
