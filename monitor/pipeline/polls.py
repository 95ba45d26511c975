"""One poll: fetch, read, match, group, decide, and commit all of it at once.

    fetch ─ outside any transaction
    read  ─ bytes to items, in a worker thread
    write ─ ONE transaction: items, matches, stories, alerts, pending deliveries,
            and the feed's validators and next poll

If the validators were committed before the items, the next 304 would lose the
items; if a message were sent before the commit, a crash would send it twice.
"""

import asyncio
import hashlib
import ipaddress
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.clock import Clock
from monitor.collect import cadence
from monitor.collect.parse import ParsedFeed, lenient, parse
from monitor.collect.parse.raw import RawFeed
from monitor.detect.text import item_language
from monitor.errors import FeedProblem
from monitor.group.fingerprints import canonical_url, content_hash
from monitor.model import (
    BY_HAND,
    Exchange,
    Feed,
    FeedLease,
    FeedState,
    Fetched,
    Item,
    KnownItem,
    Polled,
    Source,
)
from monitor.pipeline.ports import Fetcher, PollTransaction, Store
from monitor.pipeline.reports import Finding, PollReport
from monitor.pipeline.telling import Fired, Session, Teller

MOST_REVISIONS = 24
"""An item whose text changes more often is a live page or a flapping feed."""

_NETWORK_KINDS = frozenset({"dns", "connect", "offline", "timeout"})
_SILENCE = timedelta(minutes=5)


@dataclass(slots=True)
class Reachability:
    """Whether any feed answers: when none does, the fault is ours, not theirs."""

    last_answer: datetime | None = None
    last_silence: datetime | None = None

    def note(self, exchange: Exchange, now: datetime) -> bool:
        """Take in an exchange; return whether the machine seems offline."""
        if exchange.status or exchange.kind not in _NETWORK_KINDS:
            self.last_answer = now
            return False
        self.last_silence = now
        return self.last_answer is None or now - self.last_answer > _SILENCE

    @property
    def offline(self) -> bool:
        """Whether nothing has answered at all, or nothing for a while."""
        if self.last_silence is None:
            return False
        return (
            self.last_answer is None or self.last_silence - self.last_answer > _SILENCE
        )


