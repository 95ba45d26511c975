"""The feeds that a page names, in its order, then the usual places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect.discovery import candidates

PAGE = b"""<!doctype html><html><head><title>News</title>
<link rel="alternate" type="application/rss+xml" title=" All  news " href="/all.rss">
<LINK REL='alternate nofollow' TYPE='application/atom+xml; charset=utf-8' HREF=atom>
<link rel="stylesheet" type="application/rss+xml" href="/style">
<link rel="alternate" type="text/html" href="/mobile">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" type="application/rss+xml" href="">
</head><body></body></html>"""


def test_what_the_page_names_comes_first() -> None:
    found = candidates(PAGE, "https://news.example/world/")
    named = [one for one in found if one.kind]
    assert [(one.url, one.title, one.kind) for one in named] == [
        ("https://news.example/all.rss", "All news", "rss"),
        ("https://news.example/world/atom", "", "atom"),
    ]
    assert found[: len(named)] == named
    assert "https://news.example/world/feed" in [one.url for one in found]
    assert "https://news.example/rss.xml" in [one.url for one in found]


@pytest.mark.parametrize("page", [b"", b"\x00\xff", b"<<<<", b"{}"])
def test_a_page_that_names_none_leaves_the_usual_places(page: bytes) -> None:
    found = candidates(page, "https://news.example/")
    assert found
    assert not any(one.kind for one in found)


def _named(page: str | bytes) -> list[tuple[str, str]]:
    found = candidates(
        page.encode() if isinstance(page, str) else page, "https://news.example/world/"
    )
    usual = {one.url for one in candidates(b"", "https://news.example/world/")}
    return [(one.url, one.title) for one in found if one.url not in usual]


LINK = '<link rel="alternate" type="application/rss+xml" href="f" title="{}">'


def test_addresses_are_relative_to_the_base_of_the_page() -> None:
    page = f'<base target="x"><base href="https://cdn.example/x/">{LINK.format("")}'
    assert _named(page) == [("https://cdn.example/x/f", "")]
    page = f'<base href="/here/">{LINK.format("")}'
    assert _named(page) == [("https://news.example/here/f", "")]


def test_a_base_that_is_no_web_address_is_ignored() -> None:
    page = f'<base href="javascript:0">{LINK.format("")}'
    assert _named(page) == [("https://news.example/world/f", "")]


@pytest.mark.parametrize(
    "page",
    [
        LINK.format("Новости").encode(),
        b"<meta charset=windows-1251>" + LINK.format("Новости").encode("cp1251"),
        LINK.format("Новости").encode() + "я".encode()[:1],
    ],
    ids=["UTF-8 that nobody states", "Windows-1251", "cut in a letter"],
)
def test_names_of_feeds_are_read_in_the_encoding_of_the_page(page: bytes) -> None:
    assert _named(page) == [("https://news.example/world/f", "Новости")]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="text/xml" href="/f">',
        '<link rel="feed" href="/f">',
        '<LINK TYPE="Application/RSS+XML ; charset=x" REL="Home ALTERNATE" HREF="/f">',
        '<a type="application/atom+xml" href="/f">x</a>',
    ],
)
def test_other_ways_to_name_a_feed_are_understood(link: str) -> None:
    assert [url for url, _ in _named(link)] == ["https://news.example/f"]


def test_links_that_are_named_like_feeds_are_found_among_a_thousand() -> None:
    links = "".join(f'<a href="/feedback/{n}.html">{n}</a>' for n in range(1000))
    page = f"{links}<a href='/rss/all.xml'>All <b>news</b></a><a href='/x.rdf'>y</a>"
    assert _named(page) == [
        ("https://news.example/rss/all.xml", "All news"),
        ("https://news.example/x.rdf", "y"),
    ]


def test_a_page_with_a_thousand_feeds_leads_to_a_few() -> None:
    page = "".join(LINK.format(n).replace('"f"', f'"f{n}"') for n in range(1000))
    assert len(candidates(page.encode(), "https://news.example/")) == 20
    page = "".join(f'<a href="/rss/{n}">x</a>' for n in range(1000))
    assert len(_named(page)) == 8


@given(st.binary(max_size=300))
def test_any_bytes_give_web_addresses_only(page: bytes) -> None:
    for one in candidates(PAGE[:120] + page, "https://news.example/"):
        assert one.url.startswith(("https://", "http://"))
