"""The email receiver against real SMTP servers on loopback."""

import asyncio
import os
import socket
import ssl
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, Envelope

from monitor.errors import InputRefused
from monitor.model import Body
from monitor.send.smtp import EmailChannel, Security, Server
from tests.send.examples import delivery, hostile_notice, notice
from tests.send.servers import Mailbox, knows, raw_server, smtp_server

DELIVERY = delivery(recipient="desk@example.org")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def certified(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def channel(port: int, security: Security = "none", **server: object) -> EmailChannel:
    base = Server(
        host="127.0.0.1",
        port=port,
        security=security,
        timeout=timedelta(seconds=5),
    )
    return EmailChannel(
        name="night",
        sender="tocsin@example.org",
        recipients=("desk@example.org",),
        server=replace(base, **server),  # type: ignore[arg-type] # any field by name
    )


def arrived(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content, policy=policy.default)


def composed(to: EmailChannel) -> Body:
    return to.compose(notice(), DELIVERY)


async def test_a_message_arrives_byte_for_byte_as_it_was_stored() -> None:
    async with smtp_server(Mailbox()) as mailbox:
        to = channel(mailbox.port)
        body = composed(to)

        receipt = await to.send(DELIVERY, body)

    assert (receipt.outcome, receipt.status) == ("accepted", "250")
    assert receipt.response == "queued as 1"
    [envelope] = mailbox.messages
    assert envelope.mail_from == "tocsin@example.org"
    assert envelope.rcpt_tos == ["desk@example.org"]
    assert envelope.content == body.content


async def test_starttls_encrypts_before_the_message(
    certified: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with smtp_server(
        Mailbox(), tls_context=certified, require_starttls=True
    ) as mailbox:
        to = channel(mailbox.port, "starttls", context=trusting)
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "accepted"
    assert mailbox.encrypted == [True]


async def test_tls_encrypts_from_the_first_byte(
    certified: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with smtp_server(Mailbox(), tls=certified) as mailbox:
        to = channel(mailbox.port, "tls", context=trusting)
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "accepted"
    assert mailbox.encrypted == [True]


async def test_starttls_never_falls_back_to_clear_text(
    trusting: ssl.SSLContext,
) -> None:
    async with smtp_server(Mailbox()) as mailbox:
        to = channel(mailbox.port, "starttls", context=trusting)
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "temporary"
    assert "offers no STARTTLS" in receipt.problem
    assert mailbox.messages == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_trusts_stops_the_message(
    certified: ssl.SSLContext, security: Security
) -> None:
    implicit = certified if security == "tls" else None
    upgrade = certified if security == "starttls" else None
    async with smtp_server(Mailbox(), tls=implicit, tls_context=upgrade) as mailbox:
        to = channel(mailbox.port, security, context=ssl.create_default_context())
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "temporary"
    assert "certificate is not trusted" in receipt.problem
    assert mailbox.messages == []


async def test_security_none_stays_in_the_clear_whatever_is_offered(
    certified: ssl.SSLContext,
) -> None:
    async with smtp_server(Mailbox(), tls_context=certified) as mailbox:
        to = channel(mailbox.port, "none")
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "accepted"
    assert mailbox.encrypted == [False]


async def test_a_login_is_made_over_tls(
    certified: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with smtp_server(
        Mailbox(),
        tls_context=certified,
        authenticator=knows("t", "right"),
        auth_required=True,
    ) as mailbox:
        to = channel(
            mailbox.port,
            "starttls",
            context=trusting,
            username="t",
            password="right",
        )
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "accepted"


async def test_a_wrong_password_is_temporary_because_a_person_mends_it(
    certified: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with smtp_server(
        Mailbox(),
        tls_context=certified,
        authenticator=knows("t", "right"),
        auth_required=True,
    ) as mailbox:
        to = channel(
            mailbox.port,
            "starttls",
            context=trusting,
            username="t",
            password="wrong-horse",
        )
        receipt = await to.send(DELIVERY, composed(to))

    assert (receipt.outcome, receipt.status) == ("temporary", "535")
    assert "check username and password" in receipt.problem
    assert "wrong-horse" not in receipt.problem + repr(to)


async def test_a_server_that_cannot_check_logins_is_no_wrong_password(
    certified: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    def out_of_order(*_: object) -> AuthResult:
        told = "454 4.7.0 Temporary authentication failure"
        return AuthResult(success=False, handled=False, message=told)

    async with smtp_server(
        Mailbox(),
        tls_context=certified,
        authenticator=out_of_order,
        auth_required=True,
    ) as mailbox:
        to = channel(
            mailbox.port,
            "starttls",
            context=trusting,
            username="t",
            password="right",
        )
        receipt = await to.send(DELIVERY, composed(to))

    assert (receipt.outcome, receipt.status) == ("temporary", "454")
    assert "cannot check logins now" in receipt.problem
    assert "password" not in receipt.problem


async def test_a_password_never_crosses_the_network_in_the_clear() -> None:
    to = channel(25, host="mail.example.org", username="t", password="p")

    receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "temporary"
    assert "set security: starttls or tls" in receipt.problem


@pytest.mark.parametrize(
    ("command", "refusal", "outcome", "told"),
    [
        ("RCPT", "550 5.1.1 no such user", "permanent", "desk@example.org was refused"),
        ("RCPT", "451 4.7.1 greylisted", "temporary", "desk@example.org was refused"),
        ("RCPT", "421 4.3.2 closing", "temporary", ""),
        ("DATA", "554 5.7.1 looks like spam", "permanent", "refused the message"),
        ("DATA", "452 4.3.1 disk full", "temporary", "refused the message"),
        ("MAIL", "552 5.3.4 too large", "permanent", "refused the message"),
        ("MAIL", "550 5.7.1 not your address", "temporary", "refused the sender"),
        ("MAIL", "451 4.3.0 later", "temporary", "refused the sender"),
    ],
)
async def test_answers_are_judged_by_their_code(
    command: str, refusal: str, outcome: str, told: str
) -> None:
    async with smtp_server(Mailbox(refuse={command: refusal})) as mailbox:
        to = channel(mailbox.port)
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == outcome
    assert told in receipt.problem
    assert refusal[:3] in receipt.problem
    assert receipt.status == refusal[:3]
    assert receipt.response == refusal[4:]
    assert mailbox.goodbyes == (0 if refusal.startswith("421") else 1)


async def test_a_connection_lost_after_data_repeats_the_same_message() -> None:
    async with smtp_server(Mailbox(drop_after_data=True)) as mailbox:
        to = channel(mailbox.port)
        body = composed(to)
        first = await to.send(DELIVERY, body)
        mailbox.drop_after_data = False
        second = await to.send(replace(DELIVERY, attempts=1), body)

    assert first.outcome == "temporary"
    assert "connection lost" in first.problem
    assert second.outcome == "accepted"
    ids = {arrived(envelope)["Message-ID"] for envelope in mailbox.messages}
    assert len(mailbox.messages) == 2
    assert ids == {"<dlv_0123456789@example.org>"}


async def test_a_server_that_hangs_is_left_after_the_time_limit() -> None:
    async with raw_server(b"220 mail.test\r\n") as port:
        to = channel(port, timeout=timedelta(seconds=0.2))
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "temporary"
    assert receipt.status == ""


async def test_a_server_that_stops_within_an_answer_is_left_likewise() -> None:
    async with raw_server(b"220 mail.test\r\n", b"250-mail.test\r\n") as port:
        to = channel(port, timeout=timedelta(seconds=0.2))
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "temporary"


async def test_a_server_that_hangs_at_quit_has_the_message_all_the_same() -> None:
    steps = [
        b"220 mail.test\r\n",
        b"250 mail.test\r\n",
        b"250 ok\r\n",
        b"250 ok\r\n",
        b"354 go on\r\n",
    ]
    body = Body(content_type="message/rfc822", content=b"one line")
    async with raw_server(*steps, b"250 queued\r\n") as port:
        to = channel(port)
        receipt = await to.send(DELIVERY, body)

    assert (receipt.outcome, receipt.response) == ("accepted", "queued")


async def test_a_server_that_does_not_end_tls_leaves_no_open_connection(
    certified: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = asyncio.create_task(
            asyncio.to_thread(_refuse_and_wait, listening, certified)
        )
        to = channel(listening.getsockname()[1], "tls", context=trusting)
        receipt = await to.send(DELIVERY, composed(to))

        assert receipt.outcome == "temporary"
        assert await ended, "the connection was still open after 10 s"


def _refuse_and_wait(listening: socket.socket, context: ssl.SSLContext) -> bool:
    """Turn a client away over TLS, never end TLS, and tell whether it has hung up."""
    connection, _ = listening.accept()
    with context.wrap_socket(connection, server_side=True) as encrypted:
        encrypted.sendall(b"554 no service here\r\n")
        with socket.socket(fileno=os.dup(encrypted.fileno())) as bare:
            bare.settimeout(10)
            try:
                while bare.recv(4096):
                    pass
            except ConnectionResetError:
                return True
            except TimeoutError:
                return False
    return True


@pytest.mark.parametrize("greeting", [b"554 no service here\r\n", b"421 too busy\r\n"])
async def test_a_server_that_turns_us_away_may_take_the_message_later(
    greeting: bytes,
) -> None:
    async with raw_server(greeting) as port:
        to = channel(port)
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "temporary"
    assert greeting[:3].decode() in receipt.problem


async def test_a_server_that_is_no_mail_server_is_a_temporary_failure() -> None:
    async with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        to = channel(port)
        receipt = await to.send(DELIVERY, composed(to))

    assert receipt.outcome == "temporary"
    assert receipt.problem


async def test_nobody_listening_is_a_temporary_failure() -> None:
    async with smtp_server(Mailbox()) as mailbox:
        port = mailbox.port
    to = channel(port)

    receipt = await to.send(DELIVERY, composed(to))

    assert (receipt.outcome, receipt.status) == ("temporary", "")
    assert str(port) in receipt.problem


async def test_a_hostile_title_adds_no_header_and_no_recipient() -> None:
    async with smtp_server(Mailbox()) as mailbox:
        to = channel(mailbox.port)
        await to.send(DELIVERY, to.compose(hostile_notice(), DELIVERY))

    [envelope] = mailbox.messages
    message = arrived(envelope)
    assert envelope.rcpt_tos == ["desk@example.org"]
    assert message["Bcc"] is None
    assert message.defects == []


async def test_nobody_is_written_to_who_is_no_longer_a_recipient() -> None:
    async with smtp_server(Mailbox()) as mailbox:
        to = channel(mailbox.port)
        body = composed(to)
        left = replace(to, recipients=("night@example.org", "DESK@example.org"))
        assert (await left.send(DELIVERY, body)).outcome == "accepted"
        gone = replace(to, recipients=("night@example.org",))
        receipt = await gone.send(DELIVERY, body)
    assert receipt.outcome == "permanent"
    assert receipt.problem == "desk@example.org is no longer among its recipients"
    assert len(mailbox.messages) == 1


async def test_a_test_message_says_that_it_is_one() -> None:
    async with smtp_server(Mailbox()) as mailbox:
        to = channel(mailbox.port)
        receipt = await to.send(DELIVERY, to.compose_test(DELIVERY, DELIVERY.due))

    assert receipt.outcome == "accepted"
    [envelope] = mailbox.messages
    message = arrived(envelope)
    assert message["Subject"] == "Tocsin: test message for night"


def test_addresses_that_mail_cannot_be_sent_to_are_refused_all_at_once() -> None:
    with pytest.raises(InputRefused) as refused:
        EmailChannel(
            name="night",
            sender="tocsin",
            recipients=("дежурный@example.org", "a@b@c\r\nBcc: x@example.org"),
            server=Server(host="localhost", port=25, security="none"),
        )

    fields = [problem.field for problem in refused.value.problems]
    assert fields == ["email.from", "email.to", "email.to"]
