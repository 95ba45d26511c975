"""The shape of receivers in the configuration file: one class a channel."""

import re
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)

from monitor import documents
from monitor.documents import Duration
from monitor.settings.delivering import DigestSettings, RateSettings
from monitor.settings.kinds import (
    BareUrl,
    Network,
    SecretUrl,
    Strict,
    Timeout,
    can_be_asked,
    check_given_once,
    is_http_url,
    written_as,
)
from monitor.settings.logins import LoginSettings, check_password
from monitor.settings.mailing import EmailSettings, SpokenSettings


class WebhookSettings(LoginSettings):
    """A POST with a Standard Webhooks 1.0 signature."""

    url: BareUrl
    secret: SecretStr | tuple[SecretStr, ...] = ()
    """`whsec_...`; two while rotating."""
    secret_file: str | None = None
    """A file with the secret, or one secret a line while rotating."""
    timeout: Timeout = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    """Private networks that this webhook may be on; none by default."""
    ca_file: str | None = None
    """Certificates to trust instead of the public ones (PEM)."""
    client_cert_file: str | None = None
    """A certificate to show the receiver (PEM), where it asks for one."""
    client_key_file: str | None = None
    """Its key, where it is not in the same file."""
    format: Literal["tocsin", "cloudevents", "stix"] = "tocsin"
    """How the body is written."""
    content_type: Annotated[
        str,
        written_as(
            r"|[\w.+-]+/[\w.+-]+(; ?[\w.=-]+)*", "a media type", "such as text/plain"
        ),
    ] = ""
    """Of a body of its own; "" is JSON."""
    body: str | None = None
    """A template of the body."""
    body_file: str | None = None
    """A file with it."""
    headers: dict[str, SecretStr] = Field(default={}, max_length=20)
    """Templates of further headers."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        own = [name for name in ("body", "body_file") if getattr(self, name)]
        if len(own) > 1 or (own and self.format != "tocsin"):
            raise documents.wrong(
                "the body is given twice", "write one of format, body and body_file"
            )
        if self.content_type and not own:
            raise documents.wrong(
                "content_type is that of a body of its own", "write body or body_file"
            )
        if self.has_login and "authorization" in map(str.lower, self.headers):
            raise documents.wrong(
                "the login is given twice",
                "remove headers.Authorization, or username and token",
            )
        if self.client_key_file and not self.client_cert_file:
            raise documents.wrong(
                "a key without its certificate", "write client_cert_file too"
            )
        return self


class ChatSettings(SpokenSettings):
    """An incoming webhook of a chat service; its address is the secret."""

    url: SecretUrl | None = None
    url_file: str | None = None
    """A file that holds the address."""
    timeout: Timeout = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    """Private networks that it may be on; none by default."""
    ca_file: str | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if (self.url is None) == (self.url_file is None):
            raise documents.wrong("its address is missing", "write url or url_file")
        return self


def _in_words(value: object) -> object:
    return str(value) if type(value) is int else value


class TelegramSettings(SpokenSettings):
    """A Telegram bot and the chat that it writes to."""

    chat: Annotated[str, BeforeValidator(_in_words), Field(min_length=1)]
    """`@channel`, or a number."""
    token: SecretStr | None = None
    token_file: str | None = None
    api: BareUrl = "https://api.telegram.org"
    timeout: Timeout = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    ca_file: str | None = None

    @model_validator(mode="after")
    def _one_token(self) -> Self:
        check_given_once(self, "token")
        return self


class NtfySettings(LoginSettings, SpokenSettings):
    """A topic on an ntfy server."""

    topic: Annotated[
        str,
        written_as(
            "[A-Za-z0-9_-]{1,64}",
            "a topic of Latin letters, digits, - and _",
            "such as desk-alerts; 64 characters at most",
        ),
    ]
    url: BareUrl = "https://ntfy.sh"
    timeout: Timeout = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    ca_file: str | None = None


class PagerDutySettings(SpokenSettings):
    """An integration of PagerDuty's Events API v2."""

    routing_key: SecretStr | None = None
    routing_key_file: str | None = None
    url: BareUrl = "https://events.pagerduty.com/v2/enqueue"
    timeout: Timeout = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    ca_file: str | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        check_given_once(self, "routing_key")
        return self


def _above_the_api(value: str) -> str:
    if re.search(r"[?#]|/api/v\d", value):
        raise documents.wrong(
            "expected the address under which Alertmanager is served",
            "with its path, if any, and nothing after: https://host/alertmanager",
        )
    return value


class AlertmanagerSettings(LoginSettings, SpokenSettings):
    """An Alertmanager, whose own routes do the rest."""

    url: Annotated[BareUrl, AfterValidator(_above_the_api)]
    """Where it is served; the path of a prefix belongs to it."""
    timeout: Timeout = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    ca_file: str | None = None


def _nats_url(value: str) -> str:
    shaped = re.fullmatch(r"(nats|tls)://([^\s/@?#]+)/?", value)
    asked = f"https://{shaped[2]}" if shaped else ""
    if not (is_http_url(asked) and can_be_asked(asked)):
        raise documents.wrong(
            "expected the address of a NATS server",
            "such as nats://127.0.0.1:4222 or tls://nats.example.org:4222",
        )
    return value.rstrip("/")


