"""Feeds, items and stories: rows into values and values into rows."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from monitor.model import (
    Decision,
    Feed,
    FeedState,
    Grouping,
    Item,
    Match,
    Polled,
    Relation,
    Span,
    Story,
    Verdict,
    marks_of,
)
from monitor.store import schema
from monitor.store.columns import clean, digest, shard_of
from monitor.store.statements import Row, Values

# ── feeds ────────────────────────────────────────────────────────────────────

_STATE = tuple(field.name for field in fields(FeedState))
_FEED = ("url", "name", "source", "lang", "every", "backfill", "origin")
EXCHANGE = tuple(field.name for field in fields(Polled))
"""The columns of a remembered poll."""


def host_of(url: str) -> str:
    """Return the host that a feed's polls go to, lower case; "" where unreadable."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def feed_settings(feed: Feed) -> Values:
    """Return the columns that a person decides."""
    return {
        "name": feed.name,
        "source": feed.source,
        "lang": feed.lang,
        "every": feed.every,
        "backfill": feed.backfill,
        "origin": feed.origin,
    }


def feed_identity(feed: Feed) -> Values:
    """Return the columns that follow from the address."""
    return {
        "url": feed.url,
        "url_digest": digest(feed.url),
        "host": host_of(feed.url),
        "shard": shard_of(feed.url),
    }


def to_feed(row: Row) -> Feed:
    """Read a row of `feeds`."""
    return Feed(
        url=row["url"],
        name=row["name"],
        source=row["source"],
        lang=row["lang"],
        every=row["every"],
        backfill=row["backfill"],
        origin=row["origin"],
    )


def feed_state(state: FeedState) -> Values:
    """Return the columns that a poll leaves behind."""
    return {name: getattr(state, name) for name in _STATE}


def to_feed_state(row: Row) -> FeedState:
    """Read a row of `feeds`."""
    return FeedState(**{name: row[name] for name in _STATE})


def to_feed_and_state(row: Sequence[Any]) -> tuple[Feed, FeedState]:
    """Read a row of the columns `FEED_AND_STATE`: many are leased at a time."""
    first = len(_FEED)
    feed = Feed(**dict(zip(_FEED, row[:first], strict=True)))
    state = row[first : first + len(_STATE)]
    return feed, FeedState(**dict(zip(_STATE, state, strict=True)))


FEED_AND_STATE = tuple(schema.feeds.c[name] for name in (*_FEED, *_STATE))


def to_polled(row: Row) -> Polled:
    """Read a row of `exchanges`."""
    return Polled(**{name: row[name] for name in EXCHANGE})


# ── items ────────────────────────────────────────────────────────────────────


def _digest_or_none(*texts: str) -> str | None:
    return digest(*texts) if all(texts) else None


def twin_keys(item: Item) -> Values:
    """Return the columns by which an exact copy is found; None where they say nothing."""
    marks = marks_of(item)
    return {
        "canonical_digest": _digest_or_none(marks.page),
        "guid_digest": digest(*marks.guid) if marks.guid else None,
        "copy_hash": marks.text or None,
    }


def item_text(item: Item) -> Values:
    """Return the columns that a revision changes."""
    return {
        "title": item.title,
        "url": item.url,
        "url_digest": _digest_or_none(item.url),
        "canonical_url": item.canonical_url,
        "guid": item.guid,
        "summary": item.summary,
        "body": item.body,
        "lang": item.lang,
        "source": item.source,
        "country": item.country,
        "author": item.author,
        "tags": [clean(tag) for tag in item.tags],
        "published": item.published,
        "date_note": item.date_note,
        "content_hash": item.content_hash,
        **twin_keys(item),
    }


def to_item(row: Row) -> Item:
    """Read a row of `items` joined with its feed's `url` as `feed_url`."""
    return Item(
        id=row["id"],
        feed=row["feed_url"],
        key=row["key"],
        title=row["title"],
        url=row["url"],
        canonical_url=row["canonical_url"],
        guid=row["guid"],
        summary=row["summary"],
        body=row["body"],
        lang=row["lang"],
        source=row["source"],
        country=row["country"],
        author=row["author"],
        tags=tuple(row["tags"]),
        published=row["published"],
        date_note=row["date_note"],
        first_seen=row["first_seen"],
        content_hash=row["content_hash"],
    )


