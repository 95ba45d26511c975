"""Builds a channel for each configured receiver."""

import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from zoneinfo import ZoneInfo

import httpx

from monitor.clock import Clock
from monitor.collect.addresses import AddressGuard
from monitor.collect.dialling import ConnectFailed, judged
from monitor.collect.transport import guarded_client
from monitor.errors import InputRefused, Problem
from monitor.send import anywhere, services
from monitor.send.anywhere import AppriseChannel
from monitor.send.broker import NatsChannel
from monitor.send.deliveries import Channel
from monitor.send.local import ConsoleChannel, FileChannel
from monitor.send.logins import login
from monitor.send.render import Voice
from monitor.send.services import Service, ServiceChannel
from monitor.send.smtp import EmailChannel, Server
from monitor.send.templates import Form
from monitor.send.webhook import WebhookChannel
from monitor.settings import Configuration, ReceiverSettings
from monitor.settings.mailing import SpokenSettings


@dataclass(frozen=True, slots=True)
class _Trust:
    """Whom a connection trusts, and what it shows of itself; paths, "" for none."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def contents(self, configuration: Configuration) -> str:
        """Return a digest of the files: certificates are renewed under their names."""
        digest = hashlib.sha256()
        for file in filter(None, (self.ca_file, self.cert_file, self.key_file)):
            digest.update(configuration.find(file).read_bytes())
        return digest.hexdigest()

    def context(self, configuration: Configuration) -> ssl.SSLContext | None:
        """Return a context that is not the usual one, or None."""
        if not (self.ca_file or self.cert_file):
            return None
        authorities = configuration.find(self.ca_file) if self.ca_file else None
        made = ssl.create_default_context(cafile=authorities)
        if self.cert_file:
            key = configuration.find(self.key_file) if self.key_file else None
            made.load_cert_chain(configuration.find(self.cert_file), key)
        return made


_Kind = tuple[tuple[str, ...], _Trust, str]
"""What one client dials, trusts and shows."""


class Channels:
    """Makes channels; keeps what is not to begin anew with them at a reload.

    Those are the HTTP clients that webhooks of a kind share, and what Apprise is at.
    """

    def __init__(
        self, *, clock: Clock, write: Callable[[str], None], agent: str
    ) -> None:
        """`clock` is real time, which receivers check signatures against."""
        self._clock = clock
        self._write = write
        self._agent = agent
        self._clients: dict[_Kind, httpx.AsyncClient] = {}
        self._begun: dict[str, anywhere.Begun] = {}

    def build(self, configuration: Configuration) -> dict[str, Channel]:
        """Return the channels by receiver; raise InputRefused with all problems."""
        channels: dict[str, Channel] = {}
        problems: list[Problem] = []
        for receiver in configuration.receivers:
            try:
                channels[receiver.name] = self._channel(receiver, configuration)
            except InputRefused as refused:
                problems += refused.problems
            except OSError as error:
                why = (
                    error.reason if isinstance(error, ssl.SSLError) else error.strerror
                )
                problems.append(
                    Problem(
                        where=configuration.where,
                        field=f"{receiver.name}.{receiver.channel}",
                        message=f"its certificates cannot be read: {why}",
                        mend="ca_file, client_cert_file and client_key_file are PEM",
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
        if receiver.channel in _SERVICES:
            return self._service(receiver, configuration)
        if receiver.nats is not None:
            return _nats(receiver, configuration)
        if receiver.apprise is not None:
            begun = self._begun.setdefault(receiver.name, {})
            return _apprise(receiver, configuration, begun)
        if receiver.file is not None:
            path = configuration.written(receiver.file.path)
            timeout = receiver.file.timeout
            return FileChannel(name=receiver.name, path=path, timeout=timeout)
        return ConsoleChannel(name=receiver.name, write=self._write)

    def _webhook(
        self, receiver: ReceiverSettings, configuration: Configuration
    ) -> Channel:
        webhook = receiver.webhook
        if webhook is None:
            raise TypeError(receiver)
        client = self._client(
            webhook.allow_networks,
            _Trust(
                webhook.ca_file or "",
                webhook.client_cert_file or "",
                webhook.client_key_file or "",
            ),
            configuration,
        )
        return WebhookChannel(
            name=receiver.name,
            url=webhook.url,
            client=client,
            clock=self._clock,
            secrets=configuration.webhook_secrets.get(receiver.name, ()),
            format=webhook.format,
            form=configuration.webhook_forms.get(receiver.name, Form()),
            links=configuration.links,
            login=configuration.login(receiver),
            user_agent=self._agent,
            timeout=webhook.timeout,
        )

    def _client(
        self,
        networks: tuple[str, ...],
        trust: "_Trust",
        configuration: Configuration,
    ) -> httpx.AsyncClient:
        key = (networks, trust, trust.contents(configuration))
        if key not in self._clients:
            self._clients[key] = guarded_client(
                AddressGuard(networks),
                user_agent=self._agent,
                keep_alive=True,
                verify=trust.context(configuration) or True,
            )
        return self._clients[key]

    def _service(
        self, receiver: ReceiverSettings, configuration: Configuration
    ) -> Channel:
        written = getattr(receiver, receiver.channel)
        secret = configuration.service_secrets.get(receiver.name, "")
        return ServiceChannel(
            name=receiver.name,
            service=_SERVICES[receiver.channel](receiver, secret),
            links=configuration.links,
            voice=_voice(written),
            client=self._client(
                written.allow_networks,
                _Trust(getattr(written, "ca_file", None) or ""),
                configuration,
            ),
            clock=self._clock,
            timeout=written.timeout,
        )


def _voice(written: SpokenSettings) -> Voice:
    return Voice(written.lang, ZoneInfo(written.timezone))


def _telegram(receiver: ReceiverSettings, token: str) -> Service:
    written = receiver.telegram
    if written is None:
        raise TypeError(receiver)
    return services.telegram(written.api, token, written.chat)


def _ntfy(receiver: ReceiverSettings, secret: str) -> Service:
    written = receiver.ntfy
    if written is None:
        raise TypeError(receiver)
    return services.ntfy(written.url, written.topic, login(written.username, secret))


def _pagerduty(receiver: ReceiverSettings, key: str) -> Service:
    written = receiver.pagerduty
    if written is None:
        raise TypeError(receiver)
    return services.pagerduty(written.url, key)


def _alertmanager(receiver: ReceiverSettings, secret: str) -> Service:
    written = receiver.alertmanager
    if written is None:
        raise TypeError(receiver)
    return services.alertmanager(written.url, login(written.username, secret))


_SERVICES: dict[str, Callable[[ReceiverSettings, str], Service]] = {
    "slack": lambda _, url: services.slack(url),
    "discord": lambda _, url: services.discord(url),
    "teams": lambda _, url: services.teams(url),
    "mattermost": lambda _, url: services.mattermost(url),
    "telegram": _telegram,
    "ntfy": _ntfy,
    "pagerduty": _pagerduty,
    "alertmanager": _alertmanager,
}


def _nats(receiver: ReceiverSettings, configuration: Configuration) -> Channel:
    written = receiver.nats
    if written is None:
        raise TypeError(receiver)
    if find_spec("nats") is None:
        raise _unusable(receiver, "the library is an extra", "tocsin[broker]")
    secret = configuration.service_secrets.get(receiver.name, "")
    login = {}
    if written.username:
        login = {"user": written.username, "password": secret}
    elif secret:
        login = {"token": secret}
    if written.credentials_file:
        login = {"user_credentials": str(configuration.find(written.credentials_file))}
    guard = AddressGuard(written.allow_networks)

    async def find(host: str, port: int) -> str:
        try:
            return (await judged(guard, host, port))[0]
        except ConnectFailed as failed:
            raise OSError(str(failed)) from failed

    return NatsChannel(
        name=receiver.name,
        url=written.url,
        subject=written.subject,
        find=find,
        stream=written.stream,
        format=written.format,
        login=login,
        context=_Trust(written.ca_file or "").context(configuration),
        links=configuration.links,
        timeout=written.timeout,
    )


def _apprise(
    receiver: ReceiverSettings, configuration: Configuration, begun: anywhere.Begun
) -> Channel:
    written = receiver.apprise
    if written is None:
        raise TypeError(receiver)
    text = configuration.service_secrets.get(receiver.name, "")
    urls = list(anywhere.targets(text).values())
    if not urls:
        raise _unusable(receiver, "it has no target", "")
    for url in urls:
        if problem := anywhere.problem_of(url):
            raise _unusable(receiver, problem, "")
    return AppriseChannel(
        name=receiver.name,
        urls=urls,
        timeout=written.timeout,
        voice=_voice(written),
        begun=begun,
    )


def _unusable(receiver: ReceiverSettings, message: str, extra: str) -> InputRefused:
    problem = Problem(
        where=f"receiver {receiver.name}",
        field=receiver.channel,
        message=message,
        mend=f"pip install '{extra}'" if extra else "see docs/configuration.md",
    )
    return InputRefused([problem])


def _email(receiver: ReceiverSettings, configuration: Configuration) -> Channel:
    email = receiver.email
    if email is None:
        raise TypeError(receiver)
    smtp = email.smtp
    return EmailChannel(
        name=receiver.name,
        sender=email.sender,
        recipients=tuple(email.recipients),
        voices={
            address: Voice(lang, ZoneInfo(zone))
            for address, (lang, zone) in email.recipients.items()
        },
        links=configuration.links,
        server=Server(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            username=smtp.username,
            password=configuration.smtp_passwords.get(receiver.name, ""),
            context=_Trust(smtp.ca_file or "").context(configuration),
            timeout=smtp.timeout,
        ),
    )


def longest_attempt(receiver: ReceiverSettings) -> timedelta:
    """Return how long one attempt of this receiver may take."""
    if receiver.webhook is not None:
        return receiver.webhook.timeout
    if receiver.channel in {*_SERVICES, "nats", "apprise", "file"}:
        timeout: timedelta = getattr(receiver, receiver.channel).timeout
        return timeout + timedelta(seconds=1)
    return receiver.email.smtp.timeout if receiver.email else timedelta(seconds=1)
