"""The demo is the real program: its figures are counted and all of it arrives."""

import html
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.demo.keeping import look_around
from monitor.demo.play import play

ROOT = Path(__file__).parents[2]


async def test_every_alert_arrives_once_everywhere_and_decoys_raise_none() -> None:
    told: list[str] = []
    result = await play(
        timedelta(seconds=1), quiet=True, every=timedelta(hours=8), write=told.append
    )
    assert result.complete, result.figures()
    assert len(told) == result.webhooks == result.mails == result.messages
    # What is critical goes to the editor at once, all else is in one digest.
    assert 10 <= result.digests <= 18
    assert result.digests < result.digested <= result.messages
    assert result.items >= 60
    assert result.held_back > 0
    assert result.exact_copies > 0
    assert result.webhook_retries > 0
    printed = "\n".join(told)
    for decoy in ("Bayreuth", "Рихарда Вагнера", "Robert Wagner", "Moura", "Зенит"):
        assert decoy not in printed
    for theme in ("wagner", "belarus-election", "russia-energy"):
        assert f" {theme}: " in printed
    figures = json.loads(json.dumps(result.figures()))
    assert figures["complete"] is True
    assert figures["deliveries"]["duplicates"] == 0
    assert figures["latency_seconds"]["median"] > 0
    # The README's picture is of what comes out now, as far as it is no chance.
    drawn = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    cells = re.findall(r"<text[^>]*>([^<]+)</text>", drawn)
    words = [html.unescape(cell).strip("\xa0 \n│") for cell in cells]
    words = [word for word in words if word]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{words[words.index('items') + 1]} items of" in readme
    stories = int(words[words.index("stories") + 1])
    assert 0.5 < result.stories / stories < 2


async def test_what_is_kept_is_a_store_to_look_around_in_and_all_that_arrived(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "kept"
    result = await play(
        timedelta(seconds=1), quiet=True, every=timedelta(hours=24), keep=kept
    )

    def run(*words: str) -> Any:
        command = [*words, "--config", str(kept / "tocsin.yaml"), "--json"]
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    alerts = run("alerts", "list", "--since", "2020-07-29", "--limit", "1000")
    assert len(alerts) == result.alerts
    ledger = run("ledger", "verify")
    assert ledger["broken"] is None
    assert ledger["waiting"] == 0
    assert ledger["since"] <= min(one["alert"]["opened"] for one in alerts)
    received = kept / "received"
    mails = list((received / "mail").glob("*.eml"))
    # What is critical came to the editor by itself as well.
    assert len(mails) > result.mails + result.digests
    lines = (received / "webhooks.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == result.webhooks


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("here")
    done = CliRunner().invoke(main, ["demo", "--keep", str(tmp_path)])
    assert done.exit_code != 0
    assert "not empty" in done.output
    assert mine.read_text() == "here"


def test_the_command_refuses_a_length_that_cannot_be() -> None:
    done = CliRunner().invoke(main, ["demo", "--seconds", "0"])
    assert done.exit_code == 2
    assert "--seconds" in done.output


def test_what_to_do_in_a_folder_that_was_kept_works_as_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = tmp_path / "check out" / "tocsin"
    monkeypatch.setattr("sys.argv", [str(called), "demo"])
    monkeypatch.setenv("PATH", "")
    said = look_around(tmp_path / "my desk")
    assert f"cd '{tmp_path}/my desk'" in said
    assert f"'{called}' ledger verify" in said


def test_who_reads_no_further_ends_the_play_in_peace() -> None:
    """`make demo | head`."""
    command = [sys.executable, "-m", "monitor", "demo", "--seconds", "60"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        assert started.stdout.readline().startswith(b"Sixteen outlets")
        started.stdout.close()
        said = started.stderr.read()
    assert (started.returncode, said) == (0, b"")
