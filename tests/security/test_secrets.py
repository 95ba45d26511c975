"""Secrets of the configuration stand nowhere else: canaries are sown and looked for.

A whole cycle runs with receivers that fail in every way; then everything that the program
wrote, stored or answered is searched.
"""

import asyncio
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from starlette.applications import Starlette

from monitor.app.compose import Tocsin
from monitor.app.loading import load
from monitor.app.observers import Summary
from monitor.app.running import routes_of
from monitor.cli import main
from monitor.store.records import open_store
from monitor.web.api import OPERATIONS
from tests.acceptance.harness import PACK, Entry, FeedServer

CANARIES = {
    "webhook": "whsec_Q0FOQVJZLXdlYmhvb2stMDEyMzQ1Njc4OWFiYw",
    "header": "C4nary-header-value",
    "slack": "C4naryS1ackPath",
    "telegram": "77:C4naryTelegramToken",
    "ntfy": "tk_C4naryNtfy",
    "pagerduty": "C4naryRoutingKey",
    "alertmanager": "C4nary-alertmanager-password",
    "basic": b64encode(b"u:C4nary-alertmanager-password").decode(),
    "bearer": "C4nary-bearer-token",
    "smtp": "C4nary-smtp-password",
    "nats": "C4nary-nats-password",
    "apprise": "C4naryAppriseToken",
    "server": "C4nary-server-token",
    "links": "C4nary-link-secret-0123456789",
    "proxy": "C4nary-proxy-password",
}


def receivers(port: int) -> list[dict[str, Any]]:
    """Return receivers at a server that refuses everything."""
    http = f"http://127.0.0.1:{port}"
    here: dict[str, Any] = {"allow_networks": ["127.0.0.0/8"], "timeout": "2s"}
    smtp = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "username": "u",
        "password": CANARIES["smtp"],
        "timeout": "1s",
    }
    channels: dict[str, dict[str, Any]] = {
        "webhook": {
            "url": f"{http}/hook",
            "secret": CANARIES["webhook"],
            "headers": {"Authorization": f"Bearer {CANARIES['header']}"},
            **here,
        },
        "slack": {"url": f"{http}/T0/{CANARIES['slack']}", **here},
        "telegram": {
            "api": http,
            "chat": "@x",
            "token": CANARIES["telegram"],
            **here,
        },
        "ntfy": {"url": http, "topic": "x", "token": CANARIES["ntfy"], **here},
        "pagerduty": {"url": http, "routing_key": CANARIES["pagerduty"], **here},
        "alertmanager": {
            "url": http,
            "username": "u",
            "password": CANARIES["alertmanager"],
            **here,
        },
        "email": {"to": ["a@example.org"], "from": "b@example.org", "smtp": smtp},
        "nats": {
            "url": f"nats://127.0.0.1:{port}",
            "subject": "x",
            "username": "u",
            "password": CANARIES["nats"],
            **here,
        },
        "apprise": {"url": [f"json://127.0.0.1:{port}/{CANARIES['apprise']}"]},
    }
    behind = {"url": f"{http}/behind", "token": CANARIES["bearer"], **here}
    made = [{"name": kind, kind: written} for kind, written in channels.items()]
    return [*made, {"name": "behind", "webhook": behind}]


@dataclass
class World:
    folder: Path
    config: Path
    seen: dict[str, str] = field(default_factory=dict)
    """What was written, by where."""

    def run(self, *arguments: str, config: Path | None = None) -> None:
        command = [*arguments, "--config", str(config or self.config)]
        done = CliRunner().invoke(main, command)
        self.seen[f"tocsin {' '.join(command)}"] = f"{done.output}{done.exception!r}"

    def run_apart(self, *arguments: str) -> None:
        """Run it in a process of its own, with its own logs."""
        command = [sys.executable, "-m", "monitor", *arguments]
        command += ["--config", str(self.config)]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, check=False, text=True
        )
        self.seen[f"{' '.join(arguments)}, apart"] = done.stdout + done.stderr


