"""What may be written, and what is said about what may not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.detect import checking
from monitor.detect.query import listed_term, parse
from monitor.detect.syntax import Term, write

FAULTS = {
    "": "Q100",
    "a ^ b": "Q101",
    '"never closed': "Q102",
    "(a OR b": "Q103",
    "a OR b)": "Q104",
    "gas oil": "Q105",
    'gas "price cap"': "Q105",
    "gas AND": "Q106",
    "OR gas": "Q106",
    "(gas, oil)": "Q106",
    "gas and oil": "Q107",
    "gas near oil": "Q107",
    "US}": "Q108",
    "gas # AND oil": "Q109",
    "titel:gas": "Q110",
    "a NEAR/x b": "Q111",
    "a NEAR/ b": "Q111",
    "a NEAR/500 b": "Q112",
    "title:(a OR lead:b)": "Q116",
    "ab*": "Q120",
    "*": "Q120",
    '"!!!"': "Q122",
    "{abc*}": "Q123",
    "gas~xx": "Q130",
    "gas AND ~": "Q131",
    "wagn*~": "Q132",
    '"gas~ field"': "Q133",
    "7 OF (a, b)": "Q140",
    "ATLEAST/0 a": "Q140",
    "2 OF a": "Q141",
    "@": "Q152",
    "(" * 60 + "a" + ")" * 60: "Q171",
    "a OR b AND c": "Q301",
    "a OR b NEAR/5 c": "Q301",
    'a OR b EXCEPT "b c"': "Q301",
}


@pytest.mark.parametrize(("text", "code"), FAULTS.items(), ids=lambda v: repr(v)[:30])
def test_each_fault_has_its_code(text: str, code: str) -> None:
    assert code in [fault.code for fault in parse(text).faults]


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("(gas OR oil) AND price OR cap", [1]),
        ("(gas AND oil OR price) AND tax", [1]),
        ("2 OF (gas NEAR/3 oil OR price, tax)", [6]),
        ("title:(gas AND oil OR price)", [7]),
        ("gas AND (oil OR price)", []),
        ("((gas AND oil)) OR (price NEAR/3 cap)", []),
        ("((gas OR oil) AND price) OR cap", []),
    ],
)
def test_what_stands_in_brackets_of_its_own_mixes_nothing(
    query: str, at: list[int]
) -> None:
    mixed = [fault.start for fault in parse(query).faults if fault.code == "Q301"]
    assert mixed == at


CHECKED = {
    "@nobody": "Q150",
    "(gas AND oil) NEAR/5 price": "Q113",
    "gas EXCEPT (oil NOT price)": "Q113",
    "ATLEAST/2 (gas AND oil)": "Q113",
    "NOT gas": "Q160",
    "gas OR NOT oil": "Q160",
    "lang:ru AND NOT gas": "Q160",
    "2 OF (gas, NOT oil, NOT price)": "Q160",
}


@pytest.mark.parametrize(("text", "code"), CHECKED.items())
def test_what_the_grammar_cannot_see_is_checked(text: str, code: str) -> None:
    parsed = parse(text)
    assert parsed.ok
    assert [f.code for f in checking.check(parsed.tree, {})] == [code]


def test_every_fault_is_found_at_once() -> None:
    codes = [f.code for f in parse("ab* AND titel:gas AND (oil price").faults]
    assert codes == ["Q120", "Q110", "Q103", "Q105"]


def test_a_fault_stands_at_its_character() -> None:
    text = "gas AND (oil OR titel:x)"
    (fault,) = parse(text).faults
    assert text[fault.start :].startswith("titel")
    assert "title" in fault.mend


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a W/3 b", "a NEAR/3 b"),
        ("a PRE/3 b", "a ONEAR/3 b"),
        ("a NEAR/3f b", "a ONEAR/3 b"),
        ("a NOT b", "a NOT b"),
        ("a AND NOT b", "a NOT b"),
        ("a NOT NEAR/4 b", "a NOT NEAR/4 b"),
        ("a EXCEPT b NEAR/1 c", "(a EXCEPT b) NEAR/1 c"),
        ("a AND # gas\n b", "a AND b"),
        ("U.S. AND gas", "U.S. AND gas"),
    ],
)
def test_other_spellings_mean_the_same(text: str, canonical: str) -> None:
    parsed = parse(text)
    assert parsed.ok, parsed.faults
    assert write(parsed.tree) == canonical


def test_a_listed_term_is_a_phrase_without_quotes() -> None:
    node = listed_term("Рихард Вагнер~").tree
    assert isinstance(node, Term)
    assert node.words == ("рихард", "вагнер")
    assert node.inflect == ""


@given(st.text(alphabet='ab "«»(){}@~*/:,.#ANDORTE1s', max_size=40))
@settings(max_examples=400, deadline=None)
def test_any_text_is_parsed_or_refused_with_places(text: str) -> None:
    parsed = parse(text)
    assert parsed.ok or parsed.faults
    assert all(0 <= fault.start <= len(text) for fault in parsed.faults)


def test_definitions_that_lead_back_to_themselves_are_found() -> None:
    definitions = {"a": parse("@b").tree, "b": parse("x OR @a").tree}
    assert set(checking.cycles(definitions)) == {"a", "b"}


def test_definitions_that_double_each_other_are_refused() -> None:
    definitions = {"d0": parse("x OR y").tree}
    for number in range(1, 12):
        definitions[f"d{number}"] = parse(f"@d{number - 1} OR (@d{number - 1} x*)").tree
        definitions[f"d{number}"] = parse(" OR ".join([f"@d{number - 1}"] * 8)).tree
    assert "d11" in checking.too_large(definitions)
