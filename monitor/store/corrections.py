"""What people correct in the grouping: stories merged, items split off, links."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from monitor.errors import CorrectionRefused
from monitor.model import Grouping, Relation, Story, stable_id
from monitor.store import chain
from monitor.store.rows import ITEMS as STORED
from monitor.store.rows import grouping_row, in_story, story_row, to_item, to_story
from monitor.store.schema import corrections, items, stories, story_items
from monitor.store.statements import insert_one, upsert
from monitor.store.views import Correction

BY_A_PERSON = "person"
"""The level of a decision that a person made; no model overrules it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Who corrected, when and why."""

    at: datetime
    author: str = ""
    comment: str = ""


def standing(connection: sa.Connection, story_id: str) -> Story:
    """Return the story that an id stands for, merges followed; KeyError if none."""
    query = sa.select(stories).where(stories.c.id == story_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise KeyError(story_id)
    return (
        standing(connection, row["merged_into"])
        if row["merged_into"]
        else to_story(row)
    )


def merge(connection: sa.Connection, one: str, into: str, note: Note) -> Story:
    """Let `into` take in another story; its id stays and leads on from now on.

    Alerts, messages and decisions of both stay as they were.
    """
    if one == into:
        raise CorrectionRefused(f"{one} is one story with itself; name two")
    taken, taker = standing(connection, one), standing(connection, into)
    if taken.id == taker.id:
        return taker
    made = join(connection, taken, taker)
    record(
        connection,
        Correction(
            kind="merge",
            from_story=taken.id,
            to_story=taker.id,
            at=note.at,
            author=note.author,
            comment=note.comment,
        ),
    )
    return made


def join(connection: sa.Connection, taken: Story, taker: Story) -> Story:
    """Let one standing story lead on to another, which takes its reports in."""
    tell_again(connection, family(connection, taken.id))
    connection.execute(
        sa.update(stories).where(in_story(taken.id)).values(merged_into=taker.id)
    )
    made = replace(
        taker,
        first_seen=min(taker.first_seen, taken.first_seen),
        last_seen=max(taker.last_seen, taken.last_seen),
        items=taker.items + taken.items,
        sources=tuple(dict.fromkeys([*taker.sources, *taken.sources])),
    )
    upsert(connection, stories, story_row(made), ["id"])
    return made


def tell_again(connection: sa.Connection, along: Collection[str]) -> None:
    """Give the reports of stories new cursors, so that every window reads them anew."""
    column = story_items.c
    query = sa.select(story_items).where(column.story_id.in_(along))
    rows = connection.execute(query.order_by(column.cursor)).mappings().all()
    moved = [{k: v for k, v in row.items() if k != "cursor"} for row in rows]
    connection.execute(sa.delete(story_items).where(column.story_id.in_(along)))
    if moved:
        connection.execute(sa.insert(story_items), moved)


def family(connection: sa.Connection, story_id: str) -> frozenset[str]:
    """Return the ids that lead to a story, its own included."""
    query = sa.select(stories.c.id).where(in_story(story_id))
    return frozenset(connection.scalars(query))


def kept_apart(connection: sa.Connection, one: str, other: str) -> bool:
    """Say whether a person took one story out of the other, or linked them as two."""
    found = _between(connection, one, other)
    return any(row.kind in {"split", "unmerge"} for row in found) or bool(
        links(connection, one, other)
    )


def links(connection: sa.Connection, one: str, other: str) -> list[Correction]:
    """Return the links between two stories that nobody has ended."""
    standing_links: dict[tuple[str, str], Correction] = {}
    for row in _between(connection, one, other):
        ends = (row.from_story, row.to_story)
        if row.kind == "link":
            standing_links[ends] = row
        elif row.kind == "unlink":
            standing_links.pop(ends, None)
    return list(standing_links.values())


def _between(connection: sa.Connection, one: str, other: str) -> list[Correction]:
    """Return what was corrected between two stories and those they took in, in order."""
    first, second = family(connection, one), family(connection, other)
    column = corrections.c
    query = sa.select(corrections).where(
        sa.or_(
            sa.and_(column.from_story.in_(first), column.to_story.in_(second)),
            sa.and_(column.from_story.in_(second), column.to_story.in_(first)),
        ),
    )
    rows = connection.execute(query.order_by(column.id)).mappings()
    return [_to_correction(row) for row in rows]


def split(connection: sa.Connection, item_id: str, note: Note) -> Story:
    """Take an item out of its story, into one of its own; KeyError if it is in none.

    The only report of a story stays: a story without any would be left behind.
    """
    query = sa.select(story_items.c.story_id).where(story_items.c.item_id == item_id)
    found = connection.scalar(query)
    if found is None:
        raise KeyError(item_id)
    before = standing(connection, found)
    if not _others(connection, before.id, item_id):
        raise CorrectionRefused(f"{item_id} is the only report of {before.id} already")
    new = _own_story(connection, item_id, before, note)
    upsert(connection, stories, story_row(new), ["id"])
    _move(connection, item_id, before, new, note.at)
    upsert(connection, stories, story_row(recounted(connection, before)), ["id"])
    record(
        connection,
        Correction(
            kind="split",
            item_id=item_id,
            from_story=before.id,
            to_story=new.id,
            at=note.at,
            author=note.author,
            comment=note.comment,
        ),
    )
    return new


def _own_story(
    connection: sa.Connection, item_id: str, before: Story, note: Note
) -> Story:
    """Return the story that a report has by itself, not stored yet."""
    row = connection.execute(STORED.where(items.c.id == item_id)).mappings().one()
    item = to_item(row)
    return Story(
        id=_unused(connection, item_id, before.id),
        title=item.title,
        lang=item.lang,
        first_seen=item.first_seen or note.at,
        last_seen=item.first_seen or note.at,
        sources=(item.source,),
    )


def _move(
    connection: sa.Connection, item_id: str, before: Story, new: Story, at: datetime
) -> None:
    """Place a report in its new story; the two stay related."""
    connection.execute(sa.delete(story_items).where(story_items.c.item_id == item_id))
    grouping = Grouping(
        item_id=item_id,
        story_id=new.id,
        outcome=Relation.RELATED,
        score=0.0,
        because=(("a person split it off", 0.0),),
        related_to=before.id,
        level=BY_A_PERSON,
    )
    placed = {**grouping_row(grouping), "at": at}
    connection.execute(sa.insert(story_items).values(placed))
    chain.append(connection, "grouping", [placed])


def _others(connection: sa.Connection, story_id: str, item_id: str) -> bool:
    """Say whether a story has another report than this one."""
    query = (
        sa.select(story_items.c.item_id)
        .join(stories, stories.c.id == story_items.c.story_id)
        .where(in_story(story_id), story_items.c.item_id != item_id)
    )
    return connection.execute(query.limit(1)).first() is not None


def _unused(connection: sa.Connection, item_id: str, before: str) -> str:
    """Return an id for the story of an item that is taken out of another.

    The first report's own story has the id that the item would give, and one that was
    split off before and merged back leads on to the story that it is taken out of.
    """
    made, times = stable_id("sto", item_id, "split", before), 1
    while _is_known(connection, made):
        times += 1
        made = stable_id("sto", item_id, "split", before, str(times))
    return made


def _is_known(connection: sa.Connection, story_id: str) -> bool:
    query = sa.select(stories.c.id).where(stories.c.id == story_id)
    return connection.execute(query).first() is not None


def link(connection: sa.Connection, one: str, other: str, note: Note) -> bool:
    """Remember that two stories belong together without being one event.

    False where that was remembered before.
    """
    first, second = standing(connection, one), standing(connection, other)
    if first.id == second.id:
        raise CorrectionRefused(f"{one} and {other} are one story, {first.id}")
    if links(connection, first.id, second.id):
        return False
    record(
        connection,
        Correction(
            kind="link",
            from_story=first.id,
            to_story=second.id,
            at=note.at,
            author=note.author,
            comment=note.comment,
        ),
    )
    return True


def of_story(connection: sa.Connection, story_id: str) -> list[Correction]:
    """Return what was corrected in a story and in those it took in, in order."""
    column = corrections.c
    ids = family(connection, story_id)
    query = (
        sa.select(corrections)
        .where(sa.or_(column.from_story.in_(ids), column.to_story.in_(ids)))
        .order_by(column.id)
    )
    rows = connection.execute(query).mappings()
    return with_undone([_to_correction(row) for row in rows])


def of_item(
    connection: sa.Connection, item_id: str, came_into: str, now: str
) -> Iterator[Correction]:
    """Yield what was corrected on an item's way from a story to where it is now."""
    way = {came_into}
    for one in of_story(connection, now):
        taken = one.kind in {"merge", "unmerge"} and one.from_story in way
        if taken:
            way.add(one.to_story)
        if taken or one.item_id == item_id:
            yield one


