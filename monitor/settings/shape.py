"""The shape of the configuration file, and of the feeds and sources files."""

from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from monitor import documents
from monitor.documents import Duration, Size
from monitor.model import Severity
from monitor.settings.kinds import (
    HttpUrl,
    Language,
    Listen,
    Network,
    ProxyUrl,
    PublicUrl,
    Strict,
    Timeout,
    Zone,
    check_given_once,
    written_as,
)
from monitor.settings.receivers import ReceiverSettings

PREFIX = "TOCSIN_"


# ── the configuration file ───────────────────────────────────────────────────


class StoreSettings(Strict):
    """Where everything is kept."""

    url: str = "sqlite:///data/tocsin.db"
    """`sqlite:///path` or `postgresql://user@host/database`."""
    url_file: str | None = None
    """A file that holds the URL, for one that contains a password."""

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        check_given_once(self, "url")
        return self


class CollectSettings(Strict):
    """How feeds are fetched."""

    every: Duration = timedelta(minutes=15)
    """The shortest time between two polls of one feed."""
    backfill: Duration = timedelta(hours=24)
    """On a feed's first poll, older items are kept but not alerted."""
    concurrency: int = Field(default=256, ge=1, le=1024)
    """How many feeds are fetched at the same time."""
    timeout: Timeout = timedelta(seconds=30)
    """The total time one poll may take, redirects included."""
    max_body: Size = 10 * 1024 * 1024
    """The largest feed, after decompression."""
    allow_networks: tuple[Network, ...] = ()
    """Private networks that feeds may be fetched from; none by default."""
    proxy: ProxyUrl | None = None
    """An HTTP proxy that feeds are fetched through; none by default."""
    user_agent: str = ""
    """Sent with every request; "" is Tocsin's own name and version."""


class HealthSettings(Strict):
    """Who is told when a source breaks, falls silent, changes, or works again."""

    receivers: tuple[str, ...] = ()
    """Names of receivers; none by default."""
    failing_after: Duration = timedelta(hours=6)
    """How long a feed must have failed before it is told."""


Weekday = Literal[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
]


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise documents.wrong(
            "expected one word or several",
            "add a word, or remove the field: what is left out fits every alert",
        )
    return value


Words = Annotated[
    tuple[str, ...], BeforeValidator(documents.one_or_many), AfterValidator(_some)
]


class MatchSettings(Strict):
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


_TimeOfDay = Annotated[
    str,
    written_as(
        r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00",
        "a time of day",
        "such as 07:30, or 24:00 for the end of a day",
    ),
]


class TimesSettings(Strict):
    """A time of day; the end does not belong to it."""

    start_time: _TimeOfDay
    end_time: _TimeOfDay

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start_time >= self.end_time:
            raise documents.wrong(
                "the end is not after the start",
                "write a night as two: 22:00 to 24:00 and 00:00 to 07:00",
            )
        return self


class IntervalSettings(Strict):
    """A named time, as in Alertmanager; a field that is left out fits always."""

    name: str = Field(min_length=1)
    times: tuple[TimesSettings, ...] = ()
    weekdays: tuple[Weekday, ...] = ()
    days_of_month: tuple[Annotated[int, Field(ge=1, le=31)], ...] = ()
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = ()
    location: Zone = "UTC"


def _not_all(value: MatchSettings) -> MatchSettings:
    if not any(words for _, words in value):
        raise documents.wrong(
            "it is empty, and would fit every alert",
            f"say which; every alert is severity: [{', '.join(Severity)}]",
        )
    return value


def _of_a_rule(value: MatchSettings) -> MatchSettings:
    asked = [name for name in ("lang", "source", "country") if getattr(value, name)]
    if asked:
        raise documents.wrong(
            f"{asked[0]} is asked of one report, and what is told may be of many",
            "ask for theme, severity, rule or tag",
        )
    return value


class InhibitSettings(Strict):
    """While an alert like `source` is told, one like `target` is not."""

    source: Annotated[
        MatchSettings, AfterValidator(_not_all), AfterValidator(_of_a_rule)
    ]
    target: Annotated[MatchSettings, AfterValidator(_not_all)]
    equal: tuple[Literal["story", "theme", "severity", "rule", "tag"], ...] = ("story",)
    lasts: Duration = timedelta(hours=24)


Grouped = Literal[
    "theme", "severity", "rule", "tag", "lang", "source", "country", "story"
]