@dataclass(frozen=True, slots=True)
class _Read:
    """What an exchange turned out to hold."""

    status: str
    parsed: ParsedFeed | None = None
    body_hash: str = ""
    problem: str = ""


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
        self.lenient_read: Callable[[bytes], RawFeed] = lenient.read
        """Reads what is not well formed; the daemon puts in a process of its own."""
        self._store = store
        self._fetcher = fetcher
        self._teller = teller
        self._clock = clock
        self._chance = chance
        self.reachability = Reachability()
        # The detector's model is large and loaded when first needed: once.
        self._one_at_a_time = threading.Lock()

    async def poll(self, lease: FeedLease) -> PollReport:
        """Poll a leased feed; raise LeaseLost or StoreUnavailable, nothing else."""
        asked = _to_ask(lease.state, self._clock.now())
        exchange = await self._fetcher.fetch(lease.feed, asked)
        now = self._clock.now()
        offline = self.reachability.note(exchange, now)
        return await asyncio.to_thread(
            self._digest, lease, exchange, now, offline=offline
        )

    # ── reading ──────────────────────────────────────────────────────────────

    def _digest(
        self, lease: FeedLease, exchange: Exchange, now: datetime, *, offline: bool
    ) -> PollReport:
        read = self._read(lease, exchange, now)
        if read.parsed is None and read.status != "unchanged":
            return self._failed(lease, exchange, read, now, offline=offline)
        items = self._prepared(lease.feed, read.parsed.items if read.parsed else ())
        with (
            self._teller.session(now) as session,
            self._store.poll(lease) as transaction,
        ):
            outcome = _Poll(transaction, lease, session, now).take(items)
            state = self._succeeded(lease, exchange, read, len(outcome.new), now)
            polled = _polled(lease, exchange, read, state, len(outcome.new))
            transaction.remember(polled)
            transaction.finish(state)
        return PollReport(
            feed=lease.feed,
            status=read.status,
            http_status=exchange.status,
            items=len(items),
            new_items=len(outcome.new),
            revised_items=len(outcome.revised),
            twins=outcome.twins,
            new_stories=outcome.new_stories,
            findings=tuple(outcome.findings),
            deliveries=outcome.deliveries,
            took=exchange.took,
            size=len(exchange.body),
            path=read.parsed.path if read.parsed else "",
            next_poll=state.poll_after,
            reason=state.reason,
            notes=read.parsed.notes if read.parsed else (),
        )

    def _read(self, lease: FeedLease, exchange: Exchange, now: datetime) -> _Read:
        if exchange.outcome is Fetched.NOT_MODIFIED:
            return _Read("unchanged", body_hash=lease.state.body_hash)
        if exchange.outcome is Fetched.FAILED:
            return _Read(exchange.kind, problem=exchange.problem)
        digest = hashlib.blake2b(exchange.body, digest_size=16).hexdigest()
        if digest == lease.state.body_hash:
            return _Read("unchanged", body_hash=digest)
        try:
            parsed = parse(
                exchange.body, exchange.headers, lease.feed, now, self.lenient_read
            )
        except FeedProblem as problem:
            return _Read(problem.kind, problem=str(problem))
        return _Read("ok", parsed, digest)

    def _prepared(self, feed: Feed, items: Sequence[Item]) -> list[Item]:
        """Complete the items and put the earliest first, each key once."""
        sources = self._teller.policy.sources
        source = sources.get(feed.source, Source(name=feed.source))
        once: dict[str, Item] = {}
        for item in items:
            with self._one_at_a_time:
                lang, _ = item_language(
                    feed.lang or item.lang, f"{item.title}\n{item.summary}"
                )
            once.setdefault(
                item.key,
                replace(
                    item,
                    source=source.name,
                    country=source.country,
                    lang=lang,
                    canonical_url=canonical_url(item.url),
                    content_hash=content_hash(item.title, item.summary, item.body),
                ),
            )
        # Feeds list the newest first; a story must begin with its first report.
        known = list(reversed(once.values()))
        return sorted(known, key=_moment)

    # ── the next poll ────────────────────────────────────────────────────────

    def _succeeded(
        self,
        lease: FeedLease,
        exchange: Exchange,
        read: _Read,
        new_items: int,
        now: datetime,
    ) -> FeedState:
        before = _with_wishes(lease.state, read.parsed)
        chosen = cadence.after_success(
            lease.feed,
            before,
            exchange,
            new_items=new_items,
            now=now,
            chance=self._chance(),
        )
        etag, last_modified = _validators(lease.state, exchange)
        full = exchange.outcome is Fetched.BODY and exchange.status != _DELTA
        return replace(
            before,
            last_full=now if full else lease.state.last_full,
            asked_until=now + chosen.asked if chosen.asked else None,
            etag=etag,
            last_modified=last_modified,
            body_hash=read.body_hash,
            interval=chosen.interval,
            failures=0,
            last_polled=now,
            last_ok=now,
            last_new=now if new_items else lease.state.last_new,
            status=read.status,
            problem="",
            poll_after=chosen.poll_after,
            reason=chosen.reason,
            moved_to=exchange.permanent_url,
            moved_count=_moved(lease.state, exchange),
        )

    def _failed(
        self,
        lease: FeedLease,
        exchange: Exchange,
        read: _Read,
        now: datetime,
        *,
        offline: bool,
    ) -> PollReport:
        """Store a failed poll; nothing of the answer is kept, least the validators."""
        chosen = cadence.after_failure(
            lease.feed,
            lease.state,
            exchange,
            now=now,
            chance=self._chance(),
            offline=offline,
        )
        state = replace(
            lease.state,
            asked_until=now + chosen.asked if chosen.asked else None,
            # Where the new address does not work, the old one is asked again.
            moved_count=min(lease.state.moved_count, cadence.MOVED_AFTER - 1),
            interval=chosen.interval,
            failures=lease.state.failures + (0 if offline else 1),
            last_polled=now,
            status=read.status,
            problem=read.problem,
            poll_after=chosen.poll_after,
            reason=chosen.reason,
        )
        with self._store.poll(lease) as transaction:
            if chosen.asked and exchange.status in _ASKING and _is_public(lease.feed):
                transaction.pause_host(now + chosen.asked, chosen.reason)
            transaction.remember(_polled(lease, exchange, read, state, 0))
            transaction.finish(state)
        return PollReport(
            feed=lease.feed,
            status=read.status,
            http_status=exchange.status,
            problem=read.problem,
            took=exchange.took,
            size=len(exchange.body),
            next_poll=state.poll_after,
            reason=state.reason,
            offline=offline,
        )


WHOLE_AFTER = timedelta(days=8)
"""A server that says "unchanged" for so long is asked for the whole feed once."""
_DELTA = 226
_ASKING = frozenset({429, 503})


def _to_ask(state: FeedState, now: datetime) -> FeedState:
    """Return the state whose validators go along: none when it is time for the whole.

    Some servers answer 304 for ever to a validator that they once handed out.
    """
    stale = state.last_full is not None and now - state.last_full > WHOLE_AFTER
    return replace(state, etag="", last_modified="") if stale else state


