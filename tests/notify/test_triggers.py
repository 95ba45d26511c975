"""When matches become an alert: figures of a history and a moment, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Happening, Trigger
from monitor.notify.triggers import Past, answer

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def seen(ago: timedelta, number: int = 0, **more: object) -> Happening:
    made: dict[str, object] = {"at": NOW - ago, "item_id": f"itm_{number}"}
    return Happening(**(made | more))  # type: ignore[arg-type]


def past(own: list[Happening], **more: object) -> Past:
    made: dict[str, object] = {
        "now": NOW,
        "item_id": "itm_0",
        "own": sorted(own, key=lambda one: one.at),
        "others": {},
        "since": NOW - 5 * WEEK,
    }
    return Past(**(made | more))  # type: ignore[arg-type]


FREQUENT = Trigger(type="frequency", count=3, timeframe=HOUR)


def test_frequency_counts_what_came_within_the_time() -> None:
    two = [seen(0 * HOUR), seen(HOUR / 2, 1), seen(HOUR, 2)]
    met, said = answer(FREQUENT, past(two))
    # What is exactly an hour old is no longer within the hour.
    assert (met, said) == (False, "2 of 3 reports within 1 h")
    assert answer(FREQUENT, past([*two, seen(HOUR / 3, 3)]))[0]


@given(st.lists(st.integers(0, 180), max_size=20), st.integers(2, 6))
def test_frequency_is_met_when_and_only_when_enough_came(
    minutes: list[int], count: int
) -> None:
    own = [seen(timedelta(minutes=m), n) for n, m in enumerate(minutes)]
    trigger = Trigger(type="frequency", count=count, timeframe=HOUR)
    assert answer(trigger, past(own))[0] == (sum(m < 60 for m in minutes) >= count)


def test_cardinality_counts_each_value_once_and_no_unknown_one() -> None:
    trigger = Trigger(type="cardinality", field="country", count=2, timeframe=DAY)
    own = [seen(HOUR, n, country=c) for n, c in enumerate(["LT", "LT", "", "LT"])]
    met, said = answer(trigger, past(own))
    assert (met, said) == (False, "1 of 2 different country values within 24 h: LT")
    met, said = answer(trigger, past([*own, seen(HOUR, 9, country="PL")]))
    assert met
    assert said.endswith(": LT, PL")


SPIKE = Trigger(type="spike", timeframe=6 * HOUR, false_alerts=30 * DAY)


def weekly(count: int) -> list[Happening]:
    """So many reports in the same six hours of each of four weeks before."""
    return [
        seen(WEEK * week + HOUR * n / count, 100 + week * 50 + n)
        for week in range(1, 5)
        for n in range(count)
    ]


def test_a_spike_is_more_than_the_same_hours_of_former_weeks_make_likely() -> None:
    usual = weekly(10)
    ten = [seen(HOUR * n / 10, n) for n in range(10)]
    met, said = answer(SPIKE, past([*usual, *ten]))
    assert not met
    assert "usual are 10.1" in said
    thirty = [seen(HOUR * n / 10, n) for n in range(30)]
    assert answer(SPIKE, past([*usual, *thirty]))[0]


@pytest.mark.parametrize("usual", [700, 744, 746, 900, 3000])
def test_however_many_are_usual_a_few_more_are_no_spike(usual: int) -> None:
    def now(count: int) -> bool:
        many = [seen(HOUR * n / count, n) for n in range(count)]
        return answer(SPIKE, past([*weekly(usual), *many]))[0]

    # 6 h in 30 days: chance makes one of 120 so large, 2.4 standard deviations above.
    deviation = usual**0.5
    assert not now(round(usual + 2 * deviation))
    assert now(round(usual + 3 * deviation))


def test_a_rule_with_a_silent_past_needs_more_than_one_report() -> None:
    assert not answer(SPIKE, past([seen(0 * HOUR)]))[0]
    assert answer(SPIKE, past([seen(HOUR, n) for n in range(4)]))[0]


def test_a_young_history_knows_no_spike() -> None:
    many = [seen(HOUR, n) for n in range(50)]
    met, said = answer(SPIKE, past(many, since=NOW - DAY))
    assert not met
    assert "too little" in said


def test_fewer_acceptable_false_alerts_need_a_higher_spike() -> None:
    def needed(false_alerts: timedelta) -> int:
        trigger = Trigger(type="spike", timeframe=6 * HOUR, false_alerts=false_alerts)
        said = answer(trigger, past(weekly(10)))[1]
        return int(said.split("; ")[1].split(" ")[0])

    assert needed(DAY) < needed(30 * DAY) < needed(3000 * DAY)


FIRST = Trigger(type="first_seen", field="term", timeframe=90 * DAY)
PAIR = Trigger(type="first_seen", field="pair", timeframe=90 * DAY)


def terms(*words: str) -> frozenset[str]:
    return frozenset(words)


def test_a_term_is_new_once() -> None:
    before = [seen(DAY, 1, terms=terms("gas", "Gazprom"))]
    met, said = answer(
        FIRST, past([*before, seen(0 * HOUR, terms=terms("gas", "LNG"))])
    )
    assert (met, said) == (True, "never found before: LNG")
    assert not answer(FIRST, past([*before, seen(0 * HOUR, terms=terms("gas"))]))[0]


def test_a_pair_is_new_although_both_terms_are_known() -> None:
    before = [
        seen(DAY, 1, terms=terms("Wagner", "Mali")),
        seen(DAY, 2, terms=terms("Wagner", "coup")),
    ]
    own = [*before, seen(0 * HOUR, terms=terms("Mali", "coup"))]
    met, said = answer(PAIR, past(own))
    assert (met, said) == (True, "never found before: Mali and coup")
    assert not answer(FIRST, past(own))[0]


STEPS = Trigger(type="sequence", after=("blast", "cap"), timeframe=3 * DAY)


@pytest.mark.parametrize(
    ("blast", "cap", "met"),
    [
        ([2 * DAY], [DAY], True),
        ([DAY], [2 * DAY], False),
        ([4 * DAY], [DAY], False),
        ([2 * DAY], [], False),
        ([], [DAY], False),
        ([4 * DAY, 2 * DAY], [3 * DAY, DAY], True),
    ],
)
def test_a_sequence_wants_its_steps_in_order_and_in_time(
    blast: list[timedelta],
    cap: list[timedelta],
    met: bool,  # noqa: FBT001
) -> None:
    others = {
        "blast": [seen(ago) for ago in blast],
        "cap": [seen(ago) for ago in cap],
    }
    assert answer(STEPS, past([seen(0 * HOUR)], others=others))[0] == met


def test_the_answer_is_the_same_live_and_replayed() -> None:
    own = [seen(HOUR * n, n, source=str(n % 3), terms=terms(str(n))) for n in range(9)]
    found = past(own)
    for trigger in (FREQUENT, SPIKE, FIRST, PAIR, STEPS):
        assert answer(trigger, found) == answer(trigger, past(list(reversed(own))))
