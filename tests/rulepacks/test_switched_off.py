"""`enabled: false`: a rule, or all of a pack, is read and tested, and matches nothing."""

from pathlib import Path

import pytest

from monitor import rulepacks
from monitor.model import Item
from monitor.rulepacks import Rulebook

ON = """\
version: 1
theme: t
defs: {fuel: [gas]}
rules:
  - {id: one, title: One, match: "@fuel", tests: {hit: [gas]}}
  - {id: two, title: Two, match: "@fuel", tests: {hit: [gas]}}
"""


def book(folder: Path, *packs: str) -> Rulebook:
    for number, text in enumerate(packs):
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
    return rulepacks.load([folder])


def fires(rules: Rulebook) -> list[str]:
    item = Item(id="i", feed="f", key="k", title="gas")
    return [one.rule_id for one in rules.match(item)]


def test_a_rule_that_is_off_matches_nothing_and_is_not_in_force(tmp_path: Path) -> None:
    rules = book(tmp_path, ON.replace("id: two", "enabled: false, id: two"))
    assert fires(rules) == ["one"]
    assert list(rules.rules) == ["one"]
    assert rules.off == ("two",)
    assert list(rules.known) == ["one", "two"]


def test_a_pack_that_is_off_gives_its_definitions_all_the_same(tmp_path: Path) -> None:
    off = ON.replace("theme: t", "theme: t\nenabled: false")
    other = (
        "version: 1\ntheme: u\nimports: {0.yaml: [fuel]}\n"
        "rules: [{id: three, title: Three, match: '@fuel', enabled: true}]\n"
    )
    rules = book(tmp_path, off, other)
    assert fires(rules) == ["three"]
    assert rules.off == ("one", "two")


def test_a_rule_is_the_same_one_when_it_is_on_again(tmp_path: Path) -> None:
    on = book(tmp_path, ON)
    off = book(tmp_path, ON.replace("id: two", "enabled: false, id: two"))
    assert on.known["two"].version == off.known["two"].version
    assert on.version != off.version


def test_the_examples_of_a_rule_that_is_off_run(tmp_path: Path) -> None:
    text = ON.replace("id: two", "enabled: false, id: two")
    assert len(book(tmp_path, text).test_results) == 2
    (tmp_path / "0.yaml").write_text(
        text.replace("{hit: [gas]}}\n", "{miss: [gas]}}\n")
    )
    codes = {one.code for one in rulepacks.check([tmp_path])}
    assert "R202" in codes


def test_why_it_would_fire_can_be_asked(tmp_path: Path) -> None:
    rules = book(tmp_path, ON.replace("id: two", "enabled: false, id: two"))
    item = Item(id="i", feed="f", key="k", title="gas")
    assert rules.explain(item, "two").fired


def warned(folder: Path, text: str) -> list[tuple[int, str]]:
    path = folder / "0.yaml"
    path.write_text(text, encoding="utf-8")
    found = rulepacks.check([path])
    assert {one.severity for one in found} <= {"warning"}
    return [(one.line, one.code) for one in found]


def test_a_sequence_that_waits_for_it_is_warned_of(tmp_path: Path) -> None:
    after = "trigger: {type: sequence, after: [one], timeframe: 3d}"
    text = ON.replace("id: two", f"{after}, id: two")
    assert warned(tmp_path, text) == []
    text = text.replace("id: one", "enabled: false, id: one")
    assert warned(tmp_path, text) == [(6, "R103")]
    text = text.replace("id: two", "enabled: false, id: two")
    assert warned(tmp_path, text) == [(5, "R104")]


def test_another_wording_that_is_off_is_no_second_rule_to_lint(tmp_path: Path) -> None:
    (tmp_path / "0.yaml").write_text(ON)
    assert [one.code for one in rulepacks.lint([tmp_path])] == ["R303"]
    (tmp_path / "0.yaml").write_text(ON.replace("id: two", "enabled: false, id: two"))
    assert rulepacks.lint([tmp_path]) == []


@pytest.mark.parametrize("written", ["no", "'false'", "0", ""])
def test_what_is_neither_true_nor_false_is_refused(
    tmp_path: Path, written: str
) -> None:
    text = ON.replace("  - {id: two", f"  - {{enabled: {written}, id: two")
    (tmp_path / "0.yaml").write_text(text)
    (problem,) = rulepacks.check([tmp_path])
    assert "expected true or false" in problem.message
    assert problem.line == 6