ITEMS: sa.Select[Any] = sa.select(
    schema.items, schema.feeds.c.url.label("feed_url")
).join(schema.feeds, schema.feeds.c.id == schema.items.c.feed_id)
"""Items as `to_item` reads them."""


# ── matches, decisions ───────────────────────────────────────────────────────


def match_row(match: Match) -> Values:
    """Return a row of `matches` without its moment."""
    return {
        "item_id": match.item_id,
        "rule_id": match.rule_id,
        "rule_version": match.rule_version,
        "evidence": [
            {
                "field": span.field,
                "start": span.start,
                "end": span.end,
                "text": clean(span.text),
                "clause": clean(span.clause),
            }
            for span in match.evidence
        ],
    }


def to_spans(evidence: Sequence[Mapping[str, Any]]) -> tuple[Span, ...]:
    """Read the column `matches.evidence`."""
    return tuple(Span(**span) for span in evidence)


def to_match(row: Row) -> Match:
    """Read a row of `matches`."""
    return Match(
        item_id=row["item_id"],
        rule_id=row["rule_id"],
        rule_version=row["rule_version"],
        evidence=to_spans(row["evidence"]),
    )


def decision_row(decision: Decision) -> Values:
    """Return a row of `decisions`."""
    return {
        "item_id": decision.item_id,
        "rule_id": decision.rule_id,
        "rule_version": decision.rule_version,
        "story_id": decision.story_id,
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "detail": decision.detail,
        "at": decision.at,
    }


def to_decision(row: Row) -> Decision:
    """Read a row of `decisions`."""
    return Decision(
        item_id=row["item_id"],
        rule_id=row["rule_id"],
        rule_version=row["rule_version"],
        story_id=row["story_id"],
        verdict=Verdict(row["verdict"]),
        reason=row["reason"],
        detail=row["detail"],
        at=row["at"],
    )


# ── stories ──────────────────────────────────────────────────────────────────

STORY_OF = sa.func.coalesce(schema.stories.c.merged_into, schema.stories.c.id)
"""The story that stands for a row of `stories`: itself, or what took it in."""


def in_story(story_id: str) -> sa.ColumnElement[bool]:
    """Choose the rows of `stories` that this story is made of."""
    column = schema.stories.c
    return sa.or_(column.id == story_id, column.merged_into == story_id)


def story_row(story: Story) -> Values:
    """Return a row of `stories`."""
    return {
        "id": story.id,
        "title": story.title,
        "lang": story.lang,
        "first_seen": story.first_seen,
        "last_seen": story.last_seen,
        "items": story.items,
        "sources": [clean(source) for source in story.sources],
    }


def to_story(row: Row) -> Story:
    """Read a row of `stories`."""
    return Story(
        id=row["id"],
        title=row["title"],
        lang=row["lang"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        items=row["items"],
        sources=tuple(row["sources"]),
    )


def grouping_row(grouping: Grouping) -> Values:
    """Return a row of `story_items` without cursor and moment."""
    return {
        "item_id": grouping.item_id,
        "story_id": grouping.story_id,
        "outcome": grouping.outcome.value,
        "score": grouping.score,
        "because": [[clean(name), weight] for name, weight in grouping.because],
        "nearest": grouping.nearest,
        "related_to": grouping.related_to,
        "level": grouping.level,
    }


def to_grouping(row: Row) -> Grouping:
    """Read a row of `story_items`."""
    return Grouping(
        item_id=row["item_id"],
        story_id=row["story_id"],
        outcome=Relation(row["outcome"]),
        score=row["score"],
        because=tuple((name, weight) for name, weight in row["because"]),
        nearest=row["nearest"],
        related_to=row["related_to"],
        level=row["level"],
    )
