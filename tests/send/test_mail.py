"""Mail messages, read back by an independent parser."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Kind, Notice
from monitor.send import mail, render
from tests.send.examples import HOSTILE, NOW, hostile_notice, notice

ENVELOPE = mail.Envelope(
    sender="tocsin@example.org",
    recipient="desk@example.org",
    delivery_id="dlv_1",
    date=NOW,
)
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"),
    *("Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "In-Reply-To"),
    *("References", "List-Id", "X-Tocsin-Rule", "X-Tocsin-Theme", "X-Tocsin-Severity"),
    *("X-Tocsin-Story", "X-Tocsin-Alert", "X-Tocsin-Sequence"),
}

ENCODED = (
    "=?utf-8?q?a=0D=0ABcc:_thief@example.net?=",
    "=?utf-8?q?a=0D=0A=0D=0ANothing_has_happened.?=",
    "=?utf-8?b?YQ0KQmNjOiB0aGllZkBleGFtcGxlLm5ldA==?= x",
    "=?utf-8?q?=00?= =?utf-8?q?",
)
"""Titles that would be another header, or the message's text, once they were decoded."""


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def titled(title: str) -> Notice:
    return replace(notice(), story=replace(notice().story, title=title))


def test_a_message_carries_the_headers_that_are_documented() -> None:
    message = read(mail.alert_message(notice(), ENVELOPE))

    assert set(message.keys()) == HEADERS
    assert message["From"] == "tocsin@example.org"
    assert message["To"] == "desk@example.org"
    assert message["Subject"] == render.subject(notice())
    assert parsedate_to_datetime(message["Date"]) == NOW.replace(microsecond=0)
    assert message["Message-ID"] == "<dlv_1@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<detained-fighters.tocsin.example.org>"
    assert message["X-Tocsin-Severity"] == "high"


def test_messages_about_one_alert_are_one_conversation() -> None:
    first = read(mail.alert_message(notice(), ENVELOPE))
    later = replace(ENVELOPE, delivery_id="dlv_2", date=NOW + timedelta(hours=3))
    update = read(mail.alert_message(notice(kind=Kind.UPDATE), later))

    for header in ("Subject", "References", "In-Reply-To"):
        assert first[header] == update[header]
    assert first["References"] == "<alr_1@example.org>"
    assert first["Message-ID"] != update["Message-ID"]


def test_text_comes_first_and_the_page_last() -> None:
    message = read(mail.alert_message(notice(), ENVELOPE))

    assert message.get_content_type() == "multipart/alternative"
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    contents = [part.get_content().replace("\r\n", "\n") for part in parts]
    assert contents == [render.text(notice()), render.html(notice())]


def test_the_same_notice_gives_the_same_bytes() -> None:
    once, twice = (mail.alert_message(notice(), ENVELOPE) for _ in range(2))

    assert once == twice


def test_a_hostile_title_makes_no_header() -> None:
    message = read(mail.alert_message(hostile_notice(), ENVELOPE))

    assert set(message.keys()) == HEADERS
    assert message["To"] == "desk@example.org"
    assert "Bcc: thief@example.net" in message["Subject"]


@pytest.mark.parametrize("title", ENCODED)
def test_an_encoded_title_is_not_decoded(title: str) -> None:
    made = titled(title)
    rule = replace(made.alert.rule, theme=title)
    made = replace(made, alert=replace(made.alert, rule=rule))
    message = read(mail.alert_message(made, ENVELOPE))

    assert set(message.keys()) == HEADERS
    assert message["Subject"] == render.subject(made)
    assert message["X-Tocsin-Theme"] == title
    assert message.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize(
    "made", [notice(), hostile_notice(), titled("Ж" * 5000), titled("x" * 5000)]
)
def test_lines_are_short_and_ascii_so_that_any_server_takes_them(
    made: Notice,
) -> None:
    content = mail.alert_message(made, ENVELOPE)

    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) < 998
    assert b"\n" not in content.replace(b"\r\n", b"")


