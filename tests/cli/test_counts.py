"""One of a thing is said as one, wherever a command counts."""

import json
import re
from pathlib import Path

import pytest

from monitor.model.counts import counted
from tests.acceptance.harness import FeedServer
from tests.cli.helpers import NEWS, Run

ONE_AS_MANY = re.compile(
    r"(?<![\w.,:])1 (?:\w+ )?(?:items|feeds|rules|outlets|polls|examples|hosts|updates"
    r"|stories|copies|pushes|messages|attempts|reports|sources|are|wait|were)\b"
)


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 feeds"), (1, "1 feed"), (2, "2 feeds")]
)
def test_one_is_one_and_all_else_is_many(count: int, said: str) -> None:
    assert counted(count, "feed") == said


def test_a_plural_that_no_s_makes_is_named() -> None:
    assert counted(2, "story", "stories") == "2 stories"


def test_commands_that_count_one_thing_speak_of_one(
    run: Run, feeds: FeedServer, tmp_path: Path
) -> None:
    item = tmp_path / "item.jsonl"
    item.write_text(json.dumps({"title": NEWS.title}) + "\n")
    said = {
        "once": run("once").output,
        "check": run("check").output,
        "match": run("rules", "match", str(item)).output,
        "poll": run("feeds", "poll", "--all").output,
        "show": run("feeds", "show", feeds.url("/a")).output,
        "politeness": run("feeds", "politeness").output,
        "explain": run("explain", feeds_item(run)).output,
        "rules": run("rules", "test").output,
    }
    assert "1 item in 1 new story" in said["once"]
    assert "1 feed of 0 outlets, 1 rule, receiver desk: all in order" in said["check"]
    assert "1 of 1 item matched" in said["match"]
    assert "1 feed is due now" in said["poll"]
    assert [text for text in said.values() if ONE_AS_MANY.search(text)] == []


def feeds_item(run: Run) -> str:
    (found,) = json.loads(run("items", "search", "fighters", "--json").stdout)
    return str(found["item"]["id"] if "item" in found else found["id"])
