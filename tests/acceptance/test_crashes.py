"""kill -9 at every observable step of the cycle: nothing lost, no second id.

A child process is killed at the moment it reaches a step. The steps are seen from
outside, by the servers it talks to and by the database file it writes.
"""

import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.harness import (
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
    wait_for,
)

ENTRIES = [
    Entry("33 fighters detained near Minsk", "Armed men in a sanatorium."),
    Entry("Protesters detained in Minsk after the vote", "Hundreds, say observers."),
    Entry("Minsk: journalist detained at the border", "Her editors ask for reasons."),
]


def rows(folder: Path, query: str) -> int:
    """Count rows from outside; 0 while there is no such table yet."""
    try:
        found = sqlite3.connect(f"file:{folder}/tocsin.db?mode=ro", uri=True)
        with closing(found) as database:
            return int(database.execute(query).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


Step = Callable[[FeedServer, WebhookServer, Path], object]


def asked(feeds: FeedServer, webhook: WebhookServer, folder: Path) -> object:
    return feeds.requests


def items_committed(feeds: FeedServer, webhook: WebhookServer, folder: Path) -> object:
    return rows(folder, "select count(*) from items")


def attempted(feeds: FeedServer, webhook: WebhookServer, folder: Path) -> object:
    return webhook.attempts


def one_recorded(feeds: FeedServer, webhook: WebhookServer, folder: Path) -> object:
    return rows(folder, "select count(*) from deliveries where state = 'delivered'")


@pytest.mark.parametrize("step", [asked, items_committed, attempted, one_recorded])
def test_killed_when(
    step: Step, feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = list(ENTRIES)
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: step(feeds, webhook, tocsin.folder), "the step is reached")
    tocsin.stop(signal.SIGKILL)

    tocsin.start()
    wait_for(lambda: len(set(webhook.ids)) == len(ENTRIES), "every alert arrives", 60)

    assert sorted(set(webhook.titles())) == sorted(e.title for e in ENTRIES)
    assert all(len(bodies) == 1 for bodies in webhook.bodies.values())


def test_killed_while_a_receiver_holds_the_message(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    """The one window for a duplicate: it was delivered, and not yet recorded."""
    webhook.hang = threading.Event()
    feeds.entries["/a"] = [ENTRIES[0]]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: webhook.attempts, "the receiver holds it")
    tocsin.stop(signal.SIGKILL)
    webhook.hang.set()
    webhook.hang = None

    tocsin.start()
    wait_for(lambda: len(webhook.attempts) > 1, "it is sent again", 60)

    assert len({identity for identity, _ in webhook.attempts}) == 1
    assert all(len(bodies) == 1 for bodies in webhook.bodies.values())


def test_killed_again_and_again(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = []
    tocsin.write([feeds.url("/a")], webhook.url)
    titles = []
    for number in range(6):
        title = f"{number + 3} people detained in Minsk on day {number}: {'abcdef'[number] * 9}"
        titles.append(title)
        feeds.entries["/a"] = [
            *feeds.entries["/a"],
            Entry(title, f"Report {'uvwxyz'[number] * 12} from street {number}."),
        ]
        tocsin.start()
        threading.Event().wait(0.15 * number)
        tocsin.stop(signal.SIGKILL)
    tocsin.start()

    wait_for(
        lambda: rows(tocsin.folder, "select count(*) from items") == len(titles),
        "every item is stored",
        60,
    )
    wait_for(
        lambda: (
            rows(
                tocsin.folder, "select count(*) from deliveries where state = 'pending'"
            )
            == 0
        ),
        "every delivery is made",
        60,
    )
    alerts = rows(tocsin.folder, "select count(*) from alerts")
    assert len(set(webhook.ids)) == alerts > 0
