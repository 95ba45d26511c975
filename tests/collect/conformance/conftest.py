from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collect.conformance.server import Client, started


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    made, listening = await started(tmp_path)
    async with listening:
        yield made
    await made.http.aclose()
    made.world.store.close()
