"""Bytes to items: what is well-formed by lxml, all else by feedparser, alike."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.collect.parse import ParsedFeed, items, lenient, parse
from monitor.errors import FeedProblem
from monitor.model import Feed, Item

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FEED = Feed(url="https://a.example/feed")


def read(body: bytes | str, **headers: str) -> ParsedFeed:
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return parse(content, named, FEED, NOW)


def one(body: bytes | str, **headers: str) -> Item:
    (item,) = read(body, **headers).items
    return item


def rss(inner: str, channel: str = "") -> str:
    return (
        f"<rss version='2.0'><channel><title>N</title>{channel}"
        f"<item>{inner}</item></channel></rss>"
    )


RSS = rss(
    "<title>Gas talks</title><link>https://a.example/1</link><guid>g1</guid>"
    "<pubDate>Mon, 04 May 2026 10:00:00 GMT</pubDate>"
    "<description>&lt;p&gt;In &lt;b&gt;Minsk&lt;/b&gt;&lt;/p&gt;</description>",
    "<language>en</language>",
)
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>N</title>
<id>x</id><updated>2026-05-04T10:00:00Z</updated><entry><id>g1</id>
<title>Gas talks</title><link href="https://a.example/1"/>
<updated>2026-05-04T10:00:00Z</updated>
<summary type="html">&lt;p&gt;In &lt;b&gt;Minsk&lt;/b&gt;&lt;/p&gt;</summary>
</entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://a.example/"><title>N</title><link>https://a.example/</link>
<dc:language>en</dc:language></channel>
<item rdf:about="https://a.example/1"><title>Gas talks</title>
<link>https://a.example/1</link><dc:date>2026-05-04T10:00:00Z</dc:date>
<description>In Minsk</description></item></rdf:RDF>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "N",
"language": "en", "items": [{"id": "g1", "url": "https://a.example/1",
"title": "Gas talks", "content_html": "<p>In <b>Minsk</b></p>",
"date_published": "2026-05-04T10:00:00Z"}]}"""


@pytest.mark.parametrize(
    "body", [RSS, ATOM, RDF, JSON], ids=["rss", "atom", "rdf", "json"]
)
def test_every_format_gives_the_same_item(body: str) -> None:
    item = one(body)
    assert (item.title, item.url) == ("Gas talks", "https://a.example/1")
    assert "In Minsk" in (item.summary, item.body)
    assert item.published == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert item.lang == "en"


def test_the_id_of_a_json_feeds_entry_is_its_address_where_it_has_no_other() -> None:
    bare = JSON.replace('"url": "https://a.example/1",', "")
    assert one(bare).url == ""
    assert one(bare.replace("g1", "https://a.example/2")).url == "https://a.example/2"
    assert one(JSON.replace("g1", "https://a.example/2")).url == "https://a.example/1"


@pytest.mark.parametrize("body", [RSS, ATOM, RDF], ids=["rss", "atom", "rdf"])
def test_the_fast_path_and_feedparser_agree(body: str) -> None:
    fast = read(body)
    slow = items.build(lenient.read(body.encode()), FEED, NOW)
    assert fast.path == "strict"
    assert slow.path == "feedparser"
    for quick, careful in zip(fast.items, slow.items, strict=True):
        for name in ("key", "title", "summary", "url", "published", "lang"):
            assert getattr(quick, name) == getattr(careful, name), name


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Gas &amp; oil", "Gas & oil"),
        ("Gas &amp;amp; oil", "Gas & oil"),
        ("<![CDATA[Gas & <b>oil</b>]]>", "Gas & oil"),
        ("Gas\n   and\toil", "Gas and oil"),
        ("5 &lt; 7", "5 < 7"),
    ],
)
def test_titles_are_plain_text(written: str, title: str) -> None:
    assert one(rss(f"<title>{written}</title><guid>1</guid>")).title == title


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("&lt;![CDATA[", "]]&gt;"),
        ("<![CDATA[<![CDATA[", "]]>]]>"),
        ("<![CDATA[<![CDATA[", "]]]]><![CDATA[>]]>"),
    ],
    ids=["escaped", "nested", "nested and split"],
)
def test_a_section_of_cdata_that_was_escaped_or_nested_hides_no_text(
    opening: str, closing: str
) -> None:
    item = one(
        rss(
            f"<title>{opening}Gas talks{closing}</title><guid>1</guid>"
            f"<link>{opening}https://a.example/1{closing}</link>"
            f"<description>{opening}In Minsk{closing}</description>"
        )
    )
    assert (item.title, item.summary) == ("Gas talks", "In Minsk")
    assert item.url == "https://a.example/1"


@pytest.mark.parametrize("empty", ["<script src='x'></script>", "<svg/>", "<iframe />"])
def test_an_empty_element_of_xhtml_does_not_hide_what_follows_it(empty: str) -> None:
    name = empty[1:].partition("/")[0].split()[0]
    item = one(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>T</title>"
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        f"<p>{empty}Gas talks</p><{name}>x()</{name}><p>In Minsk</p>"
        "</div></content></entry></feed>"
    )
    assert item.summary == "Gas talks\nIn Minsk"


