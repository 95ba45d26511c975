"""What strangers and users can hand to Tocsin, as functions of bytes that must not fail.

Each target takes any bytes. It returns, or it raises: then it is a finding. What a
reader is allowed to raise (FeedProblem, InputRefused) is caught here and checked.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from monitor.collect import discovery, hubs, opml
from monitor.collect.parse import (
    charsets,
    dates,
    document,
    jsonfeed,
    lenient,
    plaintext,
)
from monitor.collect.parse.items import build, web_address
from monitor.collect.parse.raw import MOST_ITEMS
from monitor.errors import FeedProblem, InputRefused
from monitor.model import Feed, Subscribed, Subscription
from monitor.rulepacks import rulebook

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FEED = Feed(url="https://a.example/feed")
KINDS = {"empty-body", "not-a-feed", "unreadable"}
LONGEST = {"title": 1000, "summary": 20_000, "body": 200_000, "author": 500}


def text_of(data):
    return data.decode("utf-8", "surrogateescape")


def feed(data):
    """A whole document: whatever it is, caps hold and every item has its fields."""
    head, _, body = data.partition(b"\n")
    types = [b"", b"text/xml; charset=windows-1251", b"application/json", head[:80]]
    stated = types[len(body) % len(types)].decode("latin-1")
    try:
        found = document.parse(data, {"content-type": stated}, FEED, NOW)
    except FeedProblem as problem:
        assert problem.kind in KINDS, problem.kind
        assert str(problem)
        return
    check(found)


def malformed(data):
    """feedparser behind our bounds, whatever the strict reader would have said."""
    try:
        raw = lenient.read(data)
    except FeedProblem as problem:
        assert problem.kind == "unreadable"
        return
    check(build(raw, FEED, NOW))


def check(found):
    assert len(found.items) <= MOST_ITEMS
    assert len({item.id for item in found.items}) == len(
        {item.key for item in found.items}
    )
    for item in found.items:
        assert item.title
        assert item.key
        for name, most in LONGEST.items():
            assert len(getattr(item, name)) <= most, name
        assert not item.url or item.url.startswith(("http://", "https://"))
        assert "<script" not in item.title.lower() or "&" in item.title
        item.title.encode()  # no lone surrogates: they could not be stored
        item.body.encode()


def json(data):
    raw = jsonfeed.read(text_of(data))
    if raw is not None:
        check(build(raw, FEED, NOW))


def date(data):
    moment, why = dates.published(text_of(data), NOW)
    assert (moment is None) == bool(why)
    assert moment is None or moment.tzinfo is not None


def charset(data):
    head, _, body = data.partition(b"\n")
    decoded = charsets.decode(body, head[:200].decode("latin-1"))
    assert decoded.charset
    decoded.text.encode("utf-8", "surrogatepass")


def text(data):
    written = text_of(data)
    for is_html in (False, True):
        line = plaintext.one_line(written, 200, is_html=is_html)
        assert len(line) <= 200
        assert "\n" not in line
        shown = plaintext.paragraphs(written, 500, is_html=is_html)
        assert len(shown) <= 500
        line.encode()
        shown.encode()


def address(data):
    base, _, link = text_of(data).partition("\n")
    found = web_address(link, base)
    assert not found or found.startswith(("http://", "https://"))
    assert not set(found) & set(' \t\r\n"<>\\^`{}')


def page(data):
    for found in discovery.candidates(data, "https://a.example/"):
        assert found.url.startswith(("http://", "https://"))


def outlines(data):
    try:
        opml.read_opml(data)
    except InputRefused as refused:
        assert refused.problems


def hub_links(data):
    head, hub, topic = (*text_of(data).split("\n"), "", "")[:3]
    found = hubs.named({"link": head}, (hub,), topic, "https://a.example/f")
    for one in found.hubs if found else ():
        assert one.startswith(("http://", "https://"))
    known = Subscription(
        id=1, feed="f", hub="h", topic=topic, state=Subscribed.ASKED, secret="s"
    )
    assert not hubs.is_signed(known, hub, data)
    query = dict(part.partition("=")[::2] for part in head.split("&"))
    changed, answer = hubs.answered(known, query, NOW)
    assert changed is None or answer is not None


def query(data):
    try:
        rulebook.compile_query(text_of(data))
    except InputRefused as refused:
        assert refused.problems


def pack(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pack.yaml")
        path.write_bytes(data)
        try:
            rulebook.load([path])
        except InputRefused as refused:
            assert refused.problems


TARGETS = {
    "feed": feed,
    "malformed": malformed,
    "json": json,
    "date": date,
    "charset": charset,
    "text": text,
    "address": address,
    "page": page,
    "outlines": outlines,
    "hub_links": hub_links,
    "query": query,
    "pack": pack,
}
