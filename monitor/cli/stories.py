"""`tocsin stories`: which reports are one event."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import click

from monitor.cli.context import (
    config_option,
    json_option,
    limit_option,
    opened_store,
)
from monitor.cli.items import find_item
from monitor.cli.output import (
    BAD_INPUT,
    clean,
    fail,
    print_json,
    print_table,
    shown,
)
from monitor.cli.pairs import corrected
from monitor.cli.times import since_option
from monitor.cli.trying import SIGNS, try_stories
from monitor.clock import SystemClock
from monitor.errors import CorrectionRefused
from monitor.group.copies import Voice, voices
from monitor.group.corroboration import assess
from monitor.group.words import in_words
from monitor.model import Assessment
from monitor.model.counts import counted
from monitor.store.corrections import Note
from monitor.store.records import Store
from monitor.store.views import Correction, StoryFilter, StoryView
from monitor.web.plain import jsonable

_CLOCK = SystemClock()
_Made = TypeVar("_Made")


@click.group()
def stories() -> None:
    """List, show and correct stories; try the grouping on a file."""


stories.add_command(try_stories)


@stories.command("list")
@config_option
@json_option
@limit_option
@since_option
@click.option("--text", default="", help="A part of the title.")
def list_stories(
    config: Path | None, *, as_json: bool, limit: int, since: datetime, text: str
) -> None:
    """Show stories, the last reported of first."""
    with opened_store(config) as (_, store):
        found = store.stories(StoryFilter(since=since, text=text, limit=limit))
    if as_json:
        print_json(found)
        return
    print_table(
        ["last report", "story", "reports", "outlets", "lang", "title"],
        (
            [one.last_seen, one.id, one.items, len(one.sources), one.lang, one.title]
            for one in found
        ),
        "no story; widen --since" + (", or change --text" if text else ""),
    )


@stories.command()
@config_option
@json_option
@click.argument("story")
def show(config: Path | None, *, as_json: bool, story: str) -> None:
    """Show STORY as a timeline: each report, and why it belongs there."""
    with opened_store(config) as (settings, store):
        sources = {one.name: one for one in settings.configuration.sources}
        found = store.story(story)
        if found is not None and found.merged_into:
            click.echo(f"{story} was merged into {found.merged_into}", err=True)
            found = store.story(found.merged_into)
    if found is None:
        fail(f"no story is called {story!r}; see: tocsin stories list", BAD_INPUT)
    made = assess(found.items, sources)
    whose = voices(found.items, sources)
    if as_json:
        origins = [one for voice in whose for one in voice.origins]
        print_json({**jsonable(found), "assessment": made, "origins": origins})
        return
    for line in _timeline(found, made, whose):
        click.echo(line)


def _timeline(
    view: StoryView, made: Assessment, whose: Sequence[Voice]
) -> Iterator[str]:
    story = view.story
    yield f"{clean(story.title)}  [{story.id}]"
    outlets = ", ".join(clean(source) for source in story.sources)
    said = (
        f"{counted(story.items, 'report')} by {counted(len(story.sources), 'outlet')}"
    )
    yield f"  {said}: {outlets}"
    yield f"  graded {made.grade}: {clean(made.because)}"
    yield f"  {_who(made)}"
    yield ""
    reports, later = _reports(view, made, whose), _what_was_done(view)
    for _, lines in sorted([*reports, *later], key=itemgetter(0)):
        yield from lines


def _reports(
    view: StoryView, made: Assessment, whose: Sequence[Voice]
) -> Iterator[tuple[datetime, list[str]]]:
    """Yield when each report was published, and what is said of it."""
    start = view.story.first_seen
    origins = {one.item_id: one for voice in whose for one in voice.origins}
    for item, grouped in zip(view.items, view.groupings, strict=True):
        moment = item.moment or start
        sign = SIGNS[grouped.grouping.outcome]
        lag = _lag(moment, made.first_at or start)
        head = (
            f"{shown(moment)} {lag:>7} {sign} {clean(item.source)}: {clean(item.title)}"
        )
        origin = origins[item.id]
        copied = "" if origin.own else f"; {clean(origin.because)}"
        why = f"    {item.id}  {in_words(grouped.grouping)}{copied}"
        yield moment, [head, why]


def _what_was_done(view: StoryView) -> Iterator[tuple[datetime, list[str]]]:
    """Yield when alerts were raised and stories merged or corrected."""
    for alert in view.alerts:
        told = f"alert {alert.id} of rule {alert.rule.id}"
        yield (
            alert.opened,
            [f"{shown(alert.opened)}  {told}, {counted(alert.sequence, 'message')}"],
        )
    for merge in view.merges:
        said = f"merged on {merge.item_id}: {clean(merge.detail)}"
        yield merge.at, [f"{shown(merge.at)}  {said}"]
    for one in view.corrections:
        yield one.at, [f"{shown(one.at)}  {corrected(one)}"]


def _who(made: Assessment) -> str:
    said = f"first reported by {clean(made.first_by) or 'an unknown outlet'}"
    whole = made.state + made.others
    if made.state_lag is None or not whole:
        return said
    minutes = round(abs(made.state_lag) / timedelta(minutes=1))
    order = "after" if made.state_lag >= timedelta() else "before"
    return (
        f"{said}; {counted(made.state, 'report')} ({made.state / whole:.0%}) by outlets of "
        f"states, the first {minutes} min {order} the first of the "
        f"{counted(made.others, 'other')}"
    )


def _lag(moment: datetime, start: datetime) -> str:
    minutes = round((moment - start).total_seconds() / 60)
    if not minutes:
        return ""
    hours, left = divmod(abs(minutes), 60)
    return f"{'+' if minutes > 0 else '-'}{hours}:{left:02}"


def _correcting(command: Callable[..., None]) -> Callable[..., None]:
    author = click.option(
        "--author", envvar="USER", default="", help="Who corrects it."
    )
    comment = click.option("--comment", default="", help="Why.")
    return config_option(json_option(author(comment(command))))


def _note(author: str, comment: str) -> Note:
    return Note(at=_CLOCK.now(), author=author, comment=comment)


def _done(make: Callable[[], _Made]) -> _Made:
    try:
        return make()
    except KeyError as missing:
        fail(f"there is no story or item {missing.args[0]!r}", BAD_INPUT)
    except CorrectionRefused as refused:
        fail(str(refused), BAD_INPUT)


@stories.command()
@_correcting
@click.argument("story")
@click.argument("into", metavar="OTHER")
def merge(
    config: Path | None,
    *,
    as_json: bool,
    author: str,
    comment: str,
    story: str,
    into: str,
) -> None:
    """Merge STORY into OTHER: later reports of either join that one.

    Its id goes on working, and its alerts and messages stay as they were. What undoes
    it: tocsin stories unmerge.
    """
    with opened_store(config) as (_, store):
        was_one = _standing(store, story) == _standing(store, into)
        made = _done(lambda: store.merge_stories(story, into, _note(author, comment)))
    if as_json:
        print_json(made)
        return
    if was_one:
        click.echo(f"{story} and {into} were one story before; nothing is changed")
    click.echo(
        f"{made.id} has {counted(made.items, 'report')} now: {clean(made.title)}"
    )


def _standing(store: Store, story: str) -> str:
    view = store.story(story)
    return (view.merged_into if view else "") or story


@stories.command()
@_correcting
@click.argument("item")
def split(
    config: Path | None, *, as_json: bool, author: str, comment: str, item: str
) -> None:
    """Take ITEM (an id, its beginning, or an address) out of its story.

    It gets one of its own that is related to it; merging that back undoes it.
    """
    with opened_store(config) as (_, store):
        item = find_item(store, item).id
        made = _done(lambda: store.split_item(item, _note(author, comment)))
    if as_json:
        print_json(made)
    else:
        click.echo(f"{item} is a story of its own now: {made.id}")


@stories.command()
@_correcting
@click.argument("story")
@click.argument("other")
def link(
    config: Path | None,
    *,
    as_json: bool,
    author: str,
    comment: str,
    story: str,
    other: str,
) -> None:
    """Remember that STORY and OTHER belong together without being one event."""
    with opened_store(config) as (_, store):
        made = _done(lambda: store.link_stories(story, other, _note(author, comment)))
    if as_json:
        print_json({"linked": [story, other]})
    else:
        before = "" if made else ", as they were before"
        click.echo(f"{story} and {other} are linked{before}")


@stories.command()
@_correcting
@click.argument("story")
def unmerge(
    config: Path | None, *, as_json: bool, author: str, comment: str, story: str
) -> None:
    """Take STORY out of the story that it was merged into, by whomever.

    Reports that came after the merge stay where they are, and the two stay two.
    """
    with opened_store(config) as (_, store):
        before = _standing(store, story)
        made = _done(lambda: store.unmerge_story(story, _note(author, comment)))
    if as_json:
        print_json(made)
        return
    reports = counted(made.items, "report")
    click.echo(f"{made.id} is a story of its own again, of {reports}; out of {before}")


@stories.command()
@_correcting
@click.argument("story")
@click.argument("other")
def unlink(
    config: Path | None,
    *,
    as_json: bool,
    author: str,
    comment: str,
    story: str,
    other: str,
) -> None:
    """Forget that STORY and OTHER belong together."""
    with opened_store(config) as (_, store):
        _done(lambda: store.unlink_stories(story, other, _note(author, comment)))
    if as_json:
        print_json({"unlinked": [story, other]})
    else:
        click.echo(f"{story} and {other} are linked no more")


@stories.command()
@config_option
@json_option
def corrections(config: Path | None, *, as_json: bool) -> None:
    """List what people corrected.

    With --json the two reports in question are there too, so that a later training
    can learn from them (bench/stories/train.py --corrections FILE).
    """
    with opened_store(config) as (_, store):
        found = store.corrections()
        pairs = [_pair(store, one) for one in found] if as_json else []
    if as_json:
        print_json(
            [
                {**jsonable(one), "one": first, "other": second}
                for one, (first, second) in zip(found, pairs, strict=True)
            ]
        )
        return
    print_table(
        ["at", "what", "item", "from", "to", "by", "why"],
        (
            [o.at, _kind(o), o.item_id, o.from_story, o.to_story, o.author, o.comment]
            for o in found
        ),
        "nothing was corrected",
    )


def _kind(correction: Correction) -> str:
    return f"{correction.kind} (undone)" if correction.undone else correction.kind


def _pair(
    store: Store, correction: Correction
) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Return the report that was moved, or the first of its story, and the other's."""
    moved = _first_of(store, correction.from_story, correction.item_id)
    stays = _first_of(store, correction.to_story)
    if correction.kind == "split":
        # It was taken from its story: that one is what it is not like.
        return stays, moved
    return moved, stays


def _first_of(store: Store, story: str, without: str = "") -> dict[str, str] | None:
    """Return the first report of a story, or else of those that were merged into it."""
    view = store.story(story)
    pairs = list(zip(view.items, view.groupings, strict=True)) if view else []
    own = [item for item, grouped in pairs if grouped.grouping.story_id == story]
    for item in [*own, *(item for item, _ in pairs)]:
        if item.id != without:
            moment = item.moment
            return {
                "id": item.id,
                "title": item.title,
                "summary": item.summary,
                "lang": item.lang,
                "source": item.source,
                "published": moment.isoformat() if moment else "",
            }
    return None
