"""What a document adds to what is known, written in its poll's one transaction.

Nine entries of ten are known and the same as before: they are told by their key and the
hash of their content, and nothing more is worked out of them.
"""

import threading
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.detect.language import item_language
from monitor.group.fingerprints import canonical_url, content_hash, words
from monitor.model import (
    RECURS,
    Feed,
    FeedLease,
    Item,
    KnownItem,
    NamedItem,
    Source,
    stable_id,
)
from monitor.pipeline.deciding import Fired
from monitor.pipeline.ports import PollTransaction
from monitor.pipeline.reports import Finding
from monitor.pipeline.telling import Session

MOST_REVISIONS = 24
"""An item whose text changes more often is a live page or a flapping feed."""

_LOADING = threading.Lock()
"""The detector's model is large and loaded when first needed: once."""


@dataclass(slots=True)
class Outcome:
    """What a poll's transaction did."""

    new: list[Item]
    revised: list[Item]
    findings: list[Finding]
    twins: int = 0
    new_stories: int = 0
    deliveries: int = 0


def prepared(items: Iterable[Item]) -> list[Item]:
    """Return each item once with its content's hash, the earliest first."""
    once: dict[str, Item] = {}
    for item in items:
        if item.key not in once:
            content = content_hash(item.title, item.summary, item.body)
            once[item.key] = replace(item, content_hash=content)
    # Feeds list the newest first; a story must begin with its first report.
    earliest = list(reversed(once.values()))
    return sorted(earliest, key=_moment)


def completed(item: Item, feed: Feed, source: Source) -> Item:
    """Return an item with what its outlet and its text say of it."""
    with _LOADING:
        lang, _ = item_language(feed.lang or item.lang, f"{item.title}\n{item.summary}")
    return replace(
        item,
        source=source.name,
        country=source.country,
        lang=lang,
        canonical_url=canonical_url(item.url),
    )


@dataclass(frozen=True, slots=True)
class Taking:
    """The writing half of one poll, inside its transaction."""

    transaction: PollTransaction
    lease: FeedLease
    session: Session
    now: datetime

    def take(self, items: Sequence[Item]) -> Outcome:
        """Store what is new or revised of prepared items, and all that follows."""
        items, known = self._known(items) if items else (items, {})
        new = self._completed(item for item in items if item.key not in known)
        revised = self._completed(
            _revision(item, known[item.key])
            for item in items
            if item.key in known and _is_revised(item, known[item.key])
        )
        twins = self.transaction.twins(new) if new else {}
        self.transaction.add_items(new)
        self.transaction.revise_items(revised, self.now)
        found = self._matches(new, revised)
        outcome = Outcome(new, revised, [], twins=len(twins))
        if found.first or found.again:
            telling = self.session.tell(self.transaction, self.lease, found, twins)
            outcome.findings = telling.findings
            outcome.new_stories = telling.new_stories
            outcome.deliveries = telling.deliveries
        return outcome

    def _known(
        self, items: Sequence[Item]
    ) -> tuple[Sequence[Item], dict[str, KnownItem]]:
        """Return the items, told apart, and what is known of them by their keys.

        Under another key too.
        """
        known = dict(self.transaction.known([item.key for item in items]))
        items, left = self._told_apart(items, known)
        others = [item for item in items if item.key not in known]
        if not others or self.lease.state.last_ok is None:
            return items, known
        others = [replace(i, canonical_url=canonical_url(i.url)) for i in others]
        unlisted = self.transaction.unlisted(others)
        left += unlisted
        renamed = {}
        for item in others:
            before = next((one for one in left if is_same(item, one)), None)
            if before is not None:
                left.remove(before)
                renamed[item.key] = before.known
        keys = {one.known.key for one in unlisted}
        still = [one.key for one in renamed.values() if one.key in keys]
        if still:
            self.transaction.still_listed(still)
        return items, known | renamed

    def _told_apart(
        self, items: Sequence[Item], known: dict[str, KnownItem]
    ) -> tuple[Sequence[Item], list[NamedItem]]:
        """Return items of which none has the key of another report, and those others.

        Some feeds number their entries by place: what is first is `1`. Such an entry is
        known by its guid and its address, as where entries of one document share a guid,
        and by its text too, where they share the address as well.
        """
        changed = [i for i in items if i.key in known and _differs(i, known[i.key])]
        if not changed:
            return items, []
        stored = self.transaction.named([item.key for item in changed])
        before = {one.known.key: one for one in stored}
        pages = Counter(canonical_url(item.url) for item in items)
        shared = {page for page, count in pages.items() if count > 1}
        reused = {
            item.key: _under_own_key(item, shared)
            for item in changed
            if item.key in before and is_another(item, before[item.key], shared)
        }
        for key in reused:
            del known[key]
        if reused:
            known |= self.transaction.known([one.key for one in reused.values()])
        told = [reused.get(item.key, item) for item in items]
        return told, [before[key] for key in reused]

    def _completed(self, items: Iterable[Item]) -> list[Item]:
        feed = self.lease.feed
        sources = self.session.policy.sources
        source = sources.get(feed.source, Source(name=feed.source))
        return [completed(item, feed, source) for item in items]

    def _matches(self, new: Sequence[Item], revised: Sequence[Item]) -> Fired:
        """Run the rules; what fired on a revised item before is only told for news."""
        already = self.transaction.matched([i.id for i in revised]) if revised else {}
        rules = self.session.policy.rules
        fired = Fired([], [])
        items = sorted([*new, *revised], key=_moment)
        for item, every in zip(items, rules.match_all(items), strict=True):
            before = already.get(item.id, frozenset())
            matches = tuple(match for match in every if match.rule_id not in before)
            if matches:
                self.transaction.add_matches(matches, self.now)
                fired.first.append((item, matches))
            known = tuple(match for match in every if match.rule_id in before)
            if known:
                fired.again.append((item, known))
        return fired


