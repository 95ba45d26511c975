"""Reports of the shipped themes, in eight languages: one event is one story."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.group.trial import Trial
from monitor.model import Grouping, Item, Relation

SAMPLES = Path(__file__).parents[2] / "bench/stories/samples/reports.jsonl"
Placed = list[tuple[str, bool, Grouping]]
"""Each report's story, whether its event was reported before, and where it was put."""


@pytest.fixture(scope="module")
def placed() -> Placed:
    trial, seen, found = Trial(), set(), []
    for line in SAMPLES.read_text("utf-8").splitlines():
        row = json.loads(line)
        item = Item(
            id=row["id"],
            feed="",
            key=row["id"],
            title=row["title"],
            summary=row["body"],
            lang=row["lang"],
            source=row["source"],
            url=row["url"],
            published=datetime.fromtimestamp(row["time"], UTC),
        )
        again = row["event"] in seen
        found.append((row["story"], again, trial.place(item)))
        seen.add(row["event"])
    return found


def test_three_of_four_repeats_join_silently_and_few_are_unmarked(
    placed: Placed,
) -> None:
    repeats = [made for _, again, made in placed if again]
    outcomes = [made.outcome for made in repeats]
    assert outcomes.count(Relation.SAME) / len(repeats) >= 0.75
    assert outcomes.count(Relation.NEW) / len(repeats) <= 0.06


def test_no_story_is_hidden_in_another_one(placed: Placed) -> None:
    begun: dict[str, str] = {}
    hidden = []
    for story, _, made in placed:
        owner = begun.setdefault(made.story_id, story)
        if owner != story:
            hidden.append((owner, story, made.item_id))
    assert hidden == []
