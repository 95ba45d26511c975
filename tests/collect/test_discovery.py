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


@given(st.binary(max_size=300))
def test_any_bytes_give_web_addresses_only(page: bytes) -> None:
    for one in candidates(PAGE[:120] + page, "https://news.example/"):
        assert one.url.startswith(("https://", "http://"))