def every(connection: sa.Connection) -> list[Correction]:
    """Return all corrections, in order; those that others undid say so."""
    query = sa.select(corrections).order_by(corrections.c.id)
    rows = connection.execute(query).mappings()
    return with_undone([_to_correction(row) for row in rows])


_UNDOES = {"unmerge": "merge", "unlink": "link"}


def with_undone(found: Sequence[Correction]) -> list[Correction]:
    """Mark what a later correction undid.

    Ends of the same kind and stories undo the last of theirs; that a story is merged back
    into the one that it was split off undoes the split, until that is taken apart again.
    """
    undone: set[int] = set()
    for number, one in enumerate(found):
        if one.kind not in _UNDOES:
            continue
        before = (n for n in range(number - 1, -1, -1) if n not in undone)
        for n in before:
            ends = (found[n].from_story, found[n].to_story)
            same = ends == (one.from_story, one.to_story)
            if found[n].kind == _UNDOES[one.kind] and same:
                undone.add(n)
                break
    for number, one in enumerate(found):
        later = [o for n, o in enumerate(found) if n > number and n not in undone]
        if one.kind == "split" and any(_merges_back(o, one) for o in later):
            undone.add(number)
    return [replace(one, undone=n in undone) for n, one in enumerate(found)]


def _merges_back(one: Correction, split: Correction) -> bool:
    return one.kind == "merge" and {one.from_story, one.to_story} == {
        split.from_story,
        split.to_story,
    }


