"""Merges two stories when a later report shows that they are one; inside a transaction."""

from collections.abc import Sequence
from datetime import datetime

from monitor.group.merging import Rival
from monitor.model import Decision, Item, Story, Verdict, merge_in_words
from monitor.pipeline.ports import PollTransaction


def merge(
    transaction: PollTransaction,
    item: Item,
    story: Story,
    found: Sequence[Rival],
    now: datetime,
) -> Story:
    """Merge a story with those that turned out to be the same; return what stands.

    The one that was seen first takes the others in, so that the alert that was raised
    first goes on. What a person split or linked stays two. Each merge is recorded as a
    decision on the report that showed it.
    """
    for rival in found:
        other = transaction.story(rival.story_id)
        if other.id == story.id or transaction.kept_apart(other.id, story.id):
            continue
        taker, taken = sorted((story, other), key=lambda one: (one.first_seen, one.id))
        story = transaction.merge(taken, taker)
        decision = Decision(
            item_id=item.id,
            rule_id="",
            rule_version="",
            story_id=taker.id,
            verdict=Verdict.MERGE,
            reason="one-story",
            detail=merge_in_words(taken.id, taker.id, rival.detail),
            at=now,
        )
        transaction.add_decisions([decision])
    return story
