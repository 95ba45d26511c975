"""Receivers on loopback that answer as a test tells them to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANG = b"<hang>"


@dataclass
class Request:
    """One request that a webhook server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebhookServer:
    """Answers each request with the next of its answers; the last repeats.

    An answer is the raw bytes of a response; `HANG` at its end keeps the
    connection open without another word.
    """

    answers: list[bytes]
    port: int = 0
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=t0p"

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        pairs = dict(line.split(": ", 1) for line in lines)
        exact = {name.lower(): value for name, value in pairs.items()}
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append(Request(method, path, exact, body))
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        writer.write(answer.removesuffix(HANG))
        await writer.drain()
        if answer.endswith(HANG):
            await reader.read()
        writer.close()
        await writer.wait_closed()


def answer(status: str, *headers: str, body: str = "") -> bytes:
    """Return a raw response."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@asynccontextmanager
async def webhook_server(
    *answers: bytes, tls: ssl.SSLContext | None = None
) -> AsyncIterator[WebhookServer]:
    """Run a webhook receiver."""
    receiver = WebhookServer(list(answers))
    async with _listening(receiver.serve, tls) as receiver.port:
        yield receiver


@dataclass
class Mailbox:
    """An SMTP server that keeps what it accepts, and refuses what a test says."""

    refuse: dict[str, str] = field(default_factory=dict)
    """Answers by command: `MAIL`, `RCPT`, `DATA`."""
    drop_after_data: bool = False
    """Take the message, then close without an answer."""
    port: int = 0
    messages: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    goodbyes: int = 0

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's hook
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        del server, session
        if refusal := self.refuse.get("MAIL"):
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's hook
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        del server, session, options
        if refusal := self.refuse.get("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's hook
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if refusal := self.refuse.get("DATA"):
            return refusal
        self.messages.append(envelope)
        self.encrypted.append(session.ssl is not None or tls_of(server))
        if self.drop_after_data:
            _abort(server)
        return "250 queued as 1"

    async def handle_QUIT(  # noqa: N802 - aiosmtpd's hook
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        del server, session, envelope
        self.goodbyes += 1
        return "221 Bye"


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


def tls_of(server: SMTP) -> bool:
    """Whether the connection is encrypted from its beginning."""
    transport = server.transport
    return transport is not None and transport.get_extra_info("sslcontext") is not None


def knows(username: str, password: str) -> Callable[..., AuthResult]:
    """Return an authenticator that lets one user in."""

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        del server, session, envelope, mechanism
        right = isinstance(data, LoginPassword) and (
            data.login == username.encode() and data.password == password.encode()
        )
        return AuthResult(success=right, handled=False)

    return authenticate


@asynccontextmanager
async def smtp_server(
    mailbox: Mailbox, *, tls: ssl.SSLContext | None = None, **options: object
) -> AsyncIterator[Mailbox]:
    """Run an SMTP server; `tls` encrypts from the first byte."""
    loop = asyncio.get_running_loop()
    protocols: list[SMTP] = []

    def protocol() -> SMTP:
        made = SMTP(mailbox, loop=loop, hostname="mail.test", **options)  # type: ignore[arg-type] # passed on
        protocols.append(made)
        return made

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        for made in protocols:
            _abort(made)
        await server.wait_closed()
        await asyncio.sleep(0)


@asynccontextmanager
async def raw_server(*replies: bytes) -> AsyncIterator[int]:
    """Run a server that answers each line with the next reply; yields its port.

    The first reply is the greeting. After the last one it says nothing more.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for reply in replies:
            writer.write(reply)
            await writer.drain()
            await reader.readline()
        await reader.read()

    async with _listening(serve) as port:
        yield port


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _listening(
    serve: Serve, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serve on a free port; at the end every connection is closed and awaited."""
    running: list[tuple[asyncio.Task[None] | None, asyncio.StreamWriter]] = []

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        running.append((asyncio.current_task(), writer))
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task, writer in running:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)
