"""`tocsin rules`: what is looked for."""

from pathlib import Path

import click

from monitor import rulepacks, settings
from monitor.app.compose import configuration_file
from monitor.cli.context import config_option, json_option, loaded
from monitor.cli.output import (
    BAD_INPUT,
    fail,
    print_json,
    print_problems,
    print_table,
)


@click.group()
def rules() -> None:
    """List, show and test rules."""


@rules.command("list")
@config_option
@json_option
@click.option("--theme", default="")
def list_rules(config: Path | None, *, as_json: bool, theme: str) -> None:
    """Show the rules that would be in force."""
    found = loaded(config).rulebook.rules.values()
    wanted = [rule for rule in found if not theme or rule.theme == theme]
    if as_json:
        print_json(wanted)
        return
    print_table(
        ["rule", "theme", "severity", "title", "receivers", "file"],
        (
            [
                rule.id,
                rule.theme,
                rule.severity,
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
    """Show one rule as it is in force."""
    known = loaded(config).rulebook.rules
    if rule not in known:
        fail(f"no rule is called {rule!r}; see: tocsin rules list", BAD_INPUT)
    found = known[rule]
    if as_json:
        print_json(found)
        return
    click.echo(f"{found.id}  [{found.severity.upper()}] {found.title}")
    click.echo(f"  theme {found.theme}, tags {', '.join(found.tags) or '-'}")
    click.echo(f"  version {found.version}, {found.file}:{found.line}")
    click.echo(f"  updates {found.updates.value}")
    if found.corroboration:
        click.echo(f"  waits for {found.corroboration.sources} independent sources")
    click.echo(f"  receivers {', '.join(found.receivers) or 'by route'}")
    click.echo(f"\n{found.match.strip()}")


@rules.command("test")
@config_option
@json_option
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
def test_rules(config: Path | None, *, as_json: bool, paths: tuple[Path, ...]) -> None:
    """Check rule packs and run the tests in them; the configured ones by default."""
    where = paths or settings.read(configuration_file(config)).rule_paths
    problems = rulepacks.check(where)
    errors = [p for p in problems if p.severity == "error"]
    if as_json:
        print_json({"ok": not errors, "problems": problems})
    else:
        print_problems(problems)
        if not errors:
            book = rulepacks.load(where)
            tests = len(book.test_results)
            click.echo(f"{len(book.rules)} rules in order, {tests} examples pass")
    if errors:
        raise SystemExit(BAD_INPUT)
