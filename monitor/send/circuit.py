"""A receiver that fails is left alone for a while, and at last for good; pure.

closed     it takes messages
paused     it asked to wait (Retry-After), or failed five times in a row: nothing is
           attempted until a moment, then one message goes as a probe
disabled   everything failed for five days, and a message that was tried for a while
           again, lately and not only before Tocsin was down: a person enables it

Attempts are not used up while a circuit is open. The clock of the five days starts with
the first failure and ends with the first success, as Svix does it.
"""

from datetime import datetime, timedelta

from monitor.model import Circuit, Delivery
from monitor.model.counts import counted
from monitor.send import backoff
from monitor.send.deliveries import Receipt

OPENS_AT = 5
"""Failures in a row from which on a receiver is left alone."""
DISABLED_AFTER = timedelta(days=5)
TRIED_FOR = timedelta(minutes=30)
"""How long the message must have been tried whose failure disables its receiver: where
one comes a week, two short failures are not five days of them."""
LATELY = backoff.LONGEST_GAP
"""No failure of before a gap in which nothing was tried speaks of now."""
_LONGEST = 5
"""The pause grows up to the fifth wait of the schedule, half an hour."""


def after(circuit: Circuit, receipt: Receipt, now: datetime, chance: float) -> Circuit:
    """Return the receiver's circuit after an attempt; `chance` in [0, 1)."""
    if receipt.outcome in {"accepted", "permanent"}:
        return Circuit()
    failures = circuit.failures + 1
    return Circuit(
        failures=failures,
        failing_since=circuit.failing_since or now,
        paused_until=_pause(failures, receipt, now, chance),
    )


def _pause(
    failures: int, receipt: Receipt, now: datetime, chance: float
) -> datetime | None:
    wait = timedelta()
    # A receiver that is set up wrongly answers at once: it is not resting.
    if receipt.outcome == "temporary" and failures >= OPENS_AT:
        wait = backoff.wait(min(failures - OPENS_AT + 1, _LONGEST), chance)
    wait = max(wait, receipt.retry_after or timedelta())
    return now + wait if wait else None


def why_disabled(circuit: Circuit, delivery: Delivery, now: datetime) -> str:
    """Return why a receiver is to be sent nothing more; "" while it is.

    `delivery` is what has just failed, as it was before the attempt.
    """
    since = circuit.failing_since
    if since is None or now - since < DISABLED_AFTER or circuit.failures < OPENS_AT:
        return ""
    if now - (delivery.first_attempt or now) < TRIED_FOR:
        return ""
    count = counted(circuit.failures, "attempt")
    return f"all of {count} failed since {since:%Y-%m-%d %H:%M}Z"