def test_markup_that_runs_is_gone() -> None:
    item = one(
        rss(
            "<title>Hi</title><guid>1</guid><description>&lt;script&gt;alert(1)"
            "&lt;/script&gt;Text&lt;img src=x onerror=alert(1)&gt;</description>"
        )
    )
    assert item.summary == "Text"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///e"]
)
def test_addresses_that_are_no_web_address_vanish(link: str) -> None:
    assert one(rss(f"<title>x</title><guid>1</guid><link>{link}</link>")).url == ""


@pytest.mark.parametrize("place", ["feed", "entry"])
def test_a_base_that_is_no_address_is_passed_over(place: str) -> None:
    written = ATOM.replace(f"<{place}", f"<{place} xml:base='http://[a.example/'", 1)
    relative = written.replace("https://a.example/1", "/1")
    assert one(relative).url == "https://a.example/1"


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "utf-8", "utf-16"])
def test_letters_survive_their_charset(charset: str) -> None:
    text = rss("<title>Переговоры о газе в Минске</title><guid>1</guid>")
    body = f"<?xml version='1.0' encoding='{charset}'?>{text}".encode(charset)
    assert one(body).title == "Переговоры о газе в Минске"


def test_a_charset_that_is_mislabelled_is_found_out() -> None:
    text = rss(
        "<title>Переговоры о газе в Минске продолжаются третий день</title>"
        "<guid>1</guid><description>Стороны обсуждают цену и долги.</description>"
    )
    body = f"<?xml version='1.0' encoding='utf-8'?>{text}".encode("windows-1251")
    assert one(body).title.startswith("Переговоры о газе")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Mon, 04 May 2026 10:00:00 +0300", datetime(2026, 5, 4, 7, tzinfo=UTC)),
        ("Mon, 04 May 2026 10:00:00 MSK", datetime(2026, 5, 4, 7, tzinfo=UTC)),
        ("Mon, 04 May 2026 10:00:00 EEST", datetime(2026, 5, 4, 7, tzinfo=UTC)),
        ("2026-05-04T10:00:00+03:00", datetime(2026, 5, 4, 7, tzinfo=UTC)),
        ("Mon, 4 May 26 10:00 GMT", datetime(2026, 5, 4, 10, tzinfo=UTC)),
        ("4 мая 2026, 10:00 +0300", datetime(2026, 5, 4, 7, tzinfo=UTC)),
        ("10:00, 4 мая 2026 г.", datetime(2026, 5, 4, 10, tzinfo=UTC)),
        ("202605041000", datetime(2026, 5, 4, 10, tzinfo=UTC)),
        ("Mo, 4 Mai 2026 10:00:00 MESZ", datetime(2026, 5, 4, 8, tzinfo=UTC)),
        ("lun., 4 mai 2026 à 10h30", datetime(2026, 5, 4, 10, 30, tzinfo=UTC)),
        ("1er mai 2026", datetime(2026, 5, 1, tzinfo=UTC)),
        ("4 févr. 2026", datetime(2026, 2, 4, tzinfo=UTC)),
        ("4 avril 2026", datetime(2026, 4, 4, tzinfo=UTC)),
        ("4 juin 2025", datetime(2025, 6, 4, tzinfo=UTC)),
        ("4 juil. 2025", datetime(2025, 7, 4, tzinfo=UTC)),
        ("4 août 2025", datetime(2025, 8, 4, tzinfo=UTC)),
        ("jeu. 4 déc. 2025 10:00", datetime(2025, 12, 4, 10, tzinfo=UTC)),
    ],
)
def test_dates_as_publishers_write_them(written: str, moment: datetime) -> None:
    item = one(rss(f"<title>x</title><guid>1</guid><pubDate>{written}</pubDate>"))
    assert (item.published, item.date_note) == (moment, "")


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("", "absent"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "implausible"),
        ("Mon, 04 May 2048 10:00:00 GMT", "future"),
        ("yesterday afternoon", "unreadable"),
        ("2026", "unreadable"),
        ("2026-05", "unreadable"),
    ],
)
def test_a_date_that_cannot_be_says_why(written: str, note: str) -> None:
    date = f"<pubDate>{written}</pubDate>" if written else ""
    item = one(rss(f"<title>x</title><guid>1</guid>{date}"))
    assert (item.published, item.date_note) == (None, note)


@pytest.mark.parametrize(
    "written",
    ["Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 04 May 2027 10:00:00 GMT", "soon"],
)
def test_of_two_dates_the_one_that_can_be_counts(written: str) -> None:
    item = one(
        rss(
            f"<title>x</title><guid>1</guid><pubDate>{written}</pubDate>"
            "<dc:date xmlns:dc='http://purl.org/dc/elements/1.1/'>"
            "2026-05-04T10:00:00Z</dc:date>"
        )
    )
    assert (item.published, item.date_note) == (
        datetime(2026, 5, 4, 10, tzinfo=UTC),
        "",
    )


