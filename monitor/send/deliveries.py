"""What became of one attempt: delivered, to be tried again, or given up; pure.

    2xx, mail accepted                          -> Delivered
    no answer, 408, 425, 429, 5xx, mail 4yz     -> Retry by the schedule, for 72 h
    3xx and other 4xx                           -> Retry twice within an hour,
                                                   then GaveUp: a person has to
                                                   mend the receiver's settings
    410                                         -> GaveUp, receiver disabled
    413, mail 5yz                               -> GaveUp: it will never be taken

A receiver's Retry-After is a floor under every wait.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

from monitor.model import Body, Bundle, Delivery, Notice, Remark
from monitor.send import backoff

RESPONSE_LIMIT = 2048
"""Bytes of a receiver's answer that are kept."""

Answer = Literal["accepted", "temporary", "refused", "permanent"]
"""`temporary`: it may be taken later without anybody doing anything;
`refused`: the settings of one side are wrong; `permanent`: this message will
never be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a channel learned from one attempt."""

    outcome: Answer
    status: str = ""
    """What the receiver answered, such as `204` or `550`; "" for no answer."""
    problem: str = ""
    """The failure in one sentence, with what to do where something can be done."""
    response: str = ""
    """The answer's text, at most 2 KiB."""
    retry_after: timedelta | None = None
    """The receiver asked for at least this wait."""
    disable: str = ""
    """Why this receiver should be sent nothing more; "" leaves it enabled."""


def failed(problem: str) -> Receipt:
    """Return what is learned of an attempt without an answer: it is tried again."""
    return Receipt(outcome="temporary", problem=problem)


REFUSED = "refused"
"""The status of what was refused without a number: a login, or by a template."""


def refused(problem: str) -> Receipt:
    """Return what is learned where the settings of one side are wrong."""
    return Receipt(outcome="refused", status=REFUSED, problem=problem)


class Channel(Protocol):
    """One configured receiver: renders messages for it and sends them."""

    @property
    def kind(self) -> str:
        """Which of the channels of the configuration it is."""
        ...

    @property
    def name(self) -> str:
        """The receiver's name in the configuration."""
        ...

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom it writes to, one delivery each; ("",) where there is only one."""
        ...

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        """Render a message; the same arguments give the same bytes."""
        ...

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        """Render one message that tells of several alerts."""
        ...

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        """Render a test message, which is marked as one."""
        ...

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        """Render what Tocsin says about its own work."""
        ...

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        """Make one attempt; a failure is a Receipt too, not an exception."""
        ...


class Reason(StrEnum):
    """Why a delivery stands as it does after an attempt."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary-failure"
    """Tried again by the schedule."""
    ASKED = "receiver-asked"
    """Tried again when the receiver's Retry-After allows it."""
    REFUSED = "refused"
    """Tried again within the hour in which somebody may mend the settings."""
    LAST = "last-try"
    """Tried once more just before it becomes too old."""
    REFUSED_AGAIN = "refused-repeatedly"
    PERMANENT = "permanent-failure"
    DISABLED = "receiver-gone"
    TOO_OLD = "too-old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The receiver has it."""

    reason: Reason = Reason.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """It is tried again at `due`."""

    due: datetime
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveUp:
    """It stays undelivered until a person replays it."""

    reason: Reason
    disable: str = ""
    """Why the receiver should be sent nothing more; "" leaves it enabled."""


Outcome = Delivered | Retry | GaveUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long a delivery is tried."""

    max_age: timedelta = timedelta(hours=72)
    """Counted from the first attempt; who knows of times in which nothing was tried, as
    Tocsin was down or the receiver disabled, adds them (`backoff.idle`)."""
    refused_first: timedelta = timedelta(minutes=5)
    """The wait where the very first attempt was refused."""
    refused_later: timedelta = timedelta(minutes=55)
    refusals: int = 3
    """Give up at so many attempts where at least the last two were refused."""


DEFAULT = Policy()


def decide(
    receipt: Receipt,
    delivery: Delivery,
    *,
    now: datetime,
    chance: float,
    policy: Policy = DEFAULT,
) -> Outcome:
    """Return what becomes of a delivery after the attempt that gave `receipt`.

    `delivery` is as it was before the attempt; `now` is when the attempt ended;
    `chance` in [0, 1) spreads the waits.
    """
    if receipt.outcome == "accepted":
        return Delivered()
    if reason := _hopeless(receipt, delivery, now, policy):
        return GaveUp(reason=reason, disable=receipt.disable)
    wait, reason = _wait(receipt, delivery, chance, policy)
    end = _end(delivery, now, policy)
    if now + wait > end:
        return Retry(due=end, reason=Reason.LAST)
    return Retry(due=now + wait, reason=reason)


def _hopeless(
    receipt: Receipt, delivery: Delivery, now: datetime, policy: Policy
) -> Reason | None:
    """Return why a delivery that failed is not tried again, or None if it is."""
    if receipt.outcome == "permanent":
        return Reason.DISABLED if receipt.disable else Reason.PERMANENT
    if receipt.outcome == "refused" and _refused_enough(delivery, policy):
        return Reason.REFUSED_AGAIN
    end = _end(delivery, now, policy)
    if now >= end or now + (receipt.retry_after or timedelta()) > end:
        return Reason.TOO_OLD
    return None


def _end(delivery: Delivery, now: datetime, policy: Policy) -> datetime:
    return (delivery.first_attempt or now) + policy.max_age


def _wait(
    receipt: Receipt, delivery: Delivery, chance: float, policy: Policy
) -> tuple[timedelta, Reason]:
    """Return how long to wait, and what decided it."""
    if receipt.outcome == "refused":
        first = delivery.attempts == 0
        planned = policy.refused_first if first else policy.refused_later
        wait, reason = backoff.jittered(planned, chance), Reason.REFUSED
    else:
        wait = backoff.wait(delivery.attempts + 1, chance)
        reason = Reason.TEMPORARY
    if receipt.retry_after is not None and receipt.retry_after > wait:
        return receipt.retry_after, Reason.ASKED
    return wait, reason


def _refused_enough(delivery: Delivery, policy: Policy) -> bool:
    """Whether this refusal is the last one.

    A proxy answers 404 while its backend restarts: a refusal after other
    failures counts as the first, whatever the number of attempts.
    """
    enough = delivery.attempts + 1 >= policy.refusals
    before = delivery.status
    return enough and (before == REFUSED or http_answer(_number(before)) == "refused")


def http_answer(status: int) -> Answer:
    """Return what an HTTP status means for a delivery."""
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3
        return "accepted"
    if status in {410, 413}:
        return "permanent"
    if status in {408, 425, 429} or not 300 <= status < 500:  # noqa: PLR2004 - RFC 9110, 15.5
        return "temporary"
    return "refused"


def _number(status: str) -> int:
    return int(status) if status.isdecimal() else 0
