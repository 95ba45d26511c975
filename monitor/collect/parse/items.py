"""What was found in a feed, made into Items: identity, address, texts within caps."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from monitor.collect.languages import language
from monitor.collect.parse import dates
from monitor.collect.parse.plaintext import (
    one_line,
    paragraphs,
    shortened,
    without_sections,
)
from monitor.collect.parse.raw import MOST_ITEMS, RawFeed, RawItem
from monitor.model import Feed, Item, stable_id
from monitor.model.counts import counted

_TITLE, _SUMMARY, _BODY, _AUTHOR, _TAG = 1000, 20_000, 200_000, 500, 100
_NAMELESS_TITLE = 120
_MOST_TAGS = 50
_MOST_HUBS = 5
_LONGEST_URL = 4000
_LONGEST_GUID = 1000
_MAILBOX = re.compile(r"\S{1,100}@\S{1,100}\s*\((?P<name>[^()]+)\)")
_SAFE = "%/:=&?~#+!$,;'@()*[]|"
_LETTERS = re.compile("([^\x00-\xa0\u2000-\u206f\u3000\ud800-\udfff\ufeff]+)")
_BREAKS = re.compile(r"[\t\n\r]+")
# An address to which nothing is done; it makes no difference but to the time.
_PLAIN_ADDRESS = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9/._~%+!$,'@()*:=&-]*"
    r"(?:\?[A-Za-z0-9/._~%+!$,'@()*:=&?-]+)?(?:#[A-Za-z0-9/._~%+!$,'@()*:=&?-]+)?\Z"
)
_TTL = re.compile(r"\d{1,6}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed that was read."""

    title: str
    link: str
    """Of the site; http or https, else ""."""
    lang: str
    """ISO 639-1 as the feed states it."""
    format: str
    """`rss20`, `rss10`, `atom10`, `json11` ..."""
    path: str
    """Which reader read it: `strict`, `feedparser` or `json`."""
    items: tuple[Item, ...]
    """In the order of the document; canonical_url, content_hash, source and
    country are left for the pipeline."""
    ttl: timedelta | None = None
    """How long the feed says it may be cached (RSS 2.0 ttl, sy:updatePeriod)."""
    skip: str = ""
    """Hours (GMT) and days on which it asks not to be polled, as `0,1,sat`."""
    hubs: tuple[str, ...] = ()
    """As stated; WebSub."""
    itself: str = ""
    """The feed's own address, as stated."""
    truncated: int = 0
    """Entries left out because there were too many."""
    notes: tuple[str, ...] = ()
    """What was mended or left out, each one short clause."""


def build(raw: RawFeed, feed: Feed, now: datetime) -> ParsedFeed:
    """Return the feed with its entries as Items that were first seen `now`."""
    origin = _without_user(feed.url)
    link = web_address(raw.link, _based(origin, raw.base))
    base = _based(link or origin, raw.base)
    stated = language(raw.lang)
    drafts = [_draft(entry, feed, _based(base, entry.base)) for entry in raw.items]
    kept = [draft for draft in drafts if draft.title]
    items = [
        _item(draft, key, stated, now)
        for draft, key in zip(kept, _keys(kept), strict=True)
    ]
    return ParsedFeed(
        title=one_line(raw.title.text, _TITLE, is_html=raw.title.is_html),
        link=link,
        lang=stated,
        format=raw.format,
        path=raw.path,
        items=tuple(items),
        ttl=_ttl(raw),
        skip=_skip(raw.skip),
        hubs=tuple(raw.hubs[:_MOST_HUBS]),
        itself=raw.itself,
        truncated=raw.truncated,
        notes=(*raw.notes, *_notes(items, len(drafts) - len(kept), raw.truncated)),
    )


_PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}


def _ttl(raw: RawFeed) -> timedelta | None:
    """Return how long a feed wants to be left alone; nonsense says nothing.

    RSS 2.0 ttl, in minutes; RSS 1.0 syndication module: a period, divided by how often
    in it the feed is updated.
    """
    found = [timedelta(minutes=int(raw.ttl))] if _TTL.match(raw.ttl) else []
    hours = _PERIODS.get(raw.period.lower())
    times = raw.frequency or "1"
    if hours and _TTL.match(times) and int(times):
        found.append(timedelta(hours=hours) / int(times))
    return max(found, default=None)


