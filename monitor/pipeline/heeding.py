"""What a poll makes of the hub that a feed names (WebSub), and of hubs that are relied on."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.collect import hubs
from monitor.model import FeedState
from monitor.pipeline.ports import KnownHubs, PollTransaction
from monitor.pipeline.states import Answer


@dataclass(slots=True)
class HubBook:
    """What pollers need to know of hubs, as of the last tick."""

    known: set[str] = field(default_factory=set)
    """Feeds that have a subscription, or had an offer of one."""
    relied: dict[str, datetime] = field(default_factory=dict)
    """Feeds whose hub tells of their news, and until when."""

    def knows(self, feed: str) -> bool:
        """Return whether the feed has named a hub before."""
        return feed in self.known

    def relied_until(self, feed: str) -> datetime | None:
        """Return until when the feed's hub tells of its news; None where none does."""
        return self.relied.get(feed)

    def distrust(self, feed: str) -> None:
        """Rely on the hub no more: it has missed something."""
        self.relied.pop(feed, None)


def heeding_hub(
    known: KnownHubs, transaction: PollTransaction, answer: Answer, state: FeedState
) -> FeedState:
    """Keep which hub the feed names; poll it slowly where one tells of its news.

    News that a poll finds and no hub has pushed ends that until the hub pushes again.
    """
    exchange, parsed, now = answer.exchange, answer.read.parsed, answer.now
    url = answer.lease.feed.url
    if parsed is not None:
        found = hubs.named(
            exchange.headers, parsed.hubs, parsed.itself, exchange.final_url
        )
        offered = (found.hubs, found.topic) if found is not None else ((), "")
        is_asked = found is not None or known.knows(url)
        if is_asked and transaction.offer_hubs(*offered, now):
            known.distrust(url)  # it is told nothing more of this feed
    if state.last_new == now and _relied(known, url, now) is not None:
        transaction.missed_push(now)
        known.distrust(url)
    return backed_up(known, url, state)


def backed_up(known: KnownHubs, url: str, state: FeedState) -> FeedState:
    """Return the state with a slow next poll, where a hub tells of the feed's news."""
    now = state.last_polled
    until = _relied(known, url, now) if now is not None else None
    if now is None or until is None:
        return state
    backup = min(until, now + hubs.BACKUP)
    if state.poll_after is None or state.poll_after >= backup:
        return state
    said = "its hub tells of news; polled all the same, now and then"
    return replace(state, poll_after=backup, reason=said)


def _relied(known: KnownHubs, url: str, now: datetime) -> datetime | None:
    until = known.relied_until(url)
    return until if until is not None and until > now else None
