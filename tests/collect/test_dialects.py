"""Dialects of feeds: the fast path and feedparser, the reference, read the same of each.

Samples are made up; each stands for what publishers and their systems really write.
"""

from datetime import UTC, datetime

import pytest

from monitor.collect.parse import ParsedFeed, document, items, lenient, strict
from monitor.model import Feed, Item

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FEED = Feed(url="https://a.example/feed")

NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" '
    'xmlns:georss="http://www.georss.org/georss"'
)
DATE = "<pubDate>Mon, 04 May 2026 10:00:00 GMT</pubDate>"


def rss(
    item: str, *, version: str = "2.0", channel: str = "", attributes: str = ""
) -> str:
    return (
        f'<rss version="{version}" {attributes} {NAMESPACES}><channel><title>Desk</title>'
        f"<link>https://a.example/</link>{channel}<item>{item}</item></channel></rss>"
    )


def atom(entry: str, *, feed: str = "", attributes: str = "") -> str:
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Desk</title>'
        f'<link href="https://a.example/"/><id>urn:desk</id>{feed}'
        f"<entry>{entry}</entry></feed>"
    )


DIALECTS = {
    "WordPress": rss(
        "<title>Gas talks resume</title><link>https://a.example/1/</link>"
        "<comments>https://a.example/1/#respond</comments>"
        "<dc:creator><![CDATA[Anna Nowak]]></dc:creator>"
        f"{DATE}<category><![CDATA[Energy]]></category><category>EU &amp; gas</category>"
        '<guid isPermaLink="false">https://a.example/?p=1</guid>'
        "<description><![CDATA[<p>Talks on transit &#8230; resume.</p>]]></description>"
        "<content:encoded><![CDATA[<p>Talks on <b>transit</b> resume on Monday.</p>"
        "<p>More follows.</p>]]></content:encoded>"
        "<wfw:commentRss>https://a.example/1/feed/</wfw:commentRss>"
        "<slash:comments>0</slash:comments>"
    ),
    "Drupal": rss(
        "<title>Gas talks &amp;amp; more</title><link>https://a.example/node/1</link>"
        "<description>&lt;div class=&quot;field&quot;&gt;&lt;p&gt;Talks resume."
        "&lt;/p&gt;&lt;/div&gt;</description>"
        f"{DATE}<dc:creator>desk</dc:creator>"
        '<guid isPermaLink="false">1 at https://a.example</guid>'
    ),
    "a guid that is the address": rss(
        f"<title>Gas talks</title><guid>https://a.example/1</guid>{DATE}"
    ),
    "RSS 0.91": rss(
        "<title>Gas talks</title><link>https://a.example/1</link>"
        "<description>Talks resume.</description>",
        version="0.91",
        channel="<language>en-us</language>",
    ),
    "RSS 0.92 without titles": rss(
        "<description>Talks resume, &lt;a href='/x'&gt;it is said&lt;/a&gt;.</description>"
        "<link>https://a.example/1</link>",
        version="0.92",
    ),
    "the author's mailbox": rss(
        "<title>Gas talks</title><link>https://a.example/1</link>"
        f"<author>anna@a.example (Anna Nowak)</author>{DATE}"
    ),
    "several authors and subjects": rss(
        "<title>Gas talks</title><link>https://a.example/1</link>"
        "<dc:creator>Anna Nowak</dc:creator><dc:subject>Energy</dc:subject>"
        "<dc:date>2026-05-04T12:00:00+02:00</dc:date>"
    ),
    "pictures and players": rss(
        "<title>Gas talks</title><link>https://a.example/1</link>"
        f"<description>Talks resume.</description>{DATE}"
        '<enclosure url="https://a.example/1.mp3" length="1" type="audio/mpeg"/>'
        '<media:content url="https://a.example/1.jpg" medium="image"/>'
        '<media:thumbnail url="https://a.example/1s.jpg"/>'
        "<georss:point>53.9 27.5</georss:point>"
    ),
    "a link of Atom beside that of RSS": rss(
        '<title>Gas talks</title><atom:link rel="self" href="https://a.example/self"/>'
        f"<link>https://a.example/1</link><description>Talks.</description>{DATE}"
    ),
    "CDATA everywhere": rss(
        "<title><![CDATA[Gas & oil <talks>]]></title>"
        "<link><![CDATA[https://a.example/1?a=1&b=2]]></link>"
        "<guid isPermaLink='false'><![CDATA[x&1]]></guid>"
        f"<description><![CDATA[Talks & <i>more</i>]]></description>{DATE}"
    ),
    "white space around everything": rss(
        "\n<title>\n  Gas\n talks  </title>\n<link>\n https://a.example/1 \n</link>"
        f"\n<description>\n\n Talks resume. \n</description>{DATE}\n"
    ),
    "Cyrillic": rss(
        "<title>Переговоры о транзите газа</title><link>https://a.example/новости/1</link>"
        "<description>Стороны &laquo;договорились&raquo;.</description>".replace(
            "&laquo;", "&#171;"
        ).replace("&raquo;", "&#187;")
        + "<pubDate>Mon, 04 May 2026 13:00:00 +0300</pubDate>"
    ),
    "a link relative to the channel": rss(
        f"<title>Gas talks</title><link>/news/1</link><guid>/news/1</guid>{DATE}"
    ),
    "text that is no HTML": rss(
        "<title>1 &lt; 2 and 3 &gt; 2</title><link>https://a.example/1</link>"
        f"<description>AT&amp;T said: a &lt; b.</description>{DATE}"
    ),
    "RDF": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="https://a.example/"><title>Desk</title>'
        "<link>https://a.example/</link></channel>"
        '<item rdf:about="https://a.example/1"><title>Gas talks</title>'
        "<link>https://a.example/1</link><description>Talks resume.</description>"
        "<dc:creator>Anna Nowak</dc:creator><dc:date>2026-05-04T10:00:00Z</dc:date>"
        "</item></rdf:RDF>"
    ),
    "Atom": atom(
        "<title>Gas talks</title><link href='https://a.example/1'/>"
        "<id>tag:a.example,2026:1</id><published>2026-05-04T10:00:00Z</published>"
        "<updated>2026-05-04T11:00:00Z</updated><author><name>Anna Nowak</name>"
        "<email>a@a.example</email></author><category term='energy' label='Energy'/>"
        "<summary>Talks resume.</summary>"
        "<content type='html'>&lt;p&gt;Talks on &lt;b&gt;transit&lt;/b&gt; resume on "
        "Monday.&lt;/p&gt;</content>"
    ),
    "Atom in XHTML": atom(
        "<title type='html'>Gas &amp;amp; &lt;i&gt;oil&lt;/i&gt;</title>"
        "<link rel='alternate' type='text/html' href='https://a.example/1'/>"
        "<link rel='replies' href='https://a.example/1/comments'/>"
        "<id>urn:1</id><updated>2026-05-04T10:00:00Z</updated>"
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        "<p>Talks <b>resume</b>.</p><p>More &amp; more.</p></div></content>"
    ),
    "Atom with bases": atom(
        "<title>Gas talks</title><link href='1.html'/><id>urn:1</id>"
        "<updated>2026-05-04T10:00:00Z</updated><summary>Talks.</summary>",
        attributes="xml:base='https://a.example/news/'",
    ),
    "RSS with a base": rss(
        f"<title>Gas talks</title><link>1.html</link>{DATE}",
        attributes="xml:base='https://a.example/news/'",
    ),
    "Atom with plain text": atom(
        "<title type='text'>a &lt; b</title><link href='https://a.example/1'/>"
        "<id>urn:1</id><updated>2026-05-04T10:00:00.123+02:00</updated>"
        "<summary type='text'>One line.</summary>"
    ),
    "a video platform": atom(
        "<id>yt:video:abc</id><title>Gas talks</title>"
        "<link rel='alternate' href='https://v.example/watch?v=abc'/>"
        "<author><name>Desk TV</name><uri>https://v.example/c</uri></author>"
        "<published>2026-05-04T10:00:00+00:00</published>"
        "<updated>2026-05-04T10:05:00+00:00</updated>"
        "<media:group xmlns:media='http://search.yahoo.com/mrss/'>"
        "<media:title>Gas talks</media:title>"
        "<media:description>Talks resume.</media:description></media:group>"
    ),
    "a podcast": rss(
        "<title>Gas talks</title><link>https://a.example/1</link>"
        f"<guid isPermaLink='false'>ep-1</guid>{DATE}"
        "<itunes:author>Anna Nowak</itunes:author><itunes:duration>10:00</itunes:duration>"
        "<description>An hour on gas.</description>"
        "<enclosure url='https://a.example/1.mp3' length='9' type='audio/mpeg'/>"
    ),
}


