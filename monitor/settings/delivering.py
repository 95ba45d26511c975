"""The shape of how a receiver wants to be told: digests, rates, and what is too late."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from monitor import documents
from monitor.documents import Duration
from monitor.model import Severity
from monitor.notify.digests import check_cron
from monitor.settings.kinds import Strict, Zone


def _cron(value: str) -> str:
    try:
        check_cron(value)
    except ValueError as wrong:
        said, _, mend = str(wrong).partition("; ")
        raise documents.wrong(said, mend) from None
    return value


class DigestSettings(Strict):
    """One message at set times instead of one an alert."""

    cron: Annotated[str, AfterValidator(_cron)]
    """Minute, hour, day of the month, month, day of the week (0 and 7 are Sunday)."""
    timezone: Zone = "UTC"
    bypass: Severity | Literal["none"] = Severity.CRITICAL
    """What is as grave as this goes at once, and is not in the digest."""


class RateSettings(Strict):
    """So many messages in so much time; what comes beside goes in one message."""

    messages: int = Field(ge=1, le=100_000)
    per: Duration = timedelta(hours=1)

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        if self.per <= timedelta():
            raise documents.wrong("a rate needs a time", "write per: 1h")
        return self
