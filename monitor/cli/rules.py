"""`tocsin rules`: what is looked for."""

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import click

from monitor import documents, rulepacks
from monitor.cli.options import config_option, json_option
from monitor.cli.output import (
    BAD_INPUT,
    clean,
    fail,
    print_json,
    print_problems,
    print_table,
)
from monitor.cli.reading import read_items
from monitor.errors import InputRefused, Problem
from monitor.model import Item, Rule, Trigger
from monitor.model.counts import counted
from monitor.notify.silences import strangers
from monitor.rulepacks import CODES, ExpandedWord, Rulebook, format_pack, schema

SWITCHED_OFF = "switched off (enabled: false): it matches nothing"


@click.group()
def rules() -> None:
    """List, show and test rules."""


def _loaded(config: Path | None) -> Rulebook:
    from monitor.cli.context import loaded  # noqa: PLC0415 - it reads all of Tocsin

    return loaded(config).rulebook


def configured(config: Path | None) -> tuple[Path, ...]:
    """Return the files and folders of rules that the configuration names."""
    from monitor import settings  # noqa: PLC0415 - who names packs needs no settings
    from monitor.app.files import configuration_file  # noqa: PLC0415 - the same

    return settings.read(configuration_file(config)).rule_paths


@rules.command("list")
@config_option
@json_option
@click.option("--theme", default="", metavar="THEME", help="Of this theme only.")
def list_rules(config: Path | None, *, as_json: bool, theme: str) -> None:
    """Show the rules that would be in force, and those that are switched off."""
    found = _loaded(config).known.values()
    wanted = [rule for rule in found if not theme or rule.theme == theme]
    if theme and not wanted:
        themes = {"theme": {rule.theme for rule in found}}
        fail(strangers([("theme", "=", theme)], themes)[0], BAD_INPUT)
    if as_json:
        print_json(wanted)
        return
    print_table(
        ["rule", "theme", "severity", "state", "title", "receivers", "file"],
        (
            [
                rule.id,
                rule.theme,
                rule.severity,
                "on" if rule.enabled else "off",
                rule.title,
                rule.receivers or "by route",
                f"{rule.file}:{rule.line}",
            ]
            for rule in wanted
        ),
        "no rules; name files or folders under rules: in the configuration",
    )


@rules.command()
@config_option
@json_option
@click.argument("rule")
def show(config: Path | None, *, as_json: bool, rule: str) -> None:
    """Show RULE as it is in force, or would be were it not switched off."""
    known = _loaded(config).known
    if rule not in known:
        fail(f"no rule is called {rule!r}; see: tocsin rules list", BAD_INPUT)
    found = known[rule]
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.id}  [{found.severity.upper()}] {found.title}")
    if not found.enabled:
        click.echo(f"  {SWITCHED_OFF}")
    click.echo(f"  theme {found.theme}, tags {', '.join(found.tags) or '-'}")
    click.echo(f"  version {found.version}, {found.file}:{found.line}")
    for line in _gates(found):
        click.echo(f"  {line}")
    click.echo(f"  receivers {', '.join(found.receivers) or 'by route'}")
    click.echo(f"\n{found.match.strip()}")


def _gates(rule: Rule) -> Iterator[str]:
    """Yield what decides when a rule's matches are told."""
    yield f"trigger {_trigger(rule.trigger)}"
    yield f"updates {rule.updates.value}"
    if rule.corroboration:
        gate = rule.corroboration
        graded = f", graded {gate.grade} or better" if gate.grade else ""
        within = documents.write_duration(gate.within)
        yield f"waits for {_sources(gate.sources)} within {within}{graded}"
    if rule.escalate:
        more = rule.escalate
        steps = [_sources(more.sources)] * bool(more.sources)
        steps += [f"grade {more.grade}"] * bool(more.grade)
        yield f"told anew at {', at '.join(steps)}"
    if rule.resolve_after is not None:
        yield f"closed after {documents.write_duration(rule.resolve_after)} of quiet"


def _sources(count: int) -> str:
    return counted(count, "independent source")


def _trigger(trigger: Trigger) -> str:
    """Write a trigger's type and what it goes by."""
    given = {
        "count": trigger.count,
        "of": trigger.field,
        "after": ", ".join(trigger.after),
        "within": trigger.timeframe and documents.write_duration(trigger.timeframe),
    }
    return ", ".join(
        [trigger.type, *(f"{name} {value}" for name, value in given.items() if value)]
    )


@rules.command("test")
@config_option
@json_option
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--mutate",
    is_flag=True,
    help="Drop each term in turn and name those that no example misses.",
)
def test_rules(
    config: Path | None, *, as_json: bool, mutate: bool, paths: tuple[Path, ...]
) -> None:
    """Check the packs at PATHS and run their tests; by default the configured ones."""
    where = paths or configured(config)
    problems = rulepacks.check(where)
    errors = [p for p in problems if p.severity == "error"]
    if mutate and not errors:
        problems = [*problems, *rulepacks.untested(where)]
    if as_json:
        print_json({"ok": not errors, "problems": problems})
    else:
        print_problems(problems)
        if not errors:
            book = rulepacks.load(where)
            tests = len(book.test_results)
            off = f" ({len(book.off)} switched off)" if book.off else ""
            found = f"{counted(len(book.known), 'rule')} in order{off}"
            click.echo(f"{found}, {counted(tests, 'example passes', 'examples pass')}")
    if errors:
        raise SystemExit(BAD_INPUT)


