"""Everything that is not well formed or is rare, by feedparser, the reference.

feedparser reads nearly anything and costs dozens of times more; hostile input
makes it cost far more than that. So what it is given is bounded first: comments,
tags with hundreds of attributes, endless author names (its search for e-mail addresses is quadratic) and everything
after the first so many tags are cut away.
"""

import io
import re
from typing import Any

import feedparser

from monitor.collect.parse.raw import (
    MOST_ITEMS,
    NOTHING,
    RawFeed,
    RawItem,
    RawText,
)
from monitor.errors import FeedProblem
from monitor.model.counts import counted

_LARGEST = 4 * 1024 * 1024
_MOST_TAGS = 60_000
_LONGEST_AUTHOR = 400
_AUTHOR = re.compile(
    rb"<(?P<close>/?)(?:[\w.-]{1,40}:)?"
    rb"(?:author|creator|managingeditor|webmaster|publisher|owner)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(rb"<(?!!\[CDATA\[)[^<>]*>")  # what CDATA holds is text
_TAG = re.compile(
    rb"<([A-Za-z][\w:.-]{0,60})((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)", re.DOTALL
)
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")
_LONG_TAG = 2000
_MOST_ATTRIBUTES = 200
_ITEM = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.IGNORECASE)


def read(document: bytes) -> RawFeed:
    """Return the feed in a UTF-8 document.

    Raise FeedProblem of kind `unreadable` where feedparser itself fails; a feed
    without format and entries means that it found nothing it knows.
    """
    document, notes = bounded(document)
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        found = feedparser.parse(
            io.BytesIO(document),  # a str or bytes could be taken for a file's name
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        feed = _feed(found)
    except Exception as error:  # foreign code on hostile input: anything can come
        said = f"{type(error).__name__}: {error}"[:200]
        raise FeedProblem("unreadable", f"the feed cannot be read ({said})") from error
    feed.notes += notes
    return feed


def bounded(document: bytes) -> tuple[bytes, list[str]]:
    """Return the document cut down to what costs seconds at the worst, and notes."""
    shorter = _without_long_authors(_without_comments(document))
    shorter = _TAG.sub(_with_few_attributes, shorter)
    end = min(_end_of_tags(shorter), _LARGEST)
    if end >= len(shorter):
        return shorter, []
    starts = [found.start() for found in _ITEM.finditer(shorter, 0, end)]
    cut = starts[-1] if len(starts) > 1 else end
    left_out = sum(1 for _ in _ITEM.finditer(shorter, cut))
    return shorter[:cut], [
        f"malformed and too large: {counted(left_out, 'entry', 'entries')} left out"
    ]


def _without_comments(document: bytes) -> bytes:
    """Return the document without comments outside CDATA; linear, unlike a regex."""
    if b"<!--" not in document:
        return document
    pieces, start = [], 0
    while True:
        comment = document.find(b"<!--", start)
        section = document.find(b"<![CDATA[", start) if comment >= 0 else -1
        if comment < 0:
            pieces.append(document[start:])
            return b"".join(pieces)
        is_text = 0 <= section < comment
        opening, closing = (section, b"]]>") if is_text else (comment, b"-->")
        end = document.find(closing, opening + 4)
        stop = len(document) if end < 0 else end + 3
        pieces.append(document[start : stop if is_text else opening])
        start = stop


def _without_long_authors(document: bytes) -> bytes:
    pieces, start, opened = [], 0, -1
    for found in _AUTHOR.finditer(document):
        if not found["close"]:
            opened = found.start() if opened < 0 else opened
            continue
        is_long = opened >= 0 and _is_long(document[opened : found.start()])
        if is_long and _ITEM.search(document, opened, found.start()) is None:
            pieces.append(document[start : document.find(b">", opened) + 1])
            start = found.start()
        opened = -1
    pieces.append(document[start:])
    return b"".join(pieces)


def _with_few_attributes(tag: re.Match[bytes]) -> bytes:
    """Return a tag; one with hundreds of attributes, which cost quadratic time, bare."""
    if len(tag[2]) < _LONG_TAG:
        return tag[0]
    attributes = len(_QUOTED.sub(b"", tag[2]).split())
    return b"<" + tag[1] if attributes > _MOST_ATTRIBUTES else tag[0]


def _is_long(author: bytes) -> bool:
    return (
        len(author) > _LONGEST_AUTHOR
        and len(_MARKUP.sub(b"", author)) > _LONGEST_AUTHOR
    )


def _end_of_tags(document: bytes) -> int:
    """Return where the last tag that may be read begins, CDATA not counted."""
    position = count = 0
    while count < _MOST_TAGS:
        position = document.find(b"<", position)
        if position < 0:
            return len(document)
        if document.startswith(b"<![CDATA[", position):
            end = document.find(b"]]>", position)
            position = len(document) if end < 0 else end
        else:
            position += 1
        count += 1
    return position


# ── from feedparser's dictionaries ───────────────────────────────────────────


def _feed(found: dict[str, Any]) -> RawFeed:
    channel = dict.get(found, "feed") or {}
    entries = dict.get(found, "entries") or []
    return RawFeed(
        path="feedparser",
        format=_get(found, "version"),
        title=_text(channel, "title"),
        link=_get(channel, "link"),
        lang=_get(channel, "language"),
        ttl=_get(channel, "ttl"),
        period=_get(channel, "sy_updateperiod"),
        frequency=_get(channel, "sy_updatefrequency"),
        skip=[_get(channel, "hour"), _get(channel, "day")],
        hubs=_related(channel, "hub"),
        itself="".join(_related(channel, "self")[:1]),
        items=[_entry(entry) for entry in entries[:MOST_ITEMS]],
        truncated=max(0, len(entries) - MOST_ITEMS),
    )


def _get(found: dict[str, Any], key: str) -> str:
    # dict.get, since feedparser's own falls back on other keys, with warnings.
    value = dict.get(found, key)
    return value.strip() if isinstance(value, str) else ""


def _text(found: dict[str, Any], key: str) -> RawText:
    detail = dict.get(found, f"{key}_detail") or {}
    is_html = "html" in str(dict.get(detail, "type") or "")
    return RawText(text=_get(found, key), is_html=is_html or key == "summary")


def _related(channel: dict[str, Any], relation: str) -> list[str]:
    links = dict.get(channel, "links") or []
    related = (link for link in links if _get(link, "rel").lower() == relation)
    return [href for href in (_get(link, "href") for link in related) if href]


def _entry(entry: dict[str, Any]) -> RawItem:
    summary, body = _text(entry, "summary"), NOTHING
    for content in dict.get(entry, "content") or []:
        text = _get(content, "value")
        if len(text) > len(body.text):
            body = RawText(text=text, is_html="html" in _get(content, "type"))
    for key in ("yandex_full-text", "full-text", "turbo_content"):
        text = _get(entry, key)
        if len(text) > len(body.text):
            body = RawText(text=text, is_html=True)
    guid, link = _get(entry, "id"), _get(entry, "link")
    guid_is_link = bool(dict.get(entry, "guidislink"))
    if guid_is_link and link == guid:
        link = ""  # given out for want of a link; whether it is one is decided once
    return RawItem(
        guid=guid,
        guid_is_link=guid_is_link,
        link=_get(entry, "feedburner_origlink") or link,
        title=_text(entry, "title"),
        summary=summary,
        body=body,
        authors=_authors(entry),
        tags=[
            _get(tag, "label") or _get(tag, "term")
            for tag in dict.get(entry, "tags") or []
        ],
        published=_get(entry, "published") or _get(entry, "created"),
        updated=_get(entry, "updated"),
        lang=_get(entry, "language") or _detail_lang(entry),
    )


def _authors(entry: dict[str, Any]) -> list[str]:
    names = [_get(author, "name") for author in dict.get(entry, "authors") or []]
    written = _get(entry, "author")
    # Of `mail@example.org (Name)` it knows no domain's end longer than four letters.
    is_mailbox = len(names) == 1 and "@" in written.partition("(")[0]
    return names if any(names) and not is_mailbox else [written]


def _detail_lang(entry: dict[str, Any]) -> str:
    return _get(dict.get(entry, "title_detail") or {}, "language")
