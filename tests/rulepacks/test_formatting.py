"""One layout for packs: nothing is lost, and what was laid out stays as it is."""

import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.detect.query import parse
from monitor.detect.syntax import write
from monitor.errors import InputRefused
from monitor.rulepacks import format_pack
from monitor.rulepacks.formatting import WIDTH
from monitor.rulepacks.layout import lay_out

ROOT = Path(__file__).parent.parent.parent
HEAD = "version: 1\ntheme: t\n"


def rule(match: str) -> str:
    return f"{HEAD}rules:\n  - id: r\n    title: R\n{match}"


@pytest.mark.parametrize(
    ("written", "laid_out"),
    [
        ("gas   AND\n  oil", "gas AND oil"),
        ("gas W/5 oil", "gas NEAR/5 oil"),
        ("gas PRE/3 oil", "gas ONEAR/3 oil"),
        ("gas NEAR/3f oil", "gas ONEAR/3 oil"),
        ("gas NOT  NEAR/3 oil", "gas NOT NEAR/3 oil"),
        ("( gas OR oil )", "(gas OR oil)"),
        ("title:( gas )", "title:(gas)"),
        ("2  OF ( gas,oil ,coal )", "2 OF (gas, oil, coal)"),
        ("ATLEAST/2 ( gas OR oil )", "ATLEAST/2 (gas OR oil)"),
        ("«ЧВК  Вагнер»~", '"ЧВК Вагнер"~'),
        ("{US}   NOT @other", "{US} NOT @other"),
    ],
)
def test_a_query_has_one_spelling(written: str, laid_out: str) -> None:
    assert lay_out(written, 80) == [laid_out]


def test_a_long_query_is_broken_before_operators() -> None:
    query = "(gas OR oil OR coal) AND (Russia OR Belarus OR Poland) NOT title:football"
    assert lay_out(query, 40) == [
        "(gas OR oil OR coal)",
        "AND (Russia OR Belarus OR Poland)",
        "NOT title:football",
    ]


def test_a_bracket_that_is_too_long_is_filled() -> None:
    query = "a12 NEAR/3 (b12 OR c12 OR d12 OR e12 OR f12 OR g12)"
    assert lay_out(query, 30) == [
        "a12 NEAR/3 (b12 OR c12 OR d12",
        "  OR e12 OR f12 OR g12)",
    ]


def test_comments_stay_where_they_were() -> None:
    query = "# fuels\ngas OR # the usual one\n   oil\n# the end"
    lines = lay_out(query, 80)
    assert lines == ["# fuels", "gas OR  # the usual one", "oil", "# the end"]


def test_the_comments_and_keys_of_a_pack_stay() -> None:
    written = (
        "# who\nversion:   1\ntheme: t # which\n\n\n\n"
        "defs:\n  # fuels\n  fuel: [gas,   oil]   # two\n"
        "rules:\n  - id:  r\n    title: R\n"
        "    match:   >\n      @fuel   AND\n      price\n    # done\n"
    )
    assert format_pack(written, "t") == (
        "# who\nversion: 1\ntheme: t # which\n\n"
        "defs:\n  # fuels\n  fuel: [gas, oil]   # two\n"
        "rules:\n  - id: r\n    title: R\n"
        "    match: '@fuel AND price'\n    # done\n"
    )


def test_a_list_is_filled_to_the_width() -> None:
    words = ", ".join(f"word{number}" for number in range(40))
    text = format_pack(f"{HEAD}defs:\n  a: [{words}]\n", "t")
    lines = text.splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert lines[4].startswith("      word")


def test_a_list_with_comments_is_left_alone() -> None:
    written = f"{HEAD}defs:\n  a: [gas, # one\n      oil]\n"
    assert format_pack(written, "t") == written


def test_a_query_with_a_fault_is_left_alone() -> None:
    written = rule("    match: gas   oil\n")
    assert format_pack(written, "t") == written


def test_anchors_and_aliases_stay() -> None:
    text = """\
version: 1
theme: t
defs:
  gas: &gas   gas  OR  oil
  also: *gas
  list: [&coal   coal,  *coal]
  more:   [*coal,  tin]
  tidy: gas   OR tin
"""
    laid_out = text.replace("gas   OR tin", "gas OR tin").replace("more:   ", "more: ")
    assert format_pack(text, "t.yaml") == laid_out
    assert format_pack(laid_out, "t.yaml") == laid_out


@pytest.mark.parametrize(
    "written",
    [
        # The list moves with its bracket, where a space before it goes.
        f"{HEAD}defs:\n  d:   [{', '.join(f'word{n:02}' for n in range(20))}]\n",
        # How long the next line is does not matter to a block before it.
        f"{HEAD}defs:\n  a: |+\n    gas\n\n  b: '{' OR '.join(['oil'] * 30)}'\n",
        rule(f"    match: '{'gas OR ' * 12}gas'      \n"),
    ],
)
def test_what_was_laid_out_once_is_laid_out(written: str) -> None:
    laid_out = format_pack(written, "pack.yaml")
    assert format_pack(laid_out, "pack.yaml") == laid_out