@asynccontextmanager
async def refusing() -> AsyncIterator[int]:
    """Run a server that repeats what it was sent, and refuses it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(65_536)
        body = head[:1500]
        answer = f"HTTP/1.1 403 No\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        writer.write(answer + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.entries["/a"] = [Entry("33 fighters detained near Minsk", "Armed men.")]
        yield server


@pytest.fixture
async def world(tmp_path: Path, feed: FeedServer) -> AsyncIterator[World]:
    async with refusing() as port:
        made = receivers(port)
        names = [one["name"] for one in made]
        routes = [{"receiver": name, "continue": True} for name in names]
        written = {
            "store": {"url": f"sqlite:///{tmp_path}/t.db"},
            "rules": ["rules.yaml"],
            "feeds": ["feeds.yaml"],
            "collect": {"allow_networks": ["127.0.0.0/8"]},
            "receivers": made,
            "route": {"receiver": "webhook", "routes": routes},
            "server": {
                "token": CANARIES["server"],
                "public_url": "https://alerts.example",
                "link_secret": CANARIES["links"],
            },
            "log": {"level": "debug", "format": "json"},
        }
        (tmp_path / "rules.yaml").write_text(PACK)
        entries = [{"url": feed.url("/a"), "every": "1s"}]
        (tmp_path / "feeds.yaml").write_text(json.dumps({"feeds": entries}))
        config = tmp_path / "tocsin.yaml"
        config.write_text(json.dumps(written))
        found = World(tmp_path, config)
        await asyncio.to_thread(_everything, found, names)
        yield found


def _everything(world: World, names: list[str]) -> None:
    """Run what shows or stores anything."""
    world.run("check")
    world.run_apart("once")
    for name in names:
        world.run("receivers", "test", name)
    for listing in ("receivers", "alerts", "deliveries", "feeds"):
        world.run(listing, "list", "--json")
    world.run("alerts", "export")
    world.run("receivers", "preview", "webhook")
    # Each is wrong by something else, and what is wrong is told.
    whole = json.loads(world.config.read_text())
    for number, one in enumerate(whole["receivers"]):
        (kind,) = set(one) - {"name"}
        broken = {**whole, "receivers": [{**one, kind: {**one[kind], "nosuch": 1}}]}
        path = world.folder / f"broken{number}.yaml"
        path.write_text(json.dumps(broken))
        world.run("check", config=path)
    proxied = {**whole, "collect": {"proxy": f"http://u:{CANARIES['proxy']}@[bad"}}
    path = world.folder / "proxied.yaml"
    path.write_text(json.dumps(proxied))
    world.run("check", config=path)


async def answers(world: World) -> AsyncIterator[tuple[str, str]]:
    """Yield every answer of the interface for programs."""
    store = open_store(f"sqlite:///{world.folder}/t.db")
    try:
        tocsin = Tocsin(load(world.config), store, Summary())
        token = store.add_token("all", "write", tocsin.clock.now())
        ids = [one.id for one in store.deliveries()]
        alert = store.alerts()[0].alert.id
        transport = httpx.ASGITransport(app=Starlette(routes=routes_of(tocsin)))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://t", headers=headers
        ) as web:
            for operation in OPERATIONS:
                if operation.method != "GET":
                    continue
                for name in (*ids, alert, "nobody"):
                    path = operation.path.replace("{id}", name).replace("{name}", name)
                    yield path, (await web.get(path)).text
            for path in ("/alerts.atom", "/alerts.json"):
                yield path, (await web.get(path)).text
    finally:
        store.close()


async def test_no_secret_stands_in_a_log_a_listing_an_answer_or_the_database(
    world: World,
) -> None:
    for name in world.folder.glob("t.db*"):
        world.seen[name.name] = name.read_bytes().decode("latin-1")
    async for path, text in answers(world):
        world.seen[path] = text
    assert "33 fighters detained" in world.seen["t.db"]
    assert any("403" in text for text in world.seen.values())
    found = [
        (what, where)
        for where, text in world.seen.items()
        for what, secret in CANARIES.items()
        if secret in text or secret.removeprefix("whsec_") in text
    ]
    assert not found, str(found)