def _with_wishes(state: FeedState, parsed: ParsedFeed | None) -> FeedState:
    """Return the state with what the feed itself asks for; an unchanged one stays."""
    if parsed is None:
        return state
    return replace(state, ttl=parsed.ttl or timedelta(), skip=parsed.skip)


def _is_public(feed: Feed) -> bool:
    """Say whether a host's wish to be left alone is meant for all of its feeds.

    An aggregator of one's own, on a private name or address, serves many publishers.
    """
    host = (urlsplit(feed.url).hostname or "").rstrip(".")
    if host.endswith((".local", ".internal", ".lan", ".home.arpa")) or "." not in host:
        return False
    try:
        return not ipaddress.ip_address(host).is_private
    except ValueError:
        return True


def _polled(
    lease: FeedLease, exchange: Exchange, read: _Read, state: FeedState, new_items: int
) -> Polled:
    """Return a poll as it is remembered."""
    before, at = lease.state, state.last_polled
    if at is None:
        raise ValueError("a poll that ended has a moment")
    has_validators = bool(before.etag or before.last_modified)
    asked = _to_ask(before, at)
    asked_until = before.asked_until
    by_hand = before.reason == BY_HAND
    return Polled(
        at=at,
        status=exchange.status,
        outcome=state.status,
        problem=state.problem,
        conditional=bool(asked.etag or asked.last_modified),
        whole=not has_validators or asked is not before,
        early=asked_until is not None and at < asked_until and not by_hand,
        took=exchange.took,
        size=len(exchange.body),
        new_items=new_items,
        format=read.parsed.format if read.parsed else "",
        asked=state.asked_until - at if state.asked_until else timedelta(),
    )


def _moment(item: Item) -> datetime:
    moment = item.moment
    if moment is None:
        message = "an item that was read has a moment"
        raise ValueError(message)
    return moment


def _validators(state: FeedState, exchange: Exchange) -> tuple[str, str]:
    """Return ETag and Last-Modified to echo next time, verbatim.

    A 304 may renew them (RFC 9111, 4.3.4); a 200 without them means none.
    """
    unchanged = exchange.outcome is Fetched.NOT_MODIFIED
    return (
        exchange.headers.get("etag", state.etag if unchanged else ""),
        exchange.headers.get("last-modified", state.last_modified if unchanged else ""),
    )


def _moved(state: FeedState, exchange: Exchange) -> int:
    """Count the polls in a row that were redirected permanently to one place."""
    if not exchange.permanent_url:
        return 0
    return state.moved_count + 1 if exchange.permanent_url == state.moved_to else 1


@dataclass(slots=True)
class _Outcome:
    """What a poll's transaction did."""

    new: list[Item]
    revised: list[Item]
    findings: list[Finding]
    twins: int = 0
    new_stories: int = 0
    deliveries: int = 0


class _Poll:
    """The writing half of one poll, inside its transaction."""

    def __init__(
        self,
        transaction: PollTransaction,
        lease: FeedLease,
        session: Session,
        now: datetime,
    ) -> None:
        self._transaction = transaction
        self._lease = lease
        self._session = session
        self._now = now

    def take(self, items: Sequence[Item]) -> _Outcome:
        known = self._transaction.known([item.key for item in items]) if items else {}
        new = [item for item in items if item.key not in known]
        revised = [
            _revision(item, known[item.key])
            for item in items
            if item.key in known and _is_revised(item, known[item.key])
        ]
        twins = self._transaction.twins(new) if new else {}
        self._transaction.add_items(new)
        self._transaction.revise_items(revised, self._now)
        found = self._matches(new, revised)
        outcome = _Outcome(new, revised, [], twins=len(twins))
        if found.first or found.again:
            telling = self._session.tell(self._transaction, self._lease, found, twins)
            outcome.findings = telling.findings
            outcome.new_stories = telling.new_stories
            outcome.deliveries = telling.deliveries
        return outcome

    def _matches(self, new: Sequence[Item], revised: Sequence[Item]) -> Fired:
        """Run the rules; what fired on a revised item before is only told for news."""
        already = self._transaction.matched([i.id for i in revised]) if revised else {}
        rules = self._session.policy.rules
        fired = Fired([], [])
        for item in sorted([*new, *revised], key=_moment):
            before = already.get(item.id, frozenset())
            every = rules.match(item)
            matches = tuple(match for match in every if match.rule_id not in before)
            if matches:
                self._transaction.add_matches(matches, self._now)
                fired.first.append((item, matches))
            known = tuple(match for match in every if match.rule_id in before)
            if known:
                fired.again.append((item, known))
        return fired


def _is_revised(item: Item, known: KnownItem) -> bool:
    return item.content_hash != known.content_hash and known.revisions < MOST_REVISIONS


def _revision(item: Item, known: KnownItem) -> Item:
    return replace(item, id=known.id, first_seen=known.first_seen)
