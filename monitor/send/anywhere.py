"""The receiver `apprise`: the services that Tocsin does not know itself.

Apprise brings an HTTP client of its own: the guard against private addresses, the trust
and the time limits of Tocsin do not hold there. Each target is a delivery of its own, and
whatever fails is tried again: Apprise does not say what would never be taken. It works in
threads, which cannot be stopped: they are its own, so that those that hang keep nobody else
waiting, and an attempt that ends late is not made again.
"""

import asyncio
import hashlib
import json
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from monitor.model import Body, Bundle, Delivery, Notice, Remark, Severity
from monitor.send import render
from monitor.send.deliveries import Receipt, failed

_TITLE = 250
_TEXT = 3500
"""Code points of a message; Apprise cuts further where a service takes less."""
_TYPES = {
    Severity.INFO: "info",
    Severity.LOW: "info",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "warning",
    Severity.CRITICAL: "failure",
}
_PARTS = re.compile(r"[/:@?&=,]+")
_MOST_HANGING = 16
"""Attempts of a receiver that may be under way, those that were given up included."""
_MOST_KEPT = 1000
_SECRET = 5
"""Characters from which on a part of an address may be a secret."""


Begun = dict[str, "asyncio.Future[str]"]
"""Attempts whose end nobody has heard of yet, by delivery."""


def label(url: str) -> str:
    """Return what a target is called: its service and a fingerprint, no secret."""
    scheme = re.sub(r"[^a-z0-9]", "", url.partition("://")[0].lower())[:20]
    return f"{scheme}:{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def targets(text: str) -> dict[str, str]:
    """Return addresses, one a line, by what they are called; `#` begins a comment."""
    lines = (one.strip() for one in text.splitlines())
    return {label(one): one for one in lines if one and not one.startswith("#")}


@dataclass(frozen=True, kw_only=True)
class AppriseChannel:
    """Some targets of Apprise's."""

    name: str
    urls: Sequence[str] = field(repr=False)
    timeout: timedelta = timedelta(seconds=30)
    voice: render.Voice = field(default_factory=render.Voice)
    kind: str = field(init=False, default="apprise")
    begun: Begun = field(repr=False, compare=False, default_factory=dict)
    """A channel that takes another one's place goes on with those of that one."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """What the targets are called."""
        return tuple(self._known)

    @property
    def _ways(self) -> render.Ways:
        return render.Ways(voice=self.voice)

    @cached_property
    def _known(self) -> dict[str, str]:
        return {label(url): url for url in self.urls}

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render title and text."""
        del delivery
        kind = _TYPES[notice.alert.rule.severity]
        text = render.text(notice, self._ways)
        return _body(render.subject(notice, self.voice), text, kind)

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render several alerts as one message."""
        del delivery
        kind = _TYPES[bundle.severity]
        text = render.bundle_text(bundle, self._ways)
        return _body(render.bundle_subject(bundle, self.voice), text, kind)

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a message that says it is a test."""
        del delivery, now
        title = f"Tocsin: {render.ping_title(self.name, self.voice)}"
        return _body(title, render.ping_text(self.name, self.voice), "info")

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render what Tocsin says about its own work."""
        del delivery, now
        return _body(remark.title, render.remark_text(remark), "warning")

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """Hand the message to Apprise for one target."""
        url = self._known.get(delivery.recipient)
        if url is None:
            told = f"{delivery.recipient} is no longer among the targets"
            return Receipt(outcome="permanent", problem=told)
        attempt = self._attempt(delivery, url, body)
        if attempt is None:
            return failed(f"{_MOST_HANGING} messages before it hang")
        seconds = self.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                problem = await asyncio.shield(attempt)
        except TimeoutError:
            return failed(f"Apprise did not finish within {seconds:g} s")
        self.begun.pop(delivery.id, None)
        if problem:
            return failed(hidden(problem, url))
        return Receipt(outcome="accepted", status="sent")

    def _attempt(
        self, delivery: Delivery, url: str, body: Body
    ) -> "asyncio.Future[str] | None":
        """Begin an attempt, unless one is under way or has succeeded; None for too many."""
        begun = self.begun
        before = begun.get(delivery.id)
        if before is not None and not (before.done() and before.result()):
            return before
        ended = [name for name, one in begun.items() if one.done()]
        if len(begun) - len(ended) >= _MOST_HANGING:
            return None
        for name in ended[: max(0, len(begun) - _MOST_KEPT)]:
            del begun[name]
        begun[delivery.id] = _in_thread(_notify, url, json.loads(body.content))
        return begun[delivery.id]


def _in_thread(function: Callable[..., str], *args: Any) -> "asyncio.Future[str]":
    """Run a function in a thread that nobody has to wait for; a fault is its result."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()

    def run() -> None:
        try:
            result = function(*args)
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises
            result = f"Apprise broke off: {error!r}"
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(future.set_result, result)

    threading.Thread(target=run, name="apprise", daemon=True).start()
    return future


def _notify(url: str, said: dict[str, str]) -> str:
    """Return why a message was not taken; "" when it was."""
    import apprise  # noqa: PLC0415 - an extra

    asset = apprise.AppriseAsset(
        app_id="Tocsin", app_url="", async_mode=False, storage_mode="memory"
    )
    sender = apprise.Apprise(asset=asset)
    if not sender.add(url):
        return "Apprise does not know this kind of address"
    entries: list[str] = []

    def told(entry: Any, *_: Any) -> None:
        entries.append(str(getattr(entry, "message", entry)))

    done = sender.notify(
        body=said["text"],
        title=said["title"],
        notify_type=said["type"],
        body_format="text",
        interpret_escapes=False,
        log_callback=told,
    )
    if done:
        return ""
    return render.line("; ".join(entries[-3:]) or "the service did not take it", 300)


def hidden(text: str, url: str) -> str:
    """Return a text without the parts of an address that may be secrets."""
    _, _, rest = url.partition("://")
    parts = {part for part in _PARTS.split(rest) if len(part) >= _SECRET}
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, "***")
    return text


def problem_of(url: str) -> str:
    """Return why an address cannot be used; "" where it can."""
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError:
        return "apprise is an extra: pip install 'tocsin[apprise]'"
    if apprise.Apprise.instantiate(url) is None:
        scheme = render.line(url.partition("://")[0], 20)
        return f"Apprise cannot read the address that begins with {scheme}://"
    return ""


def _body(title: str, text: str, kind: str) -> Body:
    made = {
        "title": render.line(title, _TITLE),
        "text": text if len(text) <= _TEXT else text[: _TEXT - 1] + "…",
        "type": kind,
    }
    content = json.dumps(made, ensure_ascii=False).encode()
    return Body(content_type="application/json", content=content)
