"""A small installation over real sockets, and its commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main
from tests.acceptance.harness import (
    FeedServer,
    Installation,
    WebhookServer,
)
from tests.cli.helpers import NEWS, Run


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.entries["/a"] = [NEWS]
        yield server


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as server:
        yield server


@pytest.fixture
def run(
    tmp_path: Path,
    feeds: FeedServer,
    webhook: WebhookServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    made = Installation(tmp_path)
    made.write([feeds.url("/a")], webhook.url)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, status: int = 0) -> Result:
        done = CliRunner().invoke(main, [*arguments, "--config", str(made.config)])
        assert done.exit_code == status, f"{done.output}\n{done.exception!r}"
        return done

    return call
