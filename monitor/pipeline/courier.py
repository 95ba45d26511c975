"""One delivery: render once, attempt, record the outcome.

The body is stored before the first attempt, so that a retry sends the same bytes
under the same id and a receiver can tell a repetition from a new message.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.errors import MessageProblem
from monitor.model import (
    Attempt,
    Body,
    Circuit,
    Delivery,
    DeliveryState,
    Way,
    stable_id,
)
from monitor.pipeline.ports import Store
from monitor.pipeline.reports import DeliveryReport
from monitor.send import circuit
from monitor.send.deliveries import (
    Channel,
    Delivered,
    GaveUp,
    Outcome,
    Policy,
    Receipt,
    Retry,
    decide,
)

_log = structlog.get_logger(__name__)


class Courier:
    """Attempts one delivery at a time; safe to run for many at once."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        chance: Callable[[], float],
        policy: Policy,
    ) -> None:
        """Hold what an attempt needs; `channels` is replaced whole on reload."""
        self._store = store
        self._clock = clock
        self._chance = chance
        self._policy = policy
        self.channels: Mapping[str, Channel] = {}
        self.fallbacks: Mapping[str, Fallback] = {}

    async def deliver(self, delivery: Delivery) -> DeliveryReport | None:
        """Attempt a leased delivery; raise LeaseLost or StoreUnavailable only.

        None where its receiver rests by now: nothing was attempted.
        """
        started = self._clock.now()
        fares = await asyncio.to_thread(self._store.circuit, delivery.receiver)
        if fares.paused_until is not None and fares.paused_until > started:
            return None
        receipt = await self._attempt(delivery)
        now = self._clock.now()
        outcome = decide(
            receipt, delivery, now=now, chance=self._chance(), policy=self._policy
        )
        after = circuit.after(fares, receipt, now, self._chance())
        report = await asyncio.to_thread(
            self._record, delivery, _Result(receipt, outcome, after), started, now
        )
        if after != fares:
            await asyncio.to_thread(self._store.set_circuit, delivery.receiver, after)
        return report

    async def _attempt(self, delivery: Delivery) -> Receipt:
        channel = self.channels.get(delivery.receiver)
        if channel is None:
            return Receipt(
                outcome="permanent",
                problem=f"no receiver is called {delivery.receiver!r} any more",
            )
        try:
            body = await asyncio.to_thread(self._body, channel, delivery)
            return await channel.send(delivery, body)
        except MessageProblem as problem:
            return Receipt(outcome="refused", problem=str(problem))
        except Exception as bug:  # noqa: BLE001 - see the comment
            # A fault in one channel must not stop the others, nor lose this message.
            _log.exception("delivery failed unexpectedly", delivery=delivery.id)
            return Receipt(outcome="temporary", problem=f"internal error: {bug!r}")

    def _body(self, channel: Channel, delivery: Delivery) -> Body:
        if delivery.body is not None:
            return delivery.body
        if delivery.gathered:
            body = channel.compose_bundle(self._store.bundle(delivery), delivery)
        else:
            body = channel.compose(self._store.notice(delivery), delivery)
        self._store.save_body(delivery, body)
        return body

    def _record(
        self,
        delivery: Delivery,
        result: "_Result",
        started: datetime,
        now: datetime,
    ) -> DeliveryReport:
        receipt = result.receipt
        word, state, due, disable = _as_row(result.outcome, now)
        disable = disable or circuit.why_disabled(result.fares, now)
        attempt = Attempt(
            delivery_id=delivery.id,
            number=delivery.attempts + 1,
            at=started,
            took=max(now - started, timedelta()),
            outcome=word,
            status=receipt.status,
            problem=receipt.problem,
            response=receipt.response,
        )
        self._store.record(delivery, attempt, state, due, disable)
        if state is not DeliveryState.DELIVERED:
            self._fall_back(delivery, now)
        return DeliveryReport(
            delivery=delivery,
            outcome=word,
            receipt=receipt,
            at=now,
            due=due if state is DeliveryState.PENDING else None,
        )

    def _fall_back(self, failed: Delivery, now: datetime) -> None:
        """Tell somebody else all that a receiver has not taken for too long, once.

        While it rests one message goes as a probe, so the others that wait are told by
        that one's failure.
        """
        fallback = self.fallbacks.get(failed.receiver)
        channel = self.channels.get(fallback.receiver) if fallback else None
        if fallback is None or channel is None:
            return
        late = now - fallback.after
        waiting = self._store.waiting(failed.receiver, late)
        once = {
            one.id: one
            for one in (failed, *waiting)
            if (one.alert_id or one.gathered) and one.way is Way.READY
        }
        self._store.add_deliveries(
            [
                Delivery(
                    id=stable_id("dlv", one.id, "instead", channel.name, to),
                    alert_id=one.alert_id,
                    sequence=one.sequence,
                    receiver=channel.name,
                    recipient=to,
                    due=now,
                    created=now,
                    rank=one.rank,
                    released=now,
                    gathered=one.gathered,
                    carries=one.carries,
                    note=f"instead of {failed.receiver}",
                )
                for one in once.values()
                if one.created <= late
                for to in channel.recipients
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Who is told instead of a receiver that takes nothing."""

    receiver: str
    after: timedelta = timedelta(hours=1)
    """How long a message may wait for its own receiver."""


@dataclass(frozen=True, slots=True)
class _Result:
    """What an attempt led to."""

    receipt: Receipt
    outcome: Outcome
    fares: Circuit


def _as_row(
    outcome: Outcome, now: datetime
) -> tuple[str, DeliveryState, datetime, str]:
    match outcome:
        case Delivered():
            return "delivered", DeliveryState.DELIVERED, now, ""
        case Retry(due=due):
            return "retry", DeliveryState.PENDING, due, ""
        case GaveUp(disable=disable):
            return "gave-up", DeliveryState.DEAD, now, disable
