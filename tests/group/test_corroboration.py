"""Independent voices, Admiralty grades with their derivation, and who was first."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.group.copies import Origin, Voice
from monitor.group.corroboration import admiralty, assess, coverage, independent
from monitor.model import Item, Source

NOW = datetime(2026, 5, 4, tzinfo=UTC)


def source(name: str, grade: str = "F", **more: object) -> Source:
    return Source(name=name, grade=grade, **more)  # type: ignore[arg-type]


def voice(
    name: str, grade: str = "F", *, copies: int = 0, state: bool = False
) -> Voice:
    own = Origin("1", name, name, "its own report")
    more = [Origin("2", "x", name, f"a copy of {name}")] * copies
    return Voice(name, source(name, grade, state=state), (own, *more))


def test_outlets_of_one_owner_are_one_voice() -> None:
    outlets = [source("a", owner="X"), source("b", owner="X"), source("c")]
    assert independent(outlets) == ("X", "c")


@pytest.mark.parametrize(
    ("grades", "code"),
    [
        ("", "F6"),
        ("F", "F6"),
        ("FF", "F6"),
        ("FFF", "F3"),
        ("E", "E5"),
        ("D", "D4"),
        ("B", "B3"),
        ("BB", "B2"),
        ("BFF", "B2"),
        ("ABC", "A1"),
        ("DDD", "D3"),
    ],
)
def test_the_grade_follows_from_voices_and_their_grades(grades: str, code: str) -> None:
    assert admiralty([voice(str(n), g) for n, g in enumerate(grades)]).code == code


def test_the_derivation_is_told() -> None:
    found = [voice("River Post", "B", copies=2), voice("TASS-like", "E", state=True)]
    assert admiralty(found).because == (
        "best source River Post (B); 2 independent voices, 1 of them graded C or "
        "better; 1 of 2 of a state; 2 reports are copies: 2 of River Post"
    )


def test_a_story_is_assessed_by_its_reports_and_the_sources_file() -> None:
    def report(number: int, outlet: str, minutes: int) -> Item:
        return Item(
            id=str(number),
            feed="f",
            key=str(number),
            title=f"Report {number}",
            source=outlet,
            published=NOW + timedelta(minutes=minutes),
        )

    sources = {
        "state": source("state", "D", owner="X", state=True),
        "sister": source("sister", "D", owner="X", state=True),
        "free": source("free", "B"),
    }
    made = assess(
        [report(1, "free", 9), report(2, "state", 0), report(3, "sister", 5)], sources
    )
    assert (made.grade, made.voices, made.first_by) == ("B3", ("X", "free"), "state")
    assert (made.first_at, made.state, made.others) == (NOW, 2, 1)
    assert made.state_lag == timedelta(minutes=-9)
    assert assess([], {}).grade == "F6"


def test_a_date_later_than_the_report_was_seen_makes_nobody_the_later_one() -> None:
    """A publisher whose zone is wrong by hours was read first all the same."""
    text = "The ministry said on Monday that flows through the line had been stopped at noon."

    def report(name: str, published: timedelta, seen: timedelta) -> Item:
        return Item(
            id=name,
            feed=name,
            key=name,
            title=f"Flows through the line were stopped, {name}",
            summary=text,
            source=name,
            published=NOW + published,
            first_seen=NOW + seen,
        )

    ahead = report("ahead", timedelta(hours=3), timedelta(minutes=1))
    later = report("later", timedelta(hours=1), timedelta(hours=1, minutes=1))
    made = assess([ahead, later], {"ahead": source("ahead", "B")})
    assert (made.first_by, made.first_at) == ("ahead", ahead.first_seen)
    assert made.voices == ("ahead",)
    assert made.grade == "B3"


@given(st.lists(st.sampled_from("ABCDEF"), min_size=1, max_size=8))
def test_a_further_voice_never_makes_a_story_less_credible(grades: list[str]) -> None:
    outlets = [voice(str(n), g) for n, g in enumerate(grades)]
    fewer = admiralty(outlets[:-1]).code[1] if len(outlets) > 1 else "6"
    assert admiralty(outlets).code[1] <= fewer


def test_who_was_first_and_how_late_states_were() -> None:
    state, free = source("state", state=True), source("free")
    found = coverage(
        [
            (state, NOW + timedelta(minutes=30)),
            (free, NOW),
            (state, NOW + timedelta(hours=2)),
        ]
    )
    assert (found.first, found.state, found.others) == ("free", 2, 1)
    assert found.state_lag == timedelta(minutes=30)
    assert coverage([(free, NOW)]).state_lag is None
