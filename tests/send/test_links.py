"""Signed addresses: what they say, and that nobody can say it but us."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.send.links import LASTS, Claim, Links
from tests.send.examples import NOW, delivery, notice

LINKS = Links(base="https://alerts.example.org/tocsin/", secret="s" * 24)
MAILED = delivery(recipient="desk@example.org")


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_to_silence_says_what_of_whom_and_until_when() -> None:
    url = LINKS.silence(notice(), MAILED)
    assert url.startswith("https://alerts.example.org/tocsin/links/silence/")
    found = LINKS.read("silence", token_of(url), NOW)
    assert found == Claim(
        purpose="silence",
        receiver="desk",
        recipient="desk@example.org",
        alert="alr_1",
        story="sto_1",
        rule="detained-fighters",
        expires=NOW.replace(microsecond=0) + LASTS,
    )
    assert url == LINKS.silence(notice(), MAILED)


def test_a_link_to_silence_ends_and_one_to_unsubscribe_does_not() -> None:
    silence = token_of(LINKS.silence(notice(), MAILED))
    unsubscribe = token_of(LINKS.unsubscribe(MAILED))
    later = NOW + LASTS + timedelta(days=400)
    assert "worked until 2020-08-05" in str(LINKS.read("silence", silence, later))
    found = LINKS.read("unsubscribe", unsubscribe, later)
    assert isinstance(found, Claim)
    assert found.who == "desk@example.org"


def test_a_link_is_for_one_thing() -> None:
    token = token_of(LINKS.unsubscribe(MAILED))
    assert LINKS.read("silence", token, NOW) == "the address is for something else"


def test_another_secret_reads_nothing_and_no_secret_is_shown() -> None:
    other = Links(base=LINKS.base, secret="t" * 24)
    token = token_of(LINKS.unsubscribe(MAILED))
    assert "not one of ours" in str(other.read("unsubscribe", token, NOW))
    assert "s" * 24 not in repr(LINKS)


@given(st.data())
def test_no_change_of_a_token_passes(data: st.DataObject) -> None:
    token = token_of(LINKS.silence(notice(), MAILED))
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(codec="ascii"))
    changed = token[:place] + letter + token[place + 1 :]
    found = LINKS.read("silence", changed, NOW)
    original = LINKS.read("silence", token, NOW)
    assert isinstance(found, str) or found == original


@given(st.text(max_size=200))
def test_no_text_whatever_is_a_token(text: str) -> None:
    assert isinstance(LINKS.read("silence", text, NOW), str)


@pytest.mark.parametrize("base", ["https://a.example", "https://a.example/"])
def test_a_slash_at_the_end_of_the_base_makes_no_difference(base: str) -> None:
    links = Links(base=base, secret="s" * 24)
    assert links.unsubscribe(MAILED).startswith("https://a.example/links/unsub")
