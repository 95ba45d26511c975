"""`tocsin rules match`: rules over a feed or over items as JSON, as they come."""

import difflib
import gc
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO

import click

from monitor import rulepacks
from monitor.cli.options import config_option, json_option
from monitor.cli.output import (
    BAD_INPUT,
    clean,
    console,
    fail,
    print_tree,
    printable,
    written,
)
from monitor.cli.reading import BadLine, read_batches, with_language
from monitor.cli.rules import SWITCHED_OFF, configured
from monitor.model import Item, Match
from monitor.model.counts import counted
from monitor.rulepacks import Rulebook
from monitor.web.plain import jsonable


@click.command()
@config_option
@json_option
@click.option(
    "--rules",
    "packs",
    type=click.Path(exists=True, path_type=Path),
    help="Packs to run instead of the configured ones: a file or a folder.",
)
@click.option(
    "--why",
    default="",
    metavar="RULE",
    help="Say of each item, clause by clause, why RULE fired on it, or not.",
)
@click.argument("file", type=click.File("rb"))
def match(
    config: Path | None,
    *,
    as_json: bool,
    packs: Path | None,
    why: str,
    file: IO[bytes],
) -> None:
    """Run rules over FILE (- for input): a feed, or items as JSON, one a line.

    Shows what fired, with the words that made it. With --json one line an item
    comes out as soon as one goes in, also for items that no rule fired on.
    """
    paths = (packs,) if packs else configured(config)
    book = _to_stay(paths)
    if why and why not in book.known:
        near = difflib.get_close_matches(why, book.known, 1)
        hint = f"did you mean {near[0]}?" if near else "see: tocsin rules list"
        fail(f"no rule is called {why!r}; {hint}", BAD_INPUT)
    if why and not book.known[why].enabled:
        click.echo(f"{why} is {SWITCHED_OFF}", err=True)
    show = partial(_print_one if not as_json else _print_as_json, book, why)
    bad = items = fired = 0
    for batch in read_batches(file, settle=_as_stated):
        several = [one for one in batch if isinstance(one, Item)]
        found = iter(book.match_all(several, with_language))
        for one in batch:
            if isinstance(one, BadLine):
                bad += 1
                click.echo(f"line {one.number}: {clean(one.problem)}", err=True)
                continue
            matches = next(found)
            items += 1
            fired += bool(matches)
            show(one, matches)
    if not as_json:
        click.echo(f"{fired} of {counted(items, 'item')} matched")
    if bad:
        raise SystemExit(BAD_INPUT)


def _to_stay(paths: Sequence[Path]) -> Rulebook:
    """Load rules that stay to the end, in which nobody need look for waste."""
    gc.disable()
    try:
        book = rulepacks.load(paths)
        gc.freeze()
    finally:
        gc.enable()
    return book


def _as_stated(item: Item) -> Item:
    """Leave an item as it is: its language is looked into when a rule asks."""
    return item


def _print_line(value: dict[str, object]) -> None:
    """Print a value as one line of JSON, at once."""
    sys.stdout.write(f"{written(value)}\n")
    sys.stdout.flush()


def _line(book: Rulebook, item: Item, matches: Sequence[Match]) -> dict[str, object]:
    return {
        "id": item.id,
        "rules": [
            {
                "id": one.rule_id,
                "theme": book.rules[one.rule_id].theme,
                "severity": book.rules[one.rule_id].severity.value,
                "evidence": jsonable(one.evidence),
            }
            for one in matches
        ],
    }


def _print_as_json(
    book: Rulebook, why: str, item: Item, matches: Sequence[Match]
) -> None:
    line = _line(book, item, matches)
    if why:
        line["explanation"] = jsonable(book.explain(with_language(item), why))
    _print_line(line)


def _print_one(book: Rulebook, why: str, item: Item, matches: Sequence[Match]) -> None:
    if matches or why:
        _print_matches(item, matches)
    if why:
        print_tree(str(book.explain(with_language(item), why)))


def _print_matches(item: Item, matches: Sequence[Match]) -> None:
    from rich.text import Text  # noqa: PLC0415 - JSON needs none

    spans = [span for one in matches for span in one.evidence]
    for field in ("title", "summary", "body"):
        found = [span for span in spans if span.field == field]
        text = getattr(item, field)
        if not found and field != "title":
            continue
        shown = Text(text, style="bold" if field == "title" else "")
        for span in found:
            shown.stylize("black on yellow", span.start, span.end)
        if field == "body":
            shown = shown[max(0, found[0].start - 200) : found[0].start + 400]
        console().print(Text(printable(shown.plain), spans=shown.spans), soft_wrap=True)
    names = ", ".join(one.rule_id for one in matches)
    console().print(Text(f"  {clean(item.id)}  {names}", style="dim"))
