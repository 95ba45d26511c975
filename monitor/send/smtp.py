"""The email receiver: SMTP with STARTTLS, TLS, or neither; never "if possible"."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Literal

import aiosmtplib

from monitor.errors import InputRefused, Problem
from monitor.model import Body, Bundle, Delivery, Notice, Remark
from monitor.send import mail, render
from monitor.send.deliveries import Answer, Receipt, failed
from monitor.send.links import Links

Security = Literal["starttls", "tls", "none"]

_FOR_GOOD = 500
"""Answers from here on are not about this moment (RFC 5321, 4.2.1)."""
_TOO_LARGE = 552
_GOODBYE = 1.0
"""Seconds that QUIT may take; the message is accepted by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The mail server that takes the messages."""

    host: str
    port: int
    security: Security
    """`starttls` and `tls` refuse to go on without encryption."""
    username: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)
    """Which certificates are trusted; None: those that the system trusts."""
    timeout: timedelta = timedelta(seconds=30)
    """For the whole conversation."""

    @property
    def local(self) -> bool:
        """Whether it is on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChannel:
    """One mail receiver: a message for each of its recipients."""

    name: str
    sender: str
    recipients: tuple[str, ...]
    server: Server
    voices: Mapping[str, render.Voice] = field(default_factory=dict)
    """The language and time zone of a recipient; English and UTC for others."""
    links: Links | None = None
    """Where silences and unsubscriptions are taken; None: nowhere."""
    kind: str = field(init=False, default="email")

    def __post_init__(self) -> None:
        """Refuse addresses that mail cannot be sent to."""
        problems = list(self._bad_addresses())
        if problems:
            raise InputRefused(problems)

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render the message, headers included."""
        envelope = self._to(delivery, notice.at)
        if self.links is not None:
            silence = self.links.silence(notice, delivery)
            envelope = replace(envelope, silence=silence)
        return _message(mail.alert_message(notice, envelope))

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render several alerts as one message."""
        return _message(mail.bundle_message(bundle, self._to(delivery, bundle.at)))

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a message that says it is a test."""
        return _message(mail.ping_message(self.name, self._to(delivery, now)))

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render a message about Tocsin's own work."""
        return _message(mail.remark_message(remark, self._to(delivery, now)))

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """Hand the message to the server for one recipient.

        Where the connection breaks after the server has taken the message but
        before it said so, the message is sent again with the same Message-ID.
        """
        server = self.server
        if not self._writes_to(delivery.recipient):
            told = f"{delivery.recipient} is no longer among its recipients"
            return Receipt(outcome="permanent", problem=told)
        if server.username and server.security == "none" and not server.local:
            return failed(
                f"the password for {server.host} would cross the network in the"
                " clear; set security: starttls or tls"
            )
        client = self._client()
        try:
            async with asyncio.timeout(server.timeout.total_seconds()):
                with _explained():
                    answer = await self._hand_over(client, delivery, body)
        except TimeoutError:
            seconds = f"{server.timeout.total_seconds():g}"
            return failed(f"{server.host} did not finish within {seconds} s")
        except _Failure as failure:
            await _goodbye(client)
            return failure.receipt
        else:
            # Outside the time limit: nothing can make the message unsent now.
            await _goodbye(client)
            return Receipt(outcome="accepted", status="250", response=answer)
        finally:
            client.close()

    def _writes_to(self, recipient: str) -> bool:
        known = (one.casefold() for one in self.recipients)
        return recipient.casefold() in known

    async def _hand_over(
        self, client: aiosmtplib.SMTP, delivery: Delivery, body: Body
    ) -> str:
        await client.connect()
        _, answer = await client.sendmail(
            mail.ascii_address(self.sender),
            [mail.ascii_address(delivery.recipient)],
            body.content,
        )
        return render.line(answer, 1000)

    def _client(self) -> "_Client":
        server = self.server
        return _Client(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            # The machine's own name may take a slow DNS query and be unknown.
            local_hostname=mail.ascii_address(self.sender).rpartition("@")[2],
            timeout=server.timeout.total_seconds(),
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=server.context,
        )

    def _to(self, delivery: Delivery, date: datetime) -> mail.Envelope:
        return mail.Envelope(
            sender=self.sender,
            recipient=delivery.recipient,
            delivery_id=delivery.id,
            date=date,
            voice=self.voices.get(delivery.recipient, render.Voice()),
            unsubscribe=self.links.unsubscribe(delivery) if self.links else "",
        )

    def _bad_addresses(self) -> Iterator[Problem]:
        for where, address in (
            ("email.from", self.sender),
            *(("email.to", recipient) for recipient in self.recipients),
        ):
            try:
                mail.ascii_address(address)
            except ValueError as error:
                yield Problem(
                    where=f"receiver {self.name}",
                    field=where,
                    message=str(error),
                    mend="write it as name@example.org; the name in ASCII",
                )


