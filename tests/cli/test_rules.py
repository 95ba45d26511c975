"""The commands about rules."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.cli.output import BAD_INPUT
from tests.acceptance.harness import (
    Entry,
    rss,
)
from tests.cli.helpers import NEWS, Run, rows

ITEMS = """\
{"id": "1", "title": "33 fighters detained near Minsk", "lang": "en"}
{"id": "2", "title": "Weather stays fine"}
"""


def test_rules_are_listed_shown_and_tested(run: Run, tmp_path: Path) -> None:
    (rule,) = rows(run, "rules", "list")
    assert rule["id"] in run("rules", "show", rule["id"]).stdout
    assert "examples pass" in run("rules", "test").stdout
    run("rules", "show", "nobody", status=2)
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: 1\ntheme: t\nrules: [{id: r, title: R, match: a b}]\n")
    assert "Q105" in run("rules", "test", str(bad), status=2).output


def test_rules_run_over_lines_of_json(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(ITEMS)
    out = run("rules", "match", str(path), "--json").stdout.splitlines()
    first, second = (json.loads(line) for line in out)
    assert [rule["id"] for rule in first["rules"]] == ["detained"]
    assert {span["text"] for span in first["rules"][0]["evidence"]} == {
        "detained",
        "Minsk",
    }
    assert second == {"id": "2", "rules": []}
    assert "1 of 2 items matched" in run("rules", "match", str(path)).stdout


def test_a_line_that_holds_no_item_is_named_and_the_rest_goes_on(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("oops\n[]\n" + ITEMS + '{"id": "3"}\n{"title": 5}\n')
    done = run("rules", "match", str(path), "--json", status=2)
    assert len(done.stdout.splitlines()) == 2
    for number in (1, 2, 5, 6):
        assert f"line {number}: no item" in done.stderr


def test_an_item_is_matched_whatever_its_date_is_written_like(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "items.jsonl"
    dates = ['"2020-07-29T08:00:00Z"', '"Wed, 29 Jul 2020 08:00:00 GMT"', "1596009600"]
    lines = [f'{{"title": "x", "published": {one}}}' for one in [*dates, '"soon"']]
    path.write_text("\n".join(lines))
    done = run("rules", "match", str(path), "--json", status=2)
    assert len(done.stdout.splitlines()) == 4
    assert done.stderr.splitlines() == ["line 4: read without its date: 'soon' is none"]


def test_a_date_that_no_report_has_moves_no_other_report_out_of_its_story(
    tmp_path: Path,
) -> None:
    path = tmp_path / "items.jsonl"
    held = "Belarus detains 33 Russian mercenaries near Minsk"
    dates = ["2020-07-29", "2999-01-01", "0001-01-01T00:00+05:00", "2020-07-29"]
    titles = [
        held,
        "Gas price climbs in Vilnius",
        "Storm shuts Riga",
        f"{held}: state TV",
    ]
    lines = [
        f'{{"title": "{title}", "published": "{day}"}}'
        for title, day in zip(titles, dates, strict=True)
    ]
    path.write_text("\n".join(lines))
    done = CliRunner().invoke(
        main, ["stories", "try", str(path), "--json", "--level", "base"]
    )
    told = [json.loads(line)["story"] for line in done.stdout.splitlines()]
    assert told[0] == told[3]
    assert done.stderr.splitlines() == [
        "line 2: read without its date: '2999-01-01' lies in the future",
        "line 3: read without its date: '0001-01-01T00:00+05:00' is before 1900",
    ]


def test_items_may_all_be_of_a_time_to_come_or_long_ago(tmp_path: Path) -> None:
    """Invented ones, or those of a machine whose clock is wrong."""
    path = tmp_path / "items.jsonl"
    for year in (1970, 2999):
        days = (f"{year}-01-01", f"{year}-01-02", f"{year}-03-01")
        path.write_text(
            "\n".join(f'{{"title": "Storm", "published": "{day}"}}' for day in days)
        )
        done = CliRunner().invoke(main, ["stories", "try", str(path), "--json"])
        assert (done.exit_code, done.stderr) == (0, "")


def test_a_headline_at_hand_is_explained_clause_by_clause(
    run: Run, tmp_path: Path
) -> None:
    pack, items = tmp_path / "own.yaml", tmp_path / "items.jsonl"
    pack.write_text(
        "version: 1\ntheme: t\nrules: [{id: r, title: R, match: gas AND cut}]\n"
    )
    items.write_text(
        '{"id": "1", "title": "gas cut"}\n{"id": "2", "title": "gas flows"}'
    )
    asked = ("rules", "match", str(items), "--rules", str(pack), "--why", "r")
    said = run(*asked).stdout.splitlines()
    assert [line for line in said if "fire" in line] == ["it fires", "it does not fire"]
    assert "  ✗ cut" in said
    made = [json.loads(line) for line in run(*asked, "--json").stdout.splitlines()]
    assert [line["explanation"]["fired"] for line in made] == [True, False]
    unknown = run(*asked[:-1], "s", status=2)
    assert "no rule is called 's'; see: tocsin rules list" in unknown.output
    misspelt = run(*asked[:-1], "rr", status=2)
    assert "no rule is called 'rr'; did you mean r?" in misspelt.output


def test_half_a_character_is_written_as_its_escape(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "\\ud800", "title": "x"}')
    assert json.loads(run("rules", "match", str(path), "--json").stdout) == {
        "id": "\ud800",
        "rules": [],
    }


def test_rules_run_over_a_feed_with_packs_of_its_own(run: Run, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes(rss("/x", [NEWS, Entry("Miners strike")]))
    pack = tmp_path / "own.yaml"
    pack.write_text(
        "version: 1\ntheme: t\nrules: [{id: strike, title: S, match: strike}]\n"
    )
    done = run("rules", "match", str(feed), "--rules", str(pack), "--json").stdout
    fired = [json.loads(line)["rules"] for line in done.splitlines()]
    assert [len(rules) for rules in fired] == [0, 1]
    assert fired[1][0]["theme"] == "t"


def test_rules_are_linted_and_their_examples_tried_by_dropping_terms(
    run: Run, tmp_path: Path
) -> None:
    pack = tmp_path / "fuel.yaml"
    pack.write_text(
        "version: 1\ntheme: t\nrules:\n"
        "  - {id: r, title: R, severity: low, match: gas OR oil OR gas*,"
        " tests: {hit: [gas is cut]}}\n",
        encoding="utf-8",
    )
    linted = run("rules", "lint", str(pack))
    assert "Q302" in linted.output
    assert "gas adds nothing: gas* finds all of it" in linted.output
    run("rules", "lint", str(pack), "--strict", status=2)

    tried = run("rules", "test", str(pack), "--mutate")
    assert "no example notices when oil is dropped" in tried.output


def test_terms_are_linted_against_items_in_other_languages(
    run: Run, tmp_path: Path
) -> None:
    pack = tmp_path / "quarrel.yaml"
    pack.write_text(
        "version: 1\ntheme: t\ndefs: {quarrel: {pl: ['spor*']}}\n"
        "rules: [{id: r, title: R, match: '@quarrel'}]\n",
        encoding="utf-8",
    )
    corpus = tmp_path / "items.jsonl"
    line = json.dumps({"title": "Sport tonight, a live report", "lang": "en"})
    corpus.write_text(f"{line}\n{line}\n{line}\nno item\n", encoding="utf-8")
    told = run("rules", "lint", str(pack), "--corpus", str(corpus)).output
    assert "R306" in told
    assert "sport (en 3)" in told
    assert "line 4" in told


def test_the_terms_of_a_definition_that_no_example_needs_are_one_warning(
    run: Run, tmp_path: Path
) -> None:
    pack = tmp_path / "fuel.yaml"
    words = [f"word{number:02}" for number in range(20)]
    pack.write_text(
        f"version: 1\ntheme: t\ndefs:\n  fuel: [gas, {', '.join(words)}]\nrules:\n"
        "  - {id: r, title: R, severity: low, match: '@fuel',"
        " tests: {hit: [gas is cut]}}\n",
        encoding="utf-8",
    )
    told = run("rules", "test", str(pack), "--mutate").output
    assert told.count("R301") == 1
    assert "when any one of them is dropped: word00, word01" in told
    assert "word11 and 8 more" in told


def test_packs_are_laid_out_checked_and_shown(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "fuel.yaml"
    written = (
        "version: 1\ntheme: t\nrules:\n"
        "  - id: r\n    title: R  # why\n    match:  gas   W/5 oil\n"
    )
    pack.write_text(written, encoding="utf-8")
    checked = run("rules", "fmt", str(pack), "--check", status=1)
    assert "would be changed" in checked.output
    shown = run("rules", "fmt", str(pack), "--diff").output
    assert "-    match:  gas   W/5 oil\n+    match: gas NEAR/5 oil\n" in shown
    assert pack.read_text(encoding="utf-8") == written
    assert "changed" in run("rules", "fmt", str(pack)).output
    assert "title: R  # why" in pack.read_text(encoding="utf-8")
    assert "all in order" in run("rules", "fmt", str(pack), "--check").output


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        ([], 0, "title: R\n    match: gas\n"),
        (["--check"], 1, "- would be changed\n"),
        (["--diff"], 0, "-    match:   gas\n+    match: gas\n"),
    ],
)
def test_a_pack_that_comes_by_a_pipe_is_checked_and_shown_too(
    options: list[str], status: int, said: str
) -> None:
    written = (
        "version: 1\ntheme: t\nrules:\n  - id: r\n    title: R\n    match:   gas\n"
    )
    done = CliRunner().invoke(main, ["rules", "fmt", "-", *options], input=written)
    assert (done.exit_code, done.output.endswith(said)) == (status, True)


def test_a_pack_that_is_not_yaml_is_not_laid_out(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "fuel.yaml"
    pack.write_text("rules: [", encoding="utf-8")
    refused = run("rules", "fmt", str(pack), status=2)
    assert "fuel.yaml:2" in refused.output
    assert pack.read_text(encoding="utf-8") == "rules: ["


def test_a_term_is_expanded_with_the_words_of_a_corpus(
    run: Run, tmp_path: Path
) -> None:
    corpus = tmp_path / "items.jsonl"
    corpus.write_text('{"id": "1", "title": "В Минске"}\n', encoding="utf-8")
    found = run("rules", "expand", "Минск~ru", "--corpus", str(corpus)).output
    assert "ru: минск +" in found
    assert "seen: минске (1)" in found


@pytest.mark.parametrize("level", ["base", "multilingual"])
def test_whatever_the_items_are_like_each_gets_its_line(
    tmp_path: Path, level: str
) -> None:
    title = "Gas transit talks end without a deal in Minsk"
    lines: list[dict[str, Any]] = [
        {"title": title},
        {"id": "b", "title": title, "published": "2023-09-10T12:00:00Z"},
        {"id": "c", "title": title, "published": "1970-01-01T00:00:00"},
        {"id": "d", "summary": "x" * 100_000, "lang": "tlh"},
        {"id": "e", "title": "\ud800 \u202e", "lang": "zz", "source": "\u0000"},
        {
            "id": "f",
            "title": "\u5317\u4eac\u5730\u9707",
            "url": "http://[",
            "lang": "zh",
        },
        {"id": "g", "title": title, "published": "2999-01-01T00:00:00Z"},
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in lines))
    done = CliRunner().invoke(
        main, ["stories", "try", str(path), "--json", "--level", level]
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    # One date is none that a report can have, and is told.
    assert done.exit_code == BAD_INPUT, done.output
    assert len(done.stderr.splitlines()) == 1
    assert [one["id"] for one in found] == ["line 1", "b", "c", "d", "e", "f", "g"]
    assert [one["outcome"] for one in found][:2] == ["new", "same"]
    assert all(0 <= one["score"] <= 1 for one in found)


def test_a_rule_is_shown_with_all_that_decides_when_it_is_told(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "rules" / "test.yaml").write_text(
        """\
