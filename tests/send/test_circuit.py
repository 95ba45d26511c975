"""A receiver that fails rests, is probed, and is given up after five days."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Circuit
from monitor.send import circuit
from monitor.send.backoff import WAITS
from monitor.send.deliveries import Receipt
from tests.send.examples import delivery

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
DOWN = Receipt(outcome="temporary", status="503")
WRONG = Receipt(outcome="refused", status="404")
TAKEN = Receipt(outcome="accepted", status="204")


def failed(times: int, receipt: Receipt = DOWN) -> Circuit:
    state = Circuit()
    for _ in range(times):
        state = circuit.after(state, receipt, NOW, 0.5)
    return state


def test_four_failures_do_not_open_it_and_the_fifth_does() -> None:
    assert failed(4).paused_until is None
    assert failed(5).paused_until == NOW + WAITS[0]


def test_the_pause_grows_to_half_an_hour() -> None:
    pauses = [failed(5 + n).paused_until for n in range(9)]
    assert pauses == [NOW + WAITS[min(n, 4)] for n in range(9)]


def test_what_the_receiver_asks_for_is_a_floor_from_the_first_failure() -> None:
    asked = Receipt(
        outcome="temporary", status="429", retry_after=timedelta(minutes=20)
    )
    state = circuit.after(Circuit(), asked, NOW, 0.5)
    assert state.paused_until == NOW + timedelta(minutes=20)


def test_a_receiver_that_is_set_up_wrongly_does_not_rest() -> None:
    assert failed(9, WRONG).paused_until is None
    assert failed(9, WRONG).failures == 9


def test_a_success_closes_it() -> None:
    assert circuit.after(failed(9), TAKEN, NOW, 0.5) == Circuit()


def test_five_days_of_failures_disable_it() -> None:
    end = NOW + circuit.DISABLED_AFTER
    tried = delivery(attempts=4, first_attempt=end - timedelta(hours=1))
    assert circuit.why_disabled(failed(5), tried, end - timedelta(seconds=1)) == ""
    said = circuit.why_disabled(failed(5), tried, end)
    assert said == "all of 5 attempts failed since 2026-05-04 12:00Z"
    assert circuit.why_disabled(Circuit(), tried, end) == ""


def test_a_few_failures_far_apart_are_not_five_days_of_them() -> None:
    end = NOW + circuit.DISABLED_AFTER
    tried = delivery(attempts=1, first_attempt=end - timedelta(hours=1))
    just = delivery(attempts=1, first_attempt=end - timedelta(minutes=1))
    assert circuit.why_disabled(failed(4), tried, end) == ""
    assert circuit.why_disabled(failed(9), delivery(), end) == ""
    assert circuit.why_disabled(failed(9), just, end) == ""


@given(st.lists(st.sampled_from([DOWN, WRONG, TAKEN]), max_size=40), st.floats(0, 0.99))
def test_it_counts_what_failed_since_the_last_success(
    receipts: list[Receipt], chance: float
) -> None:
    state, since = Circuit(), 0
    for number, receipt in enumerate(receipts):
        state = circuit.after(state, receipt, NOW + timedelta(hours=number), chance)
        since = 0 if receipt is TAKEN else since + 1
    assert state.failures == since
    assert (state.failing_since is None) == (since == 0)
