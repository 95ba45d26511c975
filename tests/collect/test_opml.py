"""Lists of feeds: read leniently, written strictly."""

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
