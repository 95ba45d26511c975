"""Alerts as feeds for readers: `/alerts.atom` (RFC 4287) and `/alerts.json` (JSON Feed 1.1).

A token of the interface for programs lets a reader in: as a password, in the header, or in
the address (`?token=`) for readers that know neither. One entry is one alert; a later message
about it changes the entry. Who asks again with what the last answer named (ETag,
Last-Modified) is answered 304.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from http import HTTPStatus
from typing import Any

from lxml import etree
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.clock import Clock
from monitor.errors import StoreUnavailable
from monitor.model import Delivery, Notice, Severity
from monitor.send import render
from monitor.send.render.clean import clean
from monitor.send.render.plain import UNTITLED, byline, coverage, why
from monitor.store.records import Store
from monitor.store.views import AlertFilter, AlertView
from monitor.web.given import Refused, checked_query
from monitor.web.visitors import CHALLENGE, may_read

MOST = 100
_USUAL = 50
_KNOWN = ("rule", "theme", "severity", "limit", "token")
_NAMESPACE = uuid.UUID("2b2f6a52-37b5-5a3f-8f0e-5f9a4f2d9c11")
_SECOND = timedelta(seconds=1)
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATOM = "http://www.w3.org/2005/Atom"

Write = Callable[[Sequence[Notice], "_Asked"], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a reader wants."""

    rule: str = ""
    theme: str = ""
    severity: Severity = Severity.INFO
    limit: int = _USUAL

    @property
    def title(self) -> str:
        wanted = [self.rule, self.theme]
        if self.severity is not Severity.INFO:
            wanted.append(f"{self.severity.value} and graver")
        named = ", ".join(render.line(one, 100) for one in wanted if one)
        return f"Tocsin alerts: {named}" if named else "Tocsin alerts"

    @property
    def id(self) -> str:
        name = f"feed/{self.rule}/{self.theme}/{self.severity.value}"
        return f"urn:uuid:{uuid.uuid5(_NAMESPACE, name)}"


def routes(store: Store, clock: Clock) -> list[Route]:
    """Return the paths of the feeds."""
    made = _Feeds(store, clock)
    return [
        Route("/alerts.atom", made.endpoint(_atom, "application/atom+xml")),
        Route("/alerts.json", made.endpoint(_json, "application/feed+json")),
    ]


class _Feeds:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def endpoint(
        self, write: Write, content_type: str
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return what answers with a feed that `write` writes."""

        async def endpoint(request: Request) -> Response:
            try:
                return await run_in_threadpool(
                    self._answer, request, write, content_type
                )
            except StoreUnavailable:
                return _plain(503, "the store cannot be used now")

        return endpoint

    def _answer(self, request: Request, write: Write, content_type: str) -> Response:
        if not may_read(request, self._store, self._clock.now()):
            told = "a token is needed: as the password, or as ?token= in the address"
            return _plain(401, told)
        asked = _asked(request)
        if isinstance(asked, str):
            return _plain(400, asked)
        found = self._alerts(asked)
        changed = max((row.alert.updated for row in found), default=None)
        headers = {
            "ETag": _etag(found, asked, content_type),
            "Cache-Control": "private, max-age=60",
            "X-Content-Type-Options": "nosniff",
        }
        # Of what changed in this second more may follow in it (RFC 9110, 8.8.2.2).
        if changed and self._clock.now() - changed >= _SECOND:
            headers["Last-Modified"] = format_datetime(changed, usegmt=True)
        if _has_it(request, headers["ETag"], changed):
            return Response(status_code=304, headers=headers)
        notices = [notice_of(self._store, row) for row in found]
        body = write(notices, asked)
        return Response(body, headers=headers, media_type=content_type)

    def _alerts(self, asked: _Asked) -> list[AlertView]:
        wanted = [one for one in Severity if one.rank >= asked.severity.rank]
        return self._store.alerts(
            AlertFilter(
                rule=asked.rule,
                theme=asked.theme,
                severities=() if len(wanted) == len(Severity) else tuple(wanted),
                limit=asked.limit,
            )
        )


def notice_of(store: Store, row: AlertView) -> Notice:
    """Return an alert with its reports, as its last message has them."""
    alert = row.alert
    return store.notice(
        Delivery(
            id="",
            alert_id=alert.id,
            sequence=row.messages[-1].sequence,
            receiver="",
            due=alert.updated,
            created=alert.updated,
        )
    )


def _asked(request: Request) -> _Asked | str:
    """Read what a reader wants, or say what is wrong with it."""
    given = request.query_params
    try:
        checked_query(given.multi_items(), _KNOWN)
    except Refused as refused:
        return refused.detail
    limit = given.get("limit", str(_USUAL))[:9].lstrip("0")
    if not (limit.isascii() and limit.isdecimal() and 0 < int(limit[:4]) <= MOST):
        return f"limit: write 1 to {MOST}"
    try:
        severity = Severity(given.get("severity", Severity.INFO.value))
    except ValueError:
        return f"severity: one of {', '.join(Severity)}"
    return _Asked(
        rule=given.get("rule", ""),
        theme=given.get("theme", ""),
        severity=severity,
        limit=int(limit),
    )


# ── whether a reader has it already ──────────────────────────────────────────


def _etag(found: Sequence[AlertView], asked: _Asked, content_type: str) -> str:
    facts = [
        (row.alert.id, row.messages[-1].sequence, row.story.items, row.story.title)
        for row in found
    ]
    text = repr((content_type, asked.title, asked.limit, facts)).encode()
    return f'"{hashlib.sha256(text).hexdigest()[:32]}"'


def _has_it(request: Request, etag: str, changed: datetime | None) -> bool:
    """Whether the reader names what it would get (RFC 9110, 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return etag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if not since or changed is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except (ValueError, OverflowError):
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return changed.replace(microsecond=0) <= moment


def _plain(status: int, message: str) -> Response:
    headers = (
        {"WWW-Authenticate": CHALLENGE} if status == HTTPStatus.UNAUTHORIZED else {}
    )
    return Response(f"{message}\n", status, headers=headers, media_type="text/plain")


# ── the two formats ──────────────────────────────────────────────────────────


def _entry_id(notice: Notice) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, notice.alert.id)}"


