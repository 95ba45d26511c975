"""`tocsin explain ITEM --with OTHER`: why two items are or are not one story."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.cli.output import clean
from monitor.group.comparing import Compared, compare
from monitor.group.levels import Level
from monitor.group.words import in_words
from monitor.model import Decision, Grouping, Item
from monitor.store.corrections import BY_A_PERSON
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
    elsewhere: Grouping | None
    """The same where it was compared with other stories alone."""
    corrections: tuple[Correction, ...]
    """What a person did to the two, or to the stories that they came into."""
    merges: tuple[Decision, ...]
    """Later reports that showed the stories that they came into to be one."""
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
    came_into = [one.grouping.grouping.story_id for one in known if one.grouping]
    view = store.story(ids[1]) if ids[1] else None
    before = [i for i in view.items if _moment(i) <= _moment(later)] if view else []
    before = [item for item in before if item.id not in {later.id, first.id}]
    decided = known[0].grouping.grouping if known[0].grouping else None
    if decided is not None and decided.level == BY_A_PERSON:
        # That was not when it came; the correction says it.
        decided = None
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
        elsewhere=None if compared or not ids[1] else decided,
        corrections=_corrections(view, {later.id, first.id}, {*ids, *came_into}),
        merges=_merges(view, came_into),
        reports=compare(later, [first], level),
        story=compare(later, [first, *before], level),
        words="",
    )
    return replace(made, words=" ".join(sentences(made)))


def _moment(item: Item) -> tuple[float, str]:
    return (item.moment.timestamp() if item.moment else 0.0, item.id)


def _corrections(
    view: StoryView | None, items: set[str], stories: set[str]
) -> tuple[Correction, ...]:
    """Return what was done to the two: not to other reports of their stories."""
    found = view.corrections if view else ()
    return tuple(one for one in found if _is_of(one, items, stories))


def _merges(view: StoryView | None, came_into: Sequence[str]) -> tuple[Decision, ...]:
    if view is None or len(set(came_into)) == 1:
        return ()
    return tuple(one for one in view.merges if any(i in one.detail for i in came_into))


def _is_of(one: Correction, items: set[str], stories: set[str]) -> bool:
    if one.kind == "split":
        return one.item_id in items
    return {one.from_story, one.to_story} <= stories


def corrected(one: Correction) -> str:
    """Return what a person did to stories, and why, as a sentence without its stop."""
    did = _DID[one.kind].format(one.item_id, one.from_story, one.to_story)
    said = f": {clean(one.comment)}" if one.comment else ""
    said += " (undone since)" if one.undone else ""
    return f"{clean(one.author) or 'a person'} {did}{said}"


_DID = {
    "merge": "merged {1} into {2}",
    "split": "split {0} off {1}, into {2}",
    "link": "linked {1} and {2}, which stay two",
    "unmerge": "took {1} out of {2} again",
    "unlink": "ended the link of {1} and {2}",
}


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
        said = corrected(one)
        yield f"{said[0].upper() if not one.author else said[0]}{said[1:]}."
    for merge in made.merges:
        yield f"When {merge.item_id} came, {clean(merge.detail)}."
    if made.decided is not None:
        yield f"When {made.item} came, {in_words(made.decided)}."
    if made.elsewhere is not None:
        said = in_words(made.elsewhere)
        yield f"When {made.item} came, {said}; {made.other} was not what it was nearest to."
    yield f"Compared anew with {made.other} alone, {made.story.level}: {made.reports.words}."
    if made.story != made.reports:
        yield f"Compared anew with its whole story: {made.story.words}."