class RouteSettings(Strict):
    """A node of the route tree, as in Alertmanager."""

    receiver: str | None = None
    match: MatchSettings = MatchSettings()
    continue_: bool = Field(default=False, alias="continue")
    group_wait: Duration | None = None
    """How long to gather further reports before the first message."""
    group_by: Annotated[
        tuple[Grouped, ...] | None, BeforeValidator(documents.one_or_many)
    ] = None
    """What alerts that are told in one message have in common; none by default."""
    group_interval: Duration | None = None
    """The shortest time between two messages about one group; 5 m by default."""
    repeat_interval: Duration | None = None
    """How often an open alert that nobody acknowledged is told again; 0: never."""
    resolve_after: Duration | None = None
    """How long a story must be quiet until its alerts are closed; 0: never."""
    mute_time_intervals: tuple[str, ...] = ()
    """Names of intervals in which messages wait; what is critical does not."""
    active_time_intervals: tuple[str, ...] = ()
    """Names of the only intervals in which messages go."""
    routes: tuple["RouteSettings", ...] = ()


class GroupingSettings(Strict):
    """How reports are grouped into stories."""

    level: Literal["auto", "base", "multilingual", "quality"] = "auto"
    """The model that compares reports; `auto`: the best that is installed."""


class ServerSettings(Strict):
    """Health, metrics and reload over HTTP."""

    listen: Listen = "127.0.0.1:8080"
    token: SecretStr | None = None
    """Asked for (`Authorization: Bearer`) by POST /-/reload."""
    token_file: str | None = None
    public_url: PublicUrl | None = None
    """The address under which people reach this service, such as behind a proxy."""
    link_secret: SecretStr | None = None
    """What the links in messages are signed with; 24 characters or more."""
    link_secret_file: str | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        check_given_once(self, "token", "link_secret")
        return self


class RetentionSettings(Strict):
    """How long things are kept."""

    items: Duration = timedelta(days=90)
    """Items on which no rule fired, once their feed no longer lists them."""
    dead: Duration = timedelta(days=30)
    """Dead letters."""
    ledger: Duration = timedelta(days=400)
    """Entries of the ledger; a checkpoint stands for those that are forgotten."""


class LogSettings(Strict):
    """What Tocsin says while it runs, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"
    """`auto`: for people on a terminal, JSON otherwise."""


class _File(InitSettingsSource):
    """What the file says, without what a variable says otherwise."""

    def __init__(
        self, settings_cls: type[BaseSettings], written: Any, given: Any
    ) -> None:
        super().__init__(settings_cls, written)
        self._given = given

    def __call__(self) -> dict[str, Any]:
        """Return it, to be overruled by the variables."""
        kept: dict[str, Any] = _overruled(super().__call__(), self._given)
        return kept


def _overruled(written: Any, given: Any) -> Any:
    """Return settings of a file without `url_file` where `url` is given, and so on."""
    if not isinstance(written, dict) or not isinstance(given, dict):
        return written
    gone = {_other_way(name) for name, value in given.items() if value}
    return {
        name: _overruled(value, given.get(name))
        for name, value in written.items()
        if name not in gone
    }


def _other_way(name: str) -> str:
    """Return how else a setting is written: itself, or a file that holds it."""
    end = "_file"
    return name.removesuffix(end) if name.endswith(end) else f"{name}{end}"


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
    grouping: GroupingSettings = GroupingSettings()
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
        _ = dotenv_settings, file_secret_settings
        written = _File(settings_cls, init_settings(), env_settings())
        return env_settings, written


# ── the files it names ───────────────────────────────────────────────────────


class FeedEntry(Strict):
    """One feed of a feeds file."""

    url: HttpUrl
    name: str = ""
    source: str = ""
    lang: Language = ""
    every: Duration | None = None
    backfill: Duration | None = None


class FeedsFile(Strict):
    """`config/feeds/*.yaml`."""

    feeds: tuple[FeedEntry, ...]


class SourceEntry(Strict):
    """One outlet of a sources file."""

    name: str = Field(min_length=1)
    country: Annotated[
        str, written_as("([A-Z]{2})?", "a country's two capitals", "such as BY or NO")
    ] = ""
    langs: tuple[Language, ...] = ()
    owner: str = ""
    grade: Literal["A", "B", "C", "D", "E", "F"] = "F"
    state: bool = False


class SourcesFile(Strict):
    """`config/sources.yaml`."""

    sources: tuple[SourceEntry, ...]
