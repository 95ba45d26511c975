"""The shape of mail in the configuration file, and of the language that messages speak."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, model_validator

from monitor import documents
from monitor.send.render import LANGUAGES
from monitor.settings.kinds import (
    EmailAddress,
    Host,
    Strict,
    Timeout,
    Zone,
    check_given_once,
)
from monitor.settings.logins import check_password


class SmtpSettings(Strict):
    """The mail server to hand messages to."""

    host: Host
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: SecretStr | None = None
    password_file: str | None = None
    ca_file: str | None = None
    timeout: Timeout = timedelta(seconds=30)

    @model_validator(mode="after")
    def _has_one_password(self) -> "SmtpSettings":
        check_given_once(self, "password")
        check_password(self.username, self.password or self.password_file)
        return self

    @model_validator(mode="after")
    def _password_is_protected(self) -> "SmtpSettings":
        local = self.host in {"localhost", "127.0.0.1", "::1"}
        if self.security == "none" and self.username and not local:
            raise documents.wrong(
                "a password would cross the network in the clear",
                "set security: starttls or tls",
            )
        return self


def _spoken(value: str) -> str:
    if value not in LANGUAGES:
        raise documents.wrong(
            f"messages do not speak {value!r}", f"one of {', '.join(LANGUAGES)}"
        )
    return value


Spoken = Annotated[str, AfterValidator(_spoken)]


class SpokenSettings(Strict):
    """How the messages of a receiver are worded."""

    lang: Spoken = "en"
    """Of a message's fixed words: what was published stays as it is."""
    timezone: Zone = "UTC"
    """In which times are told."""


class RecipientSettings(Strict):
    """An address with a language and a time zone of its own."""

    address: EmailAddress
    lang: Spoken | None = None
    timezone: Zone | None = None


class EmailSettings(SpokenSettings):
    """One message a recipient, text and HTML."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True
    )
    to: tuple[EmailAddress | RecipientSettings, ...] = Field(min_length=1)
    sender: EmailAddress = Field(alias="from")
    smtp: SmtpSettings

    @property
    def recipients(self) -> dict[str, tuple[str, str]]:
        """Language and time zone by address."""
        found = {}
        for one in self.to:
            if isinstance(one, str):
                found[one] = (self.lang, self.timezone)
            else:
                zone = one.timezone or self.timezone
                found[one.address] = (one.lang or self.lang, zone)
        return found
