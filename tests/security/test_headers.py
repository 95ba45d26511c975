"""No text of a stranger becomes a header of its own, in mail or over HTTP."""

from dataclasses import replace
from email import message_from_bytes, policy

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.clock import SystemClock
from monitor.model import Notice
from monitor.send import mail
from monitor.send.templates import Form, Template
from monitor.send.webhook import WebhookChannel
from tests.send.examples import NOW, SECRET, delivery, notice

BREAKS = st.sampled_from(
    ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00"]
)
ATTACKS = st.lists(
    st.one_of(BREAKS, st.just("Bcc: thief@example.net"), st.text(max_size=20)),
    max_size=12,
).map("".join)
ENVELOPE = mail.Envelope(
    sender="tocsin@example.org",
    recipient="desk@example.org",
    delivery_id="dlv_1",
    date=NOW,
    silence="https://a.example/s",
    unsubscribe="https://a.example/u",
)


def attacking(text: str) -> Notice:
    found = notice()
    rule = replace(found.alert.rule, title=text, theme=text, tags=(text,))
    return replace(
        found,
        alert=replace(found.alert, rule=rule),
        story=replace(found.story, title=text, sources=(text,)),
    )


@given(ATTACKS)
@settings(max_examples=150, deadline=None)
def test_a_mail_has_the_headers_that_it_always_has(text: str) -> None:
    usual = message_from_bytes(mail.alert_message(notice(), ENVELOPE)).keys()
    raw = mail.alert_message(attacking(text), ENVELOPE)
    made = message_from_bytes(raw, policy=policy.default)
    assert sorted(made.keys()) == sorted(usual)
    assert made["To"] == "desk@example.org"
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"\nBcc" not in head
    assert head.isascii()


@given(ATTACKS)
@settings(max_examples=150, deadline=None)
def test_a_webhook_s_own_header_stays_one_line(text: str) -> None:
    form = Form(headers={"X-Title": Template("{{ data.story.title }}", "text")})
    to = WebhookChannel(
        name="desk",
        url="https://soc.example/",
        client=httpx.AsyncClient(),
        clock=SystemClock(),
        secrets=(SECRET,),
        form=form,
    )
    body = to.compose(attacking(text), delivery())
    headers = to.headers(delivery(), body)
    assert headers["x-title"].isascii()
    assert headers["x-title"].isprintable()
    built = httpx.Request("POST", to.url, headers=headers)
    assert [name for name in built.headers if name == "bcc"] == []
