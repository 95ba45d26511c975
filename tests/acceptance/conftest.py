from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.harness import (
    FeedServer,
    Installation,
    WebhookServer,
    installation,
)


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as server:
        yield server


@pytest.fixture
def tocsin(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made
