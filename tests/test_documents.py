"""YAML that people write: data with places, and refusals with places."""

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from monitor import documents
from monitor.documents import Duration, parse_duration, parse_size, write_duration
from monitor.errors import InputRefused, Problem


def refused(text: str) -> list[Problem]:
    with pytest.raises(InputRefused) as caught:
        documents.read_text(text, "f.yaml")
    return list(caught.value.problems)


def test_values_are_what_they_look_like() -> None:
    text = (
        "no: NO\nyes: yes\nflag: true\nnothing: ~\ncount: 12\nzero: 0\n"
        "date: 2020-08-09\ntime: 12:30\noctal: 017\nratio: 0.5\nquoted: '12'\n"
    )
    assert documents.read_text(text, "f").data == {
        "no": "NO",
        "yes": "yes",
        "flag": True,
        "nothing": None,
        "count": 12,
        "zero": 0,
        "date": "2020-08-09",
        "time": "12:30",
        "octal": "017",
        "ratio": 0.5,
        "quoted": "12",
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice; first in line 1"),
        ("a: [1\nb: 2\n", 1, "the bracket [ is never closed"),
        ("a: b: c\n", 1, "not valid YAML"),
        ("a: !!python/object x\n", 1, "a tag"),
        ("a: &x [1]\nb: *x\n", 2, "single value only"),
        ("a: *nowhere\n", 1, "unknown"),
        ("---\na: 1\n---\nb: 2\n", 3, "second document"),
        ("[" * 50_000, 1, "nested deeper"),
        ("a: &a 1\nb: [" + "*a," * 100 + "]\n", 2, "aliases"),
        ("? [1, 2]\n: 3\n", 1, "a key must be a text"),
        ("a: \x07\n", 1, "not valid YAML"),
    ],
)
def test_what_nobody_should_write_is_refused_with_its_line(
    text: str, line: int, said: str
) -> None:
    problem = refused(text)[0]
    assert (problem.where, problem.line) == ("f.yaml", line)
    assert said in problem.message


def test_every_duplicate_key_is_reported() -> None:
    assert len(refused("a: 1\na: 2\nb: {c: 1, c: 2}\n")) == 2


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    # Anything else that it might raise fails the test.
    with suppress(InputRefused):
        documents.read_text(text, "f.yaml")


class Outlet(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    every: Duration = timedelta(0)


class Listing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    outlets: list[Outlet] = []


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(InputRefused) as caught:
        documents.validate(Listing, documents.read_text(text, "f.yaml"))
    return list(caught.value.problems)


def test_all_problems_come_at_once_with_line_column_field_and_mend() -> None:
    problems = problems_of(
        "outlets:\n"
        "  - name: Courier\n"
        "    evry: 5m\n"
        "  - {name: [1], every: soon}\n"
        "  - every: 5m\n"
    )
    assert [(p.line, p.column, p.field) for p in problems] == [
        (3, 5, "outlets[0].evry"),
        (4, 12, "outlets[1].name"),
        (4, 24, "outlets[1].every"),
        (5, 5, "outlets[2].name"),
    ]
    assert "did you mean every?" in str(problems[0])
    assert "30s, 15m" in str(problems[2])
    assert "add name:" in str(problems[3])


def test_a_problem_shows_the_line_and_a_caret() -> None:
    (problem,) = problems_of("outlets: [{name: A, colour: red}]\n")
    assert problem.excerpt.splitlines() == [
        "  1 | outlets: [{name: A, colour: red}]",
        "    |                     ^",
    ]


@pytest.mark.parametrize("before", [0, 150, 1500])
def test_of_a_very_long_line_the_part_around_the_place_is_shown(before: int) -> None:
    line = f"outlets: [{'{name: A}, ' * before}{{name: A, colour: red}}{' ' * 900}]"
    (problem,) = problems_of(f"{line}\n")
    shown, caret = problem.excerpt.splitlines()
    assert shown[caret.index("^") :].startswith("colour: red}")
    assert len(shown) < 220


@pytest.mark.parametrize(
    "text",
    [
        "query: one two three\n",
        "query: 'one two three'\n",
        'query: "one two three"\n',
        "query: >\n  one\n  two\n  three\n",
        "query: |\n  one\n  two three\n",
        "query:\n  one two\n  three\n",
        "query: &this one two three\n",
        "query: ! one two three\n",
        'query: "one\\ttwo\\n\\n  three"\n',
        'query: "one \\\n  two \\u0074hree, three"\n',
        "other: 'line\u2028line\x85line'\nquery: one two three\n",
        "\ufeffquery: 'one two three'\n",
    ],
)
def test_a_place_inside_a_text_is_found_in_every_style(text: str) -> None:
    document = documents.read_text(text, "f.yaml")
    offset = document.data["query"].rindex("three")
    line, column = document.place_within(("query",), offset)
    assert text.lstrip("\ufeff").split("\n")[line - 1][column - 1 :].startswith("three")


@given(
    st.text(
        st.sampled_from("ab '\"\\\n\t#:-\u00a0\u0301\u4e2d\U0001f600\u2028\x85\x07"),
        min_size=1,
    ),
    st.sampled_from(["'", '"', "|", ">", None]),
    st.integers(5, 30),
    st.booleans(),
)
def test_a_character_is_found_however_its_text_is_written(
    text: str,
    style: str | None,
    width: int,
    plain: bool,  # noqa: FBT001
) -> None:
    written = yaml.safe_dump(
        {"query": text}, default_style=style, width=width, allow_unicode=plain
    )
    document = documents.read_text(written, "f.yaml")
    ((key, value),) = document.data.items()
    for offset, character in enumerate(value if isinstance(value, str) else ""):
        line, column = document.place_within((key,), offset)
        found = document.text.split("\n")[line - 1][column - 1 :]
        assert found[:1] in {character, "\\"} or character.isspace()


def test_line_and_caret_are_those_of_an_editor() -> None:
    """It ends lines at line feeds alone, shows marks above letters, and Han wide."""
    head = "\ufeffoutlets: #\u2028\x85\n"
    (problem,) = problems_of(f"{head}  - {{name: 中е́,\tevry: 5m}}\n")
    assert (problem.line, problem.excerpt.splitlines()) == (
        2,
        ["  2 |   - {name: 中е́,\tevry: 5m}", "    |                \t^"],
    )


@given(st.timedeltas(timedelta(0), timedelta(days=3000)))
def test_durations_are_read_as_written(value: timedelta) -> None:
    whole = timedelta(milliseconds=value // timedelta(milliseconds=1))
    assert parse_duration(write_duration(whole)) == whole


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("15m", 900), ("1h30m", 5400), ("7d", 604800)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["15", "m", "15 m", "-1h", "1y", "", "9" * 30 + "d", 16]
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_duration(text)


def test_sizes() -> None:
    assert parse_size("10MiB") == 10 * 1024 * 1024
    assert parse_size(512) == 512
    with pytest.raises(PydanticCustomError):
        parse_size("ten")


@pytest.mark.skipif(os.geteuid() != 0, reason="only an administrator gives files away")
def test_a_file_that_is_replaced_stays_its_owners(tmp_path: Path) -> None:
    """A secret that root rotates has to be one that the service can read."""
    path = tmp_path / "secret"
    path.write_text("old\n", encoding="utf-8")
    os.chown(path, 12345, 54321)
    path.chmod(0o640)
    documents.replace_file(path, "new\n")
    found = path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (12345, 54321, 0o640)
    assert path.read_text(encoding="utf-8") == "new\n"