def _skip(written: Iterable[str]) -> str:
    """Return hours and days as `0,13,sat`; 24 is what some write for 0."""
    hours = {int(one) % 24 for one in written if re.fullmatch(r"0?\d|1\d|2[0-4]", one)}
    days = {one[:3].lower() for one in written if one[:3].lower() in _DAYS}
    return ",".join([*map(str, sorted(hours)), *sorted(days)])


_DAYS = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}


@dataclass(frozen=True, slots=True)
class _Draft:
    """An entry whose texts are known and whose key is not."""

    entry: RawItem
    feed: Feed
    title: str
    url: str
    guid: str
    summary: str
    body: str


def _draft(entry: RawItem, feed: Feed, base: str) -> _Draft:
    url = web_address(entry.link, base)
    if not url and entry.guid_is_link:
        url = web_address(entry.guid, "")
    summary, body = _texts(entry)
    title = one_line(entry.title.text, _TITLE, is_html=entry.title.is_html)
    title = title or _nameless(summary, url)
    return _Draft(entry, feed, title, url, _guid(entry.guid), summary, body)


def _item(draft: _Draft, key: str, lang: str, now: datetime) -> Item:
    """Return an entry as an Item; `lang` is the feed's own, as it states it."""
    entry, feed = draft.entry, draft.feed
    published, note = dates.published(entry.published or entry.updated, now)
    if note and entry.published and entry.updated:
        updated, fault = dates.published(entry.updated, now)
        published, note = (updated, fault) if updated else (published, note)
    return Item(
        id=stable_id("itm", feed.url, key),
        feed=feed.url,
        key=key,
        title=draft.title,
        url=draft.url,
        guid=draft.guid,
        summary=draft.summary,
        body=draft.body,
        lang=language(feed.lang) or language(entry.lang) or lang,
        author=_authors(entry.authors),
        tags=_tags(entry.tags),
        published=published,
        date_note=note,
        first_seen=now,
    )


def _texts(entry: RawItem) -> tuple[str, str]:
    """Return summary and body; a body alone is the summary, as far as it goes."""
    summary = paragraphs(entry.summary.text, _SUMMARY, is_html=entry.summary.is_html)
    if entry.body == entry.summary and len(entry.body.text) <= _SUMMARY:
        return summary, ""
    body = paragraphs(entry.body.text, _BODY, is_html=entry.body.is_html)
    if not summary:
        summary = shortened(body, _SUMMARY)
    return summary, "" if body == summary else body


def _nameless(summary: str, url: str) -> str:
    """Name an entry without a title by the beginning of its text, or its address."""
    first_line = summary.partition("\n")[0]
    return shortened(first_line, _NAMELESS_TITLE) or shortened(url, _TITLE)


def _authors(names: Iterable[str]) -> str:
    """Return the names; of `mail@example.org (Name)`, which RSS wants, the name."""
    found: dict[str, None] = {}
    for name in names:
        text = one_line(name, _AUTHOR)
        mailbox = _MAILBOX.fullmatch(text)
        found[mailbox["name"].strip() if mailbox else text] = None
    found.pop("", None)
    return shortened(", ".join(found), _AUTHOR)


def _tags(tags: list[str]) -> tuple[str, ...]:
    found = dict.fromkeys(one_line(tag, _TAG) for tag in tags[: _MOST_TAGS * 4])
    found.pop("", None)
    return tuple(found)[:_MOST_TAGS]


# ── identity ─────────────────────────────────────────────────────────────────


