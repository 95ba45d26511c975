"""What the demo did: counted, and shown as a table or as plain values."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from rich.table import Table

from monitor.model.counts import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the demo did; every figure is counted, none is planned."""

    outlets: int
    published: int
    """Texts that the outlets published, corrections and updates included."""
    polls: int
    unchanged: int
    """Polls that a 304 or an unchanged body answered."""
    items: int
    matched: int
    stories: int
    alerts: int
    updates: int
    corrections: int
    """Messages that take back, correct or deny what was told."""
    held_back: int
    """Matched reports that made no message: copies and rewritten reports."""
    exact_copies: int
    webhooks: int
    webhook_retries: int
    refused_signatures: int
    mails: int
    """One a message, to the night desk."""
    digests: int
    """Mails at seven in the morning that tell of a day's alerts."""
    digested: int
    """Alerts in them."""
    duplicates: int
    waiting: int
    dead: int
    latency: tuple[float, float] | None
    """From publication to the webhook, in the clock's seconds: median, 95 %."""
    processing: tuple[float, float] | None
    """From the decision to the webhook, in real seconds: median, 95 %."""
    every: float
    """Seconds of the clock between two polls of one feed."""
    took: float
    """Real seconds."""

    @property
    def messages(self) -> int:
        """How many messages each receiver was to get."""
        return self.alerts + self.updates + self.corrections

    @property
    def complete(self) -> bool:
        """Whether each message came to each receiver once, verified."""
        return (
            self.messages > 0
            and self.webhooks == self.mails == self.messages
            and not (self.refused_signatures or self.duplicates)
            and not (self.waiting or self.dead)
        )

    def figures(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "outlets": self.outlets,
            "published": self.published,
            "polls": self.polls,
            "polls_unchanged": self.unchanged,
            "items": self.items,
            "matches": self.matched,
            "stories": self.stories,
            "alerts": self.alerts,
            "updates": self.updates,
            "corrections": self.corrections,
            "copies_held_back": self.held_back,
            "exact_copies": self.exact_copies,
            "deliveries": {
                "webhook": self.webhooks,
                "webhook_tried_again": self.webhook_retries,
                "signatures_refused": self.refused_signatures,
                "email": self.mails,
                "digests": self.digests,
                "alerts_in_digests": self.digested,
                "duplicates": self.duplicates,
                "waiting": self.waiting,
                "dead": self.dead,
            },
            "latency_seconds": _pair(self.latency),
            "processing_seconds": _pair(self.processing),
            "took_seconds": round(self.took, 1),
            "complete": self.complete,
        }

    def table(self) -> Table:
        """Return everything as a table for people."""
        table = Table(title="29 July to 14 August 2020, as Tocsin saw it")
        table.add_column("")
        table.add_column("", justify="right")
        table.add_column("", style="dim")
        for row in self._rows():
            table.add_row(*row)
        return table

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        yield "items", str(self.items), f"from {self.outlets} outlets in six languages"
        yield "polls", str(self.polls), f"{self.unchanged} unchanged, 304"
        yield "matches", str(self.matched), "items that a rule fired on"
        yield "stories", str(self.stories), "events, as grouped"
        more = (
            f"and {counted(self.updates, 'update')}"
            if self.updates
            else "one a rule and story"
        )
        yield "alerts", str(self.alerts), more
        if self.corrections:
            said = "reports that take back what was told"
            yield "corrections", str(self.corrections), said
        yield "copies held back", str(self.held_back), "joined a known story silently"
        yield (
            "webhooks",
            str(self.webhooks),
            (
                f"verified, {self.refused_signatures} refused, "
                f"{self.webhook_retries} tried again after a 503"
            ),
        )
        yield "mails", str(self.mails), "accepted by SMTP"
        told = f"at seven in the morning, {counted(self.digested, 'alert')} in them"
        yield "digests", str(self.digests), told
        yield "duplicates, lost", f"{self.duplicates}, {self.dead + self.waiting}", ""
        if self.latency:
            yield (
                "latency",
                _shown(self.latency[0]),
                (
                    f"published to webhook, 95 % within {_shown(self.latency[1])}; "
                    f"feeds are polled every {_shown(self.every)}"
                ),
            )
        if self.processing:
            yield (
                "of which Tocsin's",
                f"{self.processing[0] * 1000:.0f} ms",
                (
                    f"decision to webhook, real time, 95 % within "
                    f"{self.processing[1] * 1000:.0f} ms"
                ),
            )


def _pair(value: tuple[float, float] | None) -> dict[str, float] | None:
    if value is None:
        return None
    return {"median": round(value[0], 3), "p95": round(value[1], 3)}


def _shown(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes >= 60:  # noqa: PLR2004 - an hour
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes} min"


def spread(values: list[float]) -> tuple[float, float] | None:
    """Return the median and what 95 % stay under; None of nothing."""
    if not values:
        return None
    if len(values) == 1:
        return values[0], values[0]
    cuts = quantiles(values, n=20, method="inclusive")
    return cuts[9], cuts[18]
