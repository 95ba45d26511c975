"""The feeds that a web page names, and those that it may have without saying so.

Autodiscovery as the HTML standard has it (`link rel=alternate` with a feed's type, relative
to the page's `base`), links of the page that are named like feeds, and the addresses under
which the commonest systems publish.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml import etree

_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/rdf+xml": "rdf",
}
_XML = frozenset({"text/xml", "application/xml"})
"""Types that say too little: believed where a page calls it an alternate."""
_NAMED_AS_FEED = re.compile(
    r"(?i)(?:^|[/._-])(?:rss|atom|feeds?|rdf)\d*(?:[/._?-]|$)|\.(?:rss|atom|rdf)$"
)
_MOST_LINKS = 8
_USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
_MOST = 20
_LARGEST = 2 * 1024 * 1024
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address that may be a feed."""

    url: str
    title: str = ""
    kind: str = ""
    """`rss`, `atom`, `json`, `rdf`; "" where it is a guess."""


def candidates(page: bytes, base: str) -> list[Candidate]:
    """Return the feeds that a page names, then the usual addresses of its site."""
    named = _named(page[:_LARGEST], base)
    known = {one.url for one in named}
    guesses = [urljoin(base, path) for path in _USUAL]
    under = base if base.endswith("/") else f"{base}/"
    guesses.insert(0, urljoin(under, "feed"))
    fresh = dict.fromkeys(url for url in guesses if url not in known)
    return [*named, *(Candidate(url=url) for url in fresh)][:_MOST]


def _named(page: bytes, base: str) -> list[Candidate]:
    root = _tree(page)
    if root is None:  # a page without any element
        return []
    stated = (one.get("href") for one in root.iter("base"))
    base = _joined(base, next((one for one in stated if one), "")) or base
    found: dict[str, Candidate] = {}
    for one in (*_alternates(root, base), *islice(_links(root, base), _MOST_LINKS)):
        found.setdefault(one.url, one)
    return list(found.values())


def _tree(page: bytes) -> etree._Element | None:
    # Without a stated encoding the parser takes a page for Latin-1.
    encoding = "utf-8" if _is_utf_8(page) else None
    parser = etree.HTMLParser(
        no_network=True, remove_comments=True, huge_tree=False, encoding=encoding
    )
    try:
        root: etree._Element | None = etree.fromstring(page, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return root


def _is_utf_8(page: bytes) -> bool:
    try:
        # It may be cut in the middle of a letter.
        codecs.getincrementaldecoder("utf-8")().decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _alternates(root: etree._Element, base: str) -> Iterator[Candidate]:
    """Yield what the head of a page calls a feed."""
    for link in root.iter("link"):
        stated = (link.get("type") or "").split(";")[0].strip().lower()
        relations = (link.get("rel") or "").lower().split()
        is_alternate = "alternate" in relations and (stated in {*_TYPES, *_XML})
        if not is_alternate and "feed" not in relations:
            continue
        if url := _joined(base, (link.get("href") or "").strip()):
            title = " ".join((link.get("title") or "").split())[:200]
            yield Candidate(url=url, title=title, kind=_TYPES.get(stated, ""))


def _links(root: etree._Element, base: str) -> Iterator[Candidate]:
    """Yield the links of a page that are named like feeds, or state a feed's type."""
    for link in root.iter("a"):
        href = (link.get("href") or "").strip()
        stated = (link.get("type") or "").split(";")[0].strip().lower()
        if stated not in _TYPES and not _NAMED_AS_FEED.search(href[:_LONGEST]):
            continue
        if url := _joined(base, href):
            title = " ".join("".join(link.itertext()).split())[:200]
            yield Candidate(url=url, title=title, kind=_TYPES.get(stated, ""))


def _joined(base: str, href: str) -> str:
    try:
        url = urljoin(base, href)
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if href and parts.scheme in {"http", "https"} and parts.netloc else ""
