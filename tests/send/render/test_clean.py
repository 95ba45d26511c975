"""Texts by strangers, made safe to show."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.send.render.clean import clean, cut, line, link
from tests.send.examples import HOSTILE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ends", "0;never ends"),
        ("\x1b\x1b[31m[31mtwice", "[31mtwice"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("\x00nul\x7f\x08", "nul"),
        ("abc\u202efed\u202c", "abcfed"),
        ("\u2066isolated\u2069", "isolated"),
        ("hidden\U000e0041\U000e0042", "hidden"),
        ("\ufeffbom", "bom"),
        ("half \ud83d pair", "half \ufffd pair"),
    ],
)
def test_what_could_do_harm_is_gone(text: str, expected: str) -> None:
    assert clean(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "Гродна, Ліда, Мінск",
        "می‌خواهم",  # needs its zero-width non-joiner
        "שלום \u200fאבא",
        "👩‍👩‍👧 Łódź",
        "e\u0301",
    ],
)
def test_what_scripts_need_stays(text: str) -> None:
    assert clean(text).text == text


def test_a_line_is_one_line() -> None:
    assert line(" one\r\ntwo\u2028three\x85four\tfive ") == "one two three four five"


def test_what_is_too_long_ends_in_an_ellipsis() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
    assert cut("abcdefg", 0) == ""


@pytest.mark.parametrize("piece", ["\x9d", "\x1b]", "\x9b", "\x1b[0;", "\x1b", "\t"])
def test_a_megabyte_of_half_sequences_takes_no_longer_than_one_of_text(
    piece: str,
) -> None:
    """Were the expression quadratic, this test would not end."""
    assert not set(clean(piece * 400_000).text) & set("\x1b\x9b\x9d\t")


@given(text=st.text())
def test_nothing_harmful_survives(text: str) -> None:
    for left in clean(text).text:
        assert left == "\n" or unicodedata.category(left) not in {"Cc", "Cs"}
        assert left not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    assert clean(clean(text).text).text == clean(text).text


PARTS = st.lists(
    st.sampled_from(["a", "Ж", " ", "\x1b[31m", "\x00", "\u202e", "\x1b]0;t\x07"])
)


@given(before=PARTS, after=PARTS)
def test_evidence_is_found_again_in_the_cleaned_text(
    before: list[str], after: list[str]
) -> None:
    head = "".join(before)
    cleaned = clean(f"{head}HERE{''.join(after)}")

    start, end = cleaned.at(len(head)), cleaned.at(len(head) + 4)

    assert cleaned.text[start:end] == "HERE"


@pytest.mark.parametrize(
    "url",
    [
        "https://ozero.example/2020/07/29/chvk",
        "http://ozero.example:8080/?a=1&b=[2]#top",
        "https://озеро.example/путь",
        "http://[2001:db8::1]/x",
    ],
)
def test_web_addresses_are_links(url: str) -> None:
    assert link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//ozero.example/x",
        "/relative",
        "https://",
        "https:///path",
        "http://[::1",
        "http://host:port/",
        "https://good.example\\@evil.example/",
        "https://ozero.example\u00a0/",
        "https://b\u00a0@ozero.example/",
        "https://oze|ro.example/",
        "https://oze%72o.example/",
        "https://ozero.example/\x1b[31m",
        "https://ozero.example/\u202egnp.exe",
        "https://ozero.example/\r\nBcc: x",
        "https://ozero.example/" + "x" * 3000,
        HOSTILE,
    ],
)
def test_nothing_else_is(url: str) -> None:
    assert link(url) == ""


def test_names_before_the_host_are_taken_out() -> None:
    assert link("https://bank.example@evil.example/x") == "https://evil.example/x"
    assert link("https://user:secret@ozero.example/") == "https://ozero.example/"


def test_a_link_cannot_leave_its_attribute() -> None:
    url = link("https://ozero.example/\"onmouseover='x'<b> y")

    assert url == "https://ozero.example/%22onmouseover=%27x%27%3Cb%3E%20y"


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://ozero.example/100%-sure", "https://ozero.example/100%25-sure"),
        ("https://ozero.example/%zz?a=5%", "https://ozero.example/%25zz?a=5%25"),
        ("https://ozero.example/%D0%9C%2f", "https://ozero.example/%D0%9C%2f"),
        ("https://ozero.example/a\u00a0b", "https://ozero.example/a%C2%A0b"),
        ("https://ozero.example/a\u3000b", "https://ozero.example/a%E3%80%80b"),
        ("https://us%65r:p@ozero.example/", "https://ozero.example/"),
    ],
)
def test_what_no_reader_of_addresses_takes_is_encoded(url: str, whole: str) -> None:
    assert link(url) == whole


@example('HTTP://"')
@given(url=st.text() | st.text().map(lambda rest: f"https://{rest}"))
def test_a_link_is_harmless_whatever_it_was(url: str) -> None:
    safe = link(url)

    assert safe == "" or safe.startswith(("http://", "https://"))
    assert not set(safe) & set("\"'<> \n\t\x1b")
    assert not any(c.isspace() for c in safe)
    assert not re.search("%(?![0-9A-Fa-f]{2})", safe)
    assert link(safe) == safe
