"""The demo's webhook receiver and mail server, over real sockets."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest
from standardwebhooks import Webhook

from monitor.demo import receivers
from monitor.demo.receivers import Mail, MailReceiver, Received, WebhookReceiver

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = datetime(2020, 8, 5, 12, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class Sender:
    receiver: WebhookReceiver
    url: str
    client: httpx.AsyncClient

    async def send(
        self,
        identity: str,
        body: bytes = b'{"n": 1}',
        *,
        secret: str = SECRET,
        age: timedelta = timedelta(),
    ) -> int:
        """Send a message that an independent library has signed."""
        at = NOW - age
        signature = Webhook(secret).sign(identity, at, body.decode())
        headers = {
            "webhook-id": identity,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signature,
        }
        answer = await self.client.post(self.url, content=body, headers=headers)
        return answer.status_code


async def served(receiver: WebhookReceiver) -> AsyncIterator[Sender]:
    url = await receiver.start()
    try:
        async with httpx.AsyncClient() as client:
            yield Sender(receiver, url, client)
    finally:
        await receiver.stop()


@pytest.fixture
async def patient() -> AsyncIterator[Sender]:
    async for sender in served(
        WebhookReceiver(SECRET, busy_first=0, clock=FixedClock())
    ):
        yield sender


@pytest.fixture
async def moody() -> AsyncIterator[Sender]:
    async for sender in served(
        WebhookReceiver(SECRET, busy_first=2, clock=FixedClock())
    ):
        yield sender


# ── webhook ──────────────────────────────────────────────────────────────────


async def test_a_signed_message_is_accepted_and_kept(patient: Sender) -> None:
    body = json.dumps({"title": "Затрыманыя"}).encode()

    assert await patient.send("dlv_1", body) == 204

    kept = patient.receiver.messages["dlv_1"]
    assert kept.body == {"title": "Затрыманыя"}
    assert (kept.attempts, kept.at) == (1, NOW)
    assert patient.receiver.counts.verified == 1


async def test_a_message_that_comes_twice_is_kept_once(patient: Sender) -> None:
    statuses = [await patient.send("dlv_1"), await patient.send("dlv_1")]

    assert statuses == [204, 204]
    counts = patient.receiver.counts
    assert (counts.verified, counts.duplicates, counts.altered) == (1, 1, 0)


async def test_a_repeat_with_another_body_is_noticed(patient: Sender) -> None:
    await patient.send("dlv_1", b'{"n": 1}')
    await patient.send("dlv_1", b'{"n": 2}')

    assert patient.receiver.counts.altered == 1
    assert patient.receiver.messages["dlv_1"].body == {"n": 1}


async def test_another_secret_is_refused(patient: Sender) -> None:
    other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    assert await patient.send("dlv_1", secret=other) == 401
    assert patient.receiver.counts.bad == 1
    assert not patient.receiver.messages


async def test_an_old_message_is_refused(patient: Sender) -> None:
    assert await patient.send("dlv_1", age=timedelta(minutes=6)) == 401
    assert len(patient.receiver.problems) == 1


async def test_an_unsigned_message_is_refused(patient: Sender) -> None:
    assert (await patient.client.post(patient.url, content=b"{}")).status_code == 401


async def test_a_signed_body_that_is_no_json_is_refused(patient: Sender) -> None:
    assert await patient.send("dlv_1", b"<xml/>") == 400


async def test_a_body_beyond_the_limit_is_refused(patient: Sender) -> None:
    huge = b" " * (receivers.LARGEST_MESSAGE + 1)

    assert (await patient.client.post(patient.url, content=huge)).status_code == 413


async def test_the_first_messages_have_to_be_sent_again(moody: Sender) -> None:
    first = [await moody.send(name) for name in ("dlv_1", "dlv_2", "dlv_3")]
    second = [await moody.send(name) for name in ("dlv_1", "dlv_2")]

    assert first == [503, 503, 204]
    assert second == [204, 204]
    assert moody.receiver.counts.busy == 2
    assert [kept.attempts for kept in moody.receiver.messages.values()] == [1, 2, 2]


async def test_a_listener_hears_each_message_once() -> None:
    heard: list[Received] = []
    receiver = WebhookReceiver(
        SECRET, busy_first=1, clock=FixedClock(), on_message=heard.append
    )
    async for sender in served(receiver):
        for _ in range(3):
            await sender.send("dlv_1")

    assert [received.id for received in heard] == ["dlv_1"]


def test_a_secret_that_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        WebhookReceiver("secret")


# ── mail ─────────────────────────────────────────────────────────────────────


@dataclass
class Post:
    receiver: MailReceiver
    host: str
    port: int

    async def send(self, mail: EmailMessage) -> None:
        await aiosmtplib.send(
            mail, hostname=self.host, port=self.port, start_tls=False, timeout=5
        )

    async def talk(self, *lines: bytes) -> list[str]:
        """Send raw lines, one after the other's answer; return the codes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        answers = [(await reader.readline())[:3].decode()]
        for line in lines:
            writer.write(line + b"\r\n")
            answer = await reader.readline()
            while answer[3:4] == b"-":
                answer = await reader.readline()
            answers.append(answer[:3].decode())
        writer.close()
        await writer.wait_closed()
        return answers[1:]


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    receiver = MailReceiver()
    host, port = await receiver.start()
    yield Post(receiver, host, port)
    await receiver.stop()


