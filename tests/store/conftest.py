"""A store of each kind; every test begins with empty tables."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from monitor.store.records import Store, open_store
from tests import postgres
from tests.store.samples import empty


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """One server for all tests."""
    try:
        with postgres.running() as server:
            yield server
    except postgres.CannotStart as reason:
        pytest.skip(f"no PostgreSQL server can run here: {reason}")


@pytest.fixture(scope="session")
def postgres_tables(postgres_server: postgres.Server) -> str:
    """The address of the one database whose tables the tests use in turn."""
    url = postgres_server.new_database()
    open_store(url).close()
    return url


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of the one file whose tables the tests use in turn."""
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'tocsin.db'}"
    open_store(url).close()
    return url


@pytest.fixture(scope="session")
def opened_stores() -> Iterator[dict[str, list[Store]]]:
    """Stores by address; kept open, as SQLAlchemy prepares statements once each."""
    stores: dict[str, list[Store]] = defaultdict(list)
    yield stores
    for opened in stores.values():
        for store in opened:
            store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Run the test on each engine."""
    return str(request.param)


@pytest.fixture
def empty_url(engine_name: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database without any tables."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def store_url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """The address of a database with empty tables."""
    return str(request.getfixturevalue(f"{engine_name}_tables"))


@pytest.fixture
def open_again(
    store_url: str, opened_stores: dict[str, list[Store]]
) -> Iterator[Callable[[], Store]]:
    """Open another store on the test's database, as a second process would."""
    stores = opened_stores[store_url]
    handed_out = count()

    def open_one() -> Store:
        number = next(handed_out)
        if number == len(stores):
            stores.append(open_store(store_url))
        return stores[number]

    yield open_one
    for store in stores[:1]:
        empty(store._database)


@pytest.fixture
def store(open_again: Callable[[], Store]) -> Store:
    """An empty store."""
    return open_again()
