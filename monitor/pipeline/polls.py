"""One poll: fetch, read, match, group, decide, and commit all of it at once.

    fetch ─ outside any transaction
    read  ─ bytes to items, in a worker thread
    write ─ ONE transaction: items, matches, stories, alerts, pending deliveries,
            and the feed's validators and next poll

If the validators were committed before the items, the next 304 would lose the
items; if a message were sent before the commit, a crash would send it twice. A poll
that brought nothing has only its feed to write down, and shares its transaction with
others (`batches`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.clock import Clock
from monitor.collect.parse import ParsedFeed
from monitor.model import (
    Exchange,
    FeedLease,
    Fetched,
    Finished,
    Push,
)
from monitor.pipeline.batches import Batches
from monitor.pipeline.heeding import backed_up, heeding_hub
from monitor.pipeline.ports import Fetcher, KnownHubs, Store
from monitor.pipeline.reading import Reading
from monitor.pipeline.reports import PollReport
from monitor.pipeline.states import (
    Answer,
    asks_for_its_host,
    failed,
    pushed,
    remembered,
    succeeded,
    to_ask,
)
from monitor.pipeline.taking import Taking, prepared
from monitor.pipeline.telling import Teller

_NETWORK_KINDS = frozenset({"dns", "connect", "offline", "timeout"})
_NOT_ASKED = frozenset({"forbidden-address"})
"""Nothing was dialled, so that nothing is known of the network."""
_SILENCE = timedelta(minutes=5)
_EVIDENCE = 2
"""Hosts."""


@dataclass(slots=True)
class Reachability:
    """Whether any feed answers: when none does, the fault is ours, not theirs.

    One host alone is no evidence of that: where no other one is asked, it is blamed as
    soon as it has been silent for a while.
    """

    last_answer: datetime | None = None
    first_silence: datetime | None = None
    """The first one since the last answer."""
    last_silence: datetime | None = None
    silent: frozenset[str] = frozenset()
    """Hosts that have not answered since: two suffice, more are not noted."""

    def note(self, host: str, exchange: Exchange, now: datetime) -> bool:
        """Take in an exchange with a host; return whether the machine seems offline."""
        self._forget_what_is_later(now)
        if exchange.kind in _NOT_ASKED and not exchange.status:
            return False
        if exchange.status or exchange.kind not in _NETWORK_KINDS:
            self.last_answer, self.first_silence = now, None
            self.silent = frozenset()
            return False
        self.first_silence = self.first_silence or now
        self.last_silence = now
        if len(self.silent) < _EVIDENCE:
            self.silent |= {host}
        return self.offline

    def _forget_what_is_later(self, now: datetime) -> None:
        """Take what was noted under a clock that was set back since as of now."""
        if self.last_answer is not None:
            self.last_answer = min(self.last_answer, now)
        if self.first_silence is not None:
            self.first_silence = min(self.first_silence, now)
        if self.last_silence is not None:
            self.last_silence = min(self.last_silence, now)

    @property
    def offline(self) -> bool:
        """Whether nothing has answered at all, or nothing for a while."""
        first, last = self.first_silence, self.last_silence
        if first is None or last is None:
            return False
        if self.last_answer is not None and last - self.last_answer <= _SILENCE:
            return False
        return len(self.silent) >= _EVIDENCE or last - first <= _SILENCE


class Poller:
    """Polls one feed at a time; safe to run for many feeds at once."""

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetcher,
        teller: Teller,
        clock: Clock,
        chance: Callable[[], float],
    ) -> None:
        """Hold what a poll needs; `chance` draws a number in [0, 1) for jitter."""
        self.reading = Reading()
        """Reads what came; the daemon has malformed feeds read in another process."""
        self.reachability = Reachability()
        self.hubs: KnownHubs | None = None
        """Hubs that tell of news; None where nobody can reach us."""
        self._store = store
        self._fetcher = fetcher
        self._teller = teller
        self._clock = clock
        self._chance = chance
        self._batches = Batches(store)

    async def poll(self, lease: FeedLease) -> PollReport:
        """Poll a leased feed; raise LeaseLost or StoreUnavailable, nothing else."""
        with self._batches.poll():
            begun = self._clock.now()
            exchange = await self._fetcher.fetch(lease.feed, to_ask(lease.state, begun))
            now = self._clock.now()
            host = urlsplit(lease.feed.url).hostname or ""
            offline = self.reachability.note(host, exchange, now)
            read = await self.reading.read(lease, exchange, now)
            answer = Answer(lease, exchange, read, now)
            if read.parsed is None:
                report = await self._put_down(answer, offline=offline)
            else:
                report = await asyncio.to_thread(self._take_in, answer, read.parsed)
        due = lease.state.poll_after or begun
        return replace(report, late=max(begun - due, timedelta()))

    async def _put_down(self, answer: Answer, *, offline: bool) -> PollReport:
        """Store a poll that brought nothing, together with others of its kind."""
        lease, read, chance = answer.lease, answer.read, self._chance()
        if read.status == "unchanged":
            offline, state = False, succeeded(answer, 0, chance)
            if self.hubs is not None:
                state = backed_up(self.hubs, lease.feed.url, state)
        else:
            state = failed(answer, chance, offline=offline)
        finished = Finished(
            lease=lease, state=state, polled=remembered(answer, state, 0)
        )
        if asks_for_its_host(answer, state):
            await asyncio.to_thread(self._put_down_host, finished, answer.exchange)
        else:
            await self._batches.keep(finished)
        return PollReport(
            feed=lease.feed,
            status=read.status,
            problem=read.problem,
            took=answer.exchange.took,
            size=len(answer.exchange.body),
            reason=state.reason,
            offline=offline,
        )

    def _put_down_host(self, finished: Finished, exchange: Exchange) -> None:
        """Store a failed poll whose server wants to be left alone with all its feeds."""
        state, url = finished.state, exchange.final_url
        with self._store.poll(finished.lease, beside=url) as transaction:
            if state.asked_until is not None:
                transaction.pause_host(url, state.asked_until, state.reason)
            transaction.remember(finished.polled)
            transaction.finish(state)

    def _take_in(self, answer: Answer, parsed: ParsedFeed) -> PollReport:
        """Store what a document holds, and all that follows from it."""
        lease, now = answer.lease, answer.now
        items = prepared(parsed.items)
        with (
            self._teller.session(now) as session,
            self._store.poll(lease) as transaction,
        ):
            outcome = Taking(transaction, lease, session, now).take(items)
            state = succeeded(answer, len(outcome.new), self._chance())
            if self.hubs is not None:
                state = heeding_hub(self.hubs, transaction, answer, state)
            transaction.remember(remembered(answer, state, len(outcome.new)))
            transaction.finish(state)
        return PollReport(
            feed=lease.feed,
            status=answer.read.status,
            items=len(items),
            new_items=len(outcome.new),
            revised_items=len(outcome.revised),
            twins=outcome.twins,
            new_stories=outcome.new_stories,
            findings=tuple(outcome.findings),
            deliveries=outcome.deliveries,
            took=answer.exchange.took,
            size=len(answer.exchange.body),
            path=parsed.path,
            reason=state.reason,
            notes=parsed.notes,
        )

    async def take_push(self, lease: FeedLease, push: Push) -> PollReport:
        """Read what a hub sent for a leased feed, as a poll would have."""
        now = self._clock.now()
        exchange = Exchange(
            outcome=Fetched.BODY,
            url=lease.feed.url,
            final_url=lease.feed.url,
            headers={"content-type": push.content_type},
            body=push.body,
        )
        read = await self.reading.read(lease, exchange, now)
        answer = Answer(lease, exchange, read, now)
        return await asyncio.to_thread(self._take_push, answer, push)

    def _take_push(self, answer: Answer, push: Push) -> PollReport:
        """Store what a hub sent, and forget that it waited."""
        lease, now, parsed = answer.lease, answer.now, answer.read.parsed
        items = prepared(parsed.items if parsed else ())
        with (
            self._teller.session(now) as session,
            self._store.poll(lease) as transaction,
        ):
            outcome = Taking(transaction, lease, session, now).take(items)
            transaction.take_push(push.id)
            transaction.finish(pushed(answer, len(outcome.new)))
        return PollReport(
            feed=lease.feed,
            status="pushed" if parsed else answer.read.status,
            problem=answer.read.problem,
            items=len(items),
            new_items=len(outcome.new),
            revised_items=len(outcome.revised),
            twins=outcome.twins,
            new_stories=outcome.new_stories,
            findings=tuple(outcome.findings),
            deliveries=outcome.deliveries,
            size=len(push.body),
            path=parsed.path if parsed else "",
            reason=lease.state.reason,
            notes=parsed.notes if parsed else (),
        )
