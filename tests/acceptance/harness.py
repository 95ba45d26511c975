"""Real processes and real sockets: a feed server, a daemon, a webhook receiver."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from standardwebhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def wait_for(what: Callable[[], Any], why: str, seconds: float = 30) -> Any:
    """Return the first truthy answer; fail with the reason when none comes."""
    for _ in range(int(seconds / 0.05)):
        if found := what():
            return found
        threading.Event().wait(0.05)
    raise AssertionError(f"it never came to pass: {why}")


class LoopbackServer:
    """An HTTP server on a free loopback port, in a thread."""

    def __init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self)

            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.port = self._server.server_address[1]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def send(
    request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str
) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@dataclass
class Entry:
    title: str
    summary: str = ""
    guid: str = ""
    age: timedelta = timedelta(minutes=5)
    link: str = ""


@dataclass
class FeedServer(LoopbackServer):
    """Serves feeds by path, with validators; a test edits `entries`."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    raw: dict[str, tuple[int, bytes, dict[str, str]]] = field(default_factory=dict)
    requests: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        LoopbackServer.__init__(self)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path
        if path in self.raw:
            status, body, headers = self.raw[path]
            self.requests.append((path, status))
            send(request, status, body, **headers)
            return
        body = rss(path, self.entries.get(path, []))
        etag = f'"{sha256(body).hexdigest()[:12]}"'
        if request.headers.get("If-None-Match") == etag:
            self.requests.append((path, 304))
            send(request, 304, ETag=etag)
            return
        self.requests.append((path, 200))
        send(request, 200, body, ETag=etag, Content_Type="application/rss+xml")


@cache
def _began() -> datetime:
    """One moment for all answers: a feed must not change because a minute is over."""
    return datetime.now(UTC).replace(second=0, microsecond=0)  # noqa: TID251


def rss(path: str, entries: list[Entry]) -> bytes:
    items = "".join(
        f"<item><title>{escape(e.title)}</title>"
        f"<link>{escape(e.link or f'https://paper.example{path}/{index}')}</link>"
        f"<guid isPermaLink='false'>{escape(e.guid or e.title)}</guid>"
        f"<pubDate>{format_datetime(_began() - e.age)}</pubDate>"
        f"<description>{escape(e.summary)}</description></item>"
        for index, e in enumerate(entries)
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
        f"<title>{path}</title><link>https://paper.example</link>"
        f"<description/><language>en</language>{items}</channel></rss>"
    ).encode()


@dataclass
class WebhookServer(LoopbackServer):
    """Verifies signatures with an independent library and keeps what it accepted."""

    secret: str = SECRET
    answers: list[int] = field(default_factory=list)
    """Statuses to answer with, in turn; then 204."""
    headers: dict[str, str] = field(default_factory=dict)
    always: int = 0
    """A status to answer with for as long as it is set."""
    text: bytes = b""
    """What an answer says."""
    hang: threading.Event | None = None
    attempts: list[tuple[str, int]] = field(default_factory=list)
    accepted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    bodies: dict[str, set[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        LoopbackServer.__init__(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [one for one, _ in self.accepted]

    def titles(self) -> list[str]:
        return [body["data"]["story"]["title"] for _, body in self.accepted]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        Webhook(self.secret).verify(body, dict(request.headers))
        identity = request.headers["webhook-id"]
        self.bodies.setdefault(identity, set()).add(body)
        status = self.always or (self.answers.pop(0) if self.answers else 204)
        self.attempts.append((identity, status))
        if self.hang is not None:
            self.hang.wait(60)
        if 200 <= status < 300:
            self.accepted.append((identity, json.loads(body)))
        send(request, status, self.text, **self.headers)


PACK = """\
version: 1
theme: test
rules:
  - id: detained
    title: Fighters detained
    severity: high
    match: (detain* OR задерж*) AND (Minsk OR Минск~)
    tests:
      hit: ["33 fighters detained near Minsk"]
      miss: ["Concert in Minsk"]
"""


@dataclass
class Installation:
    """A folder with a configuration, and the daemon that runs on it."""

    folder: Path
    store_url: str = ""
    daemon: "subprocess.Popen[bytes] | None" = None
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, feeds: list[str], webhook: str = "", **more: Any) -> None:
        """Write the configuration: fast polling, one webhook, one rule."""
        rules = self.folder / "rules"
        rules.mkdir(exist_ok=True)
        if not (rules / "test.yaml").exists():
            (rules / "test.yaml").write_text(PACK)
        entries = [{"url": url, "every": "1s"} for url in feeds]
        (self.folder / "feeds.yaml").write_text(json.dumps({"feeds": entries}))
        receivers = []
        if webhook:
            hook = {
                "url": webhook,
                "secret": SECRET,
                "allow_networks": ["127.0.0.0/8"],
                "timeout": "2s",
            }
            receivers.append({"name": "desk", "webhook": hook})
        self.settings = {
            "store": {"url": self.store_url or f"sqlite:///{self.folder}/tocsin.db"},
            "rules": ["rules"],
            "feeds": ["feeds.yaml"],
            "collect": {"allow_networks": ["127.0.0.0/8"], "timeout": "3s"},
            "receivers": receivers,
            "server": {"listen": "127.0.0.1:0"},
            "log": {"level": "debug", "format": "json"},
        } | more
        self.config.write_text(json.dumps(self.settings))

    @property
    def config(self) -> Path:
        return self.folder / "tocsin.yaml"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        begins = self.log.count('"event": "watching"')
        with (self.folder / "log").open("ab") as log:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "monitor", "run", "--config", str(self.config)],
                stderr=log,
                stdout=log,
                cwd=self.folder,
                env=os.environ | self.environment,  # noqa: TID251 - a child process
            )
        wait_for(
            lambda: self.log.count('"event": "watching"') > begins or self._ended(),
            "the daemon watches",
        )

    def _ended(self) -> bool:
        if self.daemon is not None and self.daemon.poll() is not None:
            raise AssertionError(f"the daemon ended:\n{self.log}")
        return False

    @property
    def web(self) -> str:
        return str(re.findall(r'"web": "(http://127\.0\.0\.1:\d+)"', self.log)[-1])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop the daemon and return its exit status."""
        daemon, self.daemon = self.daemon, None
        if daemon is None:
            return 0
        daemon.send_signal(number)
        return daemon.wait(30)

    def command(self, *arguments: str, status: int = 0) -> str:
        """Run a command on this installation; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "monitor", *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            timeout=60,
            env=os.environ | self.environment,  # noqa: TID251 - a child process
        )
        assert done.returncode == status, f"{done.stdout}\n{done.stderr}"
        return done.stdout if status == 0 else done.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.command(*arguments, "--json"))


@contextmanager
def installation(folder: Path, store_url: str = "") -> Iterator[Installation]:
    """Give a test an installation and end its daemon whatever happens."""
    made = Installation(folder, store_url)
    try:
        yield made
    finally:
        made.stop(signal.SIGKILL)
