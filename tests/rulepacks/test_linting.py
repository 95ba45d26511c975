"""Lint tells what is suspicious over a whole pack, each at its place."""

from pathlib import Path

import pytest

from monitor import rulepacks

PACK = """\
version: 1
theme: t
defs:
  fuel: gas OR gas*
  spare: [coal]
rules:
  - {id: one, title: One, severity: low, match: "@fuel AND cut"}
  - {id: two, title: Two, severity: high, match: "@fuel AND cut"}
  - {id: three, title: Three, severity: high, match: "oil NOT oil"}
"""


def test_each_suspicion_stands_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(PACK, encoding="utf-8")
    found = [(one.line, one.code) for one in rulepacks.lint([path])]
    assert found == [(9, "Q303"), (4, "Q302"), (5, "R302"), (8, "R303")]


def test_a_where_that_lets_nothing_in_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        """\
version: 1
theme: t
rules:
  - {id: one, title: One, where: {lang: [ru, be], not_lang: [ru]}, match: gas}
  - {id: two, title: Two, where: {lang: [ru]}, match: "oil AND lang:en"}
  - {id: three, title: Three, where: {lang: [en]}, match: "coal AND lang:en"}
  - {id: five, title: Five, where: {since: 2021-01-02, until: 2021-01-02}, match: zinc}
""",
        encoding="utf-8",
    )
    found = [(one.line, one.code) for one in rulepacks.lint([path])]
    assert found == [(4, "R304"), (5, "R304")]


def test_a_grade_that_holds_nothing_back_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        """\
version: 1
theme: t
rules:
  - {id: one, title: One, corroboration: {sources: 2, grade: F6}, match: gas}
  - {id: two, title: Two, corroboration: {sources: 2, grade: C3}, match: oil}
  - {id: three, title: Three, corroboration: {sources: 2}, match: coal}
""",
        encoding="utf-8",
    )
    found = [(one.line, one.code) for one in rulepacks.lint([path])]
    assert found == [(4, "R305")]


def test_rules_of_one_meaning_are_told_however_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        """\
version: 1
theme: t
defs: {fuel: [gas, oil], fuels: [gas, oil]}
rules:
  - {id: one, title: One, match: leak AND (@fuel OR coal)}
  - {id: two, title: Two, match: (coal OR @fuels) AND leak}
  - {id: three, title: Three, match: leak NEAR/3 pipe}
  - {id: four, title: Four, match: pipe NEAR/3 leak}
  - {id: five, title: Five, match: pipe ONEAR/3 leak}
  - {id: six, title: Six, match: leak ONEAR/3 pipe}
  - {id: seven, title: Seven, match: leak NEAR/3 pipe, trigger: {type: spike, timeframe: 6h}}
  - {id: eight, title: Eight, match: leak NEAR/3 pipe, corroboration: {sources: 2}}
  - {id: nine, title: Nine, match: leak NEAR/3 pipe, corroboration: {sources: 2}}
""",
        encoding="utf-8",
    )
    found = [(one.line, one.code) for one in rulepacks.lint([path])]
    assert found == [(6, "R303"), (8, "R303"), (13, "R303")]


def test_a_listed_term_that_another_of_its_list_covers_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(
        """\
version: 1
theme: t
defs:
  fuel:
    en: [gas, oil]
    de: [Gas, "Gas Leitung", Öl]
  people: [Wagner, "Richard Wagner"]
rules:
  - {id: one, title: One, match: '@fuel AND @people'}
""",
        encoding="utf-8",
    )
    found = [(one.line, one.column, one.code) for one in rulepacks.lint([path])]
    assert found == [(6, 15, "Q302"), (7, 20, "Q302")]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("@fuel AND price", 2),
        ("@fuel NEAR/0 price", 1),
        ("price EXCEPT @either", 0),
        ("ATLEAST/2 @fuel", 1),
    ],
)
def test_a_longer_term_counts_where_words_are_measured(
    tmp_path: Path, query: str, told: int
) -> None:
    shared, user = tmp_path / "shared.yaml", tmp_path / "user.yaml"
    defs = "fuel: [gas, gas oil]\n  either: '@fuel OR (coal OR \"hard coal\")'\n"
    shared.write_text(f"version: 1\ntheme: s\ndefs:\n  {defs}", encoding="utf-8")
    user.write_text(
        "version: 1\ntheme: u\nimports: {shared.yaml: [fuel, either]}\nrules:\n"
        f"  - {{id: a, title: A, match: '{query}'}}\n"
        "  - {id: b, title: B, match: '@either AND @fuel AND tax'}\n",
        encoding="utf-8",
    )
    found = [one.code for one in rulepacks.lint([tmp_path])]
    assert found.count("Q302") == told


def test_what_another_pack_imports_is_used(tmp_path: Path) -> None:
    shared, user = tmp_path / "shared.yaml", tmp_path / "user.yaml"
    shared.write_text(
        "version: 1\ntheme: t\ndefs: {gas: [gas], oil: [oil]}\n", encoding="utf-8"
    )
    user.write_text(
        "version: 1\ntheme: t\nimports: {shared.yaml: [gas]}\n"
        "rules: [{id: r, title: R, match: '@gas'}]\n",
        encoding="utf-8",
    )
    found = [(one.where, one.message) for one in rulepacks.lint([tmp_path])]
    assert found == [(str(shared), "no rule uses @oil")]


def test_the_shipped_packs_have_no_contradiction_and_no_unused_name() -> None:
    folder = Path(__file__).parents[2] / "rules"
    codes = {one.code for one in rulepacks.lint([folder])}
    assert codes <= {"Q302"}