def letter(text: str = "Three men.\n", number: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "tocsin@demo.example"
    mail["To"] = "desk@demo.example"
    mail["Subject"] = "Пад Мінскам затрыманыя"
    mail["Message-ID"] = f"<dlv_{number}@demo.example>"
    mail.set_content(text)
    return mail


async def test_a_mail_arrives_whole(post: Post) -> None:
    await post.send(letter())

    mail = post.receiver.messages[0]
    assert mail.sender == "tocsin@demo.example"
    assert mail.recipients == ("desk@demo.example",)
    assert mail.message["Subject"] == "Пад Мінскам затрыманыя"
    assert mail.message.get_content() == "Three men.\r\n"


async def test_lines_that_begin_with_a_dot_survive(post: Post) -> None:
    await post.send(letter(".\n..two\n.end\n"))

    text = post.receiver.messages[0].message.get_content()
    assert text.splitlines() == [".", "..two", ".end"]


async def test_a_connection_carries_several_mails(post: Post) -> None:
    client = aiosmtplib.SMTP(hostname=post.host, port=post.port, start_tls=False)
    async with client:
        await client.send_message(letter(number=1))
        await client.send_message(letter(number=2))

    found = [mail.message["Message-ID"] for mail in post.receiver.messages]
    assert found == ["<dlv_1@demo.example>", "<dlv_2@demo.example>"]
    assert post.receiver.duplicates == 0


async def test_a_mail_that_comes_again_is_counted(post: Post) -> None:
    await post.send(letter())
    await post.send(letter())

    assert post.receiver.duplicates == 1


async def test_a_listener_hears_of_each_mail() -> None:
    heard: list[Mail] = []
    receiver = MailReceiver(heard.append)
    host, port = await receiver.start()
    await Post(receiver, host, port).send(letter())
    await receiver.stop()

    assert heard == receiver.messages


async def test_a_mail_beyond_the_limit_is_refused_and_the_next_one_taken(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "LARGEST_MESSAGE", 600)
    client = aiosmtplib.SMTP(hostname=post.host, port=post.port, start_tls=False)
    async with client:
        # The size is not announced, so that the server has to count by itself.
        await client.mail("a@demo.example", encoding="utf-8")
        await client.rcpt("b@demo.example")
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await client.data(b"x" * 500 + b"\r\n" + b"y" * 500)
        await client.send_message(letter())

    assert refused.value.code == 552
    assert len(post.receiver.messages) == 1


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([b"RCPT TO:<a@demo.example>"], "503"),
        ([b"DATA"], "503"),
        ([b"MAIL a@demo.example"], "501"),
        ([b"MAIL FROM:<a@demo.example>", b"RCPT TO:nobody"], "501"),
        ([b"MAIL FROM:<a@demo.example>", b"MAIL FROM:<b@demo.example>"], "503"),
        ([b"MAIL FROM:<a@demo.example>", b"DATA"], "503"),
        ([b"MAIL FROM:<a@demo.example>", b"RSET", b"RCPT TO:<b@demo.example>"], "503"),
        ([b"STARTTLS"], "502"),
        ([b"NOOP"], "250"),
        ([b"HELO there"], "250"),
        ([b"ehlo there"], "250"),
        ([b"\xff\xfe"], "502"),
        ([b"QUIT"], "221"),
    ],
)
async def test_an_answer_fits_what_was_said(
    post: Post, lines: list[bytes], code: str
) -> None:
    assert (await post.talk(*lines))[-1] == code


async def test_there_is_an_end_to_recipients(post: Post) -> None:
    many = [b"RCPT TO:<a@demo.example>"] * (receivers.MOST_RECIPIENTS + 1)

    answers = await post.talk(b"MAIL FROM:<>", *many)

    assert answers[-2:] == ["250", "452"]


async def test_a_full_mailbox_says_so(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "MOST_MESSAGES", 1)
    await post.send(letter(number=1))

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await post.send(letter(number=2))

    assert refused.value.code == 452


async def test_an_endless_line_ends_the_connection_and_nothing_else(
    post: Post,
) -> None:
    reader, writer = await asyncio.open_connection(post.host, post.port)
    await reader.readline()
    writer.write(b"x" * (receivers.LONGEST_LINE * 4))
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()

    await post.send(letter())
    assert len(post.receiver.messages) == 1


async def test_a_mail_that_breaks_off_is_not_kept(post: Post) -> None:
    reader, writer = await asyncio.open_connection(post.host, post.port)
    writer.write(b"MAIL FROM:<a@d.example>\r\nRCPT TO:<b@d.example>\r\nDATA\r\nhalf")
    for _ in range(4):
        await reader.readline()
    writer.close()
    await writer.wait_closed()

    await post.send(letter())
    assert [mail.sender for mail in post.receiver.messages] == ["tocsin@demo.example"]


async def test_a_receiver_stops_while_a_client_is_connected() -> None:
    receiver = MailReceiver()
    host, port = await receiver.start()
    reader, writer = await asyncio.open_connection(host, port)
    await reader.readline()

    await receiver.stop()

    assert await reader.read() == b""
    writer.close()
