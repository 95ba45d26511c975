"""An explanation says the same as the match, and how narrowly a clause failed."""

import pytest

from monitor.detect.compiled import Compiled
from monitor.detect.compiling import Compiler
from monitor.detect.explain import Explanation, explain
from monitor.detect.lexicon import Lexicon
from monitor.detect.query import parse
from monitor.model import Item


def explained(query: str, title: str, **definitions: str) -> Explanation:
    lexicon = Lexicon()
    trees = {name: parse(text).tree for name, text in definitions.items()}
    compiler = Compiler(lexicon, trees)
    rule = Compiled(id="r", clause=compiler.compile(parse(query).tree))
    return explain(
        rule, Item(id="i", feed="f", key="k", title=title, lang="en"), lexicon
    )


def test_a_match_shows_the_words_of_each_clause() -> None:
    found = explained("Wagner AND (Minsk OR Kyiv)", "Wagner men in Minsk")
    assert found.fired
    assert "✓ Minsk  “Minsk” (title)" in str(found)


@pytest.mark.parametrize(
    ("query", "title", "said"),
    [
        ("gas NEAR/1 Minsk", "gas talks held in Minsk", "3 words apart, 1 is allowed"),
        ("gas ONEAR/5 Minsk", "Minsk wants gas", "other order"),
        ("Minska", "Minsk", "another form: minsk"),
        ("{US}", "Tell us more", "there as “us”"),
        ('Wagner EXCEPT "Richard Wagner"', "Richard Wagner", "taken away by"),
        ("gas NOT oil", "gas and oil", "it is there: “oil”"),
        ('"gas price"', "the price of gas", "not side by side"),
        ("gas NOT NEAR/2 oil", "gas and oil", "forbidden: “gas” 1 word from “oil”"),
        ("gas NOT NEAR/2 oil", "oil gas", "forbidden: “gas” next to “oil”"),
        ("gas NOT NEAR/s oil", "gas and oil", "“gas” and “oil” in one sentence"),
        ("ATLEAST/3 gas", "gas and more gas", "2 of 3 are there"),
        ("2 OF (gas, oil, coal)", "gas", "1 of 2 are there"),
        ("gas AND lang:ru", "gas", "the lang is en"),
        ("gas AND source:wire", "gas", "no source is known"),
        ("gas NEAR/s oil", "Gas is dear. Oil is not", "in no sentence"),
        ("gas NEAR/5 oil", f"gas {'so ' * 150} oil", "150 words apart, 5 are allowed"),
        ("gas ONEAR/1 oil", "oil a b gas 1 2 3 oil", "3 words apart, 1 is allowed"),
        ("gas ONEAR/s oil", "Oil and gas. Oil", "other order"),
        ('gas EXCEPT ("oil" OR "gas oil")', "oil, gas oil", "by “gas oil”"),
        ("{Wagner Group}", "Wagner opera", "without group"),
        ("{Wagner Group}", "a Group Wagner", "not side by side"),
        ("{Wagner Group}", "the wagner group", "there as “wagner group”"),
        ("{Us}", "Tell us of the US", "there as “us”, “US”"),
    ],
)
def test_a_miss_says_how_narrow_it_was(query: str, title: str, said: str) -> None:
    found = explained(query, title)
    assert not found.fired
    assert said in str(found)


def test_words_of_two_fields_are_told_from_those_far_apart() -> None:
    lexicon = Lexicon()
    clause = Compiler(lexicon, {}).compile(parse("gas NEAR/5 oil").tree)
    item = Item(id="i", feed="f", key="k", title="gas", summary="oil")
    said = str(explain(Compiled(id="r", clause=clause), item, lexicon))
    assert "in different fields" in said


def test_where_nothing_else_hangs_on_it_a_clause_is_one_line() -> None:
    found = explained("title:@fuel AND cut NOT (tear OR pepper)", "gas cut", fuel="gas")
    assert str(found).splitlines() == [
        "it fires",
        "✓ all of",
        "  ✓ title:@fuel  “gas” (title)",
        "  ✓ cut  “cut” (title)",
        "  ✓ not (tear OR pepper)",
    ]


def test_a_clause_that_did_its_part_in_a_miss_is_one_line() -> None:
    found = explained("(gas OR oil) AND (cut NOT tear)", "gas flows")
    assert str(found).splitlines() == [
        "it does not fire",
        "✗ all of",
        "  ✓ any of  “gas” (title)",
        "  ✗ all of",
    ]


def test_of_many_alternatives_those_are_shown_of_which_most_is_there() -> None:
    query = """
        (a1 AND b1 AND c1) OR (gas AND b2 AND c2) OR (gas AND Minsk AND c3)
        OR (gas AND oil AND c4) OR (gas AND cut NOT Minsk)
    """
    said = str(explained(query, "gas cut in Minsk")).splitlines()
    assert said == [
        "it does not fire",
        "✗ (a1 AND b1 AND c1) OR (gas AND b2 AND c2) OR (gas AND Minsk AND c3) O…",
        "  ✗ all of",
        "    ✓ gas  “gas” (title)",
        "    ✓ cut  “cut” (title)",
        "    ✗ not  it is there: “Minsk”",
        "      ✓ Minsk  “Minsk” (title)",
        "  ✗ all of",
        "    ✓ gas  “gas” (title)",
        "    ✓ Minsk  “Minsk” (title)",
        "    ✗ c3",
        "  ✗ all of",
        "    ✓ gas  “gas” (title)",
        "    ✗ b2",
        "    ✗ c2",
        "  ✗ 1 more, of which no more is there",
    ]


def test_where_nothing_is_there_the_rule_is_shown_by_its_first_clauses() -> None:
    found = explained("gas AND (oil OR (coal AND tar))", "hockey")
    assert str(found).splitlines()[1:] == ["✗ all of", "  ✗ gas", "  ✗ any of"]


BARE = "(detain* OR arrest*) NOT NEAR/3 (drill* OR exercise* OR parade)"


def test_words_that_may_not_stand_near_each_other_are_named_in_pairs() -> None:
    said = str(explained(BARE, "Detained in drill, two arrested at the exercise"))
    pairs = "“Detained” 1 word from “drill”, “arrested” 1 word from “drill”"
    assert said.splitlines()[1:] == [f"✗ {BARE}  forbidden: {pairs}"]


def test_what_may_not_stand_near_is_no_merit_where_the_other_is_absent() -> None:
    said = str(explained(BARE, "A drill at Minsk"))
    assert said.splitlines()[1:] == [f"✗ {BARE}", "  ✗ detain* OR arrest*"]


def test_of_a_phrase_and_a_list_the_words_found_are_named() -> None:
    said = str(explained('"gas price" NOT NEAR/3 "(cap)"', "gas price with a cap"))
    assert "forbidden: “gas price” 2 words from “cap”" in said