def _told(item: Item) -> dict[str, object]:
    return {
        "title": item.title,
        "url": item.url,
        "guid": item.guid,
        "key": item.key,
        "summary": item.summary,
        "body": item.body,
        "author": item.author,
        "tags": item.tags,
        "published": item.published,
        "lang": item.lang,
    }


@pytest.mark.parametrize("name", DIALECTS)
def test_both_ways_read_the_same(name: str) -> None:
    body = DIALECTS[name].encode()
    raw = strict.read(body)
    assert raw is not None, "it is well formed"
    fast = items.build(raw, FEED, NOW)
    slow = items.build(lenient.read(body), FEED, NOW)
    assert [_told(item) for item in fast.items] == [_told(item) for item in slow.items]
    assert len(fast.items) == 1
    assert (fast.title, fast.link, fast.lang) == (slow.title, slow.link, slow.lang)


@pytest.mark.parametrize("name", DIALECTS)
def test_a_document_that_breaks_off_is_read_as_far_as_it_goes(name: str) -> None:
    """What is not well formed goes to the reference, and loses no entry by it."""
    whole = DIALECTS[name]
    broken = whole[: whole.rindex("</", 0, whole.rindex("</"))] + "<unclosed & bare"
    read: ParsedFeed = document.parse(broken.encode(), {}, FEED, NOW)
    assert read.path != "strict"
    assert len(read.items) == 1