@pytest.mark.parametrize("letter", ["Ж", "é", "字", "😀"])
def test_no_line_with_an_encoded_word_is_longer_than_it_may_be(letter: str) -> None:
    made = titled(letter * 90)
    rule = replace(made.alert.rule, theme=letter * 90)
    made = replace(made, alert=replace(made.alert, rule=rule))
    head, _, _ = mail.alert_message(made, ENVELOPE).partition(b"\r\n\r\n")
    encoded = [line for line in head.split(b"\r\n") if b"=?" in line]
    assert len(encoded) > 2
    assert max(map(len, encoded)) <= 76  # RFC 2047, 2
    assert read(head + b"\r\n\r\n")["Subject"] == render.subject(made)


@settings(max_examples=50)
@given(
    title=st.text(
        st.characters(codec="utf-8", categories=["L", "M", "N", "P", "S", "Zs"]),
        max_size=200,
    )
    | st.sampled_from([HOSTILE, *ENCODED, "00 0¡¡¡¡¡¡ ¡", "Ў" * 40 + " " + "ў" * 40])
)
def test_any_title_survives_the_way_through_the_header(title: str) -> None:
    message = read(mail.alert_message(titled(title), ENVELOPE))

    assert set(message.keys()) == HEADERS
    assert message["Subject"] == render.subject(titled(title))


def test_a_test_message_belongs_to_no_conversation() -> None:
    message = read(mail.ping_message("night", ENVELOPE))

    assert message["Subject"] == "Tocsin: test message for night"
    assert message["References"] is None
    body = message.get_body(("plain",))
    assert body is not None
    assert "Nothing has happened" in body.get_content()


def test_a_domain_beyond_ascii_is_written_as_idna() -> None:
    assert mail.ascii_address("desk@озеро.example") == "desk@xn--e1aducj.example"


@pytest.mark.parametrize(
    "address",
    [
        *("", "desk", "desk@", "@example.org", "дежурный@example.org"),
        *("a b@example.org", "a..b@example.org", "a.@example.org", "a[b@example.org"),
        *("desk(night)@example.org", "a:b@example.org", "a@example..org", "a@b.c."),
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an address"):
        mail.ascii_address(address)


def test_a_domain_that_means_two_is_refused() -> None:
    with pytest.raises(ValueError, match="write its domain as xn--"):
        mail.ascii_address("desk@straße.example")
    assert mail.ascii_address("desk@xn--strae-oqa.example")


def test_links_stand_in_the_headers_the_text_and_the_page() -> None:
    long = "https://alerts.example.org/links/unsubscribe/" + "x" * 300
    envelope = replace(ENVELOPE, unsubscribe=long, silence="https://a.example/s?a&b")
    raw = mail.alert_message(notice(), envelope)
    assert all(len(one) <= 998 for one in raw.split(b"\r\n"))
    message = read(raw)
    assert message["List-Unsubscribe"].strip() == f"<{long}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, page = (part.get_content() for part in message.iter_parts())
    text = text.replace("\r\n", "\n")
    assert f"\n{long}\n" in text
    assert "Silence this:\nhttps://a.example/s?a&b\n" in text
    assert 'href="https://a.example/s?a&amp;b"' in page


def test_one_click_is_only_offered_over_https() -> None:
    envelope = replace(ENVELOPE, unsubscribe="http://127.0.0.1/links/unsubscribe/x")
    message = read(mail.alert_message(notice(), envelope))
    assert message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] is None


def test_subjects_speak_the_recipient_s_language() -> None:
    german = replace(ENVELOPE, voice=render.Voice("de"))
    alert = read(mail.alert_message(notice(), german))
    assert alert["Subject"].startswith("[HOCH] Thirty-two detained near ")
    test = read(mail.ping_message("night", german))
    assert test["Subject"] == "Tocsin: Testnachricht für night"
    text, page = (part.get_content() for part in test.iter_parts())
    assert "Es ist nichts geschehen" in text
    assert '<html lang="de">' in page


def test_a_correction_says_in_any_language_what_it_corrects() -> None:
    made = notice(kind=Kind.CORRECTION)
    envelope = replace(ENVELOPE, voice=render.Voice("ru"))
    text = next(read(mail.alert_message(made, envelope)).iter_parts()).get_content()
    text = " ".join(text.split())
    assert "отзыв сообщения: an outlet takes its report back (retraction)" in text
