"""Deliveries: rendered once, attempted, and what to record of it.

The body is stored before the first attempt, so that a retry sends the same bytes
under the same id and a receiver can tell a repetition from a new message.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.errors import LeaseLost, MessageProblem, StoreUnavailable
from monitor.model import (
    Attempt,
    Body,
    Circuit,
    Delivery,
    DeliveryState,
    Settled,
    stable_id,
)
from monitor.pipeline.clerk import Clerk
from monitor.pipeline.fallbacks import Fallback, Instead, instead_of
from monitor.pipeline.ports import Store
from monitor.pipeline.reports import DeliveryReport
from monitor.send import backoff, circuit
from monitor.send.deliveries import (
    Channel,
    Delivered,
    GaveUp,
    Outcome,
    Policy,
    Receipt,
    Retry,
    decide,
    failed,
    refused,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One attempt that was made, and what it led to; not recorded yet."""

    settled: Settled
    receipt: Receipt
    at: datetime


class Courier:
    """Attempts deliveries; safe to run for many at once."""

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
        self._clerk = Clerk(store)
        self._fares: dict[str, Circuit] = {}
        self._disabled: set[str] = set()
        self.channels: Mapping[str, Channel] = {}
        self.fallbacks: Mapping[str, Fallback] = {}

    # ── how receivers fare ───────────────────────────────────────────────────

    def know(self, circuits: Mapping[str, Circuit]) -> None:
        """Take over how receivers fare, as other processes may have recorded it."""
        self._fares.update(circuits)
        # What is leased for a receiver that is idle was leased while it was enabled.
        self._disabled.difference_update(circuits)

    def rests(self, receiver: str) -> bool:
        """Whether a receiver is to be left alone now."""
        if receiver in self._disabled:
            return True
        until = self._fares.get(receiver, Circuit()).paused_until
        return until is not None and until > self._clock.now()

    def is_probed(self, receiver: str) -> bool:
        """Whether a receiver failed so often that one message goes alone."""
        return self._fares.get(receiver, Circuit()).failures >= circuit.OPENS_AT

    # ── before the attempt ───────────────────────────────────────────────────

    def drafts(self, due: Sequence[Delivery]) -> dict[str, Body]:
        """Render what was never rendered, by its id; nothing is stored.

        One that cannot be rendered is left out; its attempt says why.
        """
        made: dict[str, Body] = {}
        for delivery in due:
            channel = self.channels.get(delivery.receiver)
            if delivery.body is not None or channel is None:
                continue
            try:
                made[delivery.id] = self._composed(channel, delivery)
            except Exception:  # noqa: BLE001 - see the docstring
                _log.debug("not rendered", delivery=delivery.id)
        return made

    def prepare(self, leased: Sequence[Delivery]) -> list[Delivery]:
        """Render what was never rendered, store it, and return what is still ours."""
        made = self.drafts(leased)
        rendered = [(one, made[one.id]) for one in leased if one.id in made]
        lost = self._store.save_bodies(rendered) if rendered else frozenset()
        return [
            replace(delivery, body=made[delivery.id])
            if delivery.id in made
            else delivery
            for delivery in leased
            if delivery.id not in lost
        ]

    def _composed(self, channel: Channel, delivery: Delivery) -> Body:
        if delivery.gathered:
            return channel.compose_bundle(self._store.bundle(delivery), delivery)
        return channel.compose(self._store.notice(delivery), delivery)

    # ── the attempt ──────────────────────────────────────────────────────────

    async def attempt(self, delivery: Delivery) -> Attempted:
        """Attempt a leased delivery; a failure of any kind is an outcome too.

        Raise LeaseLost or StoreUnavailable where it could not be rendered and stored, and
        nothing was sent.
        """
        started = self._clock.now()
        receipt = await self._sent(delivery)
        now = self._clock.now()
        outcome = decide(
            receipt,
            delivery,
            now=now,
            chance=self._chance(),
            policy=await self._policy_for(delivery, now),
        )
        before = self._fares.get(delivery.receiver, Circuit())
        after = circuit.after(before, receipt, now, self._chance())
        self._fares[delivery.receiver] = after
        word, state, due, disable = _as_row(outcome, now)
        disable = disable or await self._why_disabled(after, delivery, now)
        if disable:
            self._disabled.add(delivery.receiver)
        made = Attempt(
            delivery_id=delivery.id,
            number=delivery.attempts + 1,
            at=started,
            took=max(now - started, timedelta()),
            outcome=word,
            status=receipt.status,
            problem=receipt.problem,
            response=receipt.response,
        )
        settled = Settled(
            delivery=delivery,
            attempt=made,
            state=state,
            due=due,
            disable=disable,
            circuit=after if after != before else None,
            instead=await self._instead(delivery, now)
            if state is DeliveryState.DEAD
            else (),
        )
        return Attempted(settled=settled, receipt=receipt, at=now)

    async def _sent(self, delivery: Delivery) -> Receipt:
        channel = self.channels.get(delivery.receiver)
        if channel is None:
            return Receipt(
                outcome="permanent",
                problem=f"no receiver is called {delivery.receiver!r} any more",
            )
        try:
            body = delivery.body
            if body is None:
                # Whatever kept it from being rendered before is told here.
                body = await asyncio.to_thread(self._composed, channel, delivery)
                await asyncio.to_thread(self._keep, delivery, body)
            return await channel.send(delivery, body)
        except MessageProblem as problem:
            return refused(str(problem))
        except (LeaseLost, StoreUnavailable):
            raise  # only the store raises these: nothing was sent
        except Exception as bug:  # noqa: BLE001 - see the comment
            # A fault in one channel must not stop the others, nor lose this message.
            _log.exception("delivery failed unexpectedly", delivery=delivery.id)
            return failed(f"internal error: {bug!r}")

    def _keep(self, delivery: Delivery, body: Body) -> None:
        """Store what is about to be sent: who has the lease now may render it otherwise."""
        if self._store.save_bodies([(delivery, body)]):
            raise LeaseLost(f"the lease on {delivery.id} ran out and was taken over")

    async def _policy_for(self, delivery: Delivery, now: datetime) -> Policy:
        """Return how long a message is tried: while it was not, its time stood still."""
        age = now - (delivery.first_attempt or now)
        if age <= backoff.LONGEST_GAP:
            return self._policy
        try:
            tried = await asyncio.to_thread(self._store.tried_at, delivery)
            idle = backoff.idle(tried, now)
        except StoreUnavailable:
            idle = age  # nothing is given up that may not be
        return replace(self._policy, max_age=self._policy.max_age + idle)

    async def _why_disabled(
        self, fares: Circuit, failed_now: Delivery, now: datetime
    ) -> str:
        """Return why a receiver is to be sent nothing more; "" while it is.

        The first failures after a time in which nothing was tried do not say that it
        failed all the while.
        """
        why = circuit.why_disabled(fares, failed_now, now)
        if not why:
            return ""
        name, tried = failed_now.receiver, self._store.was_tried
        since, until = now - circuit.LATELY, now - circuit.TRIED_FOR
        try:
            lately = await asyncio.to_thread(tried, name, since, until)
        except StoreUnavailable:
            return ""
        return why if lately else ""

    # ── after the attempt ────────────────────────────────────────────────────

    async def record(self, attempted: Attempted) -> DeliveryReport:
        """Record an attempt; raise LeaseLost or StoreUnavailable only."""
        settled = attempted.settled
        await self._clerk.record(settled)
        pending = settled.state is DeliveryState.PENDING
        if settled.state is not DeliveryState.DELIVERED:
            await self._fall_back(settled.delivery.receiver, attempted.at)
        return DeliveryReport(
            delivery=settled.delivery,
            outcome=settled.attempt.outcome,
            receipt=attempted.receipt,
            at=attempted.at,
            due=settled.due if pending else None,
            disabled=settled.disable,
        )

    async def flush(self) -> None:
        """Return when every attempt that was made is recorded."""
        await self._clerk.flush()

    # ── who is told instead ──────────────────────────────────────────────────

    async def _instead(self, given_up: Delivery, now: datetime) -> tuple[Delivery, ...]:
        """Return what tells of a message that was given up; stored with its end."""
        instead = self._instead_of(given_up.receiver)
        if instead is None:
            return ()
        return await asyncio.to_thread(instead.of, given_up, now)

    async def _fall_back(self, failing: str, now: datetime) -> None:
        """Tell of what waits for a receiver that has just failed."""
        if instead := self._instead_of(failing):
            # The attempt is recorded; what cannot be told of now is so by the next look.
            with suppress(StoreUnavailable):
                await asyncio.to_thread(instead.tell, now)

    def fall_back(self) -> int:
        """Tell of what receivers have not taken that rest or are disabled.

        Return of how many messages; an attempt that fails tells of its receiver's itself.
        """
        unwell = self._store.unwell(self.fallbacks) if self.fallbacks else ()
        these = [self._instead_of(name) for name in sorted(unwell)]
        return sum(one.tell(self._clock.now()) for one in these if one)

    def _instead_of(self, failing: str) -> Instead | None:
        return instead_of(failing, self._store, self.fallbacks, self.channels)


def made_anew(one: Delivery, due: datetime) -> Delivery:
    """Return a new delivery of the same message, to be rendered as things stand now."""
    return Delivery(
        id=stable_id("dlv", one.id, "anew", due.isoformat()),
        alert_id=one.alert_id,
        sequence=one.sequence,
        receiver=one.receiver,
        recipient=one.recipient,
        due=due,
        created=due,
        rank=one.rank,
        released=due,
        gathered=one.gathered,
        carries=one.carries or one.id,
        note=f"anew, for {one.id}",
    )


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
