"""`tocsin routes`: who hears of what, when, and what would keep it from them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import IO

import click

from monitor.app.policy import intervals_of, policy_of, route_of
from monitor.cli.context import config_option, json_option, loaded, opened_store
from monitor.cli.output import BAD_INPUT, clean, print_json, print_table
from monitor.cli.reading import BadLine, read_items
from monitor.clock import SystemClock
from monitor.model import Alert, Item, Match, Rule, stable_id
from monitor.notify.preview import Preview, Situation, preview
from monitor.notify.routes import Route
from monitor.notify.wording import duration
from monitor.pipeline.ports import Rules
from monitor.store.views import AlertFilter

_CLOCK = SystemClock()


@click.group()
def routes() -> None:
    """Show the route tree; ask who would hear of an item."""


@routes.command("show")
@config_option
def show_routes(config: Path | None) -> None:
    """Draw the route tree."""
    configuration = loaded(config).configuration
    root = route_of(configuration.route, intervals_of(configuration))
    for line in _tree(root, 0):
        click.echo(line)


def _tree(route: Route, depth: int) -> Iterator[str]:
    wants = ", ".join(f"{k}={'|'.join(v)}" for k, v in route.match.items())
    parts = [route.receiver or "(as above)", wants or "everything"]
    if route.continue_:
        parts.append("and goes on")
    if route.group_by:
        parts.append(f"grouped by {', '.join(route.group_by)}")
    parts += [
        f"{name} {duration(wait)}"
        for name, wait in (
            ("waits", route.group_wait),
            ("once in", route.group_interval if route.group_by else None),
            ("repeats every", route.repeat_interval),
            ("closes after", route.resolve_after),
        )
        if wait
    ]
    if route.mute:
        parts.append(f"quiet in {', '.join(one.name for one in route.mute)}")
    if route.active:
        parts.append(f"only in {', '.join(one.name for one in route.active)}")
    yield f"{'  ' * depth}{': '.join(parts[:2])}{''.join(f', {p}' for p in parts[2:])}"
    for child in route.routes:
        yield from _tree(child, depth + 1)


@routes.command("test")
@config_option
@json_option
@click.argument("file", type=click.File("rb"))
def test_routes(config: Path | None, *, as_json: bool, file: IO[bytes]) -> None:
    """Say who would hear of the items in FILE (- for input) now, when, and why.

    FILE is a feed, or items as JSON, one a line. Each item is taken for the first report
    of a story; silences, digests, groups, rates and quiet times count, and inhibition by
    what was told and by graver rules on the same item. Nothing is stored or sent.
    """
    now = _CLOCK.now()
    with opened_store(config) as (found, store):
        policy = policy_of(found.loaded)
        lasts = [rule.lasts for rule in policy.inhibitions]
        since = now - max(lasts, default=timedelta())
        alerts = store.alerts(AlertFilter(since=since)) if lasts else []
        situation = Situation(
            route=policy.route,
            terms=policy.wishes.terms,
            silences=store.silences(now),
            inhibitions=policy.inhibitions,
            told=[row.alert for row in alerts],
            now=now,
        )
    told: list[dict[str, object]] = []
    bad = 0
    for item in read_items(file):
        if isinstance(item, BadLine):
            bad += 1
            click.echo(f"line {item.number}: {clean(item.problem)}", err=True)
            continue
        told += _previews(item, policy.rules, situation)
    if as_json:
        print_json(told)
    else:
        print_table(
            ["item", "rule", "severity", "receiver", "because", "due", "when"],
            (list(one.values()) for one in told),
            "no rule fires on any item",
        )
    if bad:
        raise SystemExit(BAD_INPUT)


def _previews(
    item: Item, rules: Rules, situation: Situation
) -> Iterator[dict[str, object]]:
    """Yield who would hear of an item, under the gravest rule first."""
    story = stable_id("sto", item.id)

    def gravity(match: Match) -> int:
        return -rules.rules[match.rule_id].severity.rank

    (fired,) = rules.match_all((item,))
    for match in sorted(fired, key=gravity):
        rule = rules.rules[match.rule_id]
        found = preview(rule, item, story, situation)
        yield from (_shown(item, rule, one) for one in found)
        if any(one.due is not None for one in found):
            alert = Alert(
                id=stable_id("alr", rule.id, story),
                rule=rule,
                story_id=story,
                opened=situation.now,
                updated=situation.now,
            )
            situation = replace(situation, told=[*situation.told, alert])


def _shown(item: Item, rule: Rule, one: Preview) -> dict[str, object]:
    return {
        "item": item.title[:60] or item.id,
        "rule": rule.id,
        "severity": rule.severity.value,
        "receiver": one.receiver,
        "because": one.because,
        "due": one.due,
        "when": one.when,
    }
