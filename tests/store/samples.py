"""Values for the store's tests, and the steps that most of them begin with."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from monitor.model import (
    Alert,
    Attempt,
    Corroboration,
    Decision,
    Delivery,
    DeliveryState,
    Feed,
    FeedLease,
    FeedState,
    Grouping,
    Item,
    Kind,
    Match,
    Message,
    Relation,
    Rule,
    Settled,
    Severity,
    Span,
    Story,
    Updates,
    Verdict,
    stable_id,
)
from monitor.store.database import Database
from monitor.store.records import Store
from monitor.store.schema import metadata

NOW = datetime(2020, 8, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

FEED = Feed(url="https://one.example/rss", name="One", source="One News", lang="en")
OTHER = Feed(url="https://two.example/rss", name="Two", source="Two News")

RULE = Rule(
    id="wagner-minsk",
    title="Fighters detained",
    theme="wagner",
    match="wagner AND minsk",
    severity=Severity.HIGH,
    tags=("wagner", "belarus"),
    updates=Updates.SOURCE,
    corroboration=Corroboration(sources=2, within=timedelta(hours=6)),
    receivers=("desk",),
    version="sha256:0123456789ab",
    file="rules/wagner.yaml",
    line=7,
)


def item(key: str = "a", feed: Feed = FEED, **changes: object) -> Item:
    """Return an item that is like no other, unless `changes` make it so."""
    made = Item(
        id=stable_id("itm", feed.url, key),
        feed=feed.url,
        key=key,
        title=f"Title {key} of {feed.name}",
        url=f"{feed.url}/{key}?from=rss",
        canonical_url=f"{feed.url}/{key}",
        guid=f"guid-{key}-{feed.name}",
        summary="A summary that is long enough to be recognised as a copy.",
        body="The body.",
        lang="en",
        source=feed.source,
        country="BY",
        author="A. Reporter",
        tags=("minsk", "wagner"),
        published=NOW - HOUR,
        first_seen=NOW,
        content_hash=f"hash-{key}-{feed.name}",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # names a test chooses


def match(of: Item, rule_id: str = RULE.id) -> Match:
    span = Span(field="title", start=0, end=5, text="Title", clause="titl*")
    return Match(
        item_id=of.id, rule_id=rule_id, rule_version=RULE.version, evidence=(span,)
    )


def story(of: Item, story_id: str = "sto_1") -> Story:
    return Story(
        id=story_id,
        title=of.title,
        lang=of.lang,
        first_seen=NOW,
        last_seen=NOW,
        items=1,
        sources=(of.source,),
    )


def grouping(of: Item, story_id: str = "sto_1") -> Grouping:
    return Grouping(
        item_id=of.id,
        story_id=story_id,
        outcome=Relation.NEW,
        score=0.75,
        because=(("shared names", 2.5), ("hours apart", -0.5)),
        nearest="itm_0",
        level="base",
    )


def alert(story_id: str = "sto_1", alert_id: str = "alr_1", rule: Rule = RULE) -> Alert:
    return Alert(
        id=alert_id, rule=rule, story_id=story_id, opened=NOW, updated=NOW, sequence=1
    )


def message(of: Alert, about: Item) -> Message:
    return Message(
        alert_id=of.id,
        sequence=of.sequence,
        kind=Kind.NEW if of.sequence == 1 else Kind.UPDATE,
        item_id=about.id,
        reason="new-story",
        detail="the first report",
        at=of.updated,
    )


def decision(about: Item, story_id: str = "sto_1") -> Decision:
    return Decision(
        item_id=about.id,
        rule_id=RULE.id,
        rule_version=RULE.version,
        story_id=story_id,
        verdict=Verdict.RAISE,
        reason="new-story",
        detail="the first report",
        at=NOW,
    )


def delivery(number: int = 1, **changes: object) -> Delivery:
    made = Delivery(
        id=f"dlv_{number}",
        alert_id="",
        sequence=1,
        receiver="desk",
        due=NOW,
        created=NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type] # names a test chooses


def attempt(of: Delivery, outcome: str = "delivered", **changes: object) -> Attempt:
    made = Attempt(
        delivery_id=of.id,
        number=of.attempts + 1,
        at=NOW,
        took=timedelta(milliseconds=250),
        outcome=outcome,
        status="204",
        response="thanks",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # names a test chooses


def polled(at: datetime = NOW, every: timedelta = 15 * MINUTE) -> FeedState:
    """Return the state after a good poll."""
    return FeedState(
        etag='W/"1"',
        last_modified="Sat, 01 Aug 2020 12:00:00 GMT",
        body_hash="b",
        notes="stated as iso-8859-1, is utf-8",
        interval=every,
        last_polled=at,
        last_ok=at,
        last_new=at,
        last_full=at,
        status="ok",
        poll_after=at + every,
        reason="new items",
    )


def leased(store: Store, feed: Feed = FEED, now: datetime = NOW) -> FeedLease:
    """Lease one feed, which must be due."""
    leases = store.lease_feeds(now, now + MINUTE, 100, "test")
    store.release_feeds([each for each in leases if each.feed.url != feed.url])
    return next(each for each in leases if each.feed.url == feed.url)


def lease_one(store: Store, now: datetime = NOW) -> Delivery:
    """Lease the one delivery that is due."""
    (found,) = store.lease_deliveries(now, now + MINUTE, 10, "test")
    return found


def keep(store: Store, items: Sequence[Item], feed: Feed = FEED) -> None:
    """Poll a feed that brings these items, which no rule wants."""
    store.add_feed(feed, NOW)
    store.make_due([feed.url], NOW)
    with store.poll(leased(store, feed)) as poll:
        poll.known([each.key for each in items])
        poll.add_items(items)
        poll.finish(polled())


def tell(
    store: Store, about: Item, deliveries: Sequence[Delivery] = (), feed: Feed = FEED
) -> Alert:
    """Poll a feed that brings an item, and raise an alert on it."""
    raised = alert()
    store.add_feed(feed, NOW)
    with store.poll(leased(store, feed)) as poll:
        poll.add_items([about])
        poll.add_matches([match(about)], NOW)
        poll.lock_stories()
        poll.save_story(story(about))
        poll.save_grouping(grouping(about), NOW)
        poll.save_alert(raised, message(raised, about))
        poll.add_deliveries(deliveries)
        poll.add_decisions([decision(about)])
        poll.finish(polled())
    return raised


def record(  # noqa: PLR0913 - what is recorded of an attempt
    store: Store,
    held: Delivery,
    tried: Attempt,
    state: DeliveryState,
    due: datetime,
    *,
    disable: str = "",
) -> None:
    """Store one attempt's outcome; raise LeaseLost where it comes too late."""
    settled = Settled(
        delivery=held, attempt=tried, state=state, due=due, disable=disable
    )
    (late,) = store.settle([settled])
    if late is not None:
        raise late


def settle(
    store: Store, leased_one: Delivery, state: DeliveryState, due: datetime = NOW
) -> None:
    """Record an attempt that led to this state."""
    outcomes = {
        DeliveryState.DELIVERED: "delivered",
        DeliveryState.PENDING: "retry",
        DeliveryState.DEAD: "gave-up",
    }
    record(store, leased_one, attempt(leased_one, outcomes[state]), state, due)


def all_at_once(works: Sequence[Callable[[], None]]) -> None:
    """Run each in a thread of its own; raise what the first failure raised."""
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result(timeout=60)


def empty(database: Database) -> None:
    """Delete every row; twenty times as fast as a new database."""
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