class NatsSettings(Strict):
    """A subject of a NATS server, into a JetStream stream."""

    url: Annotated[str, AfterValidator(_nats_url)]
    subject: Annotated[
        str,
        written_as(
            r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*",
            "a subject of words with dots between them",
            "such as tocsin.alerts, without wildcards",
        ),
    ]
    stream: Annotated[
        str,
        written_as(
            "[A-Za-z0-9_-]*", "a stream's name", "Latin letters, digits, - and _"
        ),
    ] = ""
    """The stream that must take it; "" is whichever listens to the subject."""
    format: Literal["tocsin", "cloudevents", "stix"] = "tocsin"
    token: SecretStr | None = None
    token_file: str | None = None
    username: str = ""
    password: SecretStr | None = None
    password_file: str | None = None
    credentials_file: str | None = None
    """A file of credentials as NATS makes them (a JWT and a seed)."""
    timeout: Timeout = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    """Private networks that it may be on; none by default."""
    ca_file: str | None = None

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        check_given_once(self, "password", "token")
        password = self.password or self.password_file
        by = (self.token or self.token_file, self.username or password)
        if sum(map(bool, (*by, self.credentials_file))) > 1:
            raise documents.wrong(
                "these are several ways to log in",
                "write token_file, username and password_file, or credentials_file",
            )
        check_password(self.username, password, "; without one, token_file")
        return self


class AppriseSettings(SpokenSettings):
    """Targets of Apprise's; past the guard that holds for all other receivers."""

    url: SecretStr | tuple[SecretStr, ...] = ()
    """One address, or a list; each is a delivery of its own."""
    url_file: str | None = None
    """A file that holds them, one a line."""
    timeout: Timeout = timedelta(seconds=30)

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        check_given_once(self, "url")
        return self


class FileSettings(Strict):
    """One JSON line a message, appended to a file."""

    path: str
    timeout: Timeout = timedelta(seconds=15)
    """How long a file that another program has locked is waited for."""


class ConsoleSettings(Strict):
    """Messages on Tocsin's own standard output."""


class ReceiverSettings(Strict):
    """Somebody who is told; exactly one channel."""

    CHANNELS: ClassVar = (
        "webhook",
        "email",
        "slack",
        "discord",
        "teams",
        "mattermost",
        "telegram",
        "ntfy",
        "pagerduty",
        "alertmanager",
        "nats",
        "apprise",
        "file",
        "console",
    )

    name: Annotated[
        str,
        written_as(
            "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}",
            "a name of Latin letters, digits, - _ and .",
            "such as night-desk; 64 characters at most",
        ),
    ]
    fallback: str | None = None
    """The receiver that is told instead when this one takes nothing."""
    fallback_after: Duration = timedelta(hours=1)
    """How long a message may wait for this one before."""
    digest: DigestSettings | None = None
    """It is told at set times; without, of each alert as it comes."""
    rate_limit: RateSettings | None = None
    """How many messages it takes; without, as many as there are."""
    expires_after: Duration | None = None
    """What is overdue by more goes in one catch-up; without, however late by itself."""
    send_closed: bool | None = None
    """Whether it is told that an alert was closed; left out, a pager alone is."""
    concurrency: int = Field(default=1, ge=1, le=32)
    """How many messages go at the same time."""
    ordered: bool = False
    """Whether everything waits for a message that has to be tried again."""
    pace: RateSettings | None = None
    """How many go in a time; what is over waits its turn, each by itself."""
    webhook: WebhookSettings | None = None
    email: EmailSettings | None = None
    slack: ChatSettings | None = None
    discord: ChatSettings | None = None
    teams: ChatSettings | None = None
    mattermost: ChatSettings | None = None
    telegram: TelegramSettings | None = None
    ntfy: NtfySettings | None = None
    pagerduty: PagerDutySettings | None = None
    alertmanager: AlertmanagerSettings | None = None
    nats: NatsSettings | None = None
    apprise: AppriseSettings | None = None
    file: FileSettings | None = None
    console: ConsoleSettings | None = None

    @property
    def channel(self) -> str:
        """Which of the channels it is."""
        return next(c for c in self.CHANNELS if getattr(self, c) is not None)

    @property
    def hears_of_the_end(self) -> bool:
        """Whether it is told that an alert was closed: a pager's incident has to end."""
        if self.send_closed is None:
            return self.pagerduty is not None
        return self.send_closed

    @model_validator(mode="after")
    def _incidents_stay_apart(self) -> "ReceiverSettings":
        for name in ("digest", "rate_limit", "expires_after"):
            if self.pagerduty is not None and getattr(self, name) is not None:
                raise documents.wrong(
                    f"{name} puts several alerts into one incident, which nothing ends",
                    f"leave out {name}: pace spreads many alerts, a chat or mail takes"
                    " what pages nobody",
                )
        return self

    @model_validator(mode="after")
    def _order_is_possible(self) -> "ReceiverSettings":
        if self.ordered and self.concurrency > 1:
            raise documents.wrong(
                "messages that go at the same time have no order",
                "leave out concurrency, or ordered",
            )
        return self

    @model_validator(mode="after")
    def _one_channel(self) -> "ReceiverSettings":
        named = [c for c in self.CHANNELS if getattr(self, c) is not None]
        if len(named) != 1:
            said = f"it has {' and '.join(named)}" if named else "it has none"
            raise documents.wrong(
                "a receiver has exactly one channel",
                f"{said}; choose one of {', '.join(self.CHANNELS)}",
            )
        return self
