"""`tocsin ledger` on one small installation: whole, then altered in the file itself."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from tests.acceptance.harness import (
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
    installation,
)


@pytest.fixture(scope="module")
def tocsin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that has told one story."""
    folder = tmp_path_factory.mktemp("ledger")
    with FeedServer() as feeds, WebhookServer() as webhook:
        feeds.entries["/a"] = [Entry("33 fighters detained near Minsk")]
        with installation(folder) as made:
            made.write([feeds.url("/a")], webhook.url)
            made.command("once")
            yield made


def test_an_untouched_record_is_whole_and_its_head_still_stands(
    tocsin: Installation,
) -> None:
    head = tocsin.command("ledger", "head").strip()
    assert "whole" in tocsin.command("ledger", "verify", "--head", head)
    proof = tocsin.json("ledger", "verify")
    assert proof["broken"] is None
    assert proof["waiting"] == 0
    assert f"{proof['head']['position']}:{proof['head']['hash']}" == head


def test_what_the_ledger_says_of_a_delivery_is_listed(tocsin: Installation) -> None:
    (delivery,) = tocsin.json("deliveries", "list")
    told = tocsin.json("ledger", "list", "--about", delivery["id"])
    assert [one["kind"] for one in told] == ["attempt", "body", "delivery"]
    assert "attempt" in tocsin.command("ledger", "list", "--kind", "attempt")
    tocsin.command("ledger", "list", "--about", "dlv_nothing", status=2)


def test_what_is_no_head_is_refused(tocsin: Installation) -> None:
    said = tocsin.command("ledger", "verify", "--head", "yesterday", status=2)
    assert "64 hex digits" in said


def test_an_attempt_that_was_altered_in_the_file_is_named(
    tocsin: Installation, tmp_path: Path
) -> None:
    copy = Installation(tmp_path)
    copy.write([])
    with (
        closing(sqlite3.connect(tocsin.folder / "tocsin.db")) as before,
        closing(sqlite3.connect(copy.folder / "tocsin.db")) as after,
        after,
    ):
        before.backup(after)
        after.execute("update attempts set status = '500'")
        (attempt,) = after.execute("select delivery_id || '/' || id from attempts")
    arguments = ["ledger", "verify", "--json", "--config", str(copy.config)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    broken = json.loads(done.stdout)["broken"]
    assert (broken["what"], broken["subject"]) == ("altered-record", attempt[0])
