"""What docs/operations.md says of backups and damaged databases does what it says."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.harness import WebhookServer
from tests.cli.helpers import Run

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


sqlite3_is_there = pytest.mark.skipif(
    shutil.which("sqlite3") is None, reason="sqlite3 is not there"
)


def do_as_written(under: str, folder: Path) -> None:
    """Do what is written under a headline, but for the command of Tocsin at its end."""
    text = OPERATIONS.read_text(encoding="utf-8").partition(f"# {under}\n")[2]
    found = re.search(r"```sh\n(umask .*?)```", text, re.DOTALL)
    assert found is not None
    written = found[1].replace("data/tocsin.db", "tocsin.db")
    subprocess.run(
        ["/bin/sh", "-c", written.replace(" && tocsin db check", "")],
        cwd=folder,
        check=False,
    )


@sqlite3_is_there
def test_a_backup_that_is_restored_goes_on_with_what_was_told(
    run: Run, tmp_path: Path, webhook: WebhookServer
) -> None:
    run("once")
    do_as_written("Backup, restore and upgrade", tmp_path)
    backup, store = tmp_path / "backup.db", tmp_path / "tocsin.db"
    assert backup.stat().st_mode & 0o077 == 0
    for left in tmp_path.glob("tocsin.db*"):
        left.unlink()
    backup.rename(store)
    run("ledger", "verify")
    run("once")
    assert len(webhook.accepted) == 1


@sqlite3_is_there
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
    do_as_written("A damaged database", tmp_path)
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