@pytest.mark.parametrize(
    ("identity", "address"),
    [
        ("https://a.example/2026/gas", "https://a.example/2026/gas"),
        ("tag:a.example,2026:gas", ""),
        ("urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6", ""),
        ("gas", ""),
    ],
)
def test_an_atom_id_that_is_a_web_address_is_the_address_where_no_link_is(
    identity: str, address: str
) -> None:
    entry = f"<id>{identity}</id><title>Gas</title><content>Talks resume.</content>"
    linked = f"{entry}<link href='https://a.example/1'/>"
    for read in (strict.read, lenient.read):
        for written, url in ((entry, address), (linked, "https://a.example/1")):
            raw = read(atom(written).encode())
            assert raw is not None
            assert [one.url for one in items.build(raw, FEED, NOW).items] == [url]


def test_a_title_that_stands_in_a_media_group_alone_is_the_title() -> None:
    found = document.parse(
        b"<rss xmlns:media='http://search.yahoo.com/mrss/'><channel><item>"
        b"<link>https://a.example/1</link><media:group>"
        b"<media:title>Gas talks</media:title>"
        b"<media:description>Talks resume.</media:description>"
        b"</media:group></item></channel></rss>",
        {},
        FEED,
        NOW,
    )
    (item,) = found.items
    assert (found.path, item.title, item.summary) == (
        "strict",
        "Gas talks",
        "Talks resume.",
    )
