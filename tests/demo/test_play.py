"""The demo is the real program: its figures are counted and all of it arrives."""

import json
from datetime import timedelta

from click.testing import CliRunner

from monitor.cli import main
from monitor.demo.play import play


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


def test_the_command_refuses_a_length_that_cannot_be() -> None:
    done = CliRunner().invoke(main, ["demo", "--seconds", "0"])
    assert done.exit_code == 2
    assert "--seconds" in done.output
