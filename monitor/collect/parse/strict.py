"""Well-formed RSS 0.9x to 2.0, RSS 1.0 (RDF) and Atom 1.0, by lxml.

One pass over the tree with a table of the elements that matter. No DTD is read,
no entity expanded, nothing fetched; what is not well formed, has entities of its
own or is another vocabulary returns None and goes to the lenient reader.
"""

import html
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from monitor.collect.parse.raw import MOST_ITEMS, NOTHING, RawFeed, RawItem, RawText
from monitor.collect.parse.vocabulary import (
    ATOM,
    FEED_FIELDS,
    FORMATS,
    ITEM_FIELDS,
    LONG_NAME,
    MEDIA,
    RDF,
    RSS_ROOTS,
    XML,
    local_of,
    lowered,
    tag_of,
)


def read(document: bytes) -> RawFeed | None:
    """Return the feed in a UTF-8 document, None where it is not for this reader."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    has_dtd = root.getroottree().docinfo.internalDTD is not None
    if has_dtd and next(root.iter(etree.Entity), None) is not None:
        return None
    name = tag_of(root)
    if name == f"{ATOM}feed":
        return _atom(root)
    if name == f"{RDF}rdf" or name in RSS_ROOTS:
        return _rss(root)
    return None


# ── the three vocabularies ───────────────────────────────────────────────────


def _rss(root: etree._Element) -> RawFeed | None:
    """Read RSS; in RDF and in RSS 0.9x the items stand beside the channel."""
    channels = [e for e in root if local_of(e) == "channel"]
    if len(channels) != 1:  # of several, which no RSS has, the reference reads all
        return None
    channel = channels[0]
    if tag_of(root) in RSS_ROOTS:
        found = FORMATS.get((root.get("version") or "").strip(), "rss20")
    else:
        old = tag_of(channel).startswith("{http://my.netscape.com")
        found = "rss090" if old else "rss10"
    feed = RawFeed(path="strict", format=found, lang=root.get(f"{XML}lang", ""))
    feed.base = root.get(f"{XML}base", "")
    _fill(feed, channel, [*channel, *(e for e in root if local_of(e) == "item")])
    return feed


def _atom(root: etree._Element) -> RawFeed:
    feed = RawFeed(path="strict", format="atom10")
    _fill(feed, root, root)
    return feed


def _fill(
    feed: RawFeed, channel: etree._Element, children: Iterable[etree._Element]
) -> None:
    feed.base = _based(channel.get(f"{XML}base", ""), feed.base)
    feed.lang = channel.get(f"{XML}lang", "") or feed.lang
    links = _Links()
    for child in children:
        field = FEED_FIELDS.get(tag_of(child))
        if field == "item":
            if len(feed.items) < MOST_ITEMS:
                feed.items.append(_item(child))
            else:
                feed.truncated += 1
        elif field == "link":
            links.add(child)
            _take_relation(feed, child)
        elif field is not None:
            _take_of_feed(feed, field, child)
    feed.link = links.best


def _take_relation(feed: RawFeed, link: etree._Element) -> None:
    """Take what a feed says of itself and of its hub (WebSub)."""
    relations = (link.get("rel") or "").lower().split()
    href = (link.get("href") or "").strip()
    if "hub" in relations and href:
        feed.hubs.append(href)
    elif "self" in relations:
        feed.itself = feed.itself or href


def _take_of_feed(feed: RawFeed, field: str, child: etree._Element) -> None:
    if field == "title":
        feed.title = feed.title if feed.title.text else _text(child)
    elif field == "language":
        feed.lang = (child.text or "").strip() or feed.lang
    elif field == "skip":
        feed.skip += [(one.text or "").strip() for one in child]
    else:
        setattr(feed, field, (child.text or "").strip())


# ── one entry ────────────────────────────────────────────────────────────────


class _Links:
    """The links of an entry or a feed; the best one is its page."""

    def __init__(self) -> None:
        self.best = ""
        self._rank = 9

    def add(self, element: etree._Element) -> None:
        """Weigh a link: RSS text, then Atom alternate as HTML, alternate, others."""
        href = element.get("href")
        if href is None:
            rank, href = 0, element.text or ""
        else:
            relation = element.get("rel") or "alternate"
            if relation.rpartition("/")[2] != "alternate":
                return
            rank = 1 if "html" in (element.get("type") or "text/html") else 2
        href = href.strip()
        if href and rank < self._rank:
            self.best = _based(href, element.get(f"{XML}base"))
            self._rank = rank


def _based(href: str, base: str | None) -> str:
    try:
        return urljoin(base, href) if base else href
    except ValueError:
        return href


class _Reading:
    """An entry under way."""

    def __init__(self, item: RawItem) -> None:
        self.item = item
        self.links = _Links()
        self.origin = ""
        self.dull = NOTHING
        self.dull_title = NOTHING


def _item(element: etree._Element) -> RawItem:
    item = RawItem(
        guid=element.get(f"{RDF}about", ""),
        base=element.get(f"{XML}base", ""),
        lang=element.get(f"{XML}lang", ""),
    )
    reading = _Reading(item)
    for child in element:
        take = _TAKERS[child.tag]
        if take is not None:
            take(reading, child)
    item.link = reading.origin or reading.links.best
    if not item.summary.text:
        item.summary = reading.dull
    if not item.title.text:
        item.title = reading.dull_title
    return item


def _take_title(reading: _Reading, element: etree._Element) -> None:
    if not reading.item.title.text:
        reading.item.title = _text(element)


def _take_summary(reading: _Reading, element: etree._Element) -> None:
    """Take a summary; a second one, as some feeds have, is a text of its own."""
    if not reading.item.summary.text:
        reading.item.summary = _text(element)
    else:
        _take_body(reading, element)


def _take_body(reading: _Reading, element: etree._Element) -> None:
    kind = element.get("type", "")
    if "/" in kind and not kind.startswith("text/") and "html" not in kind:
        return  # a picture or a document, not a text
    text = _text(element)
    if len(text.text) > len(reading.item.body.text):
        reading.item.body = text


def _take_dull(reading: _Reading, element: etree._Element) -> None:
    """Take a description in another vocabulary; it counts where RSS has none."""
    if not reading.dull.text:
        reading.dull = RawText(text=_inner(element), is_html=False)


def _take_dull_title(reading: _Reading, element: etree._Element) -> None:
    """Take a title in another vocabulary; it counts where RSS has none."""
    if not reading.dull_title.text:
        reading.dull_title = _text(element)


def _take_guid(reading: _Reading, element: etree._Element) -> None:
    """Take a guid, or the id of Atom, which has no isPermaLink and may be an address.

    RFC 4287 wants no link of an entry that has a content (4.1.2). An id need not lead
    anywhere (4.2.6); feedparser, too, gives it out as the link where there is no other.
    """
    guid = (element.text or "").strip()
    if guid:
        reading.item.guid = guid
        permanent = element.get("isPermaLink") or element.get("ispermalink") or "true"
        reading.item.guid_is_link = permanent.strip().lower() != "false"


def _take_author(reading: _Reading, element: etree._Element) -> None:
    name = element.text or ""
    for child in element:
        if local_of(child) == "name":
            name = child.text or ""
    if name.strip():
        reading.item.authors.append(name)


def _take_tag(reading: _Reading, element: etree._Element) -> None:
    tag = element.get("label") or element.get("term") or element.text or ""
    if tag.strip():
        reading.item.tags.append(tag)


def _take_published(reading: _Reading, element: etree._Element) -> None:
    reading.item.published = reading.item.published or (element.text or "").strip()


def _take_updated(reading: _Reading, element: etree._Element) -> None:
    reading.item.updated = reading.item.updated or (element.text or "").strip()


def _take_lang(reading: _Reading, element: etree._Element) -> None:
    reading.item.lang = (element.text or "").strip() or reading.item.lang


def _take_group(reading: _Reading, element: etree._Element) -> None:
    for child in element:
        if tag_of(child) == f"{MEDIA}description":
            _take_dull(reading, child)
        elif tag_of(child) == f"{MEDIA}title":
            _take_dull_title(reading, child)


def _take_origin(reading: _Reading, element: etree._Element) -> None:
    reading.origin = (element.text or "").strip()


def _take_link(reading: _Reading, element: etree._Element) -> None:
    reading.links.add(element)


_TAKE: dict[str, Callable[[_Reading, etree._Element], None]] = {
    "title": _take_title,
    "link": _take_link,
    "guid": _take_guid,
    "summary": _take_summary,
    "body": _take_body,
    "dull": _take_dull,
    "dull title": _take_dull_title,
    "published": _take_published,
    "updated": _take_updated,
    "author": _take_author,
    "tag": _take_tag,
    "lang": _take_lang,
    "group": _take_group,
    "origin": _take_origin,
}


class _Takers(dict[Any, Any]):
    """What is done with an element of an entry, by its name as written; learns names."""

    def __missing__(
        self, tag: Any
    ) -> Callable[[_Reading, etree._Element], None] | None:
        field = ITEM_FIELDS.get(lowered(str(tag)))
        take = _TAKE[field] if field is not None else None
        if len(self) < _MOST_NAMES and len(tag) < LONG_NAME:
            self[tag] = take
        return take


_MOST_NAMES = 1024
_TAKERS = _Takers()


# ── texts ────────────────────────────────────────────────────────────────────


def _text(element: etree._Element) -> RawText:
    if len(element):
        return RawText(_inner(element), is_html=True)
    text = element.text
    return RawText(text, _is_html(element)) if text else NOTHING


def _is_html(element: etree._Element) -> bool:
    """Return whether a text is HTML: stated in Atom, by custom in RSS bodies."""
    by_custom = _CUSTOMS[element.tag]
    return "html" in (element.get("type") or "") if by_custom is None else by_custom


class _Customs(dict[Any, bool | None]):
    """Whether the text of an element, by its name as written, is HTML; None: it says."""

    def __missing__(self, tag: Any) -> bool | None:
        name = lowered(str(tag))
        is_html = None if name.startswith(ATOM) else not name.endswith("title")
        if len(self) < _MOST_NAMES and len(tag) < LONG_NAME:
            self[tag] = is_html
        return is_html


_CUSTOMS = _Customs()


def _inner(element: etree._Element) -> str:
    """Return an element's text; child elements, which are XHTML, as markup."""
    if not len(element):
        return element.text or ""
    pieces = [html.escape(element.text or "", quote=False)]
    pieces += [etree.tostring(child, encoding="unicode") for child in element]
    return "".join(pieces)