def _keys(items: list[_Draft]) -> Iterator[str]:
    """Yield each item's key: its guid, else its address, else a hash of its text.

    A guid that several entries of one document share identifies none of them (some
    feeds give every entry the site's address); with the entry's own address it does,
    and where that is shared too, with its text. So does an address of entries without
    guids. An entry that is listed twice, word for word, is one.
    """
    shared = _Shared(items)
    for item in items:
        if item.guid and not shared.guid(item):
            yield item.guid
        elif item.guid and item.url and not shared.both(item):
            yield f"{item.guid} {item.url}"
        elif item.url and not item.guid and not shared.url(item):
            yield item.url
        else:
            told = item.guid, item.url, _digest(item)
            yield " ".join(part for part in told if part)


class _Shared:
    """Which guids and addresses stand for several entries of a document."""

    def __init__(self, items: list[_Draft]) -> None:
        """Look only at the texts of those that come more than once."""
        guids = Counter(item.guid for item in items)
        urls = Counter(item.url for item in items)
        self._said: dict[tuple[str, str], set[tuple[str, str, str]]] = defaultdict(set)
        for item in items:
            if guids[item.guid] > 1 or urls[item.url] > 1:
                entry = item.url, item.title, item.summary
                self._said[item.guid, ""].add(entry)
                self._said[item.guid, item.url].add(entry)

    def guid(self, item: _Draft) -> bool:
        """Say whether entries that differ have the guid of this one."""
        return len(self._said[item.guid, ""]) > 1

    def both(self, item: _Draft) -> bool:
        """Say whether entries that differ have its guid and its address."""
        return len(self._said[item.guid, item.url]) > 1

    def url(self, item: _Draft) -> bool:
        """Say whether entries without guids that differ have its address."""
        return len(self._said["", item.url]) > 1


def _digest(item: _Draft) -> str:
    return stable_id("txt", item.title, item.summary)


def _guid(guid: str) -> str:
    """Return a guid as stated; it is opaque. An endless one is represented by a hash."""
    text = one_line(guid, _LONGEST_GUID * 2)
    return text if len(text) <= _LONGEST_GUID else stable_id("guid", guid)


# ── addresses ────────────────────────────────────────────────────────────────


def web_address(stated: str, base: str) -> str:
    """Return an absolute http or https address, "" where it is anything else.

    Spaces and characters with a meaning in HTML are percent-encoded; a user name
    in front of the host, which serves to deceive readers, is taken away.
    """
    text = stated.strip()
    if len(text) <= _LONGEST_URL and _PLAIN_ADDRESS.match(text):
        return text
    text = without_sections(_BREAKS.sub("", text)).strip().replace("&amp;", "&")
    if text[:4].lower() == "www.":  # a host's name, written as people say it
        text = f"//{text}"
    if not text or len(text) > _LONGEST_URL:
        return ""
    absolute = _joined(base, text)
    try:
        parts = urlsplit(absolute)
        usable = parts.scheme in {"http", "https"} and parts.hostname
        if not usable or (parts.port or 1) < 0:
            return ""
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    rest = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    return f"{parts.scheme}://{_quoted(host)}{_quoted(rest)}"[:_LONGEST_URL]


def _quoted(text: str) -> str:
    """Percent-encode what is neither a letter of any script nor safe in a link."""
    return "".join(
        piece if index % 2 else quote(piece, safe=_SAFE, errors="replace")
        for index, piece in enumerate(_LETTERS.split(text))
    )


def _based(base: str, stated: str) -> str:
    """Return the base that an xml:base makes of another; one that is no address, none."""
    return _joined(base, stated) or base


def _joined(base: str, relative: str) -> str:
    try:
        return urljoin(base, relative.strip())
    except ValueError:
        return ""


def _without_user(url: str) -> str:
    """Return an address without the password that a person may have put into it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _notes(items: list[Item], left_out: int, truncated: int) -> Iterator[str]:
    if truncated:
        rest = counted(truncated, "entry", "entries")
        yield f"{rest} after the first {MOST_ITEMS} left out"
    if left_out:
        yield f"{left_out} without title, text and link left out"
    dateless = Counter(item.date_note for item in items if item.date_note)
    for why, count in sorted(dateless.items()):
        yield f"{count} of {counted(len(items), 'date')} {why}"
