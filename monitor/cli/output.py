"""What commands print: tables for people, JSON for programs, problems for both."""

import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.problems import BAD_INPUT, FAILED, fail, print_problems
from monitor.documents import write_duration
from monitor.web.plain import jsonable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "BAD_INPUT",
    "FAILED",
    "clean",
    "console",
    "fail",
    "print_json",
    "print_json_list",
    "print_problems",
    "print_table",
    "printable",
    "shown",
    "written",
]


def console() -> "Console":
    """Return a console on standard output, as wide as the terminal or a page."""
    from rich.console import Console  # noqa: PLC0415 - JSON needs none

    class Piped(Console):
        """Ends well where nobody reads on, as whatever else writes here does."""

        def on_broken_pipe(self) -> None:
            with suppress(SystemExit):  # 1, after it has turned the output away
                super().on_broken_pipe()
            raise SystemExit(0)

    wide = None if sys.stdout.isatty() else 160
    return Piped(width=wide, highlight=False, soft_wrap=not sys.stdout.isatty())


def clean(text: str) -> str:
    """Make a stranger's text safe for a terminal: no controls, no direction marks."""
    return printable(text).strip()


def print_tree(text: str) -> None:
    """Print lines that quote strangers' texts; their indentation stays."""
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(" "))
        click.echo(f"{' ' * depth}{clean(line)}")


def printable(text: str) -> str:
    """Do the same and keep every character's place."""
    return "".join(c if c.isprintable() and c not in _DIRECTION else " " for c in text)


_DIRECTION = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def print_json(value: Any) -> None:
    """Print a value as JSON, one document, readable."""
    click.echo(written(jsonable(value), laid_out=True))


_in_a_line = json.JSONEncoder(ensure_ascii=False).encode
_laid_out = json.JSONEncoder(ensure_ascii=False, indent=2).encode


def written(value: Any, *, laid_out: bool = False) -> str:
    """Return JSON that can be written here: where a character cannot, as its number."""
    text = _laid_out(value) if laid_out else _in_a_line(value)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, indent=2 if laid_out else None)
    return text


def print_json_list(values: Iterable[Any]) -> None:
    """Print values as one JSON list, each as it comes: there may be very many."""
    before = "["
    for value in values:
        text = written(jsonable(value), laid_out=True)
        click.echo(before + "\n  " + text.replace("\n", "\n  "), nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str
) -> None:
    """Print rows under headings, or say in a line that there are none.

    Very many are printed as they come, in columns as wide as the first of them need.
    """
    coming = iter(rows)
    first = list(islice(coming, _MOST_LAID_OUT + 1))
    if len(first) <= _MOST_LAID_OUT:
        _lay_out(columns, first, empty)
        return
    texts = [[shown(cell) for cell in row] for row in first]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    more = ([shown(cell) for cell in row] for row in coming)
    for row in chain([columns], texts, more):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


_MOST_LAID_OUT = 500
_IN_ONE_PIECE = 32
"""Characters of a cell that is not broken over lines."""


def _lay_out(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    from rich.markup import escape  # noqa: PLC0415 - JSON needs none
    from rich.table import Table  # noqa: PLC0415 - the same

    texts = [[shown(cell) for cell in row] for row in rows]
    if not texts:
        click.echo(empty)
        return
    here = console()
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    kept = _in_one_piece(columns, texts, widths, here.width)
    if kept is None and sys.stdout.isatty():
        _one_below_the_other(columns, texts)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        table.add_column(name, overflow="fold", no_wrap=number in (kept or ()))
    for row in texts:
        table.add_row(*map(escape, row))
    here.print(table)


def _one_below_the_other(
    columns: Sequence[str], texts: Sequence[Sequence[str]]
) -> None:
    """Print each row as lines of its own: so narrow a table could not be read."""
    width = max(map(len, columns))
    blocks = (
        "\n".join(
            f"{name:{width}}  {text}" for name, text in zip(columns, row, strict=True)
        )
        for row in texts
    )
    click.echo("\n\n".join(blocks))


def _in_one_piece(
    columns: Sequence[str],
    texts: Sequence[Sequence[str]],
    widths: Sequence[int],
    space: int,
) -> frozenset[int] | None:
    """Say which columns are not broken over lines; None where there is no such space.

    Addresses, identifiers and moments are copied: they stay in one piece where the
    width allows it, or else the shorter of them, or the identifiers alone, and longer
    texts give way.
    """
    every = range(len(columns))
    short = {number for number in every if widths[number] <= _IN_ONE_PIECE}
    word = {n for n in every if not any(" " in row[n] for row in texts)}
    for kept, least in ((short | word, 20), (short, 20), (short & word, 10)):
        needed = sum(
            width if number in kept else min(width, least)
            for number, width in enumerate(widths)
        )
        if needed + 2 * len(columns) <= space:
            return frozenset(kept)
    return None


def shown(value: Any) -> str:
    """Write one cell the way people read it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, timedelta):
        return write_duration(value)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return clean(", ".join(str(inner) for inner in value))
    return clean(str(value or "-")) if value != 0 else "0"
