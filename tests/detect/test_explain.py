"""An explanation says the same as the match, and how narrowly a clause failed."""

import pytest

from monitor.detect.compiled import Compiled
from monitor.detect.compiling import Compiler
from monitor.detect.explain import Explanation, explain
from monitor.detect.lexicon import Lexicon
from monitor.detect.query import parse
from monitor.model import Item


def explained(query: str, title: str) -> Explanation:
    lexicon = Lexicon()
    rule = Compiled(id="r", clause=Compiler(lexicon, {}).compile(parse(query).tree))
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
        ("gas NEAR/1 Minsk", "gas talks held in Minsk", "3 words apart, 1 are allowed"),
        ("gas ONEAR/5 Minsk", "Minsk wants gas", "other order"),
        ("Minska", "Minsk", "another form: minsk"),
        ("{US}", "Tell us more", "there as “us”"),
        ('Wagner EXCEPT "Richard Wagner"', "Richard Wagner", "taken away by"),
        ("gas NOT oil", "gas and oil", "it is there: “oil”"),
        ('"gas price"', "the price of gas", "not side by side"),
        ("gas NOT NEAR/2 oil", "gas and oil", "has the other near it"),
        ("ATLEAST/3 gas", "gas and more gas", "2 of 3 are there"),
        ("2 OF (gas, oil, coal)", "gas", "1 of 2 are there"),
        ("gas AND lang:ru", "gas", "the lang is en"),
        ("gas AND source:wire", "gas", "no source is known"),
        ("gas NEAR/s oil", "Gas is dear. Oil is not", "in no sentence"),
    ],
)
def test_a_miss_says_how_narrow_it_was(query: str, title: str, said: str) -> None:
    found = explained(query, title)
    assert not found.fired
    assert said in str(found)
