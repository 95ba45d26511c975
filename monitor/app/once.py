"""One cycle: every feed polled, what is due delivered, a summary; for cron and tests."""

from dataclasses import dataclass, field, replace

import click

from monitor.app.compose import Tocsin
from monitor.app.loading import Loaded
from monitor.app.observers import Summary
from monitor.model.counts import counted
from monitor.pipeline.reports import Observer
from monitor.store.records import Store, open_store


@dataclass(slots=True)
class OnceResult:
    """What one cycle did."""

    feeds: int
    polled: dict[str, int]
    items: int
    new_items: int
    revised_items: int
    copies: int
    matched_items: int
    stories: int
    alerts: int
    updates: int
    corrections: int
    held_back: int
    joined: int
    deliveries: dict[str, int]
    waiting: int
    """Deliveries that are due later (a retry, or a route's group_wait)."""
    offline: bool
    left_alone: int = 0
    """Feeds that were not polled, since their publishers ask for more time."""
    failures: list[tuple[str, str]] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the summary for people."""
        ok = sum(
            n for status, n in self.polled.items() if status in {"ok", "unchanged"}
        )
        polled = (
            f"feeds      {self.feeds} polled, {ok} answered, "
            f"{self.polled.get('unchanged', 0)} unchanged"
        )
        items = (
            f"items      {self.items} read, {self.new_items} new, "
            f"{self.revised_items} revised, {counted(self.copies, 'exact copy', 'exact copies')}"
        )
        told = counted(self.updates, "update")
        if self.corrections:
            told += f", {counted(self.corrections, 'correction')}"
        alerts = (
            f"alerts     {self.alerts} new, {told}, "
            f"{self.held_back} held back, {self.joined} joined a known story"
        )
        deliveries = (
            f"deliveries {self.deliveries.get('delivered', 0)} delivered, "
            f"{self.deliveries.get('retry', 0)} to be tried again, "
            f"{self.deliveries.get('gave-up', 0)} dead, {self.waiting} waiting"
        )
        matches = (
            f"matches    {counted(self.matched_items, 'item')} in "
            f"{counted(self.stories, 'new story', 'new stories')}"
        )
        if self.left_alone:
            polled += f", {self.left_alone} left alone as they ask"
        lines = [polled, items, matches, alerts, deliveries]
        if self.offline:
            lines.append(
                "no feed answers: this machine seems to have no network, or all that "
                "it polls is down; no feed is blamed. To see Tocsin work offline: tocsin demo"
            )
        else:
            lines += [f"failed     {url}: {why}" for url, why in self.failures]
        return lines


async def run_once(loaded: Loaded, observer: Observer, summary: Summary) -> OnceResult:
    """Poll every feed that does not ask to be left alone; deliver what is due; end."""
    store = open_store(loaded.configuration.store_url)
    try:
        tocsin = Tocsin(loaded, store, observer, write=click.echo)
        try:
            tocsin.begin()
            # Cron may come more often than a publisher wants to be asked.
            due = store.make_due(None, tocsin.clock.now(), welcome=True)
            left_alone = int(store.counts()["feeds"]) - len(due)
            await tocsin.crew.run_until_idle()
            await tocsin.watch_sources()
            await tocsin.look_after_alerts()
            await tocsin.crew.run_until_idle()
            await tocsin.retain()
            await tocsin.seal()
            result = _result(tocsin, summary, len(due), store)
            return replace(result, left_alone=left_alone)
        finally:
            await tocsin.aclose()
    finally:
        store.close()


def _result(tocsin: Tocsin, summary: Summary, feeds: int, store: Store) -> OnceResult:
    verdicts = summary.verdicts
    return OnceResult(
        feeds=feeds,
        polled=dict(summary.polls),
        items=summary.items,
        new_items=summary.new_items,
        revised_items=summary.revised_items,
        copies=summary.copies,
        matched_items=summary.matched_items,
        stories=summary.stories,
        alerts=verdicts["raise"],
        updates=verdicts["update"],
        corrections=verdicts["correct"],
        held_back=verdicts["hold"],
        joined=verdicts["join"],
        deliveries=dict(summary.attempts),
        waiting=int(store.counts().get("deliveries_pending", 0)),
        offline=tocsin.poller.reachability.offline and not summary.items,
        failures=summary.failures,
    )
