"""Subscribing to feeds at their hubs, and reading what hubs push (WebSub).

A push is a row before it is answered, and is read by the transaction of a poll: items,
matches, alerts and the end of the row commit together. A feed is pushed to or polled at
any one time, never both, since both need its lease.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.collect import hubs
from monitor.errors import LeaseLost
from monitor.model import FeedLease, Push, Subscribed, Subscription
from monitor.pipeline.heeding import HubBook
from monitor.pipeline.polls import Poller
from monitor.pipeline.ports import HubAsker, HubStore
from monitor.pipeline.reports import Observer

_log = structlog.get_logger(__name__)

_AT_ONCE = 10
"""Hubs that are asked, and feeds whose pushes are read, in one tick."""
_ASKING_TAKES = timedelta(minutes=5)
"""How long nobody else asks for the same subscription."""
_MOST_REFUSALS = 3
"""So often a hub is asked to end a subscription before it is left to lapse."""


@dataclass(kw_only=True, eq=False)
class Subscriber:
    """Keeps subscriptions alive and reads pushes; driven by the daemon's ticks."""

    store: HubStore
    poller: Poller
    asker: HubAsker
    clock: Clock
    observer: Observer
    owner: str
    """Names this process in leases."""
    lease: timedelta
    callback: str
    """The public address before the token, with its last slash."""
    secret: Callable[[], str]
    """Draws a secret that nobody can guess and that fits into a path."""
    book: HubBook = field(default_factory=HubBook)

    async def renew(self) -> int:
        """Ask the hubs that are due, side by side; return how many.

        One that never answers takes its whole time, and many of them are dead.
        """
        now = self.clock.now()
        due = await asyncio.to_thread(
            self.store.hubs.claim_due, now, now + _ASKING_TAKES, _AT_ONCE
        )
        asked = await asyncio.gather(
            *(self._ask(subscription, now) for subscription in due),
            return_exceptions=True,
        )
        await asyncio.to_thread(self._refresh)
        for fault in filter(None, asked):
            raise fault
        return len(due)

    def _refresh(self) -> None:
        self.book.known = self.store.hubs.feeds()
        pushing = self.store.hubs.pushing()
        relied = ((one.feed, hubs.relied_until(one)) for one in pushing)
        self.book.relied = {feed: until for feed, until in relied if until is not None}

    async def _ask(self, claimed: Subscription, now: datetime) -> None:
        wanted = await asyncio.to_thread(self._prepared, claimed, now)
        if wanted is None:
            return
        form = hubs.request(wanted, self.callback + wanted.token)
        problem = await self.asker.ask(wanted.hub, form)
        after = self.clock.now()

        def change(stands: Subscription) -> Subscription | None:
            if stands != wanted:  # the hub asked back before it answered
                return None
            if problem:
                return hubs.failed(stands, problem, after)
            return hubs.accepted(stands, after)

        await asyncio.to_thread(self.store.hubs.update, wanted.id, change)
        _log.info(
            "asked a hub",
            feed=wanted.feed,
            hub=wanted.hub,
            mode=form["hub.mode"],
            problem=problem,
        )

    def _prepared(self, claimed: Subscription, now: datetime) -> Subscription | None:
        """Return a subscription as it is asked for, stored; None where it is over."""
        if claimed.state is Subscribed.ENDED or _is_spent(claimed, now):
            self.store.hubs.forget(claimed.id)
            return None
        if claimed.state is Subscribed.OFFERED:
            drawn = hubs.begun(claimed, self.secret(), self.secret(), now)
        else:
            drawn = hubs.lapsed(claimed, now)
        wanted = replace(drawn, due=claimed.due)
        if claimed.lease_until is not None and wanted.lease_until is None:
            self.store.hubs.resume(claimed.feed, now, "the hub's lease ended")
        return self.store.hubs.update(
            claimed.id, lambda stands: wanted if stands == claimed else None
        )

    async def take_pushes(self) -> int:
        """Read what hubs pushed to feeds that are not being polled; return how many."""
        now = self.clock.now()
        leased = await asyncio.to_thread(
            self.store.hubs.lease_pushed, now, now + self.lease, _AT_ONCE, self.owner
        )
        await asyncio.gather(*(self._take(lease, push) for lease, push in leased))
        return len(leased)

    async def _take(self, lease: FeedLease, push: Push) -> None:
        try:
            self.observer.polled(await self.poller.take_push(lease, push))
        except LeaseLost:
            _log.warning("a push was taken over by another process", feed=push.feed)


def _is_spent(claimed: Subscription, now: datetime) -> bool:
    """Return whether an unwanted subscription needs no more asking."""
    if claimed.state is not Subscribed.ENDING:
        return False
    lapsed = claimed.lease_until is not None and claimed.lease_until <= now
    return not claimed.token or lapsed or claimed.failures >= _MOST_REFUSALS


def heard(
    store: HubStore,
    known: Subscription,
    query: Mapping[str, str],
    now: datetime,
) -> str | None:
    """Take in what a hub asks or says; return what to echo, None for "not meant"."""
    answer: str | None = None

    def change(stands: Subscription) -> Subscription | None:
        nonlocal answer
        changed, answer = hubs.answered(stands, query, now)
        return changed

    changed = store.hubs.update(known.id, change)
    if changed is not None:
        _log.info("a hub answered", feed=known.feed, state=changed.state.value)
        if changed.state is Subscribed.DENIED:
            store.hubs.resume(known.feed, now, changed.problem)
    return answer
