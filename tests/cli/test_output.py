"""What commands print where there is very much of it."""

import json

import pytest

from monitor.cli.output import print_json_list, print_table


def test_a_list_is_the_json_that_it_would_be_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    values = [{"a": ["é\n", 1], "b": {}}, {"a": []}]
    print_json_list(iter(values))
    assert capsys.readouterr().out == (
        json.dumps(values, ensure_ascii=False, indent=2) + "\n"
    )


def test_a_list_of_nothing_is_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    print_json_list([])
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("many", [3, 1200])
def test_every_row_of_a_table_stands_in_its_columns(
    capsys: pytest.CaptureFixture[str], many: int
) -> None:
    print_table(
        ["feed", "state"], ([f"f{n:04}", "ok\x1b[2J"] for n in range(many)), "none"
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == many + 1
    assert lines[0].split() == ["feed", "state"]
    assert lines[-1].startswith(f"f{many - 1:04}  ok")
    assert "\x1b" not in lines[-1]


def test_a_table_of_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["feed"], [], "no feeds")
    assert capsys.readouterr().out == "no feeds\n"
