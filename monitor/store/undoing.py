"""What undoes a correction: a story taken out of another again, a link ended.

Nothing is deleted: what was corrected stays, and what undid it is a correction of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from monitor.errors import CorrectionRefused
from monitor.model import Story, Verdict, merge_from_words
from monitor.store import corrections as made
from monitor.store.rows import story_row, to_story
from monitor.store.schema import corrections, decisions, stories, story_items
from monitor.store.statements import upsert
from monitor.store.views import Correction


def unmerge(connection: sa.Connection, story_id: str, note: made.Note) -> Story:
    """Take a story out of the one that took it in; KeyError if there is none.

    It takes along the reports that it had, and the stories that it had taken in itself.
    What came after the merge stays: it joined the story that stood.
    """
    whole = made.standing(connection, story_id)
    ways = _ways(connection, made.family(connection, whole.id))
    if whole.id == story_id:
        raise CorrectionRefused(_stands(story_id, ways))
    along = _led_by(story_id, ways)
    _refuse_emptying(connection, story_id, whole.id, along)
    _let_lead(connection, story_id, along)
    made.tell_again(connection, along)
    _recount(connection, whole)
    row = connection.execute(sa.select(stories).where(stories.c.id == story_id))
    parted = _recount(connection, to_story(row.mappings().one()))
    correction = Correction(
        kind="unmerge",
        from_story=story_id,
        to_story=ways.get(story_id, whole.id),
        at=note.at,
        author=note.author,
        comment=note.comment,
    )
    made.record(connection, correction)
    return parted


def _stands(story_id: str, ways: dict[str, str]) -> str:
    """Say why a story cannot be taken out of another, and what could be meant."""
    taken = sorted(one for one, taker in ways.items() if taker == story_id)
    if not taken:
        return f"{story_id} was merged into no story"
    named = ", ".join(taken)
    return f"{story_id} stands by itself; merged into it: {named}. Name one of those"


def _refuse_emptying(
    connection: sa.Connection, story_id: str, whole: str, along: Sequence[str]
) -> None:
    """Refuse what would leave a story without any report."""
    column = story_items.c
    counted = sa.select(sa.func.count()).select_from(story_items)
    taken = connection.scalar(counted.where(column.story_id.in_(along)))
    if not taken:
        raise CorrectionRefused(f"{story_id} has no report left: they were split off")
    left = made.family(connection, whole) - {*along}
    if not connection.scalar(counted.where(column.story_id.in_(left))):
        raise CorrectionRefused(f"without {story_id}, {whole} would have no report")


def _ways(connection: sa.Connection, ids: Iterable[str]) -> dict[str, str]:
    """Return which story each one of a family was merged into, as it was done.

    `merged_into` names the story that stands; on the way there were others, maybe.
    """
    family, ways = frozenset(ids), dict[str, str]()
    for _, undone, taken, taker in sorted(_merges(connection, family)):
        if undone:
            ways.pop(taken, None)
        else:
            ways[taken] = taker
    return {taken: taker for taken, taker in ways.items() if taken in family}


def _merges(
    connection: sa.Connection, family: frozenset[str]
) -> list[tuple[datetime, bool, str, str]]:
    """Return when stories of a family were merged, or taken apart, and which."""
    column = corrections.c
    people = sa.select(corrections).where(
        column.kind.in_(("merge", "unmerge")), column.from_story.in_(family)
    )
    found = [
        (row["at"], row["kind"] == "unmerge", row["from_story"], row["to_story"])
        for row in connection.execute(people).mappings()
    ]
    reports = sa.select(decisions.c.at, decisions.c.detail).where(
        decisions.c.verdict == Verdict.MERGE.value, decisions.c.story_id.in_(family)
    )
    for row in connection.execute(reports):
        pair = merge_from_words(row.detail)
        found += [(row.at, False, *pair)] if pair else []
    return found


def _led_by(story_id: str, ways: dict[str, str]) -> list[str]:
    """Return a story and all that it had taken in, they in turn included."""
    found = [story_id]
    for one in found:
        found += [taken for taken, taker in ways.items() if taker == one]
    return found


def _let_lead(connection: sa.Connection, story_id: str, along: Sequence[str]) -> None:
    own = stories.c.id == story_id
    lead = sa.update(stories)
    connection.execute(lead.where(own).values(merged_into=None))
    others = sa.and_(stories.c.id.in_(along), ~own)
    connection.execute(lead.where(others).values(merged_into=story_id))


def _recount(connection: sa.Connection, story: Story) -> Story:
    counted = made.recounted(connection, story)
    upsert(connection, stories, story_row(counted), ["id"])
    return counted


# ── links ────────────────────────────────────────────────────────────────────


def unlink(connection: sa.Connection, one: str, other: str, note: made.Note) -> int:
    """End the links between two stories; return how many there were.

    KeyError where there is no such story.
    """
    first, second = (made.standing(connection, each).id for each in (one, other))
    linked = made.links(connection, first, second)
    if not linked:
        raise CorrectionRefused(f"{one} and {other} are not linked")
    for link in linked:
        ended = replace(
            link, kind="unlink", at=note.at, author=note.author, comment=note.comment
        )
        made.record(connection, ended)
    return len(linked)
