"""Packs: taken whole or refused whole, with every problem at its place."""

from pathlib import Path

import pytest

from monitor import rulepacks
from monitor.errors import InputRefused
from monitor.model import Item, Severity, Updates

ROOT = Path(__file__).parent.parent.parent
PACK = """\
version: 1
theme: wagner
defs:
  wagner:
    en: [Wagner Group]
    ru: ["ЧВК Вагнер~"]
    except: ["Richard Wagner"]
rules:
  - id: minsk
    title: Near Minsk
    severity: high
    updates: source
    match: '@wagner AND (Minsk OR Минск~)'
    tests:
      hit: ["Под Минском бойцы ЧВК «Вагнер»"]
      miss: ["Minsk plays Richard Wagner"]
"""


def pack(folder: Path, text: str, name: str = "pack.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(InputRefused) as caught:
        rulepacks.load([path])
    return [str(problem) for problem in caught.value.problems]


def item(title: str) -> Item:
    return Item(id="i", feed="f", key="k", title=title)


def test_all_failing_examples_of_all_rules_come_at_once(tmp_path: Path) -> None:
    second = """\
  - id: fleet
    title: Fleet
    match: 'shadow NEAR/1 fleet'
    tests: {hit: ["A fleet of ferries"], miss: ["The shadow fleet"]}
"""
    text = PACK.replace("Minsk plays Richard Wagner", "Wagner Group in Minsk") + second
    problems = refused(pack(tmp_path, text))
    assert [problem.split("error[")[1][:4] for problem in problems] == [
        "R202",
        "R201",
        "R202",
    ]


def test_a_pack_becomes_rules_that_fire_with_evidence(tmp_path: Path) -> None:
    book = rulepacks.load([pack(tmp_path, PACK)])
    rule = book.rules["minsk"]
    assert (rule.theme, rule.severity, rule.updates) == (
        "wagner",
        Severity.HIGH,
        Updates.SOURCE,
    )
    assert rule.line == 9
    (match,) = book.match(item("ЧВК «Вагнер» под Минском"))
    assert match.rule_version == rule.version
    assert [span.text for span in match.evidence] == ["ЧВК «Вагнер", "Минском"]
    assert book.match(item("Richard Wagner in Minsk")) == ()
    assert len(book.test_results) == 2


def test_the_version_follows_what_the_rule_does_and_nothing_else(
    tmp_path: Path,
) -> None:
    def version(text: str) -> str:
        return rulepacks.load([pack(tmp_path, text)]).rules["minsk"].version

    first = version(PACK)
    assert version(PACK.replace("Near Minsk", "By Minsk")) == first
    assert version("# a comment\n" + PACK) == first
    assert version(PACK.replace("Wagner Group", "Wagner Gang")) != first
    assert version(PACK.replace("severity: high", "severity: low")) != first


def test_a_failing_example_refuses_the_pack_and_says_why(tmp_path: Path) -> None:
    text = PACK.replace("Под Минском бойцы", "Под Киевом бойцы")
    (problem,) = refused(pack(tmp_path, text))
    assert "R201" in problem
    assert "pack.yaml:15:13" in problem
    assert "✗ any of" in problem


def test_an_example_that_must_not_match_is_held_to_it(tmp_path: Path) -> None:
    text = PACK.replace("Minsk plays Richard Wagner", "Wagner Group in Minsk")
    (problem,) = refused(pack(tmp_path, text))
    assert "R202" in problem


def test_every_problem_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    text = (
        PACK.replace("@wagner AND", "@wagnr AND ab* AND")
        .replace("severity: high", "severity: hihg")
        .replace("title: Near Minsk", "titel: Near Minsk")
    )
    problems = refused(pack(tmp_path, text))
    told = "\n".join(problems)
    assert "pack.yaml:13:13: error[Q150]" in told
    assert "did you mean @wagner?" in told
    assert "pack.yaml:13:24: error[Q120]" in told
    assert "pack.yaml:11:15" in told
    assert "did you mean title?" in told


def test_one_bad_pack_refuses_all(tmp_path: Path) -> None:
    pack(tmp_path, PACK)
    pack(tmp_path, "version: 1\ntheme: x\nrules: []\n", "other.yaml")
    assert any("other.yaml" in problem for problem in refused(tmp_path))


def test_what_an_editor_or_a_mount_leaves_in_a_folder_is_no_pack(
    tmp_path: Path,
) -> None:
    """Emacs locks a file that is being edited with a link that leads nowhere."""
    folder = tmp_path / ".config" / "rules"
    mounted = folder / "..2026_11_28"
    mounted.mkdir(parents=True)
    pack(mounted, PACK).rename(mounted / "wagner.yaml")
    (folder / "..data").symlink_to(mounted.name)
    (folder / "wagner.yaml").symlink_to("..data/wagner.yaml")
    (folder / ".#wagner.yaml").symlink_to("somebody@desk.4711:1")
    assert rulepacks.files([folder]) == [folder / "wagner.yaml"]
    assert list(rulepacks.load([folder]).rules)


def test_an_id_stands_once_over_all_packs(tmp_path: Path) -> None:
    pack(tmp_path, PACK)
    pack(tmp_path, PACK, "second.yaml")
    (problem,) = refused(tmp_path)
    assert "R101" in problem
    assert "pack.yaml:9" in problem


def test_triggers_that_this_version_does_not_know_are_refused(tmp_path: Path) -> None:
    text = PACK.replace("updates: source", "trigger: {type: flood}")
    (problem,) = refused(pack(tmp_path, text))
    assert "flood" in problem
    assert "frequency" in problem


@pytest.mark.parametrize(
    ("defs", "code"),
    [
        ("{a: '@b OR x', b: '@a'}", "Q151"),
        ("{a: 5}", "Q153"),
        ("{a: []}", "Q153"),
        ("{a: {english: [x]}}", "Q153"),
        ("{A: x}", "Q152"),
        ("{a: ['ab*']}", "Q120"),
    ],
)
def test_definitions_are_checked(tmp_path: Path, defs: str, code: str) -> None:
    text = (
        f"version: 1\ntheme: t\ndefs: {defs}\n"
        "rules: [{id: r, title: R, match: gas}]\n"
    )
    assert any(code in problem for problem in refused(pack(tmp_path, text)))


def test_a_warning_refuses_nothing(tmp_path: Path) -> None:
    text = PACK.replace(
        "@wagner AND (Minsk OR Минск~)", "@wagner AND Минск~ OR @wagner NEAR/9 Minsk"
    )
    book = rulepacks.load([pack(tmp_path, text)])
    assert [w.code for w in book.warnings] == ["Q301"]


def test_a_search_needs_no_anchor_and_is_refused_with_places() -> None:
    found = rulepacks.compile_query("NOT gas")
    assert found.match(item("oil")) == ()
    assert found.match(item("gas")) is None
    with pytest.raises(InputRefused, match="Q105"):
        rulepacks.compile_query("gas oil")
    with pytest.raises(InputRefused) as refused:
        rulepacks.compile_query("中е́ AND @nobody")
    (problem,) = refused.value.problems
    assert problem.excerpt == f"  中е́ AND @nobody\n  {' ' * 8}^"


def test_the_shipped_packs_are_in_order_and_say_nothing() -> None:
    book = rulepacks.load([ROOT / "rules"])
    assert {rule.theme for rule in book.rules.values()} == {
        "wagner",
        "belarus-election",
        "russia-energy",
    }
    assert book.warnings == ()
    tested = {example.rule for example in book.test_results}
    assert tested == set(book.rules)
