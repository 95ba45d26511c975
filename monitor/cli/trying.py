"""`tocsin stories try`: the grouping on a file, as its items come."""

from collections.abc import Sequence
from typing import IO

import click

from monitor.app import levels
from monitor.app.settling import settle
from monitor.cli.context import json_option
from monitor.cli.output import BAD_INPUT, clean, written
from monitor.cli.reading import BadLine, read_batches
from monitor.group.merging import Rival
from monitor.group.trial import Trial
from monitor.group.words import figure, in_words
from monitor.model import Grouping, Item, Relation
from monitor.model.counts import counted

SIGNS = {Relation.NEW: "+", Relation.RELATED: "~", Relation.SAME: " "}
"""What marks a report that began a story, one that is related, one that joined."""


@click.command("try")
@json_option
@click.option(
    "--level",
    type=click.Choice(levels.CHOICES),
    default="auto",
    show_default=True,
    help="The grouping model; base needs none, auto is the best that is installed.",
)
@click.argument("file", type=click.File("rb"))
def try_stories(*, as_json: bool, level: str, file: IO[bytes]) -> None:
    """Group FILE (- for input): a feed, or items as JSON, one a line, as they come.

    In memory, by the code that the daemon runs. With --json one line an item comes
    out as soon as one goes in: its story, `same`, `related` or `new`, and why.
    """
    chosen = levels.level(level)
    trial = Trial(chosen)
    settle()
    bad = items = opened = 0
    for batch in read_batches(file):
        trial.prepare([one for one in batch if isinstance(one, Item)])
        for found in batch:
            if isinstance(found, BadLine):
                bad += 1
                click.echo(f"line {found.number}: {clean(found.problem)}", err=True)
                continue
            grouping = trial.place(found)
            items += 1
            opened += grouping.outcome is not Relation.SAME
            if as_json:
                line = _line(grouping, trial.one_with)
                click.echo(written(line))
            else:
                click.echo(_shown(found, grouping, trial.one_with))
    if not as_json:
        opened_them = counted(opened, "story", "stories")
        click.echo(f"{counted(items, 'item')}, {opened_them}, level {chosen.name}")
    if bad:
        raise SystemExit(BAD_INPUT)


def _line(grouping: Grouping, one_with: Sequence[Rival]) -> dict[str, object]:
    return {
        "id": grouping.item_id,
        "story": grouping.story_id,
        "outcome": grouping.outcome.value,
        "score": round(grouping.score, 4),
        "because": {name: round(value, 4) for name, value in grouping.because},
        "nearest": grouping.nearest,
        "related_to": grouping.related_to,
        "one_with": [rival.story_id for rival in one_with],
        "level": grouping.level,
    }


def _shown(item: Item, grouping: Grouping, one_with: Sequence[Rival]) -> str:
    title = clean(item.title or item.summary)[:100]
    lines = [
        f"{SIGNS[grouping.outcome]} {grouping.story_id}  {title}",
        f"    {grouping.outcome.value} {figure(grouping.score)}  {clean(in_words(grouping))}",
        *(
            f"    {rival.story_id} is one with it: {clean(rival.detail)}"
            for rival in one_with
        ),
    ]
    return "\n".join(lines)
