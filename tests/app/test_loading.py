"""A configuration and its rules are read together; every problem is told at once."""

from pathlib import Path

import pytest

from monitor.app.loading import load
from monitor.errors import InputRefused


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InputRefused) as refused:
        load(path)
    return [problem.message for problem in refused.value.problems]


def test_a_file_that_cannot_be_read_is_not_said_to_name_no_rules(
    tmp_path: Path,
) -> None:
    path = tmp_path / "tocsin.yaml"
    path.write_text("rules: [rules/]\nrules: [more/]\n", encoding="utf-8")
    assert problems_of(path) == ["'rules' stands twice; first in line 1"]


def test_a_configuration_and_its_rules_are_refused_together(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(
        "version: 1\ntheme: t\nrules: [{id: a, title: A, match: 'x AND'}]\n",
        encoding="utf-8",
    )
    path = tmp_path / "tocsin.yaml"
    path.write_text("rules: [pack.yaml]\ncolect: {}\n", encoding="utf-8")
    found = problems_of(path)
    assert any("colect" in message for message in found)
    assert len(found) > 1


def test_where_a_missing_file_was_looked_for_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tocsin.yaml"
    path.write_text("rules: [gone/]\n", encoding="utf-8")
    with pytest.raises(InputRefused) as refused:
        load(path)
    (mend,) = {p.mend for p in refused.value.problems if "gone/" in p.message}
    assert mend == f"looked in {tmp_path}"


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("mysql://u@h/d", "begins with mysql://"),
        ("data/tocsin.db", "cannot be read"),
        ("sqlite://data/tocsin.db", "has two slashes before data"),
        ("sqlite:///:memory:", "names no SQLite file"),
    ],
)
def test_an_address_that_can_be_no_store_s_is_a_problem_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, wrong: str
) -> None:
    (tmp_path / "pack.yaml").write_text(
        "version: 1\ntheme: t\nrules: [{id: a, title: A, match: fire}]\n",
        encoding="utf-8",
    )
    path = tmp_path / "tocsin.yaml"

    def problem() -> str:
        with pytest.raises(InputRefused) as refused:
            load(path)
        (one,) = refused.value.problems
        assert wrong in one.message
        assert one.mend
        return f"{one.where}:{one.line} {one.field}"

    path.write_text(f"rules: [pack.yaml]\nstore: {{url: '{url}'}}\n")
    assert problem() == f"{path}:2 store.url"
    (tmp_path / "url").write_text(url)
    path.write_text("rules: [pack.yaml]\nstore: {url_file: url}\n")
    assert problem() == f"{path}:2 store.url_file"
    path.write_text("rules: [pack.yaml]\n")
    monkeypatch.setenv("TOCSIN_STORE__URL", url)
    assert problem() == "environment:0 TOCSIN_STORE__URL"


def test_a_route_that_wants_what_no_rule_has_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(
        "version: 1\ntheme: wagner\nrules: [{id: a, title: A, match: fire, tags: [x]}]\n",
        encoding="utf-8",
    )
    path = tmp_path / "tocsin.yaml"
    path.write_text(
        "rules: [pack.yaml]\nreceivers: [{name: desk, console: {}}]\nroute:\n"
        "  receiver: desk\n  routes:\n"
        "    - {match: {theme: wagner, rule: a, tag: x}}\n"
        "    - {match: {theme: [wagner, wagnr]}}\n",
        encoding="utf-8",
    )
    (warning,) = load(path).warnings
    assert (warning.severity, warning.line) == ("warning", 7)
    assert (
        str(warning)
        .splitlines()[0]
        .endswith("no rule has the theme 'wagnr' — did you mean wagner?")
    )