@rules.command()
@config_option
@json_option
@click.option("--strict", is_flag=True, help="Exit with an error on any warning.")
@click.option(
    "--corpus",
    type=click.File("rb"),
    help="A feed, or items as JSON, one a line (- for input): names terms that mostly"
    " find words of another language there.",
)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
def lint(
    config: Path | None,
    *,
    as_json: bool,
    strict: bool,
    corpus: IO[bytes] | None,
    paths: tuple[Path, ...],
) -> None:
    """Name what in PATHS is legal and suspicious; by default in the configured packs.

    Such as clauses that never matter and names that nothing uses.
    """
    where = paths or configured(config)
    problems = rulepacks.lint(where, _items(corpus) if corpus else ())
    errors = [p for p in problems if strict or p.severity == "error"]
    if as_json:
        print_json({"ok": not errors, "problems": problems})
    else:
        print_problems(problems)
        click.echo(f"{len(problems)} found" if problems else "nothing suspicious")
    if errors:
        raise SystemExit(BAD_INPUT)


def _items(corpus: IO[bytes]) -> Iterator[Item]:
    """Yield the items of a corpus; tell of lines that hold none."""
    for one in read_items(corpus):
        if isinstance(one, Item):
            yield one
        else:
            click.echo(f"line {one.number}: {clean(one.problem)}", err=True)


@rules.command("fmt")
@config_option
@click.option("--check", is_flag=True, help="Change nothing; exit 1 if it would.")
@click.option("--diff", "show_diff", is_flag=True, help="Show changes; make none.")
@click.argument(
    "paths",
    nargs=-1,
    type=click.Path(exists=True, path_type=Path, allow_dash=True),
)
def format_rules(
    config: Path | None, *, check: bool, show_diff: bool, paths: tuple[Path, ...]
) -> None:
    """Lay the packs at PATHS out in one way, comments kept; by default the configured.

    With - a pack comes in on standard input and goes out on standard output.
    """
    if paths == (Path("-"),):
        _format_piped(check=check, show_diff=show_diff)
        return
    where = paths or configured(config)
    changed = False
    problems: list[Problem] = []
    for path in rulepacks.files(where):
        try:
            before = documents.read_whole(path, exactly=True)
            after = format_pack(before, str(path))
        except InputRefused as refused:
            problems += refused.problems
            continue
        changed = changed or after != before
        if after != before and show_diff:
            click.echo("".join(_diff(before, after, path)), nl=False)
        elif after != before:
            click.echo(f"{path} {'would be changed' if check else 'changed'}")
        if after != before and not check and not show_diff:
            documents.replace_file(path, after)
    _end_formatting(problems, changed=changed, check=check)


def _format_piped(*, check: bool, show_diff: bool) -> None:
    try:
        before = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        fail("standard input is not UTF-8; save the pack as UTF-8", BAD_INPUT)
    after = format_pack(before, "-")
    if show_diff:
        click.echo("".join(_diff(before, after, Path("-"))), nl=False)
    elif not check:
        click.echo(after, nl=False)
    elif after != before:
        click.echo("- would be changed")
    if check and after != before:
        raise SystemExit(1)


def _end_formatting(problems: list[Problem], *, changed: bool, check: bool) -> None:
    print_problems(problems)
    if problems:
        raise SystemExit(BAD_INPUT)
    if not changed:
        click.echo("all in order")
    elif check:
        raise SystemExit(1)


def _diff(before: str, after: str, path: Path) -> Iterator[str]:
    return difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        str(path),
        f"{path} (laid out)",
    )


@rules.command()
@config_option
@json_option
@click.option(
    "--rules",
    "packs",
    type=click.Path(exists=True, path_type=Path),
    help="Packs whose definitions count: a file or a folder.",
)
@click.option(
    "--corpus",
    type=click.File("rb"),
    help="A feed, or items as JSON, one a line: shows the words found there.",
)
@click.argument("query")
def expand(
    config: Path | None,
    *,
    as_json: bool,
    packs: Path | None,
    corpus: IO[bytes] | None,
    query: str,
) -> None:
    """Write out what QUERY really matches: Лукашенко~be, detain*, @belarus."""
    paths = (packs,) if packs else configured(config)
    found = rulepacks.expand_query(query, paths, _items(corpus) if corpus else ())
    if as_json:
        print_json(found)
        return
    for term in found:
        click.echo(term.term)
        for word in term.words:
            for line in _expanded_lines(word):
                click.echo(f"  {line}")


def _expanded_lines(word: ExpandedWord) -> Iterator[str]:
    if not word.forms:
        yield word.word
    for form in word.forms:
        yield f"{form.language}: {' | '.join(form.stems)} + {' '.join(form.endings)}"
    if word.seen:
        seen = ", ".join(f"{one} ({count})" for one, count in word.seen.items())
        yield f"seen: {clean(seen)}"


@rules.command()
@json_option
def codes(*, as_json: bool) -> None:
    """List the codes of faults in rules, each with an example."""
    if as_json:
        print_json(CODES)
        return
    print_table(
        ["code", "fault", "example"],
        ([code, entry.meaning, entry.example] for code, entry in CODES.items()),
        "",
    )


@rules.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of rule packs, for editors."""
    print_json(schema())
