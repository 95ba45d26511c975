"""Secrets of a configuration: written in it, or in files that it names."""

import os
import re
from pathlib import Path, PurePath
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, SecretStr

from monitor.documents import Document, Location
from monitor.errors import Problem
from monitor.send.links import SHORTEST_SECRET
from monitor.settings.configuration import find, is_there
from monitor.settings.kinds import can_be_asked, is_http_url
from monitor.settings.logins import LoginSettings
from monitor.settings.mailing import SmtpSettings
from monitor.settings.receivers import (
    ChatSettings,
    ReceiverSettings,
    WebhookSettings,
)
from monitor.settings.shape import Settings

_WANTED = {"telegram": "token", "pagerduty": "routing_key", "apprise": "url"}
"""What a service cannot do without."""

_FILES = ("ca_file", "client_cert_file", "client_key_file", "credentials_file")
_CHECK = "check the path and its rights"
_NO_PATH = (
    "write the path of a file here; what stands here is not shown, as it reads like the"
    " secret itself"
)
_SHORTEST_IN_DOUBT = 16
_TOKEN = re.compile(r"[\x21-\x7e]+")

Receivers = list[tuple[int, ReceiverSettings]]
"""Each with its place in the file."""


class Secrets:
    """Reads them; what cannot be read or is missing joins the problems."""

    def __init__(
        self, document: Document, folder: Path, problems: list[Problem]
    ) -> None:
        """Look for files in `folder` first."""
        self._document, self._folder, self._problems = document, folder, problems

    def store_url(self, settings: Settings) -> str:
        """Return where the store is."""
        if settings.store.url_file:
            return self._secret_file(("store", "url_file"), settings.store.url_file)
        return settings.store.url

    def token(self, settings: Settings) -> str:
        """Return what opens the console and the metrics."""
        server = settings.server
        if server.token_file:
            return self._secret_file(("server", "token_file"), server.token_file)
        return server.token.get_secret_value() if server.token else ""

    def links(self, settings: Settings) -> str:
        """Return what links in messages are signed with."""
        server = settings.server
        if server.link_secret_file:
            place: Location = ("server", "link_secret_file")
            found = self._secret_file(place, server.link_secret_file)
        else:
            place = ("server", "link_secret")
            found = server.link_secret.get_secret_value() if server.link_secret else ""
        if found and len(found) < SHORTEST_SECRET:
            message = f"the secret of links has {len(found)} characters"
            mend = f"at least {SHORTEST_SECRET}; make one with: tocsin webhook secret"
            self._at(place, message, mend=mend)
        if found and not server.public_url:
            message = "links need the address under which people reach this service"
            self._at(place, message, mend="add server.public_url")
        return found

    def of_receivers(
        self, receivers: Receivers
    ) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        """Return the secrets of webhooks and the passwords of mail servers, by receiver."""
        webhooks: dict[str, tuple[str, ...]] = {}
        passwords: dict[str, str] = {}
        for index, receiver in receivers:
            place: Location = ("receivers", index, receiver.channel)
            if receiver.webhook:
                webhooks[receiver.name] = self._webhook_secrets(place, receiver.webhook)
            if receiver.email:
                smtp = receiver.email.smtp
                passwords[receiver.name] = self._password((*place, "smtp"), smtp)
                self._readable((*place, "smtp", "ca_file"), smtp.ca_file)
        return webhooks, passwords

    def of_services(self, receivers: Receivers) -> dict[str, str]:
        """Return each service's secret: its address, token or routing key."""
        found: dict[str, str] = {}
        for index, receiver in receivers:
            place: Location = ("receivers", index, receiver.channel)
            if receiver.channel in {"email", "file", "console"}:
                continue
            settings = getattr(receiver, receiver.channel)
            for name in ("url", "token", "routing_key", "password"):
                if secret := self._service_secret(place, settings, name):
                    found[receiver.name] = secret
            self._check(place, settings, found.get(receiver.name, ""))
            for name in _FILES:
                self._readable((*place, name), getattr(settings, name, None))
            wanted = _WANTED.get(receiver.channel)
            if wanted and not found.get(receiver.name):
                mend = f"write {wanted} or {wanted}_file"
                self._at(place, f"its {wanted} is missing", mend=mend)
        return found

    def _service_secret(self, place: Location, settings: BaseModel, name: str) -> str:
        """Return one secret, out of a field or a file; several as lines."""
        given = getattr(settings, name, None)
        file = getattr(settings, f"{name}_file", None)
        if file:
            return self._secret_file((*place, f"{name}_file"), file)
        many = given if isinstance(given, tuple) else (given,)
        found = (one.get_secret_value() for one in many if isinstance(one, SecretStr))
        return "\n".join(found)

    def _check(self, place: Location, settings: BaseModel, secret: str) -> None:
        """Complain about what cannot be the secret of this service."""
        if isinstance(settings, LoginSettings):
            self._login(place, settings, secret)
        if isinstance(settings, ChatSettings) and settings.url_file:
            self._address((*place, "url_file"), secret)

    def _address(self, place: Location, secret: str) -> None:
        """Complain about a file that holds something else than a chat's address."""
        if secret and not (is_http_url(secret) and can_be_asked(secret)):
            mend = "one line that begins with https://, as the service shows it"
            self._at(place, "the file does not hold one address", mend=mend)

    def _login(self, place: Location, settings: LoginSettings, secret: str) -> None:
        """Complain about a token that no header holds, and of a login in the clear."""
        by_token = settings.token or settings.token_file
        if by_token and not _TOKEN.fullmatch(secret) and secret:
            name = "token_file" if settings.token_file else "token"
            mend = "one word of ASCII, without Bearer before it"
            self._at((*place, name), "this is no bearer token", mend=mend)
        parts = urlsplit(getattr(settings, "url", ""))
        if settings.has_login and parts.scheme == "http" and not _is_here(parts):
            message = "the login crosses the network in the clear"
            mend = "use https://; with ca_file for a certificate of your own"
            self._at((*place, "url"), message, mend=mend, severity="warning")

    def _webhook_secrets(
        self, place: Location, webhook: WebhookSettings
    ) -> tuple[str, ...]:
        given = webhook.secret
        many = given if isinstance(given, tuple) else (given,)
        secrets = [part for s in many for part in s.get_secret_value().split()]
        if webhook.secret_file:
            secrets += self._secret_file(
                (*place, "secret_file"), webhook.secret_file
            ).split()
        elif not secrets:
            mend = "set secret_file to a file made by: tocsin webhook secret"
            message = "this webhook is not signed: its receiver cannot trust it"
            self._at(place, message, mend=mend, severity="warning")
        return tuple(secrets)

    def _password(self, place: Location, smtp: SmtpSettings) -> str:
        if smtp.password_file:
            return self._secret_file((*place, "password_file"), smtp.password_file)
        return smtp.password.get_secret_value() if smtp.password else ""

    def _secret_file(self, place: Location, name: str) -> str:
        path = find(name, self._folder)
        try:
            # Some editors begin a file with a mark, which is no part of the secret.
            text = path.read_text(encoding="utf-8-sig").strip()
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or "it is not text"
            named = f" {path}" if _reads_as_path(name) else ""
            message = f"the secret file{named} cannot be read: {said}"
            self._at(place, message, mend=_CHECK if named else _NO_PATH)
            return ""
        if not text:
            self._at(place, f"the secret file {path} is empty", mend="write it again")
        return text

    def _readable(self, place: Location, name: str | None) -> None:
        if name and not _may_read(find(name, self._folder)):
            shown = name if _reads_as_path(name) else "the file"
            mend = _CHECK if shown == name else _NO_PATH
            self._at(place, f"{shown} cannot be read", mend=mend)

    def _at(self, location: Location, message: str, **more: str) -> None:
        self._problems.append(self._document.problem(location, message, **more))


def _may_read(path: Path) -> bool:
    return is_there(path) and os.access(path, os.R_OK)


def _is_here(parts: SplitResult) -> bool:
    return parts.hostname in {"localhost", "127.0.0.1", "::1"}


def _reads_as_path(name: str) -> bool:
    """Say whether what stands for a file's path surely is none of the secret itself."""
    if "://" in name or any(character.isspace() for character in name):
        return False
    path = PurePath(name)
    is_told = path.is_absolute() or name.startswith(("./", "../", "~"))
    has_suffix = 1 < len(path.suffix) <= len(".secret")
    return is_told or has_suffix or len(name) < _SHORTEST_IN_DOUBT
