"""The packs that ship find their themes, and little else, in a sample written for it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor import rulepacks
from monitor.model import Item
from monitor.rulepacks import Rulebook

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "bench" / "samples").glob("*.jsonl"))
HEADLINES = sorted((ROOT / "bench" / "headlines").glob("*.jsonl"))
THEMES = {
    "belarus_election": "belarus-election",
    "russia_energy_disputes": "russia-energy",
    "wagner_group": "wagner",
}


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return rulepacks.load([ROOT / "rules"])


def judged(path: Path, theme: str) -> Iterator[tuple[Item, bool]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["theme"] != theme:
            continue
        when = row.get("published")
        yield (
            Item(
                id=row["id"],
                feed="",
                key=row["id"],
                title=row["title"],
                summary=row["summary"],
                lang=row["lang"],
                published=datetime.fromisoformat(when) if when else None,
            ),
            row["label"] == 1,
        )


def found(book: Rulebook, item: Item, theme: str) -> bool:
    fired = [match.rule_id for match in book.match(item)]
    return any(book.rules[one].theme == THEMES[theme] for one in fired)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_pack_keeps_its_precision_and_recall_on_the_sample(
    path: Path, book: Rulebook
) -> None:
    told = [
        (found(book, item, path.stem), wanted)
        for item, wanted in judged(path, path.stem)
    ]
    both = sum(1 for hit, wanted in told if hit and wanted)
    assert both / sum(hit for hit, _ in told) >= 0.95
    assert both / sum(wanted for _, wanted in told) >= 0.85


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_a_pack_keeps_what_it_learnt_from_the_headlines(
    theme: str, book: Rulebook
) -> None:
    told = [
        (found(book, item, theme), wanted)
        for path in HEADLINES
        for item, wanted in judged(path, theme)
    ]
    both = sum(1 for hit, wanted in told if hit and wanted)
    assert both / sum(hit for hit, _ in told) >= 0.98
    assert both / sum(wanted for _, wanted in told) >= 0.95


def test_each_set_of_headlines_has_both_kinds_for_each_theme() -> None:
    assert len(HEADLINES) >= 5
    for path in HEADLINES:
        for theme in THEMES:
            kinds = [wanted for _, wanted in judged(path, theme)]
            assert 0.25 <= sum(kinds) / len(kinds) <= 0.75, path.name


def test_the_sample_has_a_file_for_each_theme_in_eight_languages() -> None:
    assert [path.stem for path in SAMPLES] == sorted(THEMES)
    for path in SAMPLES:
        spoken = {item.lang for item, _ in judged(path, path.stem)}
        assert {"en", "ru", "be", "uk", "pl", "lt", "de", "fr"} <= spoken


def test_a_report_from_before_the_election_was_called_is_no_report_on_it(
    book: Rulebook,
) -> None:
    called = date(2020, 5, 8)
    noon = datetime(called.year, called.month, called.day, 12, tzinfo=UTC)
    item = Item(
        id="i",
        feed="",
        key="i",
        title="Belarus opposition leader arrested at a protest in Minsk",
        lang="en",
        published=noon,
    )
    before = Item(
        id="i",
        feed="",
        key="i",
        title=item.title,
        lang="en",
        published=noon - timedelta(days=1),
    )
    assert found(book, item, "belarus_election")
    assert not found(book, before, "belarus_election")