def test_the_layout_of_a_block_does_not_hang_on_the_line_behind_it() -> None:
    long = f"  # {'x' * 90}\n"
    written = f"{HEAD}defs:\n  a: |\n    gas OR oil\n{long}  b: coal\n"
    wanted = f"{HEAD}defs:\n  a: gas OR oil\n{long}  b: coal\n"
    assert format_pack(written, "pack.yaml") == wanted


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("'\"#gas  now\"   OR oil'", '|\n      "#gas now" OR oil'),
        ("|\n      gas\n      “oil  \n", "|\n      gas\n      “oil\n"),
        ("|-\n      “gas»  \n", "|-\n      “gas»\n"),
        (
            "|\n      gas\n      OR oil  # OR coal\n",
            "|\n      gas\n      OR oil  # OR coal\n",
        ),
        ("2020", "2020"),
        ("null", "null"),
        ('"gas\\0   OR oil"', '"gas\\0   OR oil"'),
    ],
)
def test_what_is_odd_is_laid_out_or_left_alone(written: str, wanted: str) -> None:
    laid_out = format_pack(rule(f"    match:   {written}\n"), "pack.yaml")
    assert laid_out.rstrip("\n") == rule(f"    match: {wanted}").rstrip("\n")


def test_empty_lines_and_blanks_within_a_text_stay() -> None:
    body = "        one  \n\n\n\n        gas\n"
    text = rule(f"    match: gas\n    tests:\n      hit: |\n{body}")
    assert format_pack(text, "pack.yaml") == text


def test_an_anchor_of_a_list_stays() -> None:
    text = f"{HEAD}defs:\n  a: &one [gas,  oil]\n"
    assert format_pack(text, "pack.yaml") == text


def test_an_empty_file_stays_empty() -> None:
    assert format_pack("", "t") == format_pack("\n\n", "t") == ""


def test_comments_below_a_query_that_becomes_a_block_stay_comments() -> None:
    written = rule('    match: "(gas OR # fuel\\n oil)"\n')
    deep = "\n      # why\n        # so\n    tags: [a] # tags\n"
    laid_out = format_pack(written + deep, "t")
    assert laid_out == rule(
        "    match: |\n      (gas OR  # fuel\n        oil)\n\n"
        "    # why\n    # so\n    tags: [a] # tags\n"
    )
    assert format_pack(laid_out, "t") == laid_out


def test_an_invisible_character_within_a_text_stays() -> None:
    written = rule("    match: gas\n    tags: ['a\ufeffb']\n")
    assert format_pack("\ufeff" + written, "t") == "\ufeff" + written


def test_what_is_not_yaml_is_refused() -> None:
    with pytest.raises(InputRefused):
        format_pack("rules: [", "t")


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.yaml")))
def test_the_shipped_packs_are_laid_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_pack(text, str(path)) == text


words = st.sampled_from(
    ["gas", "oil*", '"natural  gas"', "«нефть»~", "{US}", "@fuel", "Вагнер~ru", "a&b1"]
)
spaces = st.sampled_from([" ", "  ", "\n", "\n   ", " # note\n", "\n# alone\n  "])
operators = st.sampled_from(["AND", "OR", "NOT", "AND NOT", "NEAR/3", "W/2", "EXCEPT"])


@st.composite
def queries(draw: st.DrawFn, depth: int = 0) -> str:
    parts = [draw(words)]
    for _ in range(draw(st.integers(0, 6))):
        parts += [draw(spaces), draw(operators), draw(spaces)]
        nested = depth < 3 and draw(st.booleans())
        parts.append(f"( {draw(queries(depth + 1))} )" if nested else draw(words))
    text = "".join(parts)
    return f"title:({text})" if depth and draw(st.booleans()) else text


@given(queries(), st.integers(20, 100))
def test_any_query_keeps_its_meaning_and_comments(query: str, width: int) -> None:
    lines = lay_out(query, width)
    again = "\n".join(lines)
    # Spaces inside a phrase mean nothing.
    spelt = query.replace("natural  gas", "natural gas").replace("«нефть»", '"нефть"')
    assert write(parse(again).tree) == write(parse(spelt).tree)
    assert again.count("#") == query.count("#")
    assert lay_out(again, width) == lines


@given(queries(), st.booleans())
def test_a_pack_that_was_laid_out_stays(query: str, quoted: bool) -> None:  # noqa: FBT001
    block = "|\n" + textwrap.indent(query, "      ", lambda _: True)
    value = json.dumps(query, ensure_ascii=False) if quoted else block
    written = rule(f"    match: {value}\n")
    once = format_pack(written, "t")
    assert format_pack(once, "t") == once
    assert once.count("#") == query.count("#")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
def test_the_ends_of_lines_and_a_byte_order_mark_stay(mark: str) -> None:
    written = mark + rule("    match: gas   OR oil\n").replace("\n", "\r\n")
    laid_out = format_pack(written, "t")
    assert laid_out == written.replace("gas   OR", "gas OR")
    assert format_pack(laid_out, "t") == laid_out


def test_of_mixed_ends_the_more_frequent_one_is_taken() -> None:
    plain = rule("    match: gas OR oil\n")
    assert format_pack(plain.replace("\n", "\r\n", 1), "t") == plain
    of_windows = plain.replace("\n", "\r\n")
    assert format_pack(of_windows.replace("\r\n", "\n", 1), "t") == of_windows
