"""A WebSub hub on loopback: asks back, signs what it pushes, and can misbehave."""

import hashlib
import hmac
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode

from tests.acceptance.harness import LoopbackServer, send


@dataclass
class Hub(LoopbackServer):
    status: int = 202
    """What it answers to requests."""
    lease: int = 3600
    """Seconds that it grants."""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The forms that were posted."""
    confirmed: list[tuple[str, int, bool]] = field(default_factory=list)
    """Mode, status and whether the challenge came back, for each question asked."""
    subscribed: dict[str, dict[str, str]] = field(default_factory=dict)
    """Topic to the form that was confirmed last."""

    def __post_init__(self) -> None:
        LoopbackServer.__init__(self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hub"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.asked.append(form)
        send(request, self.status)
        if self.status == 202:
            threading.Thread(target=self.verify, args=(form,)).start()

    def verify(self, form: dict[str, str], challenge: str = "a/b c") -> int:
        """Ask whether the subscriber meant it."""
        mode = form["hub.mode"]
        query = {
            "hub.mode": mode,
            "hub.topic": form["hub.topic"],
            "hub.challenge": challenge,
            "hub.lease_seconds": str(self.lease),
        }
        status, said = fetch(f"{form['hub.callback']}?{urlencode(query)}")
        meant = status == 200 and said == challenge.encode()
        self.confirmed.append((mode, status, meant))
        if meant and mode == "subscribe":
            self.subscribed[form["hub.topic"]] = form
        elif meant:
            self.subscribed.pop(form["hub.topic"], None)
        return status

    def push(
        self, topic: str, body: bytes, method: str = "sha256", secret: str = ""
    ) -> int:
        """Send what is new, signed; return the subscriber's status."""
        form = self.subscribed[topic]
        key = (secret or form["hub.secret"]).encode()
        signature = hmac.new(key, body, getattr(hashlib, method)).hexdigest()
        headers = {
            "Content-Type": "application/rss+xml",
            "X-Hub-Signature": f"{method}={signature}",
        }
        return fetch(form["hub.callback"], body, headers)[0]


def fetch(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
