"""The elements that feeds are made of, and what each is taken for.

Names are compared in lower case, since `pubdate` is written too, and with the http form
of their namespace.
"""

from functools import lru_cache

from lxml import etree

ATOM = "{http://www.w3.org/2005/atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
_ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
_SY = "{http://purl.org/rss/1.0/modules/syndication/}"
_XHTML = "{http://www.w3.org/1999/xhtml}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
XML = "{http://www.w3.org/XML/1998/namespace}"
# RSS 2.0 has no namespace, but some publishers give it one.
_RSS = (
    "",
    "{http://purl.org/rss/1.0/}",
    "{http://my.netscape.com/rdf/simple/0.9/}",
    "{http://backend.userland.com/rss2}",
)

RSS_ROOTS = frozenset(f"{namespace}rss" for namespace in _RSS)

# Element names are compared in lower case: `pubdate` is written too.
ITEM_FIELDS = {
    **{
        f"{ns}{name}": field
        for ns in _RSS
        for name, field in {
            "title": "title",
            "link": "link",
            "guid": "guid",
            "description": "summary",
            "pubdate": "published",
            "author": "author",
            "category": "tag",
            "summary": "summary",
            "fullitem": "body",
            "body": "body",
            "content": "body",
        }.items()
    },
    f"{_XHTML}body": "body",
    f"{_CONTENT}encoded": "body",
    "{http://news.yandex.ru}full-text": "body",
    "{http://turbo.yandex.ru}content": "body",
    f"{ATOM}id": "guid",
    f"{ATOM}title": "title",
    f"{ATOM}link": "link",
    f"{ATOM}summary": "summary",
    f"{ATOM}content": "body",
    f"{ATOM}published": "published",
    f"{ATOM}updated": "updated",
    f"{ATOM}author": "author",
    f"{ATOM}category": "tag",
    f"{_DC}date": "updated",
    f"{_DC}creator": "author",
    f"{_DC}subject": "tag",
    f"{_DC}language": "lang",
    f"{_DC}title": "dull title",
    f"{MEDIA}title": "dull title",
    f"{_DC}description": "dull",
    f"{_TERMS}created": "published",
    f"{_TERMS}issued": "published",
    f"{_TERMS}modified": "updated",
    f"{_ITUNES}author": "author",
    f"{_ITUNES}summary": "dull",
    f"{MEDIA}description": "dull",
    f"{MEDIA}group": "group",
    "{http://rssnamespace.org/feedburner/ext/1.0}origlink": "origin",
}
FEED_FIELDS = {
    **{
        f"{ns}{name}": name
        for ns in _RSS
        for name in ("title", "link", "language", "ttl", "item")
    },
    **dict.fromkeys(
        (f"{ns}{name}" for ns in _RSS for name in ("skiphours", "skipdays")), "skip"
    ),
    f"{_SY}updateperiod": "period",
    f"{_SY}updatefrequency": "frequency",
    f"{ATOM}title": "title",
    f"{ATOM}link": "link",
    f"{ATOM}entry": "item",
    f"{_DC}language": "language",
}
FORMATS = {"": "rss", "0.90": "rss090", "0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}  # fmt: skip
LONG_NAME = 100
"""Characters from which a name is not worth remembering."""


def tag_of(element: etree._Element) -> str:
    """Return an element's name as the tables have it."""
    tag = str(element.tag)
    return _short(tag) if len(tag) < LONG_NAME else lowered(tag)


def lowered(tag: str) -> str:
    """Return a name as the tables have it: publishers write namespaces with https too."""
    return tag.lower().replace("{https:", "{http:")


def local_of(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return tag_of(element).rpartition("}")[2]


_short = lru_cache(1024)(lowered)
