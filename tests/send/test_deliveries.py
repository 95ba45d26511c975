"""What becomes of a delivery after an attempt."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Delivery
from monitor.send.backoff import WAITS
from monitor.send.deliveries import (
    Answer,
    Delivered,
    GaveUp,
    Outcome,
    Policy,
    Reason,
    Receipt,
    Retry,
    decide,
    http_answer,
    refused,
)
from tests.send.examples import NOW, delivery

MIDDLE = 0.5
"""The chance at which waits are as planned."""
ACCEPTED = Receipt(outcome="accepted", status="204")
DOWN = Receipt(outcome="temporary", status="503")
MISSING = Receipt(outcome="refused", status="404")


def decided(receipt: Receipt, before: Delivery, now: datetime = NOW) -> Outcome:
    return decide(receipt, before, now=now, chance=MIDDLE)


def test_an_accepted_delivery_is_delivered() -> None:
    assert decided(ACCEPTED, delivery()) == Delivered()


def test_a_first_failure_is_tried_again_after_five_seconds() -> None:
    assert decided(DOWN, delivery()) == Retry(
        due=NOW + timedelta(seconds=5), reason=Reason.TEMPORARY
    )


def test_a_retry_after_is_a_floor_and_not_a_ceiling() -> None:
    long = replace(DOWN, retry_after=timedelta(minutes=7))
    short = replace(DOWN, retry_after=timedelta(seconds=1))

    assert decided(long, delivery()) == Retry(
        due=NOW + timedelta(minutes=7), reason=Reason.ASKED
    )
    assert decided(short, delivery()) == Retry(
        due=NOW + timedelta(seconds=5), reason=Reason.TEMPORARY
    )


def test_a_delivery_is_given_up_72_hours_after_its_first_attempt() -> None:
    young = delivery(attempts=12, first_attempt=NOW - timedelta(hours=71))
    old = delivery(attempts=12, first_attempt=NOW - timedelta(hours=72))

    assert decided(DOWN, young) == Retry(
        due=NOW + timedelta(hours=1), reason=Reason.LAST
    )
    assert decided(DOWN, old) == GaveUp(reason=Reason.TOO_OLD)


def test_time_before_the_first_attempt_does_not_count() -> None:
    waited = delivery(created=NOW - timedelta(days=30))

    assert isinstance(decided(DOWN, waited), Retry)


def test_a_receiver_that_asks_for_more_time_than_is_left_is_not_disturbed() -> None:
    late = delivery(attempts=12, first_attempt=NOW - timedelta(hours=60))
    asks = replace(DOWN, retry_after=timedelta(hours=13))

    assert decided(asks, late) == GaveUp(reason=Reason.TOO_OLD)


def test_a_refusal_is_tried_three_times_within_about_an_hour() -> None:
    start = NOW
    first = decided(MISSING, delivery(), start)
    assert first == Retry(due=start + timedelta(minutes=5), reason=Reason.REFUSED)

    again = delivery(attempts=1, first_attempt=start, status="404")
    second = decided(MISSING, again, start + timedelta(minutes=5))
    assert second == Retry(due=start + timedelta(hours=1), reason=Reason.REFUSED)

    last = delivery(attempts=2, first_attempt=start, status="404")
    third = decided(MISSING, last, start + timedelta(hours=1))
    assert third == GaveUp(reason=Reason.REFUSED_AGAIN)


def test_what_is_refused_without_a_number_is_tried_as_often() -> None:
    wrong = refused("the template of body, line 1: it is no JSON")
    assert isinstance(decided(wrong, delivery()), Retry)
    again = delivery(attempts=1, first_attempt=NOW, status=wrong.status)
    assert isinstance(decided(wrong, again), Retry)
    last = delivery(attempts=2, first_attempt=NOW, status=wrong.status)
    assert decided(wrong, last) == GaveUp(reason=Reason.REFUSED_AGAIN)


def test_a_refusal_after_other_failures_is_not_the_end() -> None:
    restarting = delivery(
        attempts=6, first_attempt=NOW - timedelta(hours=2), status="503"
    )

    assert decided(MISSING, restarting) == Retry(
        due=NOW + timedelta(minutes=55), reason=Reason.REFUSED
    )


def test_a_permanent_failure_gives_up_at_once() -> None:
    unknown = Receipt(outcome="permanent", status="550")

    assert decided(unknown, delivery()) == GaveUp(reason=Reason.PERMANENT)


def test_a_receiver_that_is_gone_is_disabled() -> None:
    gone = Receipt(outcome="permanent", status="410", disable="it answered 410 Gone")

    assert decided(gone, delivery()) == GaveUp(
        reason=Reason.DISABLED, disable="it answered 410 Gone"
    )


@pytest.mark.parametrize(
    ("statuses", "answer"),
    [
        ((200, 201, 202, 204, 299), "accepted"),
        ((408, 425, 429, 500, 502, 503, 504, 599), "temporary"),
        ((300, 301, 302, 304, 308, 400, 401, 403, 404, 405, 409, 422), "refused"),
        ((410, 413), "permanent"),
    ],
)
def test_http_statuses_are_sorted_by_what_can_be_done(
    statuses: tuple[int, ...], answer: str
) -> None:
    assert {http_answer(status) for status in statuses} == {answer}


# ── whatever receivers answer ────────────────────────────────────────────────

ANSWERS: st.SearchStrategy[Answer] = st.sampled_from(["temporary", "refused"])
ATTEMPTS = st.tuples(
    ANSWERS,
    st.sampled_from(["", "404", "503"]),
    st.none() | st.timedeltas(timedelta(), timedelta(hours=24)),
    st.floats(0, 1, exclude_max=True),
)
CYCLES = st.lists(ATTEMPTS, min_size=1, max_size=8)


@given(cycle=CYCLES)
def test_every_delivery_ends_and_its_attempts_are_in_order(
    cycle: list[tuple[Answer, str, timedelta | None, float]],
) -> None:
    now, before, outcome = NOW, delivery(), None
    most = 3 * len(WAITS) + 72
    for attempt in range(most + 1):
        answer, status, asked, chance = cycle[attempt % len(cycle)]
        receipt = Receipt(outcome=answer, status=status, retry_after=asked)
        outcome = decide(receipt, before, now=now, chance=chance)
        if not isinstance(outcome, Retry):
            break
        assert outcome.due > now
        assert outcome.due >= now + (asked or timedelta())
        assert outcome.due <= NOW + Policy().max_age
        before = replace(
            before,
            attempts=before.attempts + 1,
            first_attempt=before.first_attempt or now,
            status=status,
        )
        now = outcome.due

    assert isinstance(outcome, GaveUp)


@given(chance=st.floats(0, 1, exclude_max=True))
def test_a_receiver_that_never_answers_is_tried_for_three_days(chance: float) -> None:
    now, before, attempts = NOW, delivery(), 1
    while isinstance(outcome := decide(DOWN, before, now=now, chance=chance), Retry):
        now, attempts = outcome.due, attempts + 1
        before = replace(
            before,
            attempts=before.attempts + 1,
            first_attempt=before.first_attempt or NOW,
        )

    assert now == NOW + timedelta(hours=72)
    assert 12 <= attempts <= 15