def is_same(item: Item, before: NamedItem) -> bool:
    """Say whether an entry is one that its feed listed under another key before.

    Guids vanish, appear, or change at every fetch; so do parameters of addresses. The
    title must be the same, and the address or the whole text; what was published a day
    later is another report, though in the same words.
    """
    if words(item.title) != words(before.title):
        return False
    same_page = bool(item.canonical_url) and item.canonical_url == before.canonical_url
    if not same_page and item.content_hash != before.content_hash:
        return False
    if item.published is None or before.published is None:
        return True
    apart: timedelta = item.published - before.published
    return abs(apart) <= RECURS


def is_another(item: Item, before: NamedItem, shared: Collection[str]) -> bool:
    """Say whether an entry under a known key is another report than the one stored.

    A report that is edited keeps its page, its date, or half of the words of its title.
    A page that is `shared` by entries of the document is the page of none.
    """
    page, then_on = canonical_url(item.url), before.canonical_url
    moved = bool(page) and bool(then_on) and page != then_on
    if not moved and page not in shared:
        return False
    if item.published is not None and item.published == before.published:
        return False
    now, then = set(words(item.title)), set(words(before.title))
    return 2 * len(now & then) < min(len(now), len(then))


def _under_own_key(item: Item, shared: Collection[str]) -> Item:
    """Return an entry whose guid is another report's under a key of its own."""
    parts = [item.key, item.url]
    if canonical_url(item.url) in shared:
        parts.append(stable_id("txt", item.title, item.summary))
    key = " ".join(part for part in parts if part)
    return replace(item, key=key, id=stable_id("itm", item.feed, key))


def _moment(item: Item) -> datetime:
    moment = item.moment
    if moment is None:
        message = "an item that was read has a moment"
        raise ValueError(message)
    return moment


def _is_revised(item: Item, known: KnownItem) -> bool:
    return _differs(item, known) and known.revisions < MOST_REVISIONS


def _differs(item: Item, known: KnownItem) -> bool:
    return item.content_hash != known.content_hash


def _revision(item: Item, known: KnownItem) -> Item:
    return replace(item, id=known.id, first_seen=known.first_seen)
