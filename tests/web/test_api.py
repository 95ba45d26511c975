"""The interface for programs: tokens, pages, changes, problems, and its own document."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Message

from monitor.errors import StoreUnavailable
from monitor.pipeline.lifecycle import Lifecycles
from monitor.web import api
from monitor.web.calls import Operation
from tests.pipeline.world import World, entry

HOUR = timedelta(hours=1)
THREE = (
    "Rally against the new tax fills the streets of Minsk",
    "Court frees a doctor who was held for a year in Minsk",
    "Fog closes the airport, flights to minsk are diverted to Vilnius",
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@dataclass
class Client:
    """Asks the app from another thread, so that a test reads from top to bottom."""

    portal: BlockingPortal
    web: httpx.AsyncClient

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            return await self.web.request(method, path, **more)

        return self.portal.call(ask)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", path, **more)


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    app = Starlette(routes=routes(world))
    web = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://tocsin"
    )
    with start_blocking_portal() as portal:
        yield Client(portal, web)


@pytest.fixture
def read(world: World) -> dict[str, str]:
    token = world.store.add_token("reader", "read", world.clock.now())
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def write(world: World) -> dict[str, str]:
    token = world.store.add_token("writer", "write", world.clock.now())
    return {"Authorization": f"Bearer {token}"}


def routes(world: World) -> list[Route]:
    return api.routes(
        world.store,
        world.clock,
        lifecycles(world),
        lambda: {
            "receiver": world.teller.policy.recipients,
            "rule": ["wagner-minsk"],
            "theme": ["test"],
            "source": world.store.outlets(),
        },
    )


def lifecycles(world: World) -> Lifecycles:
    return Lifecycles(world.store, lambda: world.teller.policy)


async def stories(world: World, *titles: str) -> None:
    for number, title in enumerate(titles):
        at = world.clock.now() + HOUR
        world.publish(f"https://{number}.example/f", entry(title, at=at))
        await world.cycle()


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == answer.status_code
    return found


# ── who is let in ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "operation", api.OPERATIONS, ids=lambda o: f"{o.method} {o.path}"
)
def test_no_path_answers_without_a_token(client: Client, operation: Operation) -> None:
    path = operation.path.replace("{id}", "x").replace("{name}", "x")
    for given in ({}, {"Authorization": "Bearer tcn_x"}, {"Authorization": "Basic x"}):
        answer = client.request(operation.method, path, headers=given)
        assert answer.status_code == 401
        assert "tocsin tokens add" in problem(answer)["detail"]


@pytest.mark.parametrize(
    "operation",
    [one for one in api.OPERATIONS if one.scope == "write"],
    ids=lambda o: f"{o.method} {o.path}",
)
def test_what_changes_something_needs_a_token_that_may_write(
    client: Client, read: dict[str, str], operation: Operation
) -> None:
    path = operation.path.replace("{id}", "x").replace("{name}", "x")
    answer = client.request(operation.method, path, headers=read)
    assert answer.status_code == 403
    assert "reader" in problem(answer)["detail"]


def test_a_revoked_token_is_refused_at_once(
    world: World, client: Client, read: dict[str, str]
) -> None:
    assert client.get("/api/v1/alerts", headers=read).status_code == 200
    assert world.store.revoke_token("reader", world.clock.now()) == 1
    assert client.get("/api/v1/alerts", headers=read).status_code == 401


def test_who_looks_or_guesses_waits_for_no_write(
    world: World, client: Client, read: dict[str, str], tmp_path: Path
) -> None:
    """A backup or another process may hold the file for as long as it likes."""
    (file,) = tmp_path.glob("*.db")
    assert client.get("/api/v1/alerts", headers=read).status_code == 200
    (token,) = world.store.tokens()
    assert token.last_used == world.clock.now()
    holding = sqlite3.connect(file, isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    try:
        assert client.get("/api/v1/alerts", headers=read).status_code == 200
        guess = {"Authorization": "Bearer tcn_guess"}
        assert client.get("/api/v1/alerts", headers=guess).status_code == 401
    finally:
        holding.close()


def test_no_token_is_kept_as_it_is(world: World, read: dict[str, str]) -> None:
    secret = read["Authorization"].removeprefix("Bearer ")
    data = b"".join(p.read_bytes() for p in world.folder.iterdir() if p.is_file())
    assert secret.encode() not in data
    assert secret not in str(world.store.tokens())


# ── looking ──────────────────────────────────────────────────────────────────


async def test_lists_come_in_pages_that_miss_nothing(
    world: World, client: Client, read: dict[str, str]
) -> None:
    await stories(world, *THREE)
    for name in ("alerts", "stories", "items", "deliveries"):
        whole = client.get(f"/api/v1/{name}", headers=read).json()
        assert len(whole["data"]) == 3
        assert whole["next"] is None
        seen: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            query = {"limit": "1", "cursor": cursor}
            found = client.get(f"/api/v1/{name}", params=query, headers=read).json()
            seen += found["data"]
            cursor = found["next"]
        assert seen == whole["data"]


async def test_one_thing_is_shown_with_all_that_belongs_to_it(
    world: World, client: Client, read: dict[str, str]
) -> None:
    await stories(world, "Rally in Minsk")

    def first(name: str) -> Any:
        return client.get(f"/api/v1/{name}", headers=read).json()["data"][0]

    alert = first("alerts")["alert"]["id"]
    shown = client.get(f"/api/v1/alerts/{alert}", headers=read).json()
    assert shown["story"]["title"] == "Rally in Minsk"
    assert len(shown["deliveries"]) == 1
    item = first("items")["id"]
    explained = client.get(f"/api/v1/items/{item}", headers=read).json()
    assert explained["decisions"][0]["reason"] == "new-story"
    delivery = first("deliveries")["id"]
    found = client.get(f"/api/v1/deliveries/{delivery}", headers=read).json()
    assert len(found["attempts"]) == 1
    assert first("feeds")["feed"]["url"] == "https://0.example/f"
    assert first("receivers")["name"] == "desk"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/v1/alerts/alr_x", 404, "alr_x"),
        ("/api/v1/stories/sto_x", 404, "sto_x"),
        ("/api/v1/items/itm_x", 404, "itm_x"),
        ("/api/v1/alerts?limit=0", 400, "limit"),
        ("/api/v1/alerts?limit=many", 400, "limit"),
        ("/api/v1/alerts?since=yesterday", 400, "since"),
        ("/api/v1/alerts?cursor=zzz", 400, "cursor"),
        ("/api/v1/deliveries?state=lost", 400, "pending, delivered, dead"),
        ("/api/v1/alerts?severity=high", 400, "there are since, rule, theme"),
        ("/api/v1/alerts/alr_none?since=1h", 400, "since: there is no such parameter"),
        ("/api/v1/deliveries?receiver=a&receiver=b", 400, "more than once"),
        ("/api/v1/silences?all=yes", 400, "all: write 1"),
    ],
)
def test_what_is_wrong_is_said_in_a_problem_document(
    client: Client, read: dict[str, str], path: str, status: int, said: str
) -> None:
    answer = client.get(path, headers=read)
    assert answer.status_code == status
    assert said in problem(answer)["detail"]


# ── changing ─────────────────────────────────────────────────────────────────


def test_a_silence_is_made_once_for_one_idempotency_key(
    world: World, client: Client, write: dict[str, str]
) -> None:
    wanted = {"matchers": ["theme=test"], "for": "2h", "comment": "drill"}
    once = {**write, "Idempotency-Key": "k1"}
    first = client.post("/api/v1/silences", json=wanted, headers=once).json()
    again = client.post("/api/v1/silences", json=wanted, headers=once).json()
    assert first == again
    assert first["author"] == "writer"
    (listed,) = client.get("/api/v1/silences", headers=write).json()["data"]
    assert listed["id"] == first["id"]
    ended = client.delete(f"/api/v1/silences/{first['id']}", headers=write).json()
    assert ended["was_in_force"] is True
    again = client.delete(f"/api/v1/silences/{first['id']}", headers=write).json()
    assert again["was_in_force"] is False
    assert client.get("/api/v1/silences", headers=write).json()["data"] == []
    del world


def test_a_key_of_another_day_makes_another_silence(
    world: World, client: Client, write: dict[str, str]
) -> None:
    """Answers are kept for a day; an older silence is no answer to a new request."""
    once = {**write, "Idempotency-Key": "nightly"}
    wanted: dict[str, Any] = {"matchers": ["theme=test"], "for": "2h"}
    first = client.post("/api/v1/silences", json=wanted, headers=once).json()
    world.clock.sleep(timedelta(hours=25))
    wanted["matchers"] = ["rule=wagner-minsk"]
    second = client.post("/api/v1/silences", json=wanted, headers=once).json()
    assert second["id"] != first["id"]
    (listed,) = client.get("/api/v1/silences", headers=write).json()["data"]
    assert listed["matchers"] == [["rule", "=", "wagner-minsk"]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"[" * 50_000, "no JSON"),
        (b"{}", "matchers"),
        (b'{"matchers": ["colour=red"], "for": "2h"}', "colour"),
        (b'{"matchers": ["theme=x"]}', "for"),
        (b'{"matchers": ["theme=x"], "for": "soon"}', "for: 'soon' is no duration"),
        (b'{"matchers": ["theme=x"], "for": "9999d"}', "ten years at most"),
        (b'{"matchers": "theme=x", "for": "1h"}', "matchers: write a list"),
        (b'{"matchers": ["theme=x"], "for": "1h", "until-news": true}', "until-news"),
        (b'{"matchers": ["theme=x"], "for": "1h", "until_news": "yes"}', "true or"),
        (b'{"matchers": ["theme=x"], "for": "1h", "comment": 3}', "comment: write"),
        (b'{"matchers": ["theme=x"], "for": "1h", "comment": NaN}', "no JSON"),
        (b'{"matchers": ["theme=\\ud800"], "for": "1h"}', "half a character"),
        (b'{"matchers": ["theme=\\u0000"], "for": "1h"}', "NUL"),
        (b'{"matchers": ["theme=x"], "for": "1h", "\\u0000": 1}', "NUL"),
        (b'{"matchers": ["a\\\\u0000"], "for": "1h"}', "no matcher"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "more than"),
    ],
)
def test_a_body_that_is_wrong_is_refused(
    client: Client, write: dict[str, str], body: bytes, said: str
) -> None:
    answer = client.post("/api/v1/silences", content=body, headers=write)
    assert answer.status_code in {400, 413}
    assert said in problem(answer)["detail"]


def test_what_an_operation_does_not_know_is_not_passed_over(
    client: Client, write: dict[str, str]
) -> None:
    path = "/api/v1/receivers/a/enable"
    answer = client.post(path, json={"reason": "x"}, headers=write)
    assert "reason: there is no such field" in problem(answer)["detail"]


def test_a_comment_that_is_null_is_none(
    world: World, client: Client, write: dict[str, str]
) -> None:
    wanted = {"matchers": ["theme=test"], "for": "2h", "comment": None}
    made = client.post("/api/v1/silences", json=wanted, headers=write)
    assert made.json()["comment"] == ""
    (kept,) = world.store.silences(None)
    assert kept.comment == ""


@pytest.mark.parametrize("given", ["", "?all=0"])
def test_silences_that_have_ended_are_shown_where_they_are_asked_for(
    client: Client, write: dict[str, str], given: str
) -> None:
    wanted = {"matchers": ["theme=test"], "for": "2h"}
    made = client.post("/api/v1/silences", json=wanted, headers=write).json()
    client.delete(f"/api/v1/silences/{made['id']}", headers=write)
    listed = client.get(f"/api/v1/silences{given}", headers=write).json()["data"]
    assert listed == []
    listed = client.get("/api/v1/silences?all=1", headers=write).json()["data"]
    assert [one["id"] for one in listed] == [made["id"]]


def test_keys_of_idempotency_that_begin_alike_are_two(
    client: Client, write: dict[str, str]
) -> None:
    wanted = {"matchers": ["theme=test"], "for": "2h"}
    key = {"Idempotency-Key": "k" * 201}
    answer = client.post("/api/v1/silences", json=wanted, headers={**write, **key})
    assert "200 characters" in problem(answer)["detail"]


async def test_stories_are_merged_and_items_split(
    world: World, client: Client, write: dict[str, str]
) -> None:
    await stories(world, "Rally in Minsk", "Court in Minsk frees a doctor")
    one, other = client.get("/api/v1/stories", headers=write).json()["data"]
    merged = client.post(
        f"/api/v1/stories/{one['id']}/merge", json={"into": other["id"]}, headers=write
    ).json()
    assert (merged["id"], merged["items"]) == (other["id"], 2)
    # The old id leads on, and the answer says where to.
    old = client.get(f"/api/v1/stories/{one['id']}", headers=write).json()
    assert (old["story"]["id"], old["merged_into"]) == (other["id"], other["id"])
    assert len(old["items"]) == 2
    unmerge = f"/api/v1/stories/{one['id']}/unmerge"
    assert client.post(unmerge, headers=write).json() == one
    again = client.post(unmerge, headers=write)
    assert (again.status_code, problem(again)["detail"][-20:]) == (
        409,
        "merged into no story",
    )
    ends = {"json": {"other": other["id"]}, "headers": write}
    linked = client.post(f"/api/v1/stories/{one['id']}/link", **ends).json()
    ended = client.post(f"/api/v1/stories/{one['id']}/unlink", **ends).json()
    assert linked["linked"] == ended["unlinked"] == [one["id"], other["id"]]
    client.post(
        f"/api/v1/stories/{one['id']}/merge", json={"into": other["id"]}, headers=write
    )
    story = client.get(f"/api/v1/stories/{other['id']}", headers=write).json()
    item = story["items"][1]["id"]
    apart = client.post(f"/api/v1/items/{item}/split", headers=write).json()
    assert apart["items"] == 1
    # What would say nothing is refused: its story has no other report.
    refused = client.post(f"/api/v1/items/{item}/split", headers=write)
    assert refused.status_code == 409
    assert "only report" in problem(refused)["detail"]
    assert len(client.get("/api/v1/stories", headers=write).json()["data"]) == 2


async def test_a_delivery_is_sent_again_and_a_receiver_set(
    world: World, client: Client, write: dict[str, str]
) -> None:
    await stories(world, "Rally in Minsk")
    (delivery,) = client.get("/api/v1/deliveries", headers=write).json()["data"]
    path = f"/api/v1/deliveries/{delivery['id']}/replay"
    now = f"/api/v1/deliveries/{delivery['id']}/retry"
    assert client.post(now, headers=write).json() == {"due": []}
    assert client.post(path, headers=write).json() == {"replayed": [delivery["id"]]}
    assert client.post(now, headers=write).json() == {"due": [delivery["id"]]}
    assert len(await world.deliver(timedelta(seconds=1))) == 1
    client.post("/api/v1/receivers/desk/disable", headers=write)
    (row,) = client.get("/api/v1/receivers", headers=write).json()["data"]
    assert row["reason"] == "disabled by writer"
    enabled = client.post("/api/v1/receivers/desk/enable", headers=write).json()
    assert enabled["was_disabled"] is True
    missing = client.post("/api/v1/receivers/nobody/enable", headers=write)
    assert missing.status_code == 404


def test_a_receiver_that_was_sent_nothing_yet_can_be_disabled(
    client: Client, write: dict[str, str]
) -> None:
    (row,) = client.get("/api/v1/receivers", headers=write).json()["data"]
    assert (row["name"], row["delivered"], row["disabled"]) == ("desk", 0, None)
    done = client.post("/api/v1/receivers/desk/disable", headers=write)
    assert (done.status_code, done.json()) == (200, {"disabled": "desk"})
    missing = client.post("/api/v1/receivers/nobody/disable", headers=write)
    assert missing.status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        f"limit={'9' * 5000}",
        "since=0001-01-01T00:00:00%2B14:00",
        "since=9999-12-31T23:59:59-14:00",
    ],
)
def test_a_figure_or_moment_beyond_all_bounds_is_refused(
    client: Client, read: dict[str, str], query: str
) -> None:
    assert problem(client.get(f"/api/v1/alerts?{query}", headers=read))["status"] == 400


def test_one_who_goes_away_in_the_middle_of_a_request_is_no_fault_of_ours(
    world: World, client: Client
) -> None:
    app = Starlette(routes=routes(world))
    coming: list[Message] = [
        {"type": "http.request", "body": b'{"for"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/silences",
        "query_string": b"",
        "headers": [],
    }
    said: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        said.append(message)

    client.portal.call(app, scope, receive, send)
    assert said[0]["status"] == 400


def test_a_silence_that_would_hold_nothing_back_is_refused(
    client: Client, write: dict[str, str]
) -> None:
    wanted = {"matchers": ["theme=test"], "for": "0s"}
    refused = client.post("/api/v1/silences", json=wanted, headers=write)
    assert "for: a silence lasts longer than 0s" in problem(refused)["detail"]


async def test_a_silence_of_what_there_is_not_is_refused_with_what_may_be_meant(
    world: World, client: Client, write: dict[str, str]
) -> None:
    await stories(world, THREE[0])
    wanted = {"matchers": ["rule!=wagner-mynsk", "lang=en"], "for": "1h"}
    refused = client.post("/api/v1/silences", json=wanted, headers=write)
    said = problem(refused)["detail"]
    assert "no rule is called 'wagner-mynsk'; did you mean wagner-minsk?" in said
    assert world.store.silences(None) == []
    anyway = client.post(
        "/api/v1/silences", json={**wanted, "anyway": True}, headers=write
    )
    assert anyway.status_code == 200
    (outlet,) = world.store.outlets()
    known = {"matchers": [f"source={outlet}", "theme=test"], "for": "1h"}
    assert client.post("/api/v1/silences", json=known, headers=write).status_code == 200


def test_each_change_leaves_a_line_and_a_look_leaves_none(
    client: Client, write: dict[str, str]
) -> None:
    client.get("/api/v1/alerts", headers=write)
    client.post("/api/v1/silences", json={"matchers": []}, headers=write)
    wanted = {"matchers": ["theme=test"], "for": "1h"}
    client.post("/api/v1/silences", json=wanted, headers=write)
    (line,) = client.get("/api/v1/audit", headers=write).json()["data"]
    assert (line["who"], line["action"]) == ("writer", "POST /api/v1/silences")
    assert json.loads(line["detail"]) == wanted


async def test_a_change_under_one_key_is_made_once_and_answered_the_same(
    world: World, client: Client, write: dict[str, str]
) -> None:
    await stories(world, *THREE)
    one, other, third = client.get("/api/v1/stories", headers=write).json()["data"]
    path, once = f"/api/v1/stories/{one['id']}/merge", {**write, "Idempotency-Key": "k"}
    first = client.post(path, json={"into": other["id"]}, headers=once)
    again = client.post(path, json={"into": other["id"]}, headers=once)
    assert first.json() == again.json()
    assert len(client.get("/api/v1/audit", headers=write).json()["data"]) == 1
    wrong = client.post(path, json={"into": third["id"]}, headers=once)
    assert wrong.status_code == 409
    assert "another request" in problem(wrong)["detail"]
    # A day later the key is free again.
    world.clock.sleep(25 * HOUR)
    assert client.post(path, json={"into": third["id"]}, headers=once).is_success


def test_a_change_that_cannot_be_recorded_is_not_made(
    world: World, client: Client, write: dict[str, str]
) -> None:
    def refuse(_: object) -> None:
        raise StoreUnavailable("the disk is full")

    world.store.audit = refuse  # type: ignore[assignment,method-assign]
    wanted = {"matchers": ["theme=test"], "for": "1h"}
    answer = client.post("/api/v1/silences", json=wanted, headers=write)
    assert answer.status_code == 503
    assert world.store.silences(None) == []


async def test_stories_are_linked_and_what_was_held_back_is_listed(
    world: World, client: Client, write: dict[str, str]
) -> None:
    wanted = {"matchers": ["theme=test"], "for": "9h"}
    await stories(world, *THREE[:2])
    client.post("/api/v1/silences", json=wanted, headers=write)
    at = world.clock.now() + HOUR
    world.publish("https://9.example/f", entry(THREE[2], at=at))
    await world.cycle()
    (held,) = client.get("/api/v1/held", headers=write).json()["data"]
    assert held["reason"] == "silenced"
    one, other, *_ = client.get("/api/v1/stories", headers=write).json()["data"]
    path = f"/api/v1/stories/{one['id']}/link"
    linked = client.post(path, json={"other": other["id"]}, headers=write).json()
    assert linked == {"linked": [one["id"], other["id"]]}


async def test_a_delivery_is_traced_and_the_ledger_tells_of_it(
    world: World, client: Client, read: dict[str, str]
) -> None:
    await stories(world, THREE[0])
    world.store.ledger.seal(world.clock.now())
    (delivery,) = client.get("/api/v1/deliveries", headers=read).json()["data"]
    steps = client.get(f"/api/v1/trace/{delivery['id']}", headers=read).json()["data"]
    whole = ["seen", "matched", "grouped", "decided", "told", "queued", "attempted"]
    assert [step["what"] for step in steps] == whole
    assert client.get("/api/v1/trace/dlv_x", headers=read).status_code == 404
    path = f"/api/v1/ledger?about={delivery['id']}"
    told = client.get(path, headers=read).json()
    assert [one["kind"] for one in told["data"]] == ["attempt", "body", "delivery"]
    assert told["head"] == str(world.store.ledger.head())


async def test_feeds_come_in_pages_like_the_rest(
    world: World, client: Client, read: dict[str, str]
) -> None:
    await stories(world, *THREE)
    seen, cursor = [], ""
    while True:
        path = f"/api/v1/feeds?limit=2&cursor={cursor}"
        found = client.get(path, headers=read).json()
        seen += [row["feed"]["url"] for row in found["data"]]
        cursor = found["next"] or ""
        if not cursor:
            break
    assert seen == [f"https://{n}.example/f" for n in range(3)]
    bad = client.get("/api/v1/receivers?cursor=zzz", headers=read)
    assert bad.status_code == 400


# ── its own document ─────────────────────────────────────────────────────────


def test_the_document_and_the_routes_are_one(
    world: World, client: Client, read: dict[str, str]
) -> None:
    told = client.get("/api/v1/openapi.json", headers=read).json()
    described = {
        (method.upper(), path)
        for path, methods in told["paths"].items()
        for method in methods
    }
    served = {
        (method, route.path)
        for route in routes(world)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert described == served
    assert told["openapi"].startswith("3.1")
    for methods in told["paths"].values():
        for one in methods.values():
            assert one["summary"]


def test_the_document_says_what_is_asked_of_a_change(
    client: Client, read: dict[str, str]
) -> None:
    told = client.get("/api/v1/openapi.json", headers=read).json()
    silence = told["paths"]["/api/v1/silences"]["post"]
    assert [one["name"] for one in silence["parameters"]] == ["Idempotency-Key"]
    shape = silence["requestBody"]["content"]["application/json"]["schema"]
    assert shape["properties"]["matchers"]["type"] == "array"
    assert shape["properties"]["until_news"] == {"type": "boolean"}
    assert shape["additionalProperties"] is False
    look = told["paths"]["/api/v1/alerts"]["get"]["parameters"]
    (limit,) = (one["schema"] for one in look if one["name"] == "limit")
    assert (limit["type"], limit["maximum"]) == ("integer", 500)


async def test_a_program_acknowledges_and_closes_alerts_and_that_is_recorded(
    world: World, client: Client, write: dict[str, str]
) -> None:
    await stories(world, THREE[0])
    (row,) = world.store.alerts()
    path = f"/api/v1/alerts/{row.alert.id}"
    known = client.post(f"{path}/acknowledge", headers=write, json={})
    assert known.json()["acknowledged"] is not None
    closed = client.post(f"{path}/close", headers=write, json={"comment": "over"})
    assert closed.json()["closed_by"] == "writer"
    again = client.post(f"{path}/close", headers=write, json={})
    assert again.json()["closed"] == closed.json()["closed"]
    gone = client.post("/api/v1/alerts/alr_none/close", headers=write, json={})
    assert problem(gone)["status"] == 404
    assert [one.action.rpartition("/")[2] for one in world.store.audited(10)] == [
        "close",
        "close",
        "acknowledge",
    ]
