"""Lists of feeds as OPML 2.0: read leniently, written strictly."""

import codecs
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml import etree

from monitor.model import Feed

LARGEST = 8 * 1024 * 1024
MOST_FEEDS = 20_000
_LONGEST_NAME = 200
_AMPERSAND = re.compile(rb"&(?!#\d{1,7};|#x[0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)")
_NAMED = re.compile(rb"&([A-Za-z][A-Za-z0-9]{1,30});")
_utf_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


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
    root = _root(content)
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
            feeds.setdefault(_compared(entry.url), entry)
    if not feeds and not skipped:
        skipped.append("the file lists no feeds")
    return Outline(tuple(feeds.values()), tuple(skipped))


def _root(content: bytes) -> etree._Element | None:
    """Return the tree of a list; what XML loses, a reader of HTML may still find.

    Such as attributes without quotation marks, and outlines that stand in no body.
    """
    mended = _AMPERSAND.sub(b"&amp;", _NAMED.sub(_character, _in_utf_8(content)))
    strict = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False
    )
    root = _parsed(mended, strict)
    wanted = len(re.findall(rb"\sxmlurl\s*=", mended, re.IGNORECASE))
    if wanted <= _addresses(root):
        return root
    html_parser = etree.HTMLParser(no_network=True, huge_tree=False, encoding="utf-8")
    other = _parsed(mended, html_parser)
    return other if _addresses(other) > _addresses(root) else root


def _parsed(
    content: bytes, parser: etree.XMLParser | etree.HTMLParser
) -> etree._Element | None:
    try:
        root: etree._Element | None = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root


def _addresses(root: etree._Element | None) -> int:
    if root is None:
        return 0
    names = (str(name).lower() for element in root.iter() for name in element.attrib)
    return sum(name == "xmlurl" for name in names)


def _in_utf_8(content: bytes) -> bytes:
    """Return a list in UTF-16 as UTF-8; the others say themselves what they are in."""
    if not content.startswith(_utf_16):
        return content
    text = content.decode("utf-16", "replace")
    return _DECLARATION.sub("", text).encode()


def _character(entity: re.Match[bytes]) -> bytes:
    """Return a character that HTML has a name for and XML has not."""
    text = html.unescape(entity[0].decode("ascii"))
    if text in _MARKUP or len(text) > 2:  # noqa: PLR2004 - it has no such name
        return entity[0]
    return "".join(f"&#{ord(one)};" for one in text).encode()


_MARKUP = frozenset("&<>\"'")


def _compared(url: str) -> str:
    """Return an address so that two spellings of one are equal."""
    parts = urlsplit(url)
    host = parts.netloc.lower()
    return parts._replace(scheme=parts.scheme.lower(), netloc=host).geturl()


def _entries(root: etree._Element) -> Iterator[tuple[Entry, str]]:
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        # Not by QName, which refuses names that a lenient parser lets through: `K:`.
        if element.tag.rpartition("}")[2].rpartition(":")[2].lower() != "outline":
            continue
        values = {str(k).lower(): str(v).strip() for k, v in element.attrib.items()}
        kind = values.get("type", "").lower()
        url = values.get("xmlurl", "") or (
            values.get("url", "") if kind in _FEED else ""
        )
        url = _web(url)
        name = values.get("title") or values.get("text") or ""
        entry = Entry(url, " ".join(name.split())[:_LONGEST_NAME])
        if url:
            yield entry, _fault(url)
        elif kind in _FEED:
            yield entry, f"{entry.name or 'an outline'}: it has no xmlUrl"
        elif kind == "include":
            other = values.get("url", "")[:_LONGEST_NAME]
            yield entry, f"{other}: another list, to be imported by itself"


_FEED = frozenset({"rss", "atom"})


def _web(url: str) -> str:
    """Return the web address in what feed readers register for: `feed:`."""
    scheme, _, rest = url.partition(":")
    if scheme.lower() != "feed":
        return url
    return f"http:{rest}" if rest.startswith("//") else rest


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
    etree.SubElement(head, "title").text = _UNPRINTABLE.sub("", title)
    body = etree.SubElement(root, "body")
    for feed in feeds:
        name = _UNPRINTABLE.sub("", feed.name or feed.source or feed.url)
        url = _UNPRINTABLE.sub("", feed.url)
        etree.SubElement(
            body,
            "outline",
            {"type": "rss", "text": name, "title": name, "xmlUrl": url},
        )
    return etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