def test_a_link_that_begins_with_www_is_no_path_of_the_site() -> None:
    item = one(rss("<title>x</title><guid>1</guid><link>www.b.example/1</link>"))
    assert item.url == "https://www.b.example/1"


def test_a_second_channel_is_read_too() -> None:
    second = "<channel><item><title>Two</title></item></channel></rss>"
    body = rss("<title>One</title>").replace("</rss>", second)
    assert {item.title for item in read(body).items} == {"One", "Two"}


@pytest.mark.parametrize(
    ("rest", "titles"),
    [
        ("<title>Two</title><guid>g", ["One"]),
        ("<title>Two</title><description>In Min", ["One"]),
        ("<title>Two</title><guid>g2</guid><description>In Min", ["One", "Two"]),
        ("<title>Two</title><link>https://a.example/2</link>", ["One", "Two"]),
        ("<title>Two</title></item>", ["One", "Two"]),
    ],
)
def test_an_entry_that_breaks_off_before_it_says_who_it_is_waits_for_the_whole(
    rest: str, titles: list[str]
) -> None:
    """Its half would be one item, and its whole another one."""
    found = read(rss("<title>One</title>").partition("</channel>")[0] + f"<item>{rest}")
    assert [item.title for item in found.items] == titles
    assert "the document is cut off" in found.notes


def test_entries_beyond_the_limit_are_told() -> None:
    entries = "".join(
        f"<item><guid>{n}</guid><title>{n}</title></item>" for n in range(2001)
    )
    found = read(f"<rss version='2.0'><channel>{entries}</channel></rss>")
    assert len(found.items) == 2000
    assert "1 entry after the first 2000 left out" in found.notes


def test_items_that_share_a_guid_stay_apart() -> None:
    body = (
        "<rss version='2.0'><channel><title>N</title>"
        "<item><title>One</title><guid>g</guid><link>https://a.example/1</link></item>"
        "<item><title>Two</title><guid>g</guid><link>https://a.example/2</link></item>"
        "</channel></rss>"
    )
    keys = [item.key for item in read(body).items]
    assert len(set(keys)) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><head><title>Sign in</title></head></html>",
        b"{}",
        b"not a feed at all",
        b"\x00\x01\x02",
    ],
)
def test_what_is_no_feed_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(FeedProblem) as caught:
        read(body)
    assert str(caught.value)


def test_entities_are_neither_fetched_nor_multiplied() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    body = (
        f'<!DOCTYPE r [<!ENTITY e0 "aaaaaaaaaa">{bomb}'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + rss("<title>&e9; &x; Gas</title><guid>1</guid>")
    )
    try:
        titles = [item.title for item in read(body).items]
    except FeedProblem:
        return
    assert all(len(title) <= 1100 and "root:" not in title for title in titles)


def test_deep_nesting_and_many_items_are_bounded() -> None:
    deep = "<b>" * 50_000 + "x" + "</b>" * 50_000
    with suppress(FeedProblem):
        found = read(rss(f"<title>x</title><description>{deep}</description>"))
        assert len(found.items) == 1
    many = "<item><title>x</title></item>" * 30_000
    found = read(f"<rss version='2.0'><channel><title>N</title>{many}</channel></rss>")
    assert len(found.items) + found.truncated <= 30_000
    assert found.truncated > 0


PIECES = st.lists(
    st.sampled_from(
        [
            "<rss version='2.0'>",
            "<channel>",
            "<item>",
            "</item>",
            "<title>",
            "</title>",
            "<![CDATA[",
            "]]>",
            "&amp;",
            "&bogus;",
            "<feed xmlns='http://www.w3.org/2005/Atom'>",
            "<entry>",
            "</entry>",
            "\x00",
            "<?xml version='1.0'?>",
            "x",
            "<",
            "&",
            "\ud7ff",
            "</rss>",
            "</channel>",
            "<guid>",
            "<link>http://[</link>",
        ]
    ),
    max_size=25,
).map("".join)


@given(st.one_of(PIECES.map(str.encode), st.binary(max_size=200)))
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_read_or_refused_and_nothing_else(body: bytes) -> None:
    try:
        found = read(body)
    except FeedProblem:
        return
    assert all(item.title and item.key and item.id for item in found.items)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (
            JSON.replace("]}", "],}"),
            "unreadable",
            "the JSON Feed is broken at line 4, column ",
        ),
        ("\n\n" + JSON.replace('"N",', '"N"'), "unreadable", "at line 4, column 1: "),
        ('{"ok": true,}', "not-a-feed", "broken at line 1, column 1"),
        ('{"ok": true}', "not-a-feed", 'has no "version": "https://jsonfeed.org/'),
        ("[" * 100_000, "unreadable", "JSON that nobody can read"),
    ],
    ids=["trailing comma", "no comma", "broken JSON", "other JSON", "endless nesting"],
)
def test_of_json_that_is_no_feed_it_is_told_where_and_why(
    body: str, kind: str, said: str
) -> None:
    with pytest.raises(FeedProblem) as problem:
        read(body)
    assert problem.value.kind == kind
    assert said in str(problem.value)
