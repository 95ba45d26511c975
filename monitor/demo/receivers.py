"""The demo's ends of the line: a webhook that verifies, and a mail server."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.clock import Clock, SystemClock
from monitor.demo.loopback import HOST, LoopbackServer
from monitor.send import signatures

LARGEST_MESSAGE = 1024 * 1024
"""Bytes; more is refused."""
MOST_MESSAGES = 10_000
"""Kept by either receiver; more is refused."""
LONGEST_LINE = 16 * 1024
"""Bytes of one line of SMTP."""
MOST_RECIPIENTS = 100
"""Of one mail (RFC 5321, 4.5.3.1.8)."""
PATIENCE = 30.0
"""Seconds that an SMTP client may be silent."""


# ── webhook ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A verified webhook message."""

    id: str
    """Its `webhook-id`."""
    at: datetime
    """When it was accepted, by the receiver's clock."""
    attempts: int
    """How many attempts it took, this one included."""
    body: dict[str, Any]


@dataclass(slots=True)
class WebhookCounts:
    """What became of the requests so far."""

    requests: int = 0
    verified: int = 0
    """Messages accepted, each counted once."""
    duplicates: int = 0
    """Requests that brought an accepted message again."""
    altered: int = 0
    """Of the duplicates, those whose body had changed."""
    bad: int = 0
    """Requests whose signature, age or body was wrong."""
    busy: int = 0
    """Requests answered 503."""