class _Client(aiosmtplib.SMTP):
    """A connection that is over when it is closed.

    Closing TLS in asyncio waits up to 30 s for the server's own farewell
    (RFC 8446, 6.1), with the socket open, also after a refused login.
    """

    def close(self) -> None:
        """Say farewell and wait for no answer."""
        transport = self.transport
        super().close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    """End the conversation as servers expect it (RFC 5321, 4.1.1.10), if there is one."""
    if client.is_connected:
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=_GOODBYE)


# ── what the server's answers mean ───────────────────────────────────────────


class _Failure(Exception):
    """An attempt that failed, as a receipt."""

    def __init__(self, receipt: Receipt) -> None:
        self.receipt = receipt
        super().__init__(receipt.problem)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except aiosmtplib.SMTPRecipientsRefused as error:
        raise _Failure(_recipient(error)) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _Failure(_response(error)) from error
    except (aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected) as error:
        raise _Failure(failed(f"connection lost: {error}")) from error
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _Failure(failed(_mended(error))) from error


def _recipient(error: aiosmtplib.SMTPRecipientsRefused) -> Receipt:
    refused = error.recipients[0]
    return _answered(refused, f"{render.line(refused.recipient)} was refused")


def _response(error: aiosmtplib.SMTPResponseException) -> Receipt:
    match error:
        case aiosmtplib.SMTPAuthenticationError(code=code) if code < _FOR_GOOD:
            told = "the mail server cannot check logins now; look at its own log"
            return _answered(error, told, "temporary")
        case aiosmtplib.SMTPAuthenticationError():
            told = "the mail server refused the login; check username and password"
            return _answered(error, told, "temporary")
        case aiosmtplib.SMTPSenderRefused(code=code) if code != _TOO_LARGE:
            told = "the mail server refused the sender; check from and the login"
            return _answered(error, told, "temporary")
        case aiosmtplib.SMTPDataError() | aiosmtplib.SMTPSenderRefused():
            return _answered(error, "the mail server refused the message")
        case _:
            # A greeting, EHLO or STARTTLS that failed says nothing of the message.
            return _answered(error, "the mail server refused to talk", "temporary")


def _answered(
    error: aiosmtplib.SMTPResponseException, told: str, outcome: Answer | None = None
) -> Receipt:
    permanent = _FOR_GOOD <= error.code < 600  # noqa: PLR2004 - RFC 5321, 4.2.1
    answer = render.line(error.message, 1000)
    return Receipt(
        outcome=outcome or ("permanent" if permanent else "temporary"),
        status=str(error.code) if error.code > 0 else "",
        problem=f"{told} ({error.code} {render.line(answer, 200)})",
        response=answer,
    )


def _mended(error: Exception) -> str:
    told = render.line(str(error)) or type(error).__name__
    if "STARTTLS extension not supported" in told:
        return "the mail server offers no STARTTLS; try security: tls and its port"
    if "SMTP AUTH extension is not supported" in told:
        return "the mail server takes no login here; remove username, or use TLS"
    if "CERTIFICATE_VERIFY_FAILED" in told:
        return f"the mail server's certificate is not trusted: {told}; see ca_file"
    return told


def _message(content: bytes) -> Body:
    return Body(content_type="message/rfc822", content=content)
