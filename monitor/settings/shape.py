"""The shape of the configuration file, and of the feeds and sources files."""

import ipaddress
import re
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from monitor import documents
from monitor.documents import Duration, Size
from monitor.model import Severity

PREFIX = "TOCSIN_"


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=True)
    except ValueError:
        raise documents.wrong(
            "expected a network", "write for example 10.0.0.0/8"
        ) from None
    return value


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        good = False
    if not good or re.search(r"\s", value):
        raise documents.wrong(
            "expected an address", "it begins with https:// or http:// and names a host"
        )
    return value


def _secret_url(value: SecretStr) -> SecretStr:
    _http_url(value.get_secret_value())
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", value):
        raise documents.wrong("expected one email address", "such as desk@example.org")
    return value


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - TCP
        raise documents.wrong("expected host:port", "such as 127.0.0.1:8080")
    return value


def _language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}|", value):
        raise documents.wrong("expected a language code", "such as en, ru or be")
    return value


Network = Annotated[str, AfterValidator(_network)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]
EmailAddress = Annotated[str, AfterValidator(_address)]
Listen = Annotated[str, AfterValidator(_listen)]
Language = Annotated[str, AfterValidator(_language)]


class _Strict(BaseModel):
    """No unknown fields; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


# ── the configuration file ───────────────────────────────────────────────────


class StoreSettings(_Strict):
    """Where everything is kept."""

    url: str = "sqlite:///data/tocsin.db"
    """`sqlite:///path` or `postgresql://user@host/database`."""
    url_file: str | None = None
    """A file that holds the URL, for one that contains a password."""


class CollectSettings(_Strict):
    """How feeds are fetched."""

    every: Duration = timedelta(minutes=15)
    """The shortest time between two polls of one feed."""
    backfill: Duration = timedelta(hours=24)
    """On a feed's first poll, older items are kept but not alerted."""
    concurrency: int = Field(default=64, ge=1, le=1024)
    """How many feeds are fetched at the same time."""
    timeout: Duration = timedelta(seconds=30)
    """The total time one poll may take, redirects included."""
    max_body: Size = 10 * 1024 * 1024
    """The largest feed, after decompression."""
    allow_networks: tuple[Network, ...] = ()
    """Private networks that feeds may be fetched from; none by default."""
    user_agent: str = ""
    """Sent with every request; "" is Tocsin's own name and version."""


class HealthSettings(_Strict):
    """Who is told when a source breaks, falls silent, changes, or works again."""

    receivers: tuple[str, ...] = ()
    """Names of receivers; none by default."""
    failing_after: Duration = timedelta(hours=6)
    """How long a feed must have failed before it is told."""


class WebhookSettings(_Strict):
    """A POST with a Standard Webhooks 1.0 signature."""

    url: HttpUrl
    secret: SecretStr | tuple[SecretStr, ...] = ()
    """`whsec_...`; two while rotating."""
    secret_file: str | None = None
    """A file with the secret, or one secret a line while rotating."""
    timeout: Duration = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    """Private networks that this webhook may be on; none by default."""
    ca_file: str | None = None
    """Certificates to trust instead of the public ones (PEM)."""


class SmtpSettings(_Strict):
    """The mail server to hand messages to."""

    host: str
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr | None = None
    password_file: str | None = None
    ca_file: str | None = None
    timeout: Duration = timedelta(seconds=30)

    @model_validator(mode="after")
    def _password_is_protected(self) -> "SmtpSettings":
        local = self.host in {"localhost", "127.0.0.1", "::1"}
        if self.security == "none" and self.username and not local:
            raise documents.wrong(
                "a password would cross the network in the clear",
                "set security: starttls or tls",
            )
        return self


class EmailSettings(_Strict):
    """One message a recipient, text and HTML."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True
    )
    to: tuple[EmailAddress, ...] = Field(min_length=1)
    sender: EmailAddress = Field(alias="from")
    smtp: SmtpSettings


class ChatSettings(_Strict):
    """An incoming webhook of a chat service; its address is the secret."""

    url: SecretUrl | None = None
    url_file: str | None = None
    """A file that holds the address."""
    timeout: Duration = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()
    """Private networks that it may be on; none by default."""
    ca_file: str | None = None

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if (self.url is None) == (self.url_file is None):
            raise documents.wrong("its address is missing", "write url or url_file")
        return self


class TelegramSettings(_Strict):
    """A Telegram bot and the chat that it writes to."""

    chat: str = Field(min_length=1)
    """`@channel`, or a number."""
    token: SecretStr | None = None
    token_file: str | None = None
    api: HttpUrl = "https://api.telegram.org"
    timeout: Duration = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()


class NtfySettings(_Strict):
    """A topic on an ntfy server."""

    topic: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    url: HttpUrl = "https://ntfy.sh"
    token: SecretStr | None = None
    token_file: str | None = None
    timeout: Duration = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()


class PagerDutySettings(_Strict):
    """An integration of PagerDuty's Events API v2."""

    routing_key: SecretStr | None = None
    routing_key_file: str | None = None
    url: HttpUrl = "https://events.pagerduty.com/v2/enqueue"
    timeout: Duration = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()


class AlertmanagerSettings(_Strict):
    """An Alertmanager, whose own routes do the rest."""

    url: HttpUrl
    timeout: Duration = timedelta(seconds=15)
    allow_networks: tuple[Network, ...] = ()


