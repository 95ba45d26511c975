"""What commands print where there is very much of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, TypeAlias

import pytest

from monitor.cli.output import print_json_list, print_table
from tests.cli.helpers import Run

Done: TypeAlias = "subprocess.CompletedProcess[bytes]"


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


def test_identifiers_stay_in_one_piece_and_long_texts_give_way(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, long = "dlv_0c39a516c8f353a4533cea5ae9", "a long note " * 20
    print_table(["delivery", "to", "note"], [[made, "desk@example.org", long]] * 3, "")
    lines = capsys.readouterr().out.splitlines()
    assert sum(f"{made}  desk@example.org" in line for line in lines) == 3
    assert " ".join(" ".join(lines).split()).count("a long note") == 60


def test_on_a_narrow_terminal_identifiers_are_kept_before_moments(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    story, title = "sto_0c39a516c8f353a4533cea5ae9", "a long title of a report " * 3
    row = ["2020-08-14 18:30:00Z", story, 12, 12, "ru", title]
    names = ["last report", "story", "reports", "outlets", "lang", "title"]
    print_table(names, [row], "")
    lines = capsys.readouterr().out.splitlines()
    assert sum(story in line for line in lines) == 1
    assert "2020-08-14 18:30:00Z" not in "\n".join(lines)
    assert max(map(len, lines[1:])) <= 80


def test_where_they_do_not_fit_nothing_of_them_is_cut_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    columns = [f"c{n}" for n in range(12)]
    made = "dlv_0c39a516c8f353a4533cea5ae9"
    print_table(columns, [[made] * 12], "")
    shown = capsys.readouterr().out.split("\n", 1)[1]
    assert shown.count("dlv_") == 12
    assert sum(c in "0123456789" for c in shown) == 12 * sum(c.isdigit() for c in made)


def test_on_a_terminal_too_narrow_for_columns_each_row_has_lines_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    alert, title = "alr_034c8fd519507daef0e080b3d1", "EU weighs sanctions"
    row = ["2020-08-14 20:30:00Z", alert, "closed", "belarus-vote", 4, title]
    names = ["updated", "alert", "state", "rule", "reports", "story"]
    print_table(names, [row, row], "")
    one = (
        f"updated  2020-08-14 20:30:00Z\nalert    {alert}\nstate    closed\n"
        f"rule     belarus-vote\nreports  4\nstory    {title}\n"
    )
    assert capsys.readouterr().out == f"{one}\n{one}"


def test_an_address_stays_in_one_piece_beside_a_title(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = "/home/somebody/a/desk/rules/belarus-election.yaml:2789"
    print_table(["file", "title"], [[file, "a long title " * 20]], "")
    assert f"{file}  a long" in capsys.readouterr().out


def test_a_table_of_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["feed"], [], "no feeds")
    assert capsys.readouterr().out == "no feeds\n"


TITLE = "Затрыманы пад Мінскам – é"


def told(*arguments: str, alphabet: str, out: IO[bytes] | None = None) -> Done:
    """Run a command as a process whose terminal has an alphabet."""
    return subprocess.run(
        [
            *("env", f"PYTHONIOENCODING={alphabet}"),
            *(sys.executable, "-m", "monitor", *arguments),
        ],
        stdout=out or subprocess.PIPE,
        stderr=subprocess.PIPE,
        check=False,
    )


@pytest.mark.parametrize("alphabet", ["ascii", "latin-1", "cp1251", "utf-8"])
def test_what_a_terminal_has_no_letters_for_is_written_all_the_same(
    tmp_path: Path, alphabet: str
) -> None:
    file = tmp_path / "items.jsonl"
    line = {"id": TITLE, "title": TITLE}
    half = '{"id": "\\ud800", "title": "half"}'
    file.write_text(f"{json.dumps(line)}\n{half}\n", encoding="utf-8")
    trying = ["stories", "try", "--level", "base", str(file)]
    done = told(*trying, alphabet=alphabet)
    assert (done.returncode, done.stderr) == (0, b"")
    done = told(*trying, "--json", alphabet=alphabet)
    assert done.returncode == 0, done.stderr
    first, second = (
        json.loads(one) for one in done.stdout.decode(alphabet).split("\n")[:2]
    )
    assert (first["id"], second["id"]) == (TITLE, "\ud800")


def test_a_full_disk_and_a_folder_that_cannot_be_are_told_in_a_sentence(
    tmp_path: Path,
) -> None:
    with Path("/dev/full").open("wb") as full:
        done = told("rules", "codes", alphabet="utf-8", out=full)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"No space left" in done.stderr
    (tmp_path / "file").touch()
    done = told("init", str(tmp_path / "file" / "desk"), alphabet="utf-8")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"file/desk" in done.stderr


def test_an_id_that_is_no_text_is_refused_in_a_sentence(run: Run) -> None:
    done = run("alerts", "show", "\udcff", status=2)
    assert "Traceback" not in done.stderr
    assert "udcff" in done.stderr


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_that_nobody_reads_on_is_no_fault(tmp_path: Path, more: list[str]) -> None:
    """As in `tocsin rules match FILE | head -1`, which must not fail a script."""
    file = tmp_path / "items.jsonl"
    line = json.dumps({"title": "Wagner fighters detained near Minsk"})
    file.write_text(f"{line}\n" * 3000, encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, "-m", "monitor", "rules", "match", *more, str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert started.stdout
    assert started.stderr
    with started, started.stdout, started.stderr:
        assert started.stdout.readline()
        started.stdout.close()
        assert started.stderr.read() == b""
        assert started.wait() == 0
