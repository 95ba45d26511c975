"""Lists of feeds as OPML 2.0: read leniently, written strictly."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from monitor.model import Feed

LARGEST = 8 * 1024 * 1024
MOST_FEEDS = 20_000
_LONGEST_NAME = 200
_ampersand = re.compile(rb"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|[A-Za-z]{1,31};)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One feed of a list."""

    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What an OPML file lists."""

    feeds: tuple[Entry, ...]
    skipped: tuple[str, ...]
    """What was left out, each with its reason."""


def read_opml(content: bytes) -> Outline:
    """Read the feeds of an OPML file, in its order, each address once.

    Files in the wild are often not well-formed (bare ampersands, unclosed
    outlines): what can be read is read, and what cannot is listed.
    """
    if len(content) > LARGEST:
        return Outline((), (f"the file is larger than {LARGEST} bytes",))
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(_ampersand.sub(b"&amp;", content), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        return Outline((), ("the file is not OPML",))
    feeds: dict[str, Entry] = {}
    skipped: list[str] = []
    for entry, problem in _entries(root):
        if problem:
            skipped.append(problem)
        elif len(feeds) >= MOST_FEEDS:
            skipped.append(f"more than {MOST_FEEDS} feeds: {entry.url}")
        else:
            feeds.setdefault(entry.url, entry)
    if not feeds and not skipped:
        skipped.append("the file lists no feeds")
    return Outline(tuple(feeds.values()), tuple(skipped))


def _entries(root: etree._Element) -> Iterator[tuple[Entry, str]]:
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        # Not by QName, which refuses names that a lenient parser lets through: `K:`.
        if element.tag.rpartition("}")[2].rpartition(":")[2].lower() != "outline":
            continue
        values = {str(k).lower(): str(v).strip() for k, v in element.attrib.items()}
        url = values.get("xmlurl", "")
        name = values.get("title") or values.get("text") or ""
        entry = Entry(url, " ".join(name.split())[:_LONGEST_NAME])
        if url:
            yield entry, _fault(url)
        elif values.get("type", "").lower() in {"rss", "atom"}:
            yield entry, f"{entry.name or 'an outline'}: it has no xmlUrl"


def _fault(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        good = False
    if good and not any(c.isspace() for c in url):
        return ""
    return f"{url[:_LONGEST_NAME]}: not an http or https address"


def write_opml(feeds: Iterable[Feed], title: str) -> bytes:
    """Write feeds as OPML 2.0 (http://opml.org/spec2.opml)."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    body = etree.SubElement(root, "body")
    for feed in feeds:
        name = feed.name or feed.source or feed.url
        etree.SubElement(
            body,
            "outline",
            {"type": "rss", "text": name, "title": name, "xmlUrl": feed.url},
        )
    return etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