class WebhookReceiver:
    """Accepts signed messages on loopback, as a careful receiver would.

    Attempts for the first `busy_first` messages are answered 503 once each, so
    that the sender has to try again.
    """

    def __init__(
        self,
        secret: str,
        *,
        busy_first: int = 3,
        clock: Clock | None = None,
        tolerance: timedelta = signatures.TOLERANCE,
        on_message: Callable[[Received], None] | None = None,
    ) -> None:
        """Verify with `secret` (`whsec_...`), against `clock`: real time by default."""
        signatures.read_secret(secret)
        self.messages: dict[str, Received] = {}
        self.counts = WebhookCounts()
        self.problems: list[str] = []
        """Why requests were bad; the first 100."""
        self._secret = secret
        self._busy_first = busy_first
        self._clock = clock or SystemClock()
        self._tolerance = tolerance
        self._on_message = on_message
        self._attempts: dict[str, int] = {}
        self._digests: dict[str, bytes] = {}
        app = Starlette(routes=[Route("/hook", self._hook, methods=["POST"])])
        self._server = LoopbackServer(app)

    async def start(self, port: int = 0) -> str:
        """Listen and return the webhook's address."""
        return f"{await self._server.start(port)}/hook"

    async def stop(self) -> None:
        """Stop listening; what was received stays."""
        await self._server.stop()

    async def _hook(self, request: Request) -> Response:
        self.counts.requests += 1
        body = await _bounded(request)
        if body is None:
            return self._refuse("it is too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        seen = signatures.verify(
            request.headers, body, [self._secret], self._clock.now(), self._tolerance
        )
        if isinstance(seen, signatures.Unverified):
            return self._refuse(seen.detail, HTTPStatus.UNAUTHORIZED)
        return self._take(seen.id, body)

    def _refuse(self, why: str, status: HTTPStatus) -> Response:
        self.counts.bad += 1
        if len(self.problems) < 100:  # noqa: PLR2004 - said in the docstring
            self.problems.append(why)
        return Response(f"{why}\n", status)

    def _take(self, identity: str, body: bytes) -> Response:
        digest = hashlib.sha256(body).digest()
        if identity in self.messages:
            self.counts.duplicates += 1
            self.counts.altered += digest != self._digests[identity]
            return Response(status_code=HTTPStatus.NO_CONTENT)
        if len(self.messages) >= MOST_MESSAGES or self._is_busy(identity):
            self.counts.busy += 1
            return Response("try again\n", HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            content = json.loads(body)
        except ValueError:
            return self._refuse("the body is not JSON", HTTPStatus.BAD_REQUEST)
        self._accept(identity, digest, content)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _is_busy(self, identity: str) -> bool:
        number = self._attempts.get(identity, 0) + 1
        self._attempts[identity] = number
        return number == 1 and len(self._attempts) <= self._busy_first

    def _accept(self, identity: str, digest: bytes, content: dict[str, Any]) -> None:
        self.counts.verified += 1
        self._digests[identity] = digest
        received = Received(
            id=identity,
            at=self._clock.now(),
            attempts=self._attempts[identity],
            body=content,
        )
        self.messages[identity] = received
        if self._on_message is not None:
            self._on_message(received)


async def _bounded(request: Request) -> bytes | None:
    """Return the body; None when it exceeds the limit."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_MESSAGE:
            return None
    return bytes(body)


# ── mail ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One accepted mail: its envelope, and its bytes as they came."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.content, policy=policy.default)


class MailReceiver:
    """A small SMTP server on loopback: enough of RFC 5321 to take mail in.

    It offers no TLS and asks for no password.
    """

    def __init__(self, on_mail: Callable[[Mail], None] | None = None) -> None:
        """Prepare; nothing listens yet."""
        self.messages: list[Mail] = []
        self._on_mail = on_mail
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def duplicates(self) -> int:
        """How many mails came again: same Message-ID, same recipients."""
        known = {
            (mail.message["Message-ID"], mail.recipients) for mail in self.messages
        }
        return len(self.messages) - len(known)

    async def start(self, port: int = 0) -> tuple[str, int]:
        """Listen and return host and port; 0 takes any free port."""
        self._server = await asyncio.start_server(
            self._serve, HOST, port, limit=LONGEST_LINE
        )
        return HOST, self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every connection and stop listening; what was received stays."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._open):
            writer.close()
        await self._server.wait_closed()
        self._server = None

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._open.add(writer)
        try:
            await _Conversation(reader, writer, self._deliver).run()
        except (OSError, ValueError, TimeoutError):
            # The client went away, fell silent or sent an endless line.
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    def _deliver(self, mail: Mail) -> bool:
        if len(self.messages) >= MOST_MESSAGES:
            return False
        self.messages.append(mail)
        if self._on_mail is not None:
            self._on_mail(mail)
        return True


@dataclass(slots=True)
class _Conversation:
    """One SMTP session."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    deliver: Callable[[Mail], bool]
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)

    async def run(self) -> None:
        await self._say("220 tocsin-demo.example ready")
        while line := await self._line():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                await self._say("221 goodbye")
                return
            if verb.upper() == "DATA":
                await self._data()
            else:
                await self._say(self._answer(verb.upper(), rest))

    async def _line(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readline()

    async def _say(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()

    def _answer(self, verb: str, rest: str) -> str:
        match verb:
            case "EHLO":
                self._reset()
                size = f"250-SIZE {LARGEST_MESSAGE}"
                return (
                    f"250-tocsin-demo.example\r\n{size}\r\n250-8BITMIME\r\n250 SMTPUTF8"
                )
            case "HELO" | "RSET" | "NOOP":
                if verb != "NOOP":
                    self._reset()
                return "250 all right"
            case "MAIL":
                return self._mail(rest)
            case "RCPT":
                return self._rcpt(rest)
            case _:
                return "502 not a command of this server"

    def _reset(self) -> None:
        self.sender = None
        self.recipients.clear()

    def _mail(self, rest: str) -> str:
        address = _address(rest, "FROM:")
        if address is None:
            return "501 write MAIL FROM:<address>"
        if self.sender is not None:
            return "503 a mail is already begun"
        self.sender = address
        return "250 all right"

    def _rcpt(self, rest: str) -> str:
        address = _address(rest, "TO:")
        if not address:
            return "501 write RCPT TO:<address>"
        if self.sender is None:
            return "503 MAIL comes first"
        if len(self.recipients) >= MOST_RECIPIENTS:
            return "452 too many recipients"
        self.recipients.append(address)
        return "250 all right"

    async def _data(self) -> None:
        if self.sender is None or not self.recipients:
            await self._say("503 MAIL and RCPT come first")
            return
        await self._say("354 end with a dot on a line of its own")
        content = await self._content()
        if content is None:
            answer = "552 the mail is too large"
        elif self.deliver(
            Mail(
                sender=self.sender,
                recipients=tuple(self.recipients),
                content=content,
            )
        ):
            answer = "250 accepted"
        else:
            answer = "452 the mailbox is full"
        self._reset()
        await self._say(answer)

    async def _content(self) -> bytes | None:
        """Return the mail without the dots of its transport; None if too large."""
        content = bytearray()
        too_large = False
        while (line := await self._line()) != b".\r\n":
            if not line:
                raise ConnectionResetError
            too_large = too_large or len(content) + len(line) > LARGEST_MESSAGE
            if not too_large:
                content += line[1:] if line.startswith(b".") else line
        return None if too_large else bytes(content)


def _address(rest: str, keyword: str) -> str | None:
    """Return what stands in `FROM:<...>`; None where it does not."""
    if not rest.upper().startswith(keyword):
        return None
    start, end = rest.find("<"), rest.find(">")
    return rest[start + 1 : end].strip() if 0 <= start < end else None