version: 1
theme: t
rules:
  - id: blast
    title: Blast
    match: blast
    corroboration: {sources: 2, within: 6h, grade: C3}
    escalate: {sources: 5, grade: B2}
    resolve_after: 2d
  - id: leak
    title: Leak
    match: leak
    trigger: {type: sequence, after: [blast], timeframe: 3d}
"""
    )
    blast = run("rules", "show", "blast").stdout
    assert "waits for 2 independent sources within 6h, graded C3 or better" in blast
    assert "told anew at 5 independent sources, at grade B2" in blast
    assert "closed after 2d of quiet" in blast
    leak = run("rules", "show", "leak").stdout
    assert "trigger sequence, after blast, within 3d" in leak


def test_commands_say_which_rules_are_switched_off(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "rules" / "test.yaml"
    on = pack.read_text()
    run("once")
    pack.write_text(on.replace("theme:", "enabled: false\ntheme:", 1))

    (told,) = rows(run, "rules", "list")
    assert told["enabled"] is False
    assert " off " in run("rules", "list").stdout
    rule = told["id"]
    assert "switched off (enabled: false)" in run("rules", "show", rule).stdout
    assert "1 rule in order (1 switched off)" in run("rules", "test").output
    checked = run("check").output
    assert "R104" in checked
    assert "0 rules (1 more switched off)" in checked

    items = tmp_path / "items.jsonl"
    items.write_text(ITEMS)
    assert "0 of 2 items matched" in run("rules", "match", str(items)).stdout
    asked = run("rules", "match", str(items), "--why", rule).output
    assert f"{rule} is switched off" in asked
    assert "it fires" in asked
    (item,) = rows(run, "items", "search", "Minsk")
    why = run("explain", item["item"]["id"], "--rule", rule).stdout
    assert f"rule {rule}, switched off (enabled: false)" in why


def test_a_pack_from_windows_is_laid_out_and_stays_one(
    run: Run, tmp_path: Path
) -> None:
    pack = tmp_path / "windows.yaml"
    text = "\ufeffversion: 1\ntheme:   t\nrules:\n- {id: a, title: A, match: gas}\n"
    pack.write_bytes(text.replace("\n", "\r\n").encode())
    run("rules", "fmt", str(pack))
    after = pack.read_bytes()
    assert after.startswith(b"\xef\xbb\xbfversion: 1\r\ntheme: t\r\n")
    assert after.count(b"\n") == after.count(b"\r\n")
    run("rules", "fmt", "--check", str(pack))