class FileSettings(_Strict):
    """One JSON line a message, appended to a file."""

    path: str


class ConsoleSettings(_Strict):
    """Messages on Tocsin's own standard output."""


class ReceiverSettings(_Strict):
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
        "file",
        "console",
    )

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    fallback: str | None = None
    """The receiver that is told instead when this one takes nothing."""
    fallback_after: Duration = timedelta(hours=1)
    """How long a message may wait for this one before."""
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
    file: FileSettings | None = None
    console: ConsoleSettings | None = None

    @property
    def channel(self) -> str:
        """Which of the channels it is."""
        return next(c for c in self.CHANNELS if getattr(self, c) is not None)

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


Weekday = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
]
Words = Annotated[tuple[str, ...], BeforeValidator(documents.one_or_many)]


class MatchSettings(_Strict):
    """What a route wants; a list means any of these."""

    theme: Words = ()
    severity: Words = ()
    rule: Words = ()
    tag: Words = ()
    lang: Words = ()
    source: Words = ()
    country: Words = ()

    @model_validator(mode="after")
    def _severities_exist(self) -> "MatchSettings":
        for word in self.severity:
            if word not in set(Severity):
                raise documents.wrong(
                    f"no severity is called {word!r}", f"one of {', '.join(Severity)}"
                )
        return self


_TIME = r"([01]\d|2[0-3]):[0-5]\d|24:00"


class TimesSettings(_Strict):
    """A time of day; the end does not belong to it."""

    start_time: str = Field(pattern=rf"^({_TIME})$")
    end_time: str = Field(pattern=rf"^({_TIME})$")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start_time >= self.end_time:
            raise documents.wrong(
                "the end is not after the start",
                "write a night as two: 22:00 to 24:00 and 00:00 to 07:00",
            )
        return self


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise documents.wrong(
            f"no time zone is called {value!r}", "such as Europe/Vilnius or UTC"
        ) from None
    return value


class IntervalSettings(_Strict):
    """A named time, as in Alertmanager; a field that is left out fits always."""

    name: str = Field(min_length=1)
    times: tuple[TimesSettings, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    days_of_month: tuple[Annotated[int, Field(ge=1, le=31)], ...] = ()
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    location: Annotated[str, AfterValidator(_zone)] = "UTC"


class InhibitSettings(_Strict):
    """While an alert like `source` is told, one like `target` is not."""

    source: MatchSettings
    target: MatchSettings
    equal: tuple[Literal["story", "theme", "severity", "rule", "tag"], ...] = ("story",)
    lasts: Duration = timedelta(hours=24)


class RouteSettings(_Strict):
    """A node of the route tree, as in Alertmanager."""

    receiver: str | None = None
    match: MatchSettings = MatchSettings()
    continue_: bool = Field(default=False, alias="continue")
    group_wait: Duration | None = None
    """How long to gather further reports before the first message."""
    mute_time_intervals: tuple[str, ...] = ()
    """Names of intervals in which messages wait; what is critical does not."""
    active_time_intervals: tuple[str, ...] = ()
    """Names of the only intervals in which messages go."""
    routes: tuple["RouteSettings", ...] = ()


class ServerSettings(_Strict):
    """Health, metrics and reload over HTTP."""

    listen: Listen = "127.0.0.1:8080"
    token: SecretStr | None = None
    """Asked for (`Authorization: Bearer`) by POST /-/reload."""
    token_file: str | None = None


class RetentionSettings(_Strict):
    """How long things are kept."""

    items: Duration = timedelta(days=90)
    """Items that no alert tells of."""
    dead: Duration = timedelta(days=30)
    """Dead letters."""


class LogSettings(_Strict):
    """What Tocsin says while it runs, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"
    """`auto`: for people on a terminal, JSON otherwise."""


class Settings(BaseSettings):
    """The whole configuration, as written."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        populate_by_name=True,
    )

    store: StoreSettings = StoreSettings()
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    collect: CollectSettings = CollectSettings()
    health: HealthSettings = HealthSettings()
    receivers: tuple[ReceiverSettings, ...] = ()
    route: RouteSettings | None = None
    time_intervals: tuple[IntervalSettings, ...] = ()
    inhibit_rules: tuple[InhibitSettings, ...] = ()
    server: ServerSettings = ServerSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment overrule the file, which the constructor is handed."""
        _ = settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


# ── the files it names ───────────────────────────────────────────────────────


class FeedEntry(_Strict):
    """One feed of a feeds file."""

    url: HttpUrl
    name: str = ""
    source: str = ""
    lang: Language = ""
    every: Duration | None = None
    backfill: Duration | None = None


class FeedsFile(_Strict):
    """`config/feeds/*.yaml`."""

    feeds: tuple[FeedEntry, ...]


class SourceEntry(_Strict):
    """One outlet of a sources file."""

    name: str = Field(min_length=1)
    country: str = Field(default="", pattern=r"^([A-Z]{2})?$")
    langs: tuple[Language, ...] = ()
    owner: str = ""
    grade: Literal["A", "B", "C", "D", "E", "F"] = "F"
    state: bool = False


class SourcesFile(_Strict):
    """`config/sources.yaml`."""

    sources: tuple[SourceEntry, ...]
