"""What Prometheus scrapes: counters fed by the pipeline, gauges read at scrape."""

import math
from collections.abc import Callable, Iterator, Mapping
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitor.pipeline.reports import DeliveryReport, PollReport

_LAGS = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800)
"""Seconds."""


class Metrics:
    """An observer of the pipeline that counts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register every metric, each with its labels, at zero."""
        self.polls = Counter(
            "tocsin_polls", "Finished polls", ["status"], registry=registry
        )
        self.items = Counter(
            "tocsin_items", "Items stored", ["change"], registry=registry
        )
        self.matches = Counter(
            "tocsin_matches", "Rules that fired on items", ["rule"], registry=registry
        )
        self.decisions = Counter(
            "tocsin_decisions",
            "Decisions on matched items",
            ["verdict", "reason"],
            registry=registry,
        )
        self.attempts = Counter(
            "tocsin_delivery_attempts",
            "Attempts of deliveries",
            ["receiver", "outcome"],
            registry=registry,
        )
        self.fetch_seconds = Histogram(
            "tocsin_fetch_seconds", "Time of one exchange", registry=registry
        )
        self.poll_lag = Histogram(
            "tocsin_poll_lag_seconds",
            "How long after it was due a poll began",
            buckets=_LAGS,
            registry=registry,
        )
        self.reloads = Counter(
            "tocsin_reloads", "Reloads of the rules", ["outcome"], registry=registry
        )
        self.rules_refused = Gauge(
            "tocsin_rules_refused",
            "1 while the rules on disk are refused and older ones are in force",
            registry=registry,
        )
        self.tick_lag = Gauge(
            "tocsin_tick_lag_seconds",
            "How late the daemon's last tick ran",
            ["tick"],
            registry=registry,
        )

        self.hub_pushes = Counter(
            "tocsin_hub_pushes",
            "What hubs pushed: taken, bad-signature, unknown, too-large ...",
            ["outcome"],
            registry=registry,
        )

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
        self, count: Callable[[], Mapping[str, float]], tick: Callable[[], float]
    ) -> None:
        """`tick` reads a clock in seconds that never goes back."""
        self._count = count
        self._tick = tick
        self._lock = Lock()
        self._known: Mapping[str, float] = {}
        self._until = -math.inf

    def __call__(self) -> Mapping[str, float]:
        """Return the figures; whoever asks meanwhile waits for one count."""
        with self._lock:
            began = self._tick()
            if began >= self._until:
                self._known = self._count()
                ended = self._tick()
                self._until = ended + (ended - began) * _RESTS
            return self._known


_RESTS = 19


class StoreGauges(Collector):
    """Gauges that are read from the store when they are asked for."""

    def __init__(self, counts: Callable[[], Mapping[str, float]]) -> None:
        """Ask `counts` for values by name, such as `feeds_failing`."""
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """Yield one gauge a count."""
        for name, value in sorted(self._counts().items()):
            yield GaugeMetricFamily(
                f"tocsin_store_{name}", name.replace("_", " "), value
            )

    def describe(self) -> Iterator[Metric]:
        """Name nothing in advance: that would read the store at start."""
        return iter(())
