"""`tocsin items search` and `tocsin explain`."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import click

from monitor import rulepacks
from monitor.app import levels
from monitor.cli.context import (
    config_option,
    json_option,
    limit_option,
    opened_store,
)
from monitor.cli.output import (
    BAD_INPUT,
    clean,
    fail,
    print_json,
    print_table,
    print_tree,
    shown,
)
from monitor.cli.pairs import Pair, corrected, pair, sentences
from monitor.cli.rules import SWITCHED_OFF
from monitor.cli.times import in_order, since_option, until_option
from monitor.detect.explain import Explanation
from monitor.group.words import figure, in_words
from monitor.model import Item, Span
from monitor.model.counts import counted
from monitor.rulepacks import Rulebook
from monitor.store.corrections import BY_A_PERSON
from monitor.store.records import Store
from monitor.store.views import Explained, ItemFilter


@click.group()
def items() -> None:
    """Search the items that were stored."""


@items.command()
@config_option
@json_option
@limit_option
@click.argument("query")
@since_option
@until_option
def search(
    config: Path | None,
    *,
    as_json: bool,
    limit: int,
    query: str,
    since: datetime,
    until: datetime,
) -> None:
    """Find stored items with QUERY, in the language of the rules.

    For example: tocsin items search 'Wagner NEAR/6 (Minsk OR Минск*) AND lang:ru'
    """
    in_order(since, until)
    wanted = rulepacks.compile_query(query)
    with opened_store(config) as (_, store):
        chosen = ItemFilter(since=since, until=until)

        def hits() -> Iterator[tuple[Item, tuple[Span, ...]]]:
            for item in store.items(chosen):
                spans = wanted.match(item)
                if spans is not None:
                    yield item, spans

        found = list(islice(hits(), limit))
    if as_json:
        print_json([{"item": item, "evidence": spans} for item, spans in found])
        return
    print_table(
        ["first seen", "item", "lang", "outlet", "title", "because"],
        (
            [
                item.first_seen,
                item.id,
                item.lang,
                item.source,
                item.title,
                tuple(dict.fromkeys(span.text for span in spans)),
            ]
            for item, spans in found
        ),
        "nothing found; widen --since, or try fewer words",
    )


@click.command()
@config_option
@json_option
@click.argument("item")
@click.option("--rule", default="", help="Say why this rule fired on it, or not.")
@click.option(
    "--with", "other", default="", help="Say why OTHER is one story with it, or not."
)
def explain(
    config: Path | None, *, as_json: bool, item: str, rule: str, other: str
) -> None:
    """Say what became of ITEM (an id, its beginning, or an address), and why."""
    if rule and other:
        fail("--rule and --with ask two questions; ask one after the other", BAD_INPUT)
    with opened_store(config) as (found, store):
        stored = find_item(store, item)
        if other:
            second = find_item(store, other)
            if second.id == stored.id:
                fail("an item is always one story with itself; name two", BAD_INPUT)
            level = levels.level(found.configuration.settings.grouping.level)
            _print_pair(pair(store, stored, second, level), as_json=as_json)
            return
        record = store.explained(stored.id)
        explanation, is_off = None, False
        if rule:
            rulebook = found.loaded.rulebook
            explanation, is_off = _why(rulebook, stored, rule), rule in rulebook.off
    if as_json:
        print_json({"record": record, "explanation": explanation})
        return
    _print_record(record)
    if explanation is not None:
        off = f", {SWITCHED_OFF}," if is_off else ""
        click.echo(f"\nrule {rule}{off} on this item:")
        print_tree(str(explanation))


def _print_pair(made: Pair, *, as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    for sentence in sentences(made):
        click.echo(sentence)
    for name, weight in made.story.because:
        click.echo(f"  {weight:+.2f}  {name}")


def find_item(store: Store, text: str) -> Item:
    """Return the item of an id, its beginning, or an address; end if it is not one."""
    found = store.find_items(text, limit=10)
    if not found:
        fail(
            f"no item has the id or address {text!r}; see: tocsin items search",
            BAD_INPUT,
        )
    if len({row.item.id for row in found}) > 1:
        for row in found:
            click.echo(f"{row.item.id}  {clean(row.item.title)}", err=True)
        fail("several items fit; name one by its id", BAD_INPUT)
    return found[0].item


def _why(rulebook: Rulebook, item: Item, rule: str) -> Explanation:
    if rule not in rulebook.known:
        fail(f"no rule is called {rule!r}; see: tocsin rules list", BAD_INPUT)
    return rulebook.explain(item, rule)


def _print_record(record: Explained) -> None:
    item = record.row.item
    click.echo(f"{clean(item.title)}")
    click.echo(f"  {item.id}  {clean(item.url)}")
    click.echo(
        f"  from {clean(item.source)}, feed {clean(item.feed)}, lang {item.lang or '-'}"
    )
    dated = shown(item.published) if item.published else f"none ({item.date_note})"
    click.echo(f"  published {dated}, first seen {shown(item.first_seen)}")
    if record.row.revisions:
        click.echo(f"  its text changed {counted(record.row.revisions, 'time')}")
    if not record.matches:
        click.echo("no rule fired on it; to see why: --rule RULE")
    _print_matches(record)
    _print_grouping(record)
    for correction in record.corrections:
        click.echo(f"{shown(correction.at)}  {corrected(correction)}")
    for decision in record.decisions:
        click.echo(
            f"{shown(decision.at)}  {decision.rule_id or 'grouping'}: {decision.verdict.value}, "
            f"{decision.reason}: {clean(decision.detail)}"
        )


def _print_matches(record: Explained) -> None:
    for matched in record.matches:
        match = matched.match
        click.echo(f"rule {match.rule_id} ({match.rule_version}) fired on:")
        for span in match.evidence:
            where = f"{span.field}, {span.start}-{span.end}"
            click.echo(f"  {clean(span.text)!r} ({where}) for {span.clause}")


def _print_grouping(record: Explained) -> None:
    if record.grouping is None:
        return
    grouping, now = record.grouping.grouping, record.story_id
    moved = f" (part of {now} now)" if now != grouping.story_id else ""
    weighed = grouping.level not in {BY_A_PERSON, "identity"}
    score = f", score {figure(grouping.score)}" if weighed else ""
    click.echo(
        f"story {grouping.story_id}{moved}: {grouping.outcome.value}"
        f"{score} ({grouping.level})"
    )
    click.echo(f"  {in_words(grouping)}")
    for name, weight in grouping.because if weighed else ():
        click.echo(f"  {weight:+.2f}  {name}")
