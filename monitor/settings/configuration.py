"""What was read, ready for the composition root."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from monitor.model import Feed, Source
from monitor.send.links import Links
from monitor.send.logins import NO_LOGIN, Login, login
from monitor.send.templates import SECRET_HEADER, Form
from monitor.settings.logins import LoginSettings
from monitor.settings.receivers import (
    ConsoleSettings,
    ReceiverSettings,
    WebhookSettings,
)
from monitor.settings.shape import RouteSettings, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that was read, ready for the composition root."""

    settings: Settings
    where: str
    """The configuration file's path, or "defaults"."""
    rule_paths: tuple[Path, ...]
    feeds: tuple[Feed, ...]
    sources: tuple[Source, ...]
    store_url: str
    webhook_secrets: dict[str, tuple[str, ...]]
    """By receiver."""
    smtp_passwords: dict[str, str]
    """By receiver."""
    service_secrets: dict[str, str]
    """By receiver: a service's address, token, password or routing key."""
    webhook_forms: dict[str, Form]
    """By receiver: how a webhook wants its messages."""
    server_token: str
    link_secret: str
    """What links in messages are signed with; "" where there are none."""
    folder: Path

    @property
    def links(self) -> Links | None:
        """Where the links in messages lead; None where there are none."""
        url = self.settings.server.public_url
        if not url or not self.link_secret:
            return None
        return Links(base=url, secret=self.link_secret)

    def find(self, path: str) -> Path:
        """Return where a path that is read lies."""
        return find(path, self.folder)

    @staticmethod
    def written(path: str) -> Path:
        """Return where a path that is written lies."""
        return from_home(path)

    @property
    def route(self) -> RouteSettings:
        """The route tree; a single receiver needs none."""
        return self.settings.route or RouteSettings(receiver=self.receivers[0].name)

    @property
    def receivers(self) -> tuple[ReceiverSettings, ...]:
        """The receivers; without any, alerts go to the console."""
        console = ReceiverSettings(name="console", console=ConsoleSettings())
        return self.settings.receivers or (console,)

    @property
    def secrets(self) -> frozenset[str]:
        """Every secret text, for redaction."""
        found = {s for many in self.webhook_secrets.values() for s in many}
        found |= set(self.smtp_passwords.values()) | {
            self.server_token,
            self.link_secret,
        }
        for text in self.service_secrets.values():
            found |= set(text.splitlines())
        found |= _passwords(self.store_url) | _passwords(self.proxy)
        for receiver in self.receivers:
            if receiver.webhook is not None:
                found |= set(secret_headers(receiver.webhook))
            found |= set(self.login(receiver).hide)
        return frozenset(found) - {""}

    def login(self, receiver: ReceiverSettings) -> Login:
        """Return how a receiver is logged in to."""
        written = getattr(receiver, receiver.channel)
        if not isinstance(written, LoginSettings):
            return NO_LOGIN
        return login(written.username, self.service_secrets.get(receiver.name, ""))

    @property
    def proxy(self) -> str:
        """The proxy that feeds are fetched through, password and all; "" is none."""
        given = self.settings.collect.proxy
        return given.get_secret_value() if given else ""


def _passwords(url: str) -> set[str]:
    """Return an address's password, as it is written and as it is meant."""
    # An odd bracket in a password makes an address that `urlsplit` refuses.
    place = url.partition("://")[2].partition("/")[0]
    login = place.rpartition("@")[0]
    password = login.partition(":")[2]
    return {password, unquote(password)}


def secret_headers(webhook: WebhookSettings) -> Iterator[str]:
    """Yield values of headers that are secrets, by the names of their headers."""
    for name, value in webhook.headers.items():
        if SECRET_HEADER.search(name):
            text = value.get_secret_value()
            yield text
            yield text.rpartition(" ")[2]


def find(name: str, folder: Path) -> Path:
    """Return `name` beside the configuration, else where Tocsin was started."""
    here = from_home(name)
    beside = folder / here
    return here if is_there(here) and not is_there(beside) else beside


def from_home(name: str) -> Path:
    """Return a path whose `~` is somebody's home, where there is such a person."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def is_there(path: Path) -> bool:
    """Whether a path leads somewhere; what can be none, such as a secret, does not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
