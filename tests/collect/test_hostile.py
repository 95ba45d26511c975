"""Documents made to cost time or memory are cut down before they are read."""

from datetime import UTC, datetime

import pytest

from monitor.collect.parse import lenient, parse
from monitor.collect.parse.raw import MOST_ITEMS
from monitor.model import Feed

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FEED = Feed(url="https://a.example/feed")
# feedparser looks for an address in an author: in this one for minutes.
ENDLESS = f"a@{'a.' * 50_000}!"


def broken(inner: str, attributes: str = "") -> bytes:
    """A feed that only feedparser reads: its item is not closed."""
    return (
        f"<rss version='2.0'><channel>{inner}<item{attributes}><title>Gas talks</title>"
        "</channel></rss>"
    ).encode()


@pytest.mark.parametrize(
    "author",
    [
        f"<author>{ENDLESS}</author>",
        f"<managingEditor>{ENDLESS}</managingEditor>",
        f"<managingEditor><![CDATA[{ENDLESS}]]></managingEditor>",
        f"<dc:creator>{ENDLESS}</dc:creator>",
        f"<author><name>{ENDLESS}</name></author>",
        f"<itunes:owner><itunes:email>{ENDLESS}</itunes:email></itunes:owner>",
    ],
    ids=["author", "editor", "cdata", "creator", "name", "owner"],
)
def test_endless_authors_never_reach_feedparser(author: str) -> None:
    shorter, _ = lenient.bounded(broken(author))
    assert len(shorter) < 500
    (item,) = parse(broken(author), {}, FEED, NOW).items
    assert item.title == "Gas talks"


def test_an_author_of_usual_length_stays_also_in_cdata() -> None:
    named = broken("<managingEditor><![CDATA[A. Writer]]></managingEditor>")
    assert lenient.bounded(named)[0] == named


@pytest.mark.parametrize(
    "written", [" a{}='1'", " a{}", ' a{}=">"', " a{}=1"], ids=lambda one: one.strip()
)
def test_thousands_of_attributes_never_reach_feedparser(written: str) -> None:
    many = "".join(written.format(number) for number in range(40_000))
    shorter, _ = lenient.bounded(broken("", many))
    assert len(shorter) < 500
    (item,) = parse(broken("", many), {}, FEED, NOW).items
    assert item.title == "Gas talks"


def test_a_tag_with_one_long_attribute_stays() -> None:
    long = broken("", f" about='{'word ' * 5000}'")
    assert lenient.bounded(long)[0] == long


def test_forty_thousand_namespaces_are_read_at_once() -> None:
    many = "".join(f" xmlns:n{number}='u:{number}'" for number in range(40_000))
    body = broken("", many).replace(b"</channel>", b"</item></channel>")
    assert parse(body, {}, FEED, NOW).path == "strict"


@pytest.mark.parametrize("end", ["</item>", ""], ids=["well formed", "broken"])
def test_a_hundred_thousand_items_are_counted_not_kept(end: str) -> None:
    many = f"<item><title>x</title>{end}" * 100_000
    body = f"<rss version='2.0'><channel>{many}</channel></rss>".encode()
    read = lenient.bounded(body)[0] if not end else body
    found = parse(read, {}, FEED, NOW)
    assert len(found.items) <= MOST_ITEMS
    if not end:
        assert read.count(b"<item>") < 100_000


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("windows-1251", "Переговоры о газе в Минске продолжаются третий день"),
        ("koi8-r", "Переговоры о газе в Минске продолжаются третий день"),
        ("windows-1250", "Łódź: źródła gazu znalazły się pod ścisłą kontrolą, rzekł"),
        ("utf-16", "Переговоры о газе"),
        ("utf-8-sig", "Переговоры о газе"),
    ],
)
@pytest.mark.parametrize("header", ["", "text/xml; charset={}"])
def test_charsets_are_read_as_the_declaration_or_the_header_says(
    charset: str, text: str, header: str
) -> None:
    stated = charset.removesuffix("-sig")
    declared = "" if header else f"<?xml version='1.0' encoding='{stated}'?>"
    body = declared + broken("").decode().replace("Gas talks", text)
    kind = {"content-type": header.format(stated)}
    (item,) = parse(body.encode(charset), kind, FEED, NOW).items
    assert item.title == text


@pytest.mark.parametrize("stated", ["utf-8", "iso-8859-1"])
def test_cyrillic_under_a_wrong_label_is_still_cyrillic(stated: str) -> None:
    text = "Переговоры о газе в Минске продолжаются третий день, стороны спорят о цене"
    body = broken("").decode().replace("Gas talks", text)
    declared = f"<?xml version='1.0' encoding='{stated}'?>{body}"
    (item,) = parse(declared.encode("windows-1251"), {}, FEED, NOW).items
    assert item.title == text


@pytest.mark.parametrize(
    ("stated", "text"),
    [
        ("windows-1251", "Переговоры о газе в Минске продолжаются третий день"),
        ("koi8-r", "Переговоры о газе в Минске продолжаются третий день"),
        ("iso-8859-1", "Les négociations à Minsk se poursuivent, a déclaré l’Élysée"),
        ("windows-1252", "Łódź: źródła gazu znalazły się pod ścisłą kontrolą, rzekł"),
    ],
)
def test_one_broken_letter_does_not_make_utf_8_what_the_server_says(
    stated: str, text: str
) -> None:
    """A summary that was cut in the middle of a letter, and a server with defaults."""
    feed = broken("<description>Долг</description>").decode().replace("Gas talks", text)
    whole = f"<?xml version='1.0' encoding='utf-8'?>{feed}".encode()
    cut = whole.replace("Долг".encode(), "Долг".encode()[:-1])
    kind = {"content-type": f"text/xml; charset={stated}"}
    found = parse(cut, kind, FEED, NOW)
    assert [item.title for item in found.items] == [text]
    assert f"stated as {stated}, is utf-8; 1 byte sequence is not valid utf-8" in (
        found.notes
    )


@pytest.mark.parametrize(
    "written",
    [
        "poniedziałek, 4 maja 2026 10:00",
        "4 maj 2026 10:00",
        "2026 m. gegužės 4 d.",
        "Montag, 4. Mai 2026 10:00",
        "04 мая 2026 10:00",
        "4 травня 2026, 10:00",
        "4 траўня 2026 10:00",
        "Mon, 4 May 26 10:00 GMT",
        "04.05.2026 10:00",
    ],
)
def test_dates_in_words_of_other_languages(written: str) -> None:
    body = (
        broken("")
        .decode()
        .replace("</channel>", f"<pubDate>{written}</pubDate></item></channel>")
    )
    (item,) = parse(body.encode(), {}, FEED, NOW).items
    published = item.published
    assert published is not None, item.date_note
    assert published.date() == NOW.date()