def recounted(connection: sa.Connection, story: Story) -> Story:
    """Return a story as the reports make it that it still has.

    Its title stays for as long as the report is there that it is taken from.
    """
    column = items.c
    query = (
        sa.select(
            column.id, column.source, column.first_seen, column.title, column.lang
        )
        .join(story_items, story_items.c.item_id == items.c.id)
        .join(stories, stories.c.id == story_items.c.story_id)
        .where(in_story(story.id))
        .order_by(items.c.first_seen, story_items.c.cursor)
    )
    left = connection.execute(query).all()
    if not left:
        return replace(story, items=0, sources=())
    if not any(_titles(row.id, row.title, story) for row in left):
        story = replace(story, title=left[0].title, lang=left[0].lang)
    return replace(
        story,
        items=len(left),
        sources=tuple(dict.fromkeys(row.source for row in left)),
        first_seen=left[0].first_seen,
        last_seen=left[-1].first_seen,
    )


def _titles(item_id: str, title: str, story: Story) -> bool:
    """Say whether a story's title is a report's; a publisher may have changed that one."""
    return title == story.title or stable_id("sto", item_id) == story.id


def record(connection: sa.Connection, correction: Correction) -> None:
    """Remember a correction."""
    row = {
        "kind": correction.kind,
        "item_id": correction.item_id,
        "from_story": correction.from_story,
        "to_story": correction.to_story,
        "at": correction.at,
        "author": correction.author,
        "comment": correction.comment,
    }
    number = insert_one(connection, corrections, row)
    chain.append(connection, "correction", [{**row, "id": number}])


def _to_correction(row: sa.RowMapping) -> Correction:
    return Correction(
        kind=row["kind"],
        item_id=row["item_id"],
        from_story=row["from_story"],
        to_story=row["to_story"],
        at=row["at"],
        author=row["author"],
        comment=row["comment"],
    )
