"""`tocsin stories`: which reports are one event."""

import json
from typing import IO

import click

from monitor.cli.context import json_option
from monitor.cli.output import BAD_INPUT, clean
from monitor.cli.reading import BadLine, read_items
from monitor.group.trial import Trial
from monitor.model import Grouping, Item, Relation


@click.group()
def stories() -> None:
    """Group reports into stories."""


@stories.command("try")
@json_option
@click.option(
    "--level",
    type=click.Choice(["base"]),
    default="base",
    show_default=True,
    help="The grouping model; base needs none.",
)
@click.argument("file", type=click.File("rb"))
def try_stories(*, as_json: bool, level: str, file: IO[bytes]) -> None:
    """Group FILE (- for input): a feed, or items as JSON, one a line, as they come.

    In memory, by the code that the daemon runs. With --json one line an item comes
    out as soon as one goes in: its story, `same`, `related` or `new`, and why.
    """
    trial = Trial()
    bad = items = 0
    told: set[str] = set()
    for found in read_items(file):
        if isinstance(found, BadLine):
            bad += 1
            click.echo(f"line {found.number}: {clean(found.problem)}", err=True)
            continue
        grouping = trial.place(found)
        items += 1
        told.add(grouping.story_id)
        if as_json:
            click.echo(json.dumps(_line(grouping), ensure_ascii=False))
        else:
            click.echo(_shown(found, grouping))
    if not as_json:
        click.echo(f"{items} items, {len(told)} stories, level {level}")
    if bad:
        raise SystemExit(BAD_INPUT)


def _line(grouping: Grouping) -> dict[str, object]:
    return {
        "id": grouping.item_id,
        "story": grouping.story_id,
        "outcome": grouping.outcome.value,
        "score": round(grouping.score, 4),
        "because": {name: round(value, 4) for name, value in grouping.because},
        "nearest": grouping.nearest,
        "related_to": grouping.related_to,
        "level": grouping.level,
    }


_SIGNS = {Relation.NEW: "+", Relation.RELATED: "~", Relation.SAME: " "}


def _shown(item: Item, grouping: Grouping) -> str:
    title = clean(item.title or item.summary)[:100]
    why = ", ".join(f"{name} {value:+.1f}" for name, value in grouping.because[:3])
    return (
        f"{_SIGNS[grouping.outcome]} {grouping.story_id}  {title}\n"
        f"    {grouping.outcome.value} {grouping.score:.2f}  {why}"
    )
