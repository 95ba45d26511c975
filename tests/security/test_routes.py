"""Who has no token is answered by health alone: every path is walked."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from monitor.app.compose import Tocsin
from monitor.app.loading import load
from monitor.app.observers import Summary
from monitor.app.running import RunningService, routes_of
from monitor.store.records import open_store
from monitor.web.app import create_app
from monitor.web.metrics import Metrics
from tests.acceptance.harness import PACK

PUBLIC = {"/", "/-/healthy", "/-/ready", "/metrics"}
"""What anybody who reaches the port may read."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture
def tocsin(tmp_path: Path) -> Iterator[Tocsin]:
    (tmp_path / "rules.yaml").write_text(PACK)
    path = tmp_path / "tocsin.yaml"
    path.write_text(
        json.dumps(
            {
                "rules": ["rules.yaml"],
                "store": {"url": f"sqlite:///{tmp_path}/t.db"},
                "server": {
                    "token": "s3rver-token",
                    "public_url": "https://alerts.example",
                    "link_secret": "l" * 24,
                },
            }
        )
    )
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    yield Tocsin(load(path), store, Summary())
    store.close()


@pytest.fixture
def app(tocsin: Tocsin) -> Starlette:
    registry = CollectorRegistry()
    service = RunningService(tocsin, Metrics(registry))
    return create_app(service, registry, "s3rver-token", routes_of(tocsin))


@pytest.fixture
async def web(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://tocsin") as made:
        yield made


def paths(app: Starlette) -> list[str]:
    return sorted({route.path for route in app.routes if isinstance(route, Route)})


async def test_no_path_but_those_of_health_answers_without_a_token(
    app: Starlette, web: httpx.AsyncClient
) -> None:
    walked = [path for path in paths(app) if path not in PUBLIC]
    assert len(walked) > 20
    for path in walked:
        filled = (
            path.replace("{id}", "x").replace("{name}", "x").replace("{token}", "x")
        )
        for method in METHODS:
            for headers in (
                {},
                {"Authorization": "Bearer wrong"},
                {"Authorization": "Basic YTpi"},
            ):
                answer = await web.request(method, filled, headers=headers)
                assert answer.status_code in {401, 403, 405}, (method, path)


async def test_what_is_public_changes_nothing_and_shows_no_alert(
    app: Starlette, web: httpx.AsyncClient
) -> None:
    assert set(paths(app)) >= PUBLIC
    for path in PUBLIC:
        assert (await web.get(path)).status_code == 200
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await web.request(method, path)).status_code == 405


async def test_every_route_is_an_ordinary_one(app: Starlette) -> None:
    # A mount or a socket would hide paths from the walk above.
    assert all(type(route) is Route for route in app.routes)


async def test_a_token_that_may_read_may_not_write(
    app: Starlette, tocsin: Tocsin, web: httpx.AsyncClient
) -> None:
    token = tocsin.store.add_token("reader", "read", tocsin.clock.now())
    headers = {"Authorization": f"Bearer {token}"}
    for route in app.routes:
        if not isinstance(route, Route) or not route.path.startswith("/api/"):
            continue
        for method in (route.methods or set()) - {"GET", "HEAD"}:
            path = route.path.replace("{id}", "x").replace("{name}", "x")
            answer = await web.request(method, path, headers=headers)
            assert answer.status_code == 403, (method, path)
