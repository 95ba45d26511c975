"""What holds for every test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine, event

# The other levels of grouping have tests of their own; loading an encoder takes seconds.
os.environ.setdefault("TOCSIN_GROUPING__LEVEL", "base")  # noqa: TID251 - child processes

# No test asserts on wall-clock time, and a busy machine is no defect of the code.
settings.register_profile(
    "tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tocsin")


@pytest.fixture(autouse=True)
def _databases_end_with_their_test() -> Iterator[None]:
    """Close what a test opened, as a process does at its end.

    From Python 3.13 on a SQLite connection that nobody closed is a warning, and warnings
    are errors here.
    """
    opened: set[Engine] = set()

    def note(connection: Connection) -> None:
        opened.add(connection.engine)

    event.listen(Engine, "engine_connect", note)
    yield
    event.remove(Engine, "engine_connect", note)
    for engine in opened:
        engine.dispose()
