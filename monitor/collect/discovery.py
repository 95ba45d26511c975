"""The feeds that a web page names, and those that it may have without saying so.

Autodiscovery as the HTML standard has it (`link rel=alternate` with a feed's type), and
the addresses under which the commonest systems publish.
"""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import etree

_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/rdf+xml": "rdf",
}
_USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
_MOST = 20
_LARGEST = 2 * 1024 * 1024


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
    parser = etree.HTMLParser(no_network=True, remove_comments=True, huge_tree=False)
    try:
        root: etree._Element | None = etree.fromstring(page, parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    if root is None:  # a page without any element
        return []
    found: dict[str, Candidate] = {}
    for link in root.iter("link"):
        kind = _TYPES.get((link.get("type") or "").split(";")[0].strip().lower(), "")
        relations = (link.get("rel") or "").lower().split()
        if not kind or "alternate" not in relations:
            continue
        url = _joined(base, (link.get("href") or "").strip())
        if url:
            title = " ".join((link.get("title") or "").split())[:200]
            found.setdefault(url, Candidate(url=url, title=title, kind=kind))
    return list(found.values())


def _joined(base: str, href: str) -> str:
    try:
        url = urljoin(base, href)
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if href and parts.scheme in {"http", "https"} and parts.netloc else ""
