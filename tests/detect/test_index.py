"""Looking rules up by their words never loses one that holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detect import checking
from monitor.detect.compiled import Compiled
from monitor.detect.compiling import Compiler
from monitor.detect.engine import Engine
from monitor.detect.lexicon import Lexicon
from monitor.detect.memo import Memo
from monitor.detect.query import parse
from monitor.detect.syntax import Node
from monitor.detect.view import View
from monitor.model import Item

WORDS = [
    "Wagner",
    "Group",
    "group",
    "US",
    "us",
    "газ",
    "газа",
    "наёмники",
    "oil",
    "gas",
]
TERMS = [
    "wagner",
    "gro*",
    "?roup",
    "{US}",
    "газ~",
    "наёмник~ru",
    '"wagner group"',
    '"the gas"',
    '"gas gas"',
    '"wagner gro* us"',
    "{US us}",
    'title:"oil gas"',
    "@phrases",
    '(wagner NOT "us oil")',
    "(gas NOT @phrases)",
    "title:oil",
    "lead:gas",
    "source:baltic",
    "tag:gas",
    "@list",
    "@long",
    "@lists",
    "(@lists OR @other) NEAR/9 (@other OR @more)",
    "group",
    "us",
    "(gas OR oil OR наёмники)",
    "(wagner NOT @long)",
]
DEFINITIONS: dict[str, Node] = {
    "list": parse('gas OR "oil us" OR групп*').tree,
    "long": parse(" OR ".join(f"word{n}" for n in range(20)) + " OR oil").tree,
    "other": parse(" OR ".join(f"else{n}" for n in range(20)) + " OR gas").tree,
    "more": parse(" OR ".join(f"what{n}" for n in range(9)) + " OR wagner").tree,
    "phrases": parse(
        " OR ".join(f'"oil word{n}"' for n in range(9)) + ' OR "gas us" OR "us газ~"'
    ).tree,
    # A long list of lists, each with a long list in it.
    "lists": parse(
        "@long OR @other OR @more OR " + " OR ".join(f"up{n}" for n in range(9))
    ).tree,
}


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("({} NOT {})".format, inner, inner),
        st.builds("2 OF ({}, {}, {})".format, inner, inner, inner),
    )


queries = st.recursive(st.sampled_from(TERMS), _joined, max_leaves=6)
texts = st.lists(st.sampled_from(WORDS), max_size=7).flatmap(
    lambda words: st.sampled_from([" ", "\u00a0", "\n ", "-"]).map(
        lambda blank: blank.join(words)
    )
)
items = st.builds(
    Item,
    id=st.just("i"),
    feed=st.just("f"),
    key=st.just("k"),
    title=texts,
    summary=texts,
    body=texts,
    source=st.sampled_from(["", "Baltic Wire", "Gas"]),
    tags=st.lists(st.sampled_from(["gas", "oil"]), max_size=2).map(tuple),
)


@given(st.lists(queries, min_size=1, max_size=30), st.lists(items, min_size=1))
@settings(max_examples=60, deadline=None)
def test_what_is_looked_up_is_what_holds(
    written: list[str], several: list[Item]
) -> None:
    lexicon = Lexicon()
    compiler = Compiler(lexicon, DEFINITIONS)
    trees = [parse(one).tree for one in written]
    rules = [
        Compiled(id=str(number), clause=compiler.compile(tree))
        for number, tree in enumerate(trees)
        if checking.anchored(tree, DEFINITIONS)
    ]
    engine = Engine(rules, lexicon, unfiled=0)
    for item in several:
        held = [one.id for one in rules if one.clause.holds(View(item, lexicon))]
        assert [hit.rule.id for hit in engine.match(item)] == held
    one_by_one = [engine.match(item) for item in several]
    assert Engine(rules, lexicon, unfiled=0).match_all(several) == one_by_one
    assert Engine(rules, lexicon).match_all(several) == one_by_one


def test_answers_stay_the_same_while_the_engine_learns() -> None:
    lexicon = Lexicon()
    compiler = Compiler(lexicon, DEFINITIONS)
    queries = ["common AND rare", '"common rare"', "common NEAR/2 (rare OR @long)"]
    rules = [
        Compiled(id=one, clause=compiler.compile(parse(one).tree)) for one in queries
    ]
    engine = Engine(rules, lexicon, unfiled=0)
    items = [
        Item(
            id="i", feed="f", key="k", title="common rare" if n % 50 == 0 else "common"
        )
        for n in range(2_100)
    ]
    fired = [len(engine.match(one)) for one in items]
    assert fired == [3 if n % 50 == 0 else 0 for n in range(2_100)]
    assert engine.percolator.frequencies.items == 2_000


def test_a_word_that_stands_in_an_attribute_alone_is_not_in_the_text() -> None:
    lexicon = Lexicon()
    compiler = Compiler(lexicon, {})
    written = ["gas AND oil", "wagner NOT gas", "source:gas AND oil", "tag:gas"]
    rules = [Compiled(id=q, clause=compiler.compile(parse(q).tree)) for q in written]
    one = Item(
        id="i", feed="f", key="k", title="oil", summary="wagner", source="Gas Daily"
    )
    fired = [hit.rule.id for hit in Engine(rules, lexicon, unfiled=0).match(one)]
    assert fired == ["wagner NOT gas", "source:gas AND oil"]


@pytest.mark.parametrize(
    ("title", "summary", "fires"),
    [
        ("Oil: gas", "", True),
        ("gas-oil — gas", "", True),
        ("oil, oil and gas", "", False),
        ("gas oil", "", False),
        ("oil", "gas", False),
        ("gas", "oil gas", True),
    ],
)
def test_the_words_of_a_phrase_stand_side_by_side_in_one_field(
    title: str, summary: str, *, fires: bool
) -> None:
    lexicon = Lexicon()
    clause = Compiler(lexicon, {}).compile(parse('"oil gas"').tree)
    engine = Engine([Compiled(id="r", clause=clause)], lexicon, unfiled=0)
    before = Item(id="b", feed="f", key="k", title="wagner oil")
    item = Item(id="i", feed="f", key="k", title=title, summary=summary)
    found = [bool(hits) for hits in engine.match_all([before, item, before])]
    assert found == [False, fires, False]


def test_the_engine_begins_anew_when_it_has_seen_too_many_words() -> None:
    lexicon = Lexicon()
    clause = Compiler(lexicon, {}).compile(parse("gas AND oil").tree)
    engine = Engine([Compiled(id="r", clause=clause)], lexicon, unfiled=0)
    engine.percolator.most_pieces = 100
    items = [
        Item(id=f"{n}", feed="f", key="k", title=f"Gas word{n}, oil: other{n}")
        for n in range(200)
    ]
    assert [len(engine.match(one)) for one in items] == [1] * 200


def test_what_was_made_of_a_text_is_kept_until_newer_ones_fill_the_memo() -> None:
    made: list[str] = []

    def make(text: str) -> int:
        made.append(text)
        return len(text)

    memo = Memo(make, most=4)
    assert [memo[text] for text in ("a", "bb", "a", "ccc", "a", "a")] == [
        1,
        2,
        1,
        3,
        1,
        1,
    ]
    assert made == ["a", "bb", "ccc"]
    for text in ("d", "e", "f", "g"):
        memo[text]
    assert memo["a"] == 1
    assert made.count("a") == 2
