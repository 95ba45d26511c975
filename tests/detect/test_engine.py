"""The engine gives the answers of the grammar, whatever the query and the text."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.detect import checking
from monitor.detect.compiled import Compiled, Where
from monitor.detect.compiling import Compiler
from monitor.detect.engine import Engine
from monitor.detect.lexicon import Lexicon
from monitor.detect.query import parse
from monitor.detect.syntax import walk, write
from monitor.detect.view import View
from monitor.model import Item
from tests.detect import reference

WORDS = ["wagner", "group", "richard", "minsk", "gas", "vote", "wagons"]
TERMS = [*WORDS, "wag*", '"wagner group"', '"richard wagner"']


def item(title: str = "", **fields: Any) -> Item:
    return Item(id="i", feed="f", key="k", title=title, **fields)


def fires(query: str, one: Item) -> bool:
    parsed = parse(query)
    assert parsed.ok, parsed.faults
    lexicon = Lexicon()
    clause = Compiler(lexicon, {}).compile(parsed.tree)
    return bool(Engine([Compiled(id="r", clause=clause)], lexicon).match(one))


# ── against the oracle ───────────────────────────────────────────────────────


def _placed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    near = st.sampled_from(
        ["NEAR/0", "NEAR/2", "ONEAR/1", "NOT NEAR/1", "NEAR/s", "EXCEPT", "ONEAR/3"]
    )
    return st.one_of(
        st.builds("({} {} {})".format, inner, near, inner),
        st.builds("({} OR {})".format, inner, inner),
    )


placed = st.recursive(st.sampled_from(TERMS), _placed, max_leaves=4)


def _unplaced(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("({} NOT {})".format, inner, inner),
        st.builds("2 OF ({}, {}, {})".format, inner, inner, inner),
    )


counted = st.builds("(ATLEAST/{} {})".format, st.integers(1, 3), placed)
queries = st.recursive(st.one_of(placed, counted), _unplaced, max_leaves=5)
texts = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=6), min_size=1, max_size=4
)


@given(queries, texts)
@settings(max_examples=400, deadline=None)
@example("(wagner EXCEPT (richard NEAR/0 wagner))", [["richard", "wagner", "wagner"]])
@example("(minsk NEAR/2 (wagner NEAR/2 gas))", [["wagner", "minsk", "gas"]])
def test_any_query_on_any_text_is_answered_as_the_grammar_says(
    query: str, text: reference.Text
) -> None:
    tree = parse(query).tree
    written = " ".join(f"{' '.join(s).capitalize()}." for s in text)
    lexicon = Lexicon()
    clause = Compiler(lexicon, {}).compile(tree)
    wanted = reference.holds(tree, text)

    assert clause.holds(View(item(written), lexicon)) == wanted

    if checking.anchored(tree, {}):
        hits = Engine([Compiled(id="r", clause=clause)], lexicon).match(item(written))
        assert bool(hits) == wanted


@given(queries)
@settings(deadline=None)
def test_a_query_written_out_and_read_again_is_the_same(query: str) -> None:
    tree = parse(query).tree
    again = parse(write(tree))
    assert again.ok
    assert write(again.tree) == write(tree)
    assert [type(n) for n in walk(again.tree)] == [type(n) for n in walk(tree)]


@given(st.lists(queries, min_size=1, max_size=12), texts)
@settings(deadline=None, max_examples=60)
def test_rules_do_not_disturb_each_other(
    written: list[str], text: reference.Text
) -> None:
    trees = [t for q in written if checking.anchored(t := parse(q).tree, {})]
    lexicon = Lexicon()
    compiler = Compiler(lexicon, {})
    rules = [
        Compiled(id=str(number), clause=compiler.compile(tree))
        for number, tree in enumerate(trees)
    ]
    one = item(". ".join(" ".join(s).capitalize() for s in text))
    fired = [hit.rule.id for hit in Engine(rules, lexicon).match(one)]
    assert fired == [str(n) for n, t in enumerate(trees) if reference.holds(t, text)]


# ── what the words of the grammar mean ───────────────────────────────────────


def test_quotation_marks_in_the_text_do_not_break_a_phrase() -> None:
    assert fires('"ЧВК Вагнер"', item("Бойцы ЧВК «Вагнер» задержаны"))


def test_all_forms_of_a_word_are_found_and_other_words_are_not() -> None:
    for form in ("Вагнер", "Вагнера", "Вагнеру", "Вагнером", "Вагнере"):
        assert fires("Вагнер~", item(form)), form
    assert not fires("Вагнер~", item("Вагнерианский"))


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("Газпром~ru", ["Газпром", "Газпрома", "Газпрому", "Газпромом", "Газпроме"]),
        ("Газпром~uk", ["Газпрому", "Газпромом", "Газпромі"]),
        ("Київ~uk", ["Києва", "Києві", "Києвом", "Києву"]),
        ("Харків~uk", ["Харкова", "Харкову", "Харкові", "Харковом"]),
        ("Захід~uk", ["Заходу", "Заходом", "Заході"]),
        ("Тернопіль~uk", ["Тернополя", "Тернополі", "Тернополем"]),
        ("незалежність~uk", ["незалежності", "незалежністю"]),
        ("Червень~uk", ["червня", "червні"]),
        ("Газпрам~be", ["Газпрама", "Газпраму", "Газпрамам"]),
        ("Gazprom~pl", ["Gazpromu", "Gazpromowi", "Gazpromem"]),
        ("Могилев~ru", ["Могилёв", "Могилёва", "Могилёву", "Могилёвом"]),
    ],
)
def test_a_noun_that_ends_like_an_ending_keeps_its_stem(
    word: str, forms: list[str]
) -> None:
    for form in forms:
        assert fires(word, item(form)), form


def test_capitals_count_in_braces_and_only_there() -> None:
    assert fires("{US}", item("Talks with the US on gas"))
    assert not fires("{US}", item("Tell us more"))
    assert not fires("{US}", item("TELL US MORE"))
    assert fires("us", item("Talks with the US on gas"))


def test_look_alike_letters_hide_nothing() -> None:
    assert fires("Вагнер", item("BAГНЕР"))


def test_stress_marks_soft_hyphens_and_zero_widths_hide_nothing() -> None:
    assert fires("Лукашенко", item("Лукаше\u0301нко"))
    assert fires("Вагнер", item("Ваг\u00adнер"))
    assert fires("Вагнер", item("Ваг\u200bнер"))


def test_marks_of_any_script_belong_to_their_letters_in_a_query_too() -> None:
    assert fires("ก๊าซ", item("ราคาก๊าซรัสเซีย"))
    assert fires("गैस AND रूस", item("रूस से गैस की आपूर्ति"))
    assert fires("רוּסְיָה", item("רוסיה הודיעה"))
    assert fires("غَاز", item("غاز روسيا"))


def test_direction_marks_that_are_copied_along_mean_nothing() -> None:
    assert fires("\u200fغاز AND\u200e روسيا", item("غاز روسيا"))


def test_half_width_kana_are_kana() -> None:
    assert fires("ガス AND ロシア", item("ﾛｼｱのｶﾞｽ"))


def test_nothing_spans_two_fields() -> None:
    assert not fires('"wagner group"', item("wagner", summary="group"))
    assert not fires("wagner NEAR/50 group", item("wagner", summary="group"))


def test_a_field_limits_its_clause() -> None:
    one = item("Gas talks", summary="Held in Minsk", lang="en", source="Baltic Wire")
    assert fires("title:gas", one)
    assert not fires("title:Minsk", one)
    assert fires("gas AND lang:en", one)
    assert not fires("gas AND lang:ru", one)
    assert fires('source:"Baltic Wire" AND gas', one)
    assert not fires("Baltic", one)


def test_the_lead_is_the_title_and_forty_words() -> None:
    long = " ".join(["word"] * 39)
    assert fires("lead:near", item("x", summary=f"{long} near"))
    assert not fires("lead:far", item("x", summary=f"{long} near far"))


def test_paragraphs_and_sentences_bound_near() -> None:
    one = item("x", body="Gas in Minsk. Oil in Kyiv.\n\nPower in Riga.")
    assert fires("gas NEAR/s Minsk", one)
    assert not fires("gas NEAR/s oil", one)
    assert fires("gas NEAR/p oil", one)
    assert not fires("gas NEAR/p power", one)


def test_except_takes_away_occurrences_and_not_items() -> None:
    query = 'wagner EXCEPT "richard wagner"'
    assert fires(query, item("Wagner fighters at a Richard Wagner opera"))
    assert not fires(query, item("A Richard Wagner opera"))


def test_evidence_is_the_words_as_published() -> None:
    lexicon = Lexicon()
    clause = Compiler(lexicon, {}).compile(parse('"чвк вагнер" AND минск~').tree)
    title = "В Минске: ЧВК «Вагнер»"
    (hit,) = Engine([Compiled(id="r", clause=clause)], lexicon).match(item(title))
    assert [(s.text, s.clause) for s in hit.evidence] == [
        ("Минске", "минск~"),
        ("ЧВК «Вагнер", '"чвк вагнер"'),
    ]
    assert all(title[s.start : s.end] == s.text for s in hit.evidence)


def test_of_two_terms_at_one_place_the_first_written_is_named() -> None:
    for first, second in (("energ*", "energy"), ("energy", "energ*")):
        lexicon = Lexicon()
        clause = Compiler(lexicon, {}).compile(parse(f"{first} OR {second}").tree)
        rule = Compiled(id="r", clause=clause)
        (hit,) = Engine([rule], lexicon).match(item("energy"))
        assert [span.clause for span in hit.evidence] == [first]


def test_what_takes_time_to_find_out_is_asked_where_a_rule_comes_into_question() -> (
    None
):
    asked = []

    def complete(one: Item) -> Item:
        asked.append(one.title)
        return replace(one, lang="ru")

    lexicon = Lexicon()
    clause = Compiler(lexicon, {}).compile(parse("gas AND lang:ru").tree)
    engine = Engine([Compiled(id="r", clause=clause)], lexicon)
    assert [len(engine.match(item(t), complete)) for t in ("gas", "oil")] == [1, 0]
    assert asked == ["gas"]


def test_what_is_not_known_of_an_item_excludes_nothing() -> None:
    where = Where(lang=frozenset({"ru"}), not_country=frozenset({"BY"}))
    assert where.refusal(item("x")) == ""
    assert "lang" in where.refusal(item("x", lang="en"))
    assert "country" in where.refusal(item("x", lang="ru", country="BY"))


def test_days_of_a_rule_are_days_in_utc_and_both_ends_count() -> None:
    where = Where(since=date(2020, 5, 8), until=date(2021, 5, 8))

    def of(published: str) -> str:
        return where.refusal(item("x", published=datetime.fromisoformat(published)))

    assert of("2020-05-08T00:00:00+00:00") == of("2021-05-08T23:59:59+00:00") == ""
    assert of("2020-05-08T01:00:00+03:00") == "where.since excludes 2020-05-07"
    assert of("2021-05-09T00:00:00+00:00") == "where.until excludes 2021-05-09"


def test_an_item_of_no_date_is_of_the_day_when_it_was_first_seen() -> None:
    where = Where(until=date(2021, 5, 8))
    assert where.refusal(item("x")) == ""
    assert where.refusal(item("x", first_seen=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_hostile_text_costs_no_more_than_its_bounds() -> None:
    one = item("x", body="wagner " * 60_000)
    assert fires("(wagner NEAR/100 wagner) NEAR/100 wagner", one)
