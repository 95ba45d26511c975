"""Those who are told what the pipeline did: the log, the metrics, a summary."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

from monitor.documents import write_duration
from monitor.model import Feed, Verdict
from monitor.pipeline.reports import (
    DeliveryReport,
    Finding,
    Observer,
    PollReport,
)

_log = structlog.get_logger("tocsin")


class Observers:
    """Tells several observers in turn."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        """Keep the order in which they are told."""
        self._observers = tuple(observers)

    def polled(self, report: PollReport) -> None:
        """Pass on a poll."""
        for observer in self._observers:
            observer.polled(report)

    def delivered(self, report: DeliveryReport) -> None:
        """Pass on an attempt."""
        for observer in self._observers:
            observer.delivered(report)


class LogObserver:
    """Writes each poll, match and attempt to the log."""

    def __init__(self) -> None:
        """Begin with the feeds thought reachable."""
        self._offline_told = False
        self._failing: set[str] = set()

    def polled(self, report: PollReport) -> None:
        """Log a poll, and every item of it that a rule fired on."""
        if report.offline:
            self._tell_offline()
            _log.debug("no answer", feed=feed_label(report.feed), why=report.problem)
            return
        if self._offline_told:
            self._offline_told = False
            _log.info("feeds answer again")
        if report.problem:
            self._tell_failure(report)
            return
        self._failing.discard(report.feed.url)
        tell = _log.info if report.new_items or report.revised_items else _log.debug
        tell("polled", feed=feed_label(report.feed), **_poll_figures(report))
        for finding in report.findings:
            _tell_finding(finding)

    def delivered(self, report: DeliveryReport) -> None:
        """Log an attempt; a failure says when the next one is."""
        about = {
            "receiver": report.delivery.receiver,
            "delivery": report.delivery.id,
            "attempt": report.delivery.attempts + 1,
        }
        status, problem = report.receipt.status, report.receipt.problem
        if report.outcome == "delivered" and problem:
            _log.warning("delivered", **about, status=status, why=problem)
        elif report.outcome == "delivered":
            _log.info("delivered", **about, status=status)
        elif report.outcome == "retry" and report.due is not None:
            wait = write_duration(max(report.due - report.at, report.at - report.at))
            _log.warning("not delivered yet", **about, why=problem, retry_in=wait)
        else:
            _log.error("dead letter", **about, why=problem)
        if report.disabled:
            name = report.delivery.receiver
            _log.error(
                "receiver disabled: what is due for it waits",
                receiver=name,
                why=report.disabled,
                mend=f"tocsin receivers enable {name}",
            )

    def _tell_offline(self) -> None:
        if not self._offline_told:
            self._offline_told = True
            _log.warning(
                "no feed answers: this machine seems to have no network, or all that it "
                "polls is down; trying on, no feed is blamed; to see Tocsin work offline: tocsin demo"
            )

    def _tell_failure(self, report: PollReport) -> None:
        first = report.feed.url not in self._failing
        self._failing.add(report.feed.url)
        tell = _log.warning if first else _log.info
        tell(
            "poll failed",
            feed=feed_label(report.feed),
            kind=report.status,
            why=report.problem,
            next=report.reason,
        )


def feed_label(feed: Feed) -> str:
    """Name a feed the way people know it."""
    return feed.name or feed.source or urlsplit(feed.url).hostname or feed.url


def _poll_figures(report: PollReport) -> dict[str, object]:
    figures: dict[str, object] = {"items": report.items, "new": report.new_items}
    if report.revised_items:
        figures["revised"] = report.revised_items
    if report.twins:
        figures["copies"] = report.twins
    if report.findings:
        figures["matched"] = len({f.item.id for f in report.findings})
    if report.notes:
        figures["notes"] = "; ".join(report.notes)
    return figures


def _tell_finding(finding: Finding) -> None:
    decision = finding.decision
    words = {
        Verdict.RAISE: "ALERT",
        Verdict.UPDATE: "ALERT update",
        Verdict.CORRECT: "CORRECTION",
        Verdict.JOIN: "joined story",
        Verdict.HOLD: "held back",
    }
    _log.info(
        words[decision.verdict],
        rule=decision.rule_id,
        title=finding.item.title[:120],
        source=finding.item.source,
        why=decision.detail or decision.reason,
    )


@dataclass(slots=True)
class Summary:
    """Counts what happened, for `once` and the demo."""

    polls: Counter[str] = field(default_factory=Counter)
    items: int = 0
    new_items: int = 0
    revised_items: int = 0
    copies: int = 0
    matched_items: int = 0
    stories: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    offline: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def polled(self, report: PollReport) -> None:
        """Count a poll."""
        self.polls[report.status] += 1
        self.items += report.items
        self.new_items += report.new_items
        self.revised_items += report.revised_items
        self.copies += report.twins
        self.matched_items += len({f.item.id for f in report.findings})
        self.stories += report.new_stories
        self.offline += report.offline
        for finding in report.findings:
            self.verdicts[finding.decision.verdict.value] += 1
        if report.problem:
            self.failures.append((report.feed.url, report.problem))

    def delivered(self, report: DeliveryReport) -> None:
        """Count an attempt."""
        self.attempts[report.outcome] += 1
