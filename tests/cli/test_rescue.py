"""What docs/operations.md says of a damaged database does what it says."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.helpers import Run

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def saved(folder: Path) -> None:
    """Do what is written there, but for the command of Tocsin at its end."""
    text = OPERATIONS.read_text(encoding="utf-8").partition("A damaged database\n")[2]
    (script,) = re.findall(r"```sh\n(umask .*?)```", text, re.DOTALL)
    written = script.replace("data/tocsin.db", "tocsin.db")
    subprocess.run(
        ["/bin/sh", "-c", written.replace(" && tocsin db check", "")],
        cwd=folder,
        check=False,
    )


@pytest.mark.skipif(shutil.which("sqlite3") is None, reason="sqlite3 is not there")
def test_what_can_be_read_of_a_damaged_database_is_saved(
    run: Run, tmp_path: Path
) -> None:
    run("once")
    store, damaged = tmp_path / "tocsin.db", tmp_path / "damaged.db"
    with closing(sqlite3.connect(store)) as opened:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'exchanges'"
        ((page,),) = opened.execute(query)
        items = opened.execute("SELECT * FROM items").fetchall()
    with store.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    store.rename(damaged)
    saved(tmp_path)
    assert run("db", "check").stdout == "the database is sound\n"
    with closing(sqlite3.connect(store)) as opened:
        assert opened.execute("SELECT * FROM items").fetchall() == items
    assert store.stat().st_mode & 0o077 == 0
    run("once")


def test_a_database_of_which_nothing_was_saved_is_not_called_sound(
    run: Run, tmp_path: Path
) -> None:
    assert "there is no database at" in run("db", "check", status=1).stderr
    store = tmp_path / "tocsin.db"
    assert not store.exists()
    store.touch()
    assert "the database is empty" in run("db", "check", status=1).stderr
    assert '"ok": false' in run("db", "check", "--json", status=1).stdout
