"""What strangers send: each feed fails alone, with a reason; the rest goes on."""

import gzip
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.acceptance.harness import (
    SECRET,
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
    rss,
    wait_for,
)

GOOD = Entry("33 fighters detained near Minsk", "Armed men in a sanatorium.")
XML = {"Content_Type": "application/rss+xml"}
BOMB = gzip.compress(b"<rss>" + b" " * 60_000_000)
LONG_LINE = b"<rss version='2.0'><channel><title>" + b"x" * 8_000_000 + b"</title>"
RAW = {
    "/html": (
        200,
        b"<html><title>Sign in</title></html>",
        {"Content_Type": "text/html"},
    ),
    "/empty": (200, b"", XML),
    "/bomb": (200, BOMB, XML | {"Content_Encoding": "gzip"}),
    "/line": (200, LONG_LINE, XML),
    "/metadata": (302, b"", {"Location": "http://169.254.169.254/latest"}),
    "/loop": (302, b"", {"Location": "/loop"}),
    "/file": (302, b"", {"Location": "file:///etc/passwd"}),
    "/gone": (410, b"", {}),
    "/busy": (503, b"", {"Retry_After": "3600"}),
    "/entities": (
        200,
        (
            b"<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
            b"<rss version='2.0'><channel><title>&a;</title></channel></rss>"
        ),
        XML,
    ),
}
SAID = {
    "/html": "Sign in",
    "/empty": "empty",
    "/bomb": "10",
    "/metadata": "169.254.169.254",
    "/loop": "redirect",
    "/file": "file",
    "/gone": "410",
    "/busy": "503",
}


def test_every_bad_feed_is_reported_and_the_good_one_is_alerted(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.raw = dict(RAW)
    feeds.entries["/good"] = [GOOD]
    tocsin.write([feeds.url(path) for path in [*RAW, "/good"]], webhook.url)

    result = tocsin.json("once")

    assert webhook.titles() == [GOOD.title]
    assert result["deliveries"] == {"delivered": 1}
    rows = {row["feed"]["url"]: row["state"] for row in tocsin.json("feeds", "list")}
    problems = {path: rows[feeds.url(path)]["problem"] for path in SAID}
    assert {path for path, said in SAID.items() if said not in problems[path]} == set()
    assert "passwd:" not in str(rows)
    assert "root:" not in str(tocsin.json("items", "search", "title:r*o*t OR root"))


@pytest.mark.parametrize(
    ("status", "state"),
    [(302, "pending"), (410, "dead"), (429, "pending"), (500, "pending")],
)
def test_what_a_webhook_may_answer(
    status: int,
    state: str,
    feeds: FeedServer,
    webhook: WebhookServer,
    tocsin: Installation,
) -> None:
    webhook.always = status
    webhook.headers = {"Location": "http://127.0.0.1:1/", "Retry_After": "7200"}
    feeds.entries["/a"] = [GOOD]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.json("once")

    (delivery,) = tocsin.json("deliveries", "list")

    assert (delivery["state"], delivery["status"]) == (state, str(status))
    assert len(webhook.attempts) == 1


HOSTILE = "Detained near Minsk <script>alert(1)</script>\u202egnp.exe\x1b[31m"


def test_a_hostile_title_is_text_in_the_webhook_the_mail_and_the_terminal(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.raw["/a"] = (
        200,
        rss("/a", [Entry("TITLE", "x")]).replace(
            b"TITLE",
            "Detained near Minsk &lt;script&gt;alert(1)&lt;/script&gt;\u202egnp.exe"
            "&#10;Bcc: x@example.org".encode(),
        ),
        XML,
    )
    with mailbox() as (port, mails):
        smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
        mail = {"to": ["a@example.org"], "from": "t@example.org", "smtp": smtp}
        hook = {
            "url": webhook.url,
            "secret": SECRET,
            "allow_networks": ["127.0.0.0/8"],
        }
        tocsin.write(
            [feeds.url("/a")],
            receivers=[
                {"name": "hook", "webhook": hook},
                {"name": "mail", "email": mail},
                {"name": "terminal", "console": {}},
            ],
            route={
                "receiver": "hook",
                "routes": [
                    {"receiver": "hook", "continue": True},
                    {"receiver": "mail", "continue": True},
                    {"receiver": "terminal"},
                ],
            },
        )
        printed = tocsin.command("once")
        (mail_bytes,) = wait_for(lambda: mails, "the mail arrives")

    message = message_from_bytes(mail_bytes, policy=policy.default)
    assert isinstance(message, EmailMessage)
    html = message.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content().lower()
    assert message["Bcc"] is None
    assert message["To"] == "a@example.org"
    for text in (printed, str(message["Subject"]), webhook.titles()[0]):
        assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e]", text)


@contextmanager
def mailbox() -> Iterator[tuple[int, list[bytes]]]:
    """Run an SMTP server; yield its port and what it has taken."""
    taken: list[bytes] = []

    class Handler:
        async def handle_DATA(  # noqa: N802 - aiosmtpd's name
            self, server: SMTP, session: Session, envelope: Envelope
        ) -> str:
            assert isinstance(envelope.content, bytes)
            taken.append(envelope.content)
            return "250 taken"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, taken
    finally:
        controller.stop()


def test_updates_of_a_story_stay_in_one_thread(
    feeds: FeedServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = [GOOD]
    feeds.entries["/b"] = []
    with mailbox() as (port, mails):
        smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
        to = ["a@example.org", "b@example.org"]
        mail = {"to": to, "from": "t@example.org", "smtp": smtp}
        tocsin.write(
            [feeds.url("/a"), feeds.url("/b")],
            receivers=[{"name": "mail", "email": mail}],
        )
        pack = tocsin.folder / "rules" / "test.yaml"
        pack.write_text(
            pack.read_text().replace(
                "severity: high", "severity: high\n    updates: report"
            )
        )
        tocsin.command("once")
        feeds.entries["/b"] = [
            Entry(GOOD.title, GOOD.summary + " All are Russians.", guid="b")
        ]
        tocsin.command("once")

    messages = [message_from_bytes(mail, policy=policy.default) for mail in mails]
    first = [m for m in messages if m["To"] == "a@example.org"]
    assert len(messages) == 4
    assert len({m["Message-ID"] for m in messages}) == 4
    assert len({m["Subject"] for m in first}) == 1
    assert len({m["References"] for m in first}) == 1


def test_a_broken_configuration_is_all_its_problems_and_status_2(
    tocsin: Installation,
) -> None:
    tocsin.write([])
    tocsin.config.write_text("stoer: {}\nrules: [rules]\ncollect: {every: 5}\n")
    (tocsin.folder / "rules" / "test.yaml").write_text("version: 1\ntheme: [\n")

    said = tocsin.command("check", status=2)

    assert "did you mean store?" in said
    assert "30s, 15m" in said
    assert "test.yaml" in said
    assert "Traceback" not in said
