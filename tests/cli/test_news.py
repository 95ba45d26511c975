"""What is new, what is taken back and what a story is worth, read through the commands."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import main
from tests.acceptance.harness import (
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
)

Run = Callable[..., str]
FIRST = Entry("33 fighters detained near Minsk sanatorium", "Armed men, TASS reports.")
AGAIN = Entry("33 fighters detained near Minsk sanatorium", "Armed men. (TASS)")
TAKEN_BACK = Entry(
    "Correction: 32 fighters detained near Minsk sanatorium, not 33",
    "An earlier version of this report said 33.",
)


@pytest.fixture
def servers() -> Iterator[tuple[FeedServer, WebhookServer]]:
    with FeedServer() as feeds, WebhookServer() as webhook:
        yield feeds, webhook


@pytest.fixture
def run(
    tmp_path: Path,
    servers: tuple[FeedServer, WebhookServer],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    feeds, webhook = servers
    made = Installation(tmp_path)
    made.write([feeds.url("/a"), feeds.url("/b"), feeds.url("/c")], webhook.url)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> str:
        done = CliRunner().invoke(main, [*arguments, "--config", str(made.config)])
        assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
        return done.stdout

    return call


def rows(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json"))


def test_a_correction_is_sent_and_shown_with_what_the_story_is_worth(
    run: Run, servers: tuple[FeedServer, WebhookServer]
) -> None:
    feeds, webhook = servers
    feeds.entries["/a"] = [FIRST]
    run("once")
    feeds.entries["/b"] = [AGAIN]
    feeds.entries["/c"] = [TAKEN_BACK]
    assert "0 new, 0 updates, 1 correction, 0 held back" in run("once")
    kinds = [body["type"] for _, body in webhook.accepted]
    assert kinds == ["alert.matched", "alert.corrected"]
    (alert,) = rows(run, "alerts", "list")
    shown = run("alerts", "show", alert["alert"]["id"])
    assert "message 2, correction" in shown
    assert "new: " in shown
    assert "graded F6" in shown
    story = run("stories", "show", alert["story"]["id"])
    assert "taken from TASS" in story
    assert "first reported by" in story
    made = rows(run, "stories", "show", alert["story"]["id"])
    assert made["assessment"]["grade"] == "F6"
    assert {one["because"] for one in made["origins"]} >= {"taken from TASS"}
    one, two, *_ = (item["id"] for item in made["items"])
    assert run("explain", two, "--with", one).startswith("They are one story")
    pair = rows(run, "explain", one, "--with", two)
    assert pair["one_story"] is True
    assert pair["story"]["because"]
