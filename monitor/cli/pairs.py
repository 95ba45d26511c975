"""`tocsin explain ITEM --with OTHER`: why two items are or are not one story."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from monitor.cli.output import clean
from monitor.group.comparing import Compared, compare
from monitor.group.levels import Level
from monitor.group.words import in_words
from monitor.model import Grouping, Item
from monitor.store.records import Store
from monitor.store.views import Correction, StoryView


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What is recorded of two items, and how they compare now."""

    item: str
    """The later of the two."""
    other: str
    one_story: bool
    stories: tuple[str, str]
    """The stories that they are in now; "" for none."""
    decided: Grouping | None
    """What was decided when the later one came, where it was compared with the other's
    story."""
    corrections: tuple[Correction, ...]
    """What a person did to these stories."""
    reports: Compared
    """The two compared by themselves."""
    story: Compared
    """The later one compared with all of the other's story that came before."""
    words: str
    """All of it in a sentence."""


def pair(store: Store, one: Item, two: Item, level: Level | None = None) -> Pair:
    """Return why two items are or are not one story, compared at a level."""
    first, later = sorted((one, two), key=_moment)
    known = [store.explained(item.id) for item in (later, first)]
    ids = (known[0].story_id, known[1].story_id)
    view = store.story(ids[1]) if ids[1] else None
    before = [i for i in view.items if _moment(i) <= _moment(later)] if view else []
    before = [item for item in before if item.id not in {later.id, first.id}]
    decided = known[0].grouping.grouping if known[0].grouping else None
    about = {first.id, *(item.id for item in before)}
    compared = decided is not None and (
        decided.nearest in about
        or (bool(ids[1]) and ids[1] in {ids[0], decided.related_to})
    )
    made = Pair(
        item=later.id,
        other=first.id,
        one_story=bool(ids[0]) and ids[0] == ids[1],
        stories=ids,
        decided=decided if compared else None,
        corrections=_corrections(view, ids),
        reports=compare(later, [first], level),
        story=compare(later, [first, *before], level),
        words="",
    )
    return replace(made, words=" ".join(sentences(made)))


def _moment(item: Item) -> tuple[float, str]:
    return (item.moment.timestamp() if item.moment else 0.0, item.id)


def _corrections(
    view: StoryView | None, ids: tuple[str, str]
) -> tuple[Correction, ...]:
    found = view.corrections if view else ()
    return tuple(one for one in found if {one.from_story, one.to_story} & set(ids))


def sentences(made: Pair) -> Iterator[str]:
    """Yield the explanation, a sentence a fact."""
    item, other = made.stories
    if made.one_story:
        yield f"They are one story, {item}."
    elif item and other:
        yield f"They are two stories, {item} and {other}."
    else:
        lone = made.item if not item else made.other
        yield f"No rule fired on {lone}, so it is in no story."
    for one in made.corrections:
        said = f": {clean(one.comment)}" if one.comment else ""
        yield f"{clean(one.author) or 'A person'} decided a {one.kind}{said}."
    if made.decided is not None:
        yield f"When {made.item} came, {in_words(made.decided)}."
    yield f"Compared anew with {made.other} alone, {made.story.level}: {made.reports.words}."
    if made.story != made.reports:
        yield f"Compared anew with its whole story: {made.story.words}."
