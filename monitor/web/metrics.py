"""What Prometheus scrapes: counters fed by the pipeline, gauges read at scrape."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import product
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor import __version__
from monitor.errors import StoreUnavailable
from monitor.pipeline.reports import DeliveryReport, PollReport
from monitor.web import series

_LAGS = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800)
"""Seconds."""


class Metrics:
    """An observer of the pipeline that counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register every metric, each with its labels, at zero."""
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        build = Info("tocsin_build", "The version that runs", registry=registry)
        build.info({"version": __version__})
        self.polls = counter("tocsin_polls", "Finished polls", ["status"])
        self.items = counter("tocsin_items", "Items stored", ["change"])
        self.matches = counter("tocsin_matches", "Rules that fired on items", ["rule"])
        self.decisions = counter(
            "tocsin_decisions", "Decisions on matched items", ["verdict", "reason"]
        )
        self.attempts = counter(
            "tocsin_delivery_attempts",
            "Attempts of deliveries",
            ["receiver", "outcome"],
        )
        self.fetch_seconds = histogram("tocsin_fetch_seconds", "Time of one exchange")
        self.poll_lag = histogram(
            "tocsin_poll_lag_seconds",
            "How long after it was due a poll began",
            buckets=_LAGS,
        )
        self.reloads = counter("tocsin_reloads", "Reloads of the rules", ["outcome"])
        self.rules_refused = gauge(
            "tocsin_rules_refused",
            "1 while the rules on disk are refused and older ones are in force",
        )
        self.tick_lag = gauge(
            "tocsin_tick_lag_seconds", "How late the daemon's last tick ran", ["tick"]
        )
        self.tick_failures = counter(
            "tocsin_tick_failures", "Ticks of the daemon that failed", ["tick"]
        )
        self.hub_pushes = counter(
            "tocsin_hub_pushes",
            "What hubs pushed: taken, bad-signature, unknown, too-large ...",
            ["outcome"],
        )

    def expect(self, ticks: Iterable[str], receivers: Iterable[str]) -> None:
        """Show what may happen at zero, so that the first time is seen as a rise."""
        closed = (
            (self.polls, series.POLLS),
            (self.items, series.CHANGES),
            (self.reloads, series.RELOADS),
            (self.hub_pushes, series.PUSHES),
            (self.tick_failures, ticks),
        )
        for counter, values in closed:
            for value in values:
                counter.labels(value)
        for verdict, reasons in series.DECISIONS.items():
            for reason in reasons:
                self.decisions.labels(verdict.value, reason)
        self.expect_receivers(receivers)

    def expect_receivers(self, names: Iterable[str]) -> None:
        """Show how receivers fare at zero; those of a reload too."""
        for name, outcome in product(names, series.ATTEMPTS):
            self.attempts.labels(name, outcome)

    def pushed(self, outcome: str) -> None:
        """Count what a hub pushed."""
        self.hub_pushes.labels(outcome).inc()

    def polled(self, report: PollReport) -> None:
        """Count a poll and what came of it."""
        self.polls.labels(report.status).inc()
        self.fetch_seconds.observe(report.took.total_seconds())
        self.poll_lag.observe(report.late.total_seconds())
        if report.items:
            self.items.labels("new").inc(report.new_items)
            self.items.labels("revised").inc(report.revised_items)
        for finding in report.findings:
            decision = finding.decision
            self.matches.labels(decision.rule_id).inc()
            self.decisions.labels(decision.verdict.value, decision.reason).inc()

    def delivered(self, report: DeliveryReport) -> None:
        """Count an attempt."""
        self.attempts.labels(report.delivery.receiver, report.outcome).inc()


class Sparing:
    """Figures that take a twentieth of the time at most, however large the store is.

    What took a quarter of a second to count is handed out for five.
    """

    def __init__(
        self,
        count: Callable[[], Mapping[str, float]],
        tick: Callable[[], float],
        look: Callable[[], None],
    ) -> None:
        """`tick` reads a clock in seconds that never goes back.

        `look` is called every time, and raises where there is no store any more: figures
        that were counted before must not hide that.
        """
        self._count = count
        self._tick = tick
        self._look = look
        self._lock = Lock()
        self._known: Mapping[str, float] = {}
        self._until = -math.inf

    def __call__(self) -> Mapping[str, float]:
        """Return the figures; whoever asks meanwhile waits for one count."""
        self._look()
        with self._lock:
            began = self._tick()
            if began >= self._until:
                self._known = self._count()
                ended = self._tick()
                self._until = ended + (ended - began) * _RESTS
            return self._known


_RESTS = 19


FIGURES = {
    "alerts": "Alerts that are kept, open and closed",
    "deliveries_dead": "Deliveries that were given up",
    "deliveries_delivered": "Deliveries that their receiver took",
    "deliveries_folded": "Deliveries that went as a part of another one",
    "deliveries_pending": "Deliveries that wait for an attempt",
    "feeds": "Feeds that are watched",
    "feeds_due": "Feeds that should be polled now",
    "feeds_failing": "Feeds whose last poll failed",
    "feeds_overdue_seconds": "How long the most overdue feed has been due",
    "items": "Items that are kept",
    "ledger_waiting": "Entries of the ledger that are not sealed yet",
    "newest_item_timestamp_seconds": "When the last new item was stored, Unix time",
    "oldest_pending_seconds": "Age of the oldest delivery that should have gone",
    "oldest_pending_timestamp_seconds": "When that delivery was made, Unix time",
    "receivers_disabled": "Receivers that are sent nothing until they are enabled",
    "stories": "Stories that are kept",
}
"""What each figure of the store means."""


class StoreGauges(Collector):
    """Gauges that are read from the store when they are asked for."""

    def __init__(self, counts: Callable[[], Mapping[str, float]]) -> None:
        """Ask `counts` for values by the names of `FIGURES`."""
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """Yield whether the store answers, and one gauge a count where it does.

        What else is measured is wanted most while it does not.
        """
        try:
            counts = self._counts()
        except StoreUnavailable:
            counts = None
        up = "1 while the store answers"
        yield GaugeMetricFamily("tocsin_store_up", up, float(counts is not None))
        for name, value in sorted((counts or {}).items()):
            yield GaugeMetricFamily(f"tocsin_store_{name}", FIGURES[name], value)

    def describe(self) -> Iterator[Metric]:
        """Name nothing in advance: that would read the store at start."""
        return iter(())
