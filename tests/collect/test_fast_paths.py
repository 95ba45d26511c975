"""What is read quickly is read as the careful way reads it."""

from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.collect.parse import dates, items, markup, parse, plaintext
from monitor.model import Feed

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FEED = Feed(url="https://a.example/feed")
RSS = (
    "<rss version='2.0'><channel><title>N</title><item><title>Gas talks</title>"
    "<guid>g1</guid></item></channel></rss>"
)

PIECES = st.sampled_from(
    [
        "<p>", "</p>", '<p class="x">', "<br/>", "<br />", "<BR>", "<a href='x>y'>",
        "</a>", '<a title="1 > 0">', "<script>", "</script>", "</SCRIPT >", "<svg>",
        "</svg>", "<br\u00a0/>", "<b\u044f>", "<p\u00bb>", "<!-- x -->", "<!--", "-->", "<!-- a > b -->", "<!DOCTYPE html>",
        "<?php ?>", "<Vec<u8>>", "<x:p>", "<unknown>", "< b>", "<3", "a", " ", '"',
        "<a b='x' c=\"y>z\" d e='f'>", "'", "<", ">", "&amp;", "word", "<iframe src=x>", "</iframe>", "</template>",
        "<svg/>", "<iframe src='x' />", '<SCRIPT src="x"/>', "<script src=x/>",
    ]
)  # fmt: skip


def carefully(text: str, gaps: markup.Gaps) -> str:
    shown = markup._without_hidden(markup._EMPTY.sub("", text))
    return markup._TAG.sub(gaps.one_by_one, shown)


@given(st.lists(PIECES, max_size=12).map("".join))
@example("<script>a<p>b</script>c")
@example("<svg><title>a</title></svg>b")
@example("<!-- <p>hidden</p> -->shown")
@example("<!-->shown")
def test_tags_cut_at_once_leave_what_tags_cut_one_by_one_leave(text: str) -> None:
    for gaps in (markup.ANY, markup.OF_HTML):
        assert markup.without_tags(text, gaps) == carefully(text, gaps)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<p>a</p>  <p>b\u00a0 c</p>", "a\nb c"),
        ("a<script>var x = '<p>';</script>b", "ab"),
        ("<STYLE>p {}</STYLE>b", "b"),
        ("a <!-- not <b>this</b> --> b", "a b"),
        ("a\u200bb \u202eevil", "ab evil"),
        ("&lt;p&gt;twice &amp;amp; more&lt;/p&gt;", "twice & more"),
        ("Result<Vec<u8>, String>", "Result<Vec, String>"),
        ("&#8220;x&#8221; &rsquo; &unknown;", "“x” ’ &unknown;"),
    ],
)
def test_texts_come_out_as_a_reader_sees_them(written: str, text: str) -> None:
    assert plaintext.paragraphs(written, 1000) == text


@given(st.text(alphabet=" \n\t\u00a0\u2003\u200b\u00adabć<p>/&;", max_size=40))
def test_no_space_is_doubled_and_no_line_is_empty(text: str) -> None:
    for line in plaintext.paragraphs(text, 10_000).split("\n"):
        assert line == " ".join(line.split())


DAYS = st.sampled_from(["", "Mon, ", "Tue, "])
MONTHS = st.sampled_from(["Jan", "Feb", "Mai", "May", "Dec", "Xyz"])
ZONES = st.sampled_from(
    ["GMT", "Z", "+0300", "-03:30", "+1500", "+1400", "+0960", "EST"]
)
NUMBERS = st.integers(min_value=0, max_value=99)


CLOCKS = st.tuples(NUMBERS, NUMBERS, NUMBERS).map(
    lambda t: f"{t[0] % 26:02}:{t[1] % 62:02}:{t[2] % 62:02}"
)
WRITTEN = st.one_of(
    st.tuples(DAYS, NUMBERS, MONTHS, CLOCKS, ZONES).map(
        lambda t: f"{t[0]}{t[1] % 34:02} {t[2]} 2026 {t[3]} {t[4]}"
    ),
    st.tuples(NUMBERS, NUMBERS, CLOCKS, ZONES).map(
        lambda t: f"2026-{t[0] % 14:02}-{t[1] % 34:02}T{t[2]}{t[3]}"
    ),
)


@given(WRITTEN)
def test_usual_dates_are_what_the_general_reader_reads(text: str) -> None:
    try:
        expected = dates.general(text)
    except (ValueError, OverflowError):
        expected = None
    assert dates.read(text) == expected


@given(
    st.from_regex(
        r"https?://[a-z0-9.\-]{1,12}(/[A-Za-z0-9/._~%+;&\-]{0,12})?(\?[a-z=&?,@:']{0,8})?"
        r"(#[a-z?]{0,5})?",
        fullmatch=True,
    )
)
@example("https://a.example/?")
@example("https://a.example/?a=b&amp;c=d")
@example("https://a.example/@me:(x),y!$*='")
@example("https://a.example/#")
@example("https://a.example/a;b?c#d")
def test_plain_addresses_are_what_the_careful_way_makes_of_them(url: str) -> None:
    if items._PLAIN_ADDRESS.match(url):
        # A blank inside makes it take the careful way, which takes the blank out.
        assert items.web_address(url, "") == items.web_address(
            f"{url[:9]}\n{url[9:]}", ""
        )
        assert urljoin("https://b.example/", url) == url


@pytest.mark.parametrize("code", [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])
@pytest.mark.parametrize("place", ["Gas ", "<channel>", "<item>", "version"])
def test_control_characters_are_left_out_wherever_they_stand(
    code: int, place: str
) -> None:
    found = parse(RSS.replace(place, place + chr(code)).encode(), {}, FEED, NOW)
    assert [item.title for item in found.items] == ["Gas talks"]
    assert "control characters left out" in found.notes


def test_what_a_proxy_puts_after_a_feed_does_not_send_it_the_slow_way() -> None:
    found = parse(f"{RSS}<script src='x.js'></script>".encode(), {}, FEED, NOW)
    assert (found.path, len(found.items)) == ("strict", 1)
    assert "text after the document left out" in found.notes


def test_two_documents_in_one_lose_nothing() -> None:
    second = RSS.replace("g1", "g2").replace("Gas", "Oil")
    found = parse((RSS + second).encode(), {}, FEED, NOW)
    assert {item.title for item in found.items} == {"Gas talks", "Oil talks"}


def test_a_body_that_repeats_the_summary_is_not_kept_twice() -> None:
    both = RSS.replace(
        "<guid>",
        "<description>In Minsk</description><content:encoded "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'>In Minsk"
        "</content:encoded><guid>",
    )
    (item,) = parse(both.encode(), {}, FEED, NOW).items
    assert (item.summary, item.body) == ("In Minsk", "")
