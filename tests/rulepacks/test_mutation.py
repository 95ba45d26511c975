"""Dropping parts of a rule tells which of them its examples need."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect.compiled import Where
from monitor.detect.compiling import Compiler
from monitor.detect.lexicon import Lexicon
from monitor.detect.query import parse
from monitor.detect.syntax import Node, Ref, Term, walk, write
from monitor.detect.view import View
from monitor.model import Item
from monitor.rulepacks import untested
from monitor.rulepacks.mutation import Trial, unnoticed, without


def trial(query: str, hits: list[str], misses: list[str]) -> Trial:
    examples = [(text, True) for text in hits] + [(text, False) for text in misses]
    return Trial(
        rule="r",
        tree=parse(query).tree,
        where=Where(),
        examples=tuple(
            (Item(id="i", feed="f", key="k", title=text), wanted)
            for text, wanted in examples
        ),
    )


def test_a_term_that_no_example_needs_is_named() -> None:
    found = list(unnoticed([trial("gas OR oil", ["gas is cut"], [])], {}))
    assert [(one.rule, one.text, one.start) for one in found] == [("r", "oil", 7)]


def test_an_exclusion_is_noticed_only_by_a_miss_that_it_causes() -> None:
    query = "gas NOT station"
    assert [u.text for u in unnoticed([trial(query, ["gas is cut"], [])], {})] == [
        "station"
    ]
    both = trial(query, ["gas is cut"], ["a gas station", "a train"])
    assert list(unnoticed([both], {})) == []


def test_a_rule_without_examples_is_left_out() -> None:
    assert list(unnoticed([trial("gas OR oil", [], [])], {})) == []


def test_terms_of_a_definition_count_for_every_rule_that_uses_it() -> None:
    definitions = {"fuel": parse("gas OR oil OR coal").tree}
    trials = [trial("@fuel", ["gas is cut"], []), trial("@fuel", ["oil is cut"], [])]
    found = list(unnoticed(trials, definitions))
    assert [(one.definition, one.text) for one in found] == [("fuel", "coal")]


WORDS = ("gas", "oil", "coal", "fire")
QUERIES = st.recursive(
    st.sampled_from(
        (
            *WORDS,
            '"gas fire"',
            "{Oil}",
            "@fuel",
            "title:gas",
            "author:(gas OR coal)",
            "author:@either",
            "lang:en",
            "(@either NEAR/0 (coal OR fire))",
            '((coal OR fire) EXCEPT ("gas coal" OR oil))',
            "ATLEAST/2 (gas OR fire)",
            "2 OF (@either, coal, (fire OR gas))",
        )
    ),
    lambda inner: st.builds(
        "({} {} {})".format,
        inner,
        st.sampled_from(("OR", "OR", "AND", "AND NOT")),
        inner,
    ),
    max_leaves=6,
)


TEXTS = st.lists(st.sampled_from((*WORDS, "Oil", "so")), max_size=4).map(" ".join)


@given(QUERIES, st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_a_word_that_stands_in_no_example_needs_no_trial(
    query: str, texts: list[tuple[str, str]]
) -> None:
    """The short way comes to what trying every part on every example comes to."""
    definitions = {
        "fuel": parse("@either OR (coal NOT fire)").tree,
        "either": parse("gas OR oil").tree,
    }
    lexicon = Lexicon()

    def holds(tree: Node, known: dict[str, Node], item: Item) -> bool:
        clause = Compiler(lexicon, known).compile(tree)
        return clause.holds(View(item, lexicon))

    tree = parse(query).tree
    items = [
        Item(id="i", feed="f", key="k", title=title, author=author, lang="en")
        for title, author in texts
    ]
    examples = tuple((item, holds(tree, definitions, item)) for item in items)
    one = Trial(rule="r", tree=tree, where=Where(), examples=examples)

    def tried(less: Node | None, known: dict[str, Node]) -> bool:
        return less is not None and all(
            holds(less, known, item) == wanted for item, wanted in examples
        )

    parts = [node for node in walk(tree) if isinstance(node, Term | Ref)]
    slow = [
        ("", part.start) for part in parts if tried(without(tree, part), definitions)
    ]
    for name, users in (("fuel", ("@fuel",)), ("either", ("@fuel", "@either"))):
        whole = definitions[name]
        for part in walk(whole) if any(user in query for user in users) else ():
            less = without(whole, part) if isinstance(part, Term | Ref) else None
            if less is not None and tried(tree, {**definitions, name: less}):
                slow.append((name, part.start))
    found = unnoticed([one], definitions)
    assert [(one.definition, one.start) for one in found] == slow


@pytest.mark.parametrize(
    ("query", "dropped", "left"),
    [
        ("gas AND oil", "oil", "gas"),
        ("gas NEAR/3 oil", "gas", "oil"),
        ("gas NOT NEAR/3 oil", "oil", "gas"),
        ("gas NOT NEAR/3 oil", "gas", None),
        ("gas EXCEPT oil", "oil", "gas"),
        ("gas EXCEPT oil", "gas", None),
        ("gas NOT oil", "gas", None),
        ("2 OF (gas, oil, coal)", "coal", "2 OF (gas, oil)"),
        ("title:gas", "gas", None),
        ("ATLEAST/2 gas OR oil", "gas", "oil"),
    ],
)
def test_what_is_left_of_a_query(query: str, dropped: str, left: str | None) -> None:
    tree = parse(query).tree
    part = next(n for n in walk(tree) if isinstance(n, Term) and n.text == dropped)
    less = without(tree, part)
    assert (less and write(less)) == left


def test_an_example_of_a_pack_that_imports_a_definition_notices_too(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.yaml").write_text(
        "version: 1\ntheme: a\ndefs: {fuel: '@liquid OR gas', liquid: [oil, tar]}\n"
        "rules: [{id: a, title: A, match: '@fuel', tests: {hit: [gas is cut]}}]\n",
        encoding="utf-8",
    )
    (tmp_path / "b.yaml").write_text(
        "version: 1\ntheme: b\nimports: {a.yaml: [fuel]}\n"
        "rules: [{id: b, title: B, match: '@fuel AND cut', tests: {hit: [oil is cut]}}]\n",
        encoding="utf-8",
    )

    def unneeded(path: Path) -> list[str]:
        messages = [one.message.partition("dropped: ") for one in untested([path])]
        return [terms for _, mark, terms in messages if mark]

    assert unneeded(tmp_path) == ["tar"]
    assert unneeded(tmp_path / "a.yaml") == ["@liquid", "oil, tar"]
