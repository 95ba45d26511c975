"""Builds a channel for each configured receiver."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx

from monitor.clock import Clock
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.errors import InputRefused, Problem
from monitor.send.deliveries import Channel
from monitor.send.local import ConsoleChannel, FileChannel
from monitor.send.smtp import EmailChannel, Server
from monitor.send.webhook import WebhookChannel
from monitor.settings import Configuration, ReceiverSettings


class Channels:
    """Makes channels; keeps the HTTP clients that webhooks of a kind share."""

    def __init__(
        self, *, clock: Clock, write: Callable[[str], None], agent: str
    ) -> None:
        """`clock` is real time, which receivers check signatures against."""
        self._clock = clock
        self._write = write
        self._agent = agent
        self._clients: dict[tuple[tuple[str, ...], str], httpx.AsyncClient] = {}

    def build(self, configuration: Configuration) -> dict[str, Channel]:
        """Return the channels by receiver; raise InputRefused with all problems."""
        channels: dict[str, Channel] = {}
        problems: list[Problem] = []
        for receiver in configuration.receivers:
            try:
                channels[receiver.name] = self._channel(receiver, configuration)
            except InputRefused as refused:
                problems += refused.problems
            except ssl.SSLError as error:
                problems.append(
                    Problem(
                        where=configuration.where,
                        field=f"{receiver.name}.{receiver.channel}.ca_file",
                        message=f"no certificates can be read from it: {error.reason}",
                        mend="it holds certificates in PEM form",
                    )
                )
        if problems:
            raise InputRefused(problems)
        return channels

    async def aclose(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            await client.aclose()

    def _channel(
        self, receiver: ReceiverSettings, configuration: Configuration
    ) -> Channel:
        if receiver.webhook is not None:
            return self._webhook(receiver, configuration)
        if receiver.email is not None:
            return _email(receiver, configuration)
        if receiver.file is not None:
            path = Path(receiver.file.path).expanduser()
            return FileChannel(name=receiver.name, path=path)
        return ConsoleChannel(name=receiver.name, write=self._write)

    def _webhook(
        self, receiver: ReceiverSettings, configuration: Configuration
    ) -> Channel:
        webhook = receiver.webhook
        if webhook is None:
            raise TypeError(receiver)
        key = (webhook.allow_networks, webhook.ca_file or "")
        if key not in self._clients:
            trust = _trust(webhook.ca_file, configuration)
            self._clients[key] = guarded_client(
                AddressGuard(webhook.allow_networks),
                user_agent=self._agent,
                verify=trust or True,
            )
        return WebhookChannel(
            name=receiver.name,
            url=webhook.url,
            client=self._clients[key],
            clock=self._clock,
            secrets=configuration.webhook_secrets.get(receiver.name, ()),
            user_agent=self._agent,
            timeout=webhook.timeout,
        )


def _email(receiver: ReceiverSettings, configuration: Configuration) -> Channel:
    email = receiver.email
    if email is None:
        raise TypeError(receiver)
    smtp = email.smtp
    return EmailChannel(
        name=receiver.name,
        sender=email.sender,
        recipients=email.to,
        server=Server(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            username=smtp.username,
            password=configuration.smtp_passwords.get(receiver.name, ""),
            context=_trust(smtp.ca_file, configuration),
            timeout=smtp.timeout,
        ),
    )


def _trust(ca_file: str | None, configuration: Configuration) -> ssl.SSLContext | None:
    """Return a context that trusts the named certificates, or None for the usual."""
    if not ca_file:
        return None
    return ssl.create_default_context(cafile=configuration.find(ca_file))


def longest_attempt(receiver: ReceiverSettings) -> timedelta:
    """Return how long one attempt of this receiver may take."""
    if receiver.webhook is not None:
        return receiver.webhook.timeout
    return receiver.email.smtp.timeout if receiver.email else timedelta(seconds=1)
