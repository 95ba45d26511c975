"""Health, readiness, metrics and reload; nobody else may change anything."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor import __version__
from monitor.errors import StoreUnavailable
from monitor.store.records import open_store
from monitor.web.app import create_app
from monitor.web.metrics import Metrics, Sparing, StoreGauges


@dataclass
class FakeService:
    ok: bool = True
    problems: list[str] = field(default_factory=list)
    reloads: int = 0

    def health(self) -> dict[str, Any]:
        return {"ok": self.ok, "version": "1"}

    def ready(self) -> dict[str, Any]:
        return {"ok": self.ok}

    async def reload(self) -> list[str]:
        self.reloads += 1
        return self.problems


def client(app: Starlette, host: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(host, 1234))
    return httpx.AsyncClient(transport=transport, base_url="http://tocsin")


def app_of(service: FakeService, token: str = "") -> Starlette:
    return create_app(service, CollectorRegistry(), token)


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready"])
async def test_a_state_is_a_status(path: str) -> None:
    service = FakeService()
    async with client(app_of(service)) as web:
        assert (await web.get(path)).status_code == 200
        service.ok = False
        assert (await web.get(path)).status_code == 503


async def test_metrics_are_in_the_text_format() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    registry.register(StoreGauges(lambda: {"deliveries_dead": 2.0}))
    async with client(create_app(FakeService(), registry, "")) as web:
        answer = await web.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "tocsin_store_deliveries_dead 2.0" in answer.text
    assert f'tocsin_build_info{{version="{__version__}"}} 1.0' in answer.text


async def test_metrics_answer_while_the_store_does_not(tmp_path: Path) -> None:
    file = tmp_path / "tocsin.db"
    store = open_store(f"sqlite:///{file}")
    registry = CollectorRegistry()
    Metrics(registry)
    registry.register(StoreGauges(store.counts))
    async with client(create_app(FakeService(), registry, "")) as web:
        assert "tocsin_store_up 1.0" in (await web.get("/metrics")).text
        store.close()
        file.write_text("this is no database, but it was one a moment ago")
        answer = await web.get("/metrics")
    assert answer.status_code == 200
    assert "tocsin_store_up 0.0" in answer.text
    assert "tocsin_rules_refused 0.0" in answer.text


async def test_this_machine_may_reload_where_no_token_is_set() -> None:
    service = FakeService()
    async with client(app_of(service)) as web:
        assert (await web.post("/-/reload")).json() == {"reloaded": True}
    assert service.reloads == 1


async def test_a_refused_reload_answers_422_with_the_problems() -> None:
    async with client(app_of(FakeService(problems=["p.yaml:1:1: error"]))) as web:
        answer = await web.post("/-/reload")
    assert answer.status_code == 422
    assert answer.json()["problems"] == ["p.yaml:1:1: error"]


@pytest.mark.parametrize(
    ("host", "token", "headers"),
    [
        ("10.0.0.9", "", {}),
        ("127.0.0.1", "", {"Origin": "https://evil.example"}),
        ("127.0.0.1", "word", {}),
        ("127.0.0.1", "word", {"Authorization": "Bearer wurd"}),
        (
            "127.0.0.1",
            "word",
            {"Authorization": "Bearer w\u00f6rd".encode().decode("latin-1")},
        ),
    ],
    ids=["another machine", "a page in a browser", "no token", "wrong", "not ascii"],
)
async def test_nobody_else_may_reload(
    host: str, token: str, headers: dict[str, str]
) -> None:
    service = FakeService()
    async with client(app_of(service, token), host) as web:
        encoded = [(k.encode(), v.encode("latin-1")) for k, v in headers.items()]
        answer = await web.post("/-/reload", headers=encoded)
    assert answer.status_code == 401
    assert service.reloads == 0


async def test_with_the_token_another_machine_may_reload() -> None:
    async with client(app_of(FakeService(), "word"), "10.0.0.9") as web:
        answer = await web.post("/-/reload", headers={"Authorization": "Bearer word"})
    assert answer.status_code == 200


async def test_only_reload_takes_anything_but_get() -> None:
    app = app_of(FakeService())
    changing = [
        route.path
        for route in app.routes
        if isinstance(route, Route) and (route.methods or set()) - {"GET", "HEAD"}
    ]
    assert changing == ["/-/reload"]


async def test_where_programs_ask_every_fault_is_a_problem_document() -> None:
    async def broken(request: Request) -> Response:
        raise ValueError(request.url.path)

    more = [Route("/api/v1/broken", broken), Route("/broken", broken)]
    app = create_app(FakeService(), CollectorRegistry(), "", more)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tocsin") as web:
        for method, path, status in (
            ("GET", "/api/v1/nothing", 404),
            ("PUT", "/api/v1/broken", 405),
            ("GET", "/api/v1/broken", 500),
        ):
            answer = await web.request(method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.status_code == answer.json()["status"] == status
        assert (await web.get("/nothing")).text == "Not Found"
        assert (await web.get("/broken")).text == "Internal Server Error"
        assert "GET" in (await web.put("/api/v1/broken")).headers["allow"]


async def test_what_a_path_answers_is_told_whole() -> None:
    async def done(request: Request) -> Response:
        return Response(request.method)

    more = [
        Route("/two/{id}", done, methods=["GET"]),
        Route("/two/{id}", done, methods=["POST"]),
    ]
    async with client(create_app(FakeService(), CollectorRegistry(), "", more)) as web:
        for method in ("OPTIONS", "PUT"):
            answer = await web.request(method, "/two/x")
            assert answer.status_code == 405
            assert answer.headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["/one/a%00b", "/one/a?rule=%00", "/one/%00?x"])
async def test_an_address_with_a_nul_is_refused_and_nothing_is_sought(
    path: str,
) -> None:
    """PostgreSQL takes none: each was a fault of ours, with a traceback in the log."""
    asked: list[str] = []

    async def seek(request: Request) -> Response:
        asked.append(request.path_params["id"])
        return Response("")

    more = [Route("/one/{id}", seek), Route("/api/v1/one/{id}", seek)]
    async with client(create_app(FakeService(), CollectorRegistry(), "", more)) as web:
        assert (await web.get(path)).status_code == 400
        answer = await web.get(f"/api/v1{path}")
        assert answer.status_code == 400
        assert "NUL" in answer.json()["detail"]
    assert asked == []


async def test_nobody_is_sent_to_an_address_that_only_the_proxy_knows() -> None:
    """Else a token in the address goes over the wire as it is, behind TLS too."""
    async with client(app_of(FakeService())) as web:
        for method, path in (("GET", "/metrics/?token=x"), ("POST", "/-/reload/")):
            answer = await web.request(method, path)
            assert answer.status_code == 404
            assert "location" not in answer.headers


def test_figures_of_a_large_store_are_counted_for_a_twentieth_of_the_time() -> None:
    clock = [0.0]
    counted: list[float] = []

    def count() -> dict[str, float]:
        counted.append(clock[0])
        clock[0] += 0.5
        return {"items": clock[0]}

    figures = Sparing(count, lambda: clock[0], lambda: None)
    for _ in range(100):
        figures()
        clock[0] += 0.25
    assert counted == [0.0, 10.0, 20.0]


def test_figures_that_were_counted_before_do_not_hide_that_the_store_is_gone() -> None:
    gone: list[str] = []

    def look() -> None:
        if gone:
            raise StoreUnavailable(gone[0])

    times = iter([0.0, 60.0, 61.0])
    figures = Sparing(lambda: {"items": 7.0}, lambda: next(times), look)
    assert figures() == {"items": 7.0}
    gone.append("nothing listens there")
    with pytest.raises(StoreUnavailable):
        figures()
    gone.clear()
    assert figures() == {"items": 7.0}
