"""Which reader a document is for, and what is no feed at all."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from html.entities import html5
from urllib.parse import urljoin

from monitor.collect.bodies import is_cut_off
from monitor.collect.parse import charsets, jsonfeed, lenient, strict
from monitor.collect.parse.items import ParsedFeed, build
from monitor.collect.parse.plaintext import one_line
from monitor.collect.parse.raw import RawFeed
from monitor.errors import FeedProblem
from monitor.model import Feed

_HEAD = 4096
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_VISIBLE = re.compile(r"[^\n]")
_ROOT = re.compile(r"<([A-Za-z][\w:.-]{0,60})")
_FEED_START = re.compile(r"<\?xml\b|<(?:rss|feed|rdf:RDF)\b", re.IGNORECASE)
_FEED_END = re.compile(r"</(?:rss|feed|rdf:RDF)\s*>", re.IGNORECASE)
_PROLOG = re.compile(r"\s*(?:<\?[^>]{0,500}>|<!--|<!DOCTYPE[^>]{0,500}>)", re.IGNORECASE)  # fmt: skip
_HTML_ROOTS = frozenset({"html", "head", "body", "script", "meta", "title", "div", "p"})
_FEED_ROOTS = frozenset({"rss", "feed", "rdf:rdf", "channel"})
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_LINK = re.compile(r"<link\b[^<>]{1,1000}>", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:(?:rss|atom)\+xml|feed\+json)", re.IGNORECASE)
_HREF = re.compile(r"href\s*=\s*[\"']?([^\"'\s>]{1,500})", re.IGNORECASE)
_CHALLENGE = re.compile(
    r"Just a moment\.\.\.|cf-browser-verification|challenge-platform|"
    r"DDoS protection by|Checking your browser|Attention Required! \| Cloudflare",
    re.IGNORECASE,
)
_NESTED = re.compile(r"<!\[CDATA\[(?:\s{0,100}<!\[CDATA\[)+")
_NESTED_END = re.compile(r"\]\]>(?:\s{0,100}\]\]>)+")
_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)"
    r"(?:([A-Za-z][A-Za-z0-9]{1,31});)?"
)


def parse(
    body: bytes,
    headers: Mapping[str, str],
    feed: Feed,
    now: datetime,
    lenient_read: Callable[[bytes], RawFeed] = lenient.read,
) -> ParsedFeed:
    """Return what a feed's document holds.

    `lenient_read` reads what is not well formed; the daemon has it done in a process of
    its own.

    `headers` are those of the answer, names in lower case; only Content-Type is
    read. Raises FeedProblem of kind `empty-body`, `not-a-feed` (a web page, a bot
    check, some other document) or `unreadable` (a feed broken beyond repair), and
    nothing else, whatever the bytes are.
    """
    if not body or body.isspace():
        raise FeedProblem("empty-body", f"the answer is empty ({len(body)} bytes)")
    content_type = headers.get("content-type", "")
    if body.startswith(b"<") and charsets.may_be_utf8(body, content_type):
        # Nearly all feeds: an XML parser knows best whether they are valid UTF-8.
        at_once = strict.read(body)
        if at_once is not None:
            return build(at_once, feed, now)
    decoded = charsets.decode(body, content_type)
    text = decoded.text.lstrip("\ufeff \t\r\n\f\0")
    if text.startswith(("{", "[")):
        # What went before keeps its place, so that faults are told where they are.
        before = decoded.text[: -len(text)]
        raw = jsonfeed.read(_VISIBLE.sub(" ", before.lstrip("\ufeff")) + text)
    else:
        raw = _read_xml(text, feed, lenient_read)
    if decoded.note:
        raw.notes.append(decoded.note)
    return build(raw, feed, now)


def _read_xml(
    text: str, feed: Feed, lenient_read: Callable[[bytes], RawFeed]
) -> RawFeed:
    root = _root(text)
    if root in _HTML_ROOTS:
        raise FeedProblem("not-a-feed", _web_page(text, feed))
    notes = []
    text, junk = _from_start(text)
    if junk:
        notes.append("text before the document left out")
    raw = _strictly(text)
    for note, mend in _MENDS:
        mended = mend(text) if raw is None else text
        if mended != text:
            text, raw = mended, _strictly(mended)
            notes.append(note)
    if raw is None and "&" in text:
        raw = _strictly(_mended(text))
        notes += ["undeclared entities mended"] if raw is not None else []
    if raw is None:
        document = text.encode("utf-8", "replace")
        raw = _read_leniently(lenient_read(document), document, root)
    raw.notes += notes
    return raw


def _read_leniently(raw: RawFeed, document: bytes, root: str) -> RawFeed:
    if raw.items or (raw.format and root in _FEED_ROOTS):
        if is_cut_off(document):
            raw.notes.append("the document is cut off")
            _leave_nameless(raw, document)
        return raw
    if root in _FEED_ROOTS:
        raise FeedProblem("unreadable", "the feed is broken: no entry can be read")
    kind = f"an XML document of another kind (<{root}>)" if root else "not XML"
    raise FeedProblem("not-a-feed", f"the answer is {kind}, not a feed")


def _leave_nameless(raw: RawFeed, document: bytes) -> None:
    """Leave out an entry that breaks off before it says who it is.

    Half of it would be one item, and the whole of it, which is asked for next time since
    the validators are not kept, another one.
    """
    last = raw.items[-1] if raw.items else None
    if last is None or last.guid or last.link:
        return
    begun = max((one.start() for one in _ENTRY.finditer(document)), default=0)
    if _ENTRY_END.search(document, begun) is None:
        raw.items.pop()
        raw.notes.append("an entry that breaks off left out")


_ENTRY = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ENTRY_END = re.compile(rb"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>", re.IGNORECASE)


def _root(text: str) -> str:
    """Return the lower-case name of the first element, "" where there is none."""
    position = 0
    for _ in range(20):
        found = _PROLOG.match(text, position)
        if found is None:
            break
        position = found.end()
        if found[0].endswith("<!--"):
            position = text.find("-->", position) + 3
            if position < len("-->"):
                return ""
    root = _ROOT.search(text[position : position + _HEAD])
    return root[1].lower() if root else ""


def _from_start(text: str) -> tuple[str, bool]:
    """Return the document without what a broken server printed before it."""
    if text.startswith("<"):
        return text, False
    start = _FEED_START.search(text[:_HEAD])
    return (text[start.start() :], True) if start else (text, False)


def _strictly(text: str) -> RawFeed | None:
    return strict.read(text.encode("utf-8", "replace"))


def _without_controls(text: str) -> str:
    """Return the document without characters that no XML document may hold."""
    return _CONTROLS.sub("", text)


def _to_end(text: str) -> str:
    """Return the document without what a proxy put after it: a script, a remark."""
    ends = list(_FEED_END.finditer(text, max(0, len(text) - _HEAD)))
    rest = text[ends[-1].end() :] if ends else ""
    if not rest.strip() or "<item" in rest or "<entry" in rest:
        return text
    return text[: ends[-1].end()]


def _unnested(text: str) -> str:
    """Return the document with one section of CDATA where it has one in another."""
    if not _NESTED.search(text):
        return text
    return _NESTED_END.sub("]]>", _NESTED.sub("<![CDATA[", text))


_MENDS = (
    ("control characters left out", _without_controls),
    ("text after the document left out", _to_end),
    ("nested CDATA mended", _unnested),
)
"""What is tried, one after the other, on a document that is not well formed."""


def _mended(text: str) -> str:
    """Return the text with HTML's entities as characters and stray & as &amp;.

    XML knows five names; publishers write `&nbsp;` and `Q&A` all the same.
    """
    return _AMPERSAND.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    name = found[1]
    if name is None:
        return "&amp;"
    return html5.get(f"{name};", f"&amp;{name};")


def _web_page(text: str, feed: Feed) -> str:
    """Say which page came instead of the feed, and where its feed is, if it says so."""
    head = text[: _HEAD * 16]
    if _CHALLENGE.search(head):
        return "the site answers with a test for humans instead of the feed"
    title = _TITLE.search(head)
    named = f' titled "{one_line(title[1], 100)}"' if title else ""
    for link in _LINK.finditer(head):
        href = _HREF.search(link[0])
        if href and _FEED_TYPE.search(link[0]):
            where = _address(feed.url, href[1])
            return f"the answer is a web page{named}; it names a feed: {where}"
    return f"the answer is a web page{named}, not a feed"


def _address(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return href