def _title(notice: Notice) -> str:
    severity = notice.alert.rule.severity.upper()
    return f"[{severity}] {render.line(notice.story.title) or UNTITLED}"


def _address(notice: Notice) -> str:
    return next(
        (url for one in notice.reports if (url := render.link(one.item.url))), ""
    )


def _html(notice: Notice) -> str:
    rows = []
    for one in notice.reports:
        title = escape(render.line(one.item.title) or UNTITLED)
        if url := render.link(one.item.url):
            title = f'<a href="{escape(url)}">{title}</a>'
        rows.append(f"<li>{title}<br>{escape(byline(one))}</li>")
    rule = escape(render.line(notice.alert.rule.title) or notice.alert.rule.id)
    return (
        f"<p><b>{rule}</b>: {escape(why(notice))}</p><ul>{''.join(rows)}</ul>"
        f"<p>{escape(coverage(notice.story))}</p>"
    )


def _tags(notice: Notice) -> list[str]:
    rule = notice.alert.rule
    return [
        shown
        for tag in (rule.theme, rule.severity.value, rule.id, *rule.tags[:20])
        if (shown := render.line(tag, 100))
    ]


def _atom(notices: Sequence[Notice], asked: _Asked) -> bytes:
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})
    latest = max((one.at for one in notices), default=datetime(2020, 1, 1, tzinfo=UTC))
    _put(feed, "title", asked.title)
    _put(feed, "id", asked.id)
    _put(feed, "updated", _moment(latest))
    _put(_put(feed, "author"), "name", "Tocsin")
    for notice in notices:
        entry = _put(feed, "entry")
        _put(entry, "title", _title(notice))
        _put(entry, "id", _entry_id(notice))
        _put(entry, "published", _moment(notice.alert.opened))
        _put(entry, "updated", _moment(notice.at))
        if url := _address(notice):
            _put(entry, "link", rel="alternate", href=url)
        for tag in _tags(notice):
            _put(entry, "category", term=tag)
        _put(entry, "summary", why(notice), type="text")
        _put(entry, "content", _html(notice), type="html")
    made: bytes = etree.tostring(feed, xml_declaration=True, encoding="utf-8")
    return made


def _put(
    parent: "etree._Element", name: str, text: str = "", **attributes: str
) -> "etree._Element":
    made = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    if text:
        made.text = _NOT_IN_XML.sub("", clean(text).text)
    return made


def _json(notices: Sequence[Notice], asked: _Asked) -> bytes:
    made: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": asked.title,
        "authors": [{"name": "Tocsin"}],
        "items": [_json_item(notice) for notice in notices],
    }
    return json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")


def _json_item(notice: Notice) -> dict[str, Any]:
    rule = notice.alert.rule
    item: dict[str, Any] = {
        "id": _entry_id(notice),
        "title": _title(notice),
        "content_html": _html(notice),
        "content_text": render.text(notice),
        "date_published": _moment(notice.alert.opened),
        "date_modified": _moment(notice.at),
        "tags": _tags(notice),
        "_tocsin": {
            "alert_id": notice.alert.id,
            "rule": rule.id,
            "severity": rule.severity.value,
            "sequence": notice.sequence,
        },
    }
    if url := _address(notice):
        item["url"] = url
    return item


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")
