"""Lists of feeds: read leniently, written strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect.opml import read_opml, write_opml
from monitor.model import Feed

LIST = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>x</title></head><body>
  <outline text="News">
    <outline type="rss" text="A &amp; B" xmlUrl="https://a.example/rss"/>
    <outline type="rss" title="B" xmlURL="http://b.example/rss"/>
  </outline>
  <outline type="rss" text="again" xmlUrl="https://a.example/rss"/>
  <outline type="rss" text="No address"/>
  <outline type="rss" text="F" xmlUrl="file:///etc/passwd"/>
</body></opml>"""


def test_feeds_are_read_in_order_and_once() -> None:
    found = read_opml(LIST)
    assert [(e.url, e.name) for e in found.feeds] == [
        ("https://a.example/rss", "A & B"),
        ("http://b.example/rss", "B"),
    ]


def test_what_is_left_out_is_named() -> None:
    skipped = read_opml(LIST).skipped
    assert any("No address" in reason for reason in skipped)
    assert any("file:///etc/passwd" in reason for reason in skipped)


def test_a_file_that_is_not_well_formed_is_read_as_far_as_it_goes() -> None:
    text = b'<opml><body><outline text="A & B" xmlUrl="https://a.example/r?a=1&b=2">'
    assert [e.url for e in read_opml(text).feeds] == ["https://a.example/r?a=1&b=2"]


def test_entities_are_not_followed() -> None:
    text = (
        b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<opml><body><outline text="&x;" xmlUrl="https://a.example/r"/></body></opml>'
    )
    assert "root:" not in repr(read_opml(text))


def test_what_is_no_opml_says_so() -> None:
    assert read_opml(b"").skipped
    assert read_opml(b"<html><body>hello</body></html>").skipped


HEAD = '<?xml version="1.0" encoding="{}"?>'


def opml(*outlines: str, encoding: str = "utf-8") -> str:
    listed = "".join(f"<outline {one}/>" for one in outlines)
    return f"{HEAD.format(encoding)}<opml version='2.0'><body>{listed}</body></opml>"


PLAIN = 'text="News" xmlUrl="https://a.example/f"'
CYRILLIC = 'text="Новости" xmlUrl="https://a.example/f"'


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(b"\xef\xbb\xbf" + opml(CYRILLIC).encode(), id="a byte order mark"),
        pytest.param(b"\n\n " + opml(CYRILLIC).encode(), id="blank lines first"),
        pytest.param(
            opml(CYRILLIC, encoding="UTF-16").encode("utf-16"), id="UTF-16, as declared"
        ),
        pytest.param(
            opml(CYRILLIC, encoding="windows-1251").encode("cp1251"), id="Windows-1251"
        ),
        pytest.param(f"<outline {CYRILLIC}/>".encode(), id="no list around it"),
        pytest.param(
            "<opml><outline text=Новости xmlUrl=https://a.example/f></opml>".encode(),
            id="no quotation marks",
        ),
        pytest.param(opml(CYRILLIC).upper().lower().encode(), id="all in lower case"),
        pytest.param(
            opml(f'text="All"><outline {CYRILLIC}/></outline><outline').encode(),
            id="inside another outline",
        ),
    ],
)
def test_lists_are_read_however_they_are_written(written: bytes) -> None:
    (entry,) = read_opml(written).feeds
    assert entry.url == "https://a.example/f"
    assert entry.name.casefold() == "новости"


def test_outlines_beside_each_other_are_read_without_a_body() -> None:
    other = PLAIN.replace("a.example", "b.example")
    found = read_opml(f"<outline {PLAIN}/><outline {other}/>".encode())
    assert [one.url[8] for one in found.feeds] == ["a", "b"]


def test_characters_with_a_name_in_html_are_kept() -> None:
    text = opml('text="Caf&eacute; &amp; bar &lt;1&gt; &nosuch;" xmlUrl="http://a.b/"')
    (entry,) = read_opml(text.encode()).feeds
    assert entry.name == "Café & bar <1> &nosuch;"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("feed://a.example/f", "http://a.example/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        (" https://a.example/f ", "https://a.example/f"),
    ],
)
def test_addresses_for_feed_readers_are_web_addresses(written: str, read: str) -> None:
    (entry,) = read_opml(opml(f'xmlUrl="{written}"').encode()).feeds
    assert entry.url == read


def test_an_address_in_url_counts_where_the_outline_is_a_feed() -> None:
    found = read_opml(
        opml(
            'type="rss" url="https://a.example/f"',
            'type="link" url="https://b.example/"',
            'type="include" url="https://c.example/more.opml"',
        ).encode()
    )
    assert [one.url for one in found.feeds] == ["https://a.example/f"]
    assert found.skipped == (
        "https://c.example/more.opml: another list, to be imported by itself",
    )


def test_spellings_of_one_address_are_one_feed() -> None:
    found = read_opml(
        opml(
            PLAIN, PLAIN, 'xmlUrl="HTTPS://A.Example/f"', 'xmlUrl="https://a.example/F"'
        ).encode()
    )
    assert [one.url for one in found.feeds] == [
        "https://a.example/f",
        "https://a.example/F",
    ]


def test_names_that_no_xml_can_hold_are_written_without_them() -> None:
    made = write_opml(
        [Feed(url="https://a.example/f", name="a\x0b\x00\ud800b")], "\x01"
    )
    assert [one.name for one in read_opml(made).feeds] == ["ab"]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_named(content: bytes) -> None:
    found = read_opml(content)
    assert found.feeds or found.skipped


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20
)


@given(st.lists(NAMES, max_size=5))
def test_what_is_written_is_read_back(names: list[str]) -> None:
    feeds = [
        Feed(url=f"https://a.example/{n}?a=1&b=2", name=name)
        for n, name in enumerate(names)
    ]
    again = read_opml(write_opml(feeds, "Mine & theirs")).feeds
    assert [e.url for e in again] == [f.url for f in feeds]
    assert [e.name for e in again] == [f.name or f.url for f in feeds]
