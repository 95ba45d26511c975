"""Feeds as bytes: RSS 2.0, Atom (RFC 4287) and RSS 1.0 (RDF)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import TypeAlias

from lxml import etree

from monitor.demo.content import DemoItem, Outlet

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS1 = "http://purl.org/rss/1.0/"
_XML = "http://www.w3.org/XML/1998/namespace"

_Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml's only name for the type


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item as a feed shows it now."""

    item: DemoItem
    """Its latest text."""
    first: datetime
    """When it was first published."""


def render(outlet: Outlet, entries: Sequence[Entry], changed: datetime) -> bytes:
    """Return the outlet's feed; equal arguments give equal bytes.

    `changed` is when the feed last changed.
    """
    root = _FORMATS[outlet.format](outlet, entries, changed)
    content: bytes = etree.tostring(
        root, xml_declaration=True, encoding=outlet.encoding
    )
    return content


def link(outlet: Outlet, item: DemoItem) -> str:
    """Return the item's address as the outlet's feed gives it."""
    return f"{item.url}?{outlet.tracking}" if outlet.tracking else item.url


def _home(outlet: Outlet) -> str:
    return f"https://{outlet.domain}/"


def _lang(outlet: Outlet) -> str:
    """Return the language of the whole feed, where it has one and states it."""
    return outlet.langs[0] if outlet.says_lang and len(outlet.langs) == 1 else ""


def _add(parent: _Element, tag: str, text: str = "", **attributes: str) -> _Element:
    child = etree.SubElement(parent, tag, attributes)
    if text:
        child.text = text
    return child


def _rss(outlet: Outlet, entries: Sequence[Entry], changed: datetime) -> _Element:
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"dc": _DC})
    channel = _add(root, "channel")
    _add(channel, "title", outlet.name)
    _add(channel, "link", _home(outlet))
    _add(channel, "description", outlet.name)
    if lang := _lang(outlet):
        _add(channel, "language", lang)
    _add(channel, "lastBuildDate", format_datetime(changed, usegmt=True))
    for entry in entries:
        item = _add(channel, "item")
        _add(item, "title", entry.item.title)
        _add(item, "link", link(outlet, entry.item))
        _add(item, "guid", entry.item.guid, isPermaLink="false")
        _add(item, "pubDate", format_datetime(entry.first, usegmt=True))
        _add(item, "description", f"<p>{escape(entry.item.summary, quote=False)}</p>")
        if len(outlet.langs) > 1:
            _add(item, f"{{{_DC}}}language", entry.item.lang)
    return root


def _atom(outlet: Outlet, entries: Sequence[Entry], changed: datetime) -> _Element:
    lang = _lang(outlet)
    root = etree.Element(
        f"{{{_ATOM}}}feed",
        {f"{{{_XML}}}lang": lang} if lang else None,
        nsmap={None: _ATOM},
    )
    _add(root, f"{{{_ATOM}}}id", f"tag:{outlet.domain},2020:feed")
    _add(root, f"{{{_ATOM}}}title", outlet.name)
    _add(root, f"{{{_ATOM}}}updated", changed.isoformat())
    _add(root, f"{{{_ATOM}}}link", href=_home(outlet), rel="alternate")
    author = _add(root, f"{{{_ATOM}}}author")
    _add(author, f"{{{_ATOM}}}name", outlet.name)
    for entry in entries:
        one = _add(root, f"{{{_ATOM}}}entry")
        _add(one, f"{{{_ATOM}}}id", entry.item.guid)
        _add(one, f"{{{_ATOM}}}title", entry.item.title)
        _add(one, f"{{{_ATOM}}}link", href=link(outlet, entry.item), rel="alternate")
        _add(one, f"{{{_ATOM}}}published", entry.first.isoformat())
        _add(one, f"{{{_ATOM}}}updated", entry.item.published.isoformat())
        _add(one, f"{{{_ATOM}}}summary", entry.item.summary)
    return root


def _rdf(outlet: Outlet, entries: Sequence[Entry], changed: datetime) -> _Element:
    about, resource = f"{{{_RDF}}}about", f"{{{_RDF}}}resource"
    root = etree.Element(f"{{{_RDF}}}RDF", nsmap={"rdf": _RDF, None: _RSS1, "dc": _DC})
    channel = _add(root, f"{{{_RSS1}}}channel", **{about: _home(outlet)})
    _add(channel, f"{{{_RSS1}}}title", outlet.name)
    _add(channel, f"{{{_RSS1}}}link", _home(outlet))
    _add(channel, f"{{{_RSS1}}}description", outlet.name)
    _add(channel, f"{{{_DC}}}date", changed.isoformat())
    if lang := _lang(outlet):
        _add(channel, f"{{{_DC}}}language", lang)
    order = _add(_add(channel, f"{{{_RSS1}}}items"), f"{{{_RDF}}}Seq")
    for entry in entries:
        _add(order, f"{{{_RDF}}}li", **{resource: entry.item.url})
        item = _add(root, f"{{{_RSS1}}}item", **{about: entry.item.url})
        _add(item, f"{{{_RSS1}}}title", entry.item.title)
        _add(item, f"{{{_RSS1}}}link", link(outlet, entry.item))
        _add(item, f"{{{_RSS1}}}description", entry.item.summary)
        _add(item, f"{{{_DC}}}date", entry.first.isoformat())
    return root


_FORMATS = {"rss": _rss, "atom": _atom, "rdf": _rdf}
