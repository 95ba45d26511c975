"""The receiver `nats`: each message into a JetStream stream, once.

The delivery's id is the message's `Nats-Msg-Id`: a stream drops what it has had within its
window of duplicates, so that a message whose acknowledgement was lost is stored once. A
message counts as delivered when the stream has acknowledged it; a server without a stream
for the subject has taken nothing.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from monitor.model import Body, Bundle, Delivery, Notice, Remark
from monitor.model.counts import counted
from monitor.send import messages, render
from monitor.send.deliveries import Receipt, failed, refused
from monitor.send.links import Links
from monitor.send.messages import Format

Find = Callable[[str, int], Awaitable[str]]
"""Returns the one address of a host that may be dialled; OSError where none may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsChannel:
    """One subject on one NATS server."""

    name: str
    url: str
    """`nats://host:4222`, or `tls://` for TLS from a certificate on."""
    subject: str
    find: Find = field(repr=False)
    stream: str = ""
    """The stream that must take it; "" for whichever listens to the subject."""
    format: Format = "tocsin"
    login: Mapping[str, str] = field(default_factory=dict, repr=False)
    """`token`, or `user` and `password`, or `user_credentials` (a file)."""
    context: ssl.SSLContext | None = field(default=None, repr=False)
    links: Links | None = None
    """Where silences are taken; None: nowhere."""
    timeout: timedelta = timedelta(seconds=15)
    """For the whole exchange."""
    kind: str = field(init=False, default="nats")
    recipients: tuple[str, ...] = field(init=False, default=("",))

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render the payload that a webhook gets."""
        silence = self.links.silence(notice, delivery) if self.links else ""
        payload = render.payload(notice, delivery.id, silence)
        return messages.body_of(self.format, payload, [notice])

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render several alerts as one message."""
        payload = render.bundle_payload(bundle, delivery.id)
        return messages.body_of(self.format, payload, bundle.notices)

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a payload of type `test.ping`."""
        return messages.body_of(self.format, render.ping(self.name, delivery.id, now))

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render a payload of the remark's type."""
        return messages.body_of(self.format, render.remark(remark, delivery.id, now))

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """Publish once, over a connection of its own."""
        seconds = self.timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await self._publish(delivery, body)
        except TimeoutError:
            return failed(f"{self._host} did not answer within {seconds:g} s")
        except OSError as error:
            return failed(f"cannot connect to {self._host}: {error}")

    @property
    def _host(self) -> str:
        return urlsplit(self.url).hostname or "the server"

    async def _publish(self, delivery: Delivery, body: Body) -> Receipt:
        import nats.errors  # noqa: PLC0415 - an extra
        import nats.js.errors  # noqa: PLC0415 - an extra

        try:
            connection = await self._connected()
        except nats.errors.Error as error:
            return _refused_login(error, self._host)
        try:
            if len(body.content) > connection.max_payload:
                most = connection.max_payload
                told = f"the server takes at most {counted(most, 'byte')} a message"
                return Receipt(outcome="permanent", problem=told)
            acknowledged = await connection.jetstream().publish(
                self.subject,
                body.content,
                timeout=self.timeout.total_seconds(),
                stream=self.stream or None,
                headers={
                    "Nats-Msg-Id": delivery.id,
                    "Content-Type": body.content_type,
                },
            )
        except nats.js.errors.NoStreamResponseError:
            told = f"no stream listens to the subject {self.subject}; add one"
            return refused(told)
        except nats.js.errors.APIError as error:
            said = render.line(error.description or str(error), 200)
            status = str(error.code or "")
            return Receipt(outcome="temporary", status=status, problem=said)
        except nats.errors.Error as error:
            return failed(f"{self._host}: {render.line(str(error), 200)}")
        finally:
            await _close(connection)
        again = ", which had it already" if acknowledged.duplicate else ""
        said = f"stream {acknowledged.stream}, message {acknowledged.seq}{again}"
        return Receipt(outcome="accepted", status="stored", response=said)

    async def _connected(self) -> Any:
        """Connect to the one address that may be dialled; nothing is dialled besides.

        The server names others of its cluster, which nobody has looked at: there is no
        reconnecting.
        """
        from nats.aio.client import Client  # noqa: PLC0415 - an extra

        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 4222
        address = await self.find(host, port)
        literal = f"[{address}]" if ":" in address else address
        options: dict[str, Any] = {**self.login}
        if parts.scheme == "tls" or self.context is not None:
            options["tls"] = self.context or ssl.create_default_context()
            options["tls_hostname"] = host
        client = Client()
        try:
            await client.connect(
                f"{parts.scheme}://{literal}:{port}",
                name="tocsin",
                allow_reconnect=False,
                connect_timeout=max(1, int(self.timeout.total_seconds())),
                error_cb=_nothing,
                **options,
            )
        except BaseException:
            await _close(client)
            raise
        return client


async def _nothing(error: Exception) -> None:
    """Keep the library from printing what is returned as a receipt."""
    del error


async def _close(connection: Any) -> None:
    import nats.errors  # noqa: PLC0415 - an extra

    with suppress(nats.errors.Error, OSError):
        await connection.close()


def _refused_login(error: Exception, host: str) -> Receipt:
    said = render.line(str(error), 200) or type(error).__name__
    if "authorization" in said.lower():
        return refused(f"{host} refused the login; check it ({said})")
    return failed(f"cannot connect to {host}: {said}")
