"""A receiver that fails is left alone for a while, and at last for good; pure.

closed     it takes messages
paused     it asked to wait (Retry-After), or failed five times in a row: nothing is
           attempted until a moment, then one message goes as a probe
disabled   everything failed for five days: a person enables it again

Attempts are not used up while a circuit is open. The clock of the five days starts with
the first failure and ends with the first success, as Svix does it.
"""

from datetime import datetime, timedelta

from monitor.model import Circuit
from monitor.model.counts import counted
from monitor.send import backoff
from monitor.send.deliveries import Receipt

OPENS_AT = 5
"""Failures in a row from which on a receiver is left alone."""
DISABLED_AFTER = timedelta(days=5)
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


def why_disabled(circuit: Circuit, now: datetime) -> str:
    """Return why a receiver is to be sent nothing more; "" while it is."""
    since = circuit.failing_since
    if since is None or now - since < DISABLED_AFTER:
        return ""
    count = counted(circuit.failures, "attempt")
    return f"all of {count} failed since {since:%Y-%m-%d %H:%M}Z"
