"""Any order of steps: nothing is lost, nobody holds what another holds."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from monitor.errors import LeaseLost
from monitor.model import Apart, Delivery, DeliveryState
from monitor.store.records import Store
from monitor.store.views import DeliveryFilter
from tests.store.samples import MINUTE, NOW, attempt, delivery, empty, record

RECEIVERS = ("desk", "night")
LEASE = 2 * MINUTE


class Outbox(RuleBasedStateMachine):
    """The store beside a model of what it should hold."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.now = NOW
        self.model: dict[str, Delivery] = {}
        self.leases: dict[str, tuple[int, datetime]] = {}
        self.held: list[Delivery] = []
        self.disabled: set[str] = set()

    @rule(receiver=st.sampled_from(RECEIVERS), minutes=st.integers(0, 3))
    def add(self, receiver: str, minutes: int) -> None:
        made = delivery(
            len(self.model),
            receiver=receiver,
            created=self.now,
            due=self.now + minutes * MINUTE,
        )
        self.store.add_deliveries([made])
        self.model[made.id] = made

    @rule(minutes=st.integers(1, 4))
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(limit=st.integers(1, 4))
    def lease(self, limit: int) -> None:
        found = self.store.lease_deliveries(self.now, self.now + LEASE, limit, "x")
        expected = sorted(
            (each.due, each.created, each.id)
            for each in self.model.values()
            if self._leasable(each)
        )
        assert [(each.due, each.created, each.id) for each in found] == expected[:limit]
        for each in found:
            self.model[each.id] = replace(
                self.model[each.id], fence=self.model[each.id].fence + 1
            )
            assert each == self.model[each.id]
            self.leases[each.id] = (each.fence, self.now + LEASE)
            self.held.append(each)

    def _leasable(self, each: Delivery) -> bool:
        _, until = self.leases.get(each.id, (0, self.now))
        return (
            each.state is DeliveryState.PENDING
            and each.due <= self.now
            and until <= self.now
            and each.receiver not in self.disabled
        )

    @precondition(lambda self: self.held)
    @rule(
        data=st.data(), state=st.sampled_from(DeliveryState), minutes=st.integers(0, 3)
    )
    def record(self, data: st.DataObject, state: DeliveryState, minutes: int) -> None:
        held = data.draw(st.sampled_from(self.held))
        due = self.now + minutes * MINUTE
        tried = attempt(held, at=self.now)
        if self.leases.get(held.id, (0, NOW))[0] != held.fence:
            with pytest.raises(LeaseLost):
                record(self.store, held, tried, state, due)
            return
        record(self.store, held, tried, state, due)
        del self.leases[held.id]
        known = self.model[held.id]
        self.model[held.id] = replace(
            known,
            state=state,
            due=due,
            attempts=held.attempts + 1,
            first_attempt=known.first_attempt or self.now,
            delivered=self.now if state is DeliveryState.DELIVERED else None,
            status="204",
        )

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        held = data.draw(st.sampled_from(self.held))
        self.store.release_deliveries([held])
        if self.leases.get(held.id, (0, NOW))[0] == held.fence:
            del self.leases[held.id]

    @rule(receiver=st.sampled_from(RECEIVERS), seconds=st.integers(0, 90))
    def replay(self, receiver: str, seconds: int) -> None:
        spacing = timedelta(seconds=seconds)
        which = DeliveryFilter(receiver=receiver)
        for each in self.store.replay(which, self.now, spacing=spacing):
            known = self.model[each.id]
            assert known.state is not DeliveryState.PENDING
            self.model[each.id] = replace(
                known,
                state=DeliveryState.PENDING,
                due=each.due,
                attempts=0,
                first_attempt=None,
                delivered=None,
                status="",
                replays=known.replays + 1,
            )

    @rule(receiver=st.sampled_from(RECEIVERS))
    def disable(self, receiver: str) -> None:
        self.store.disable_receiver(receiver, "it asked for it", self.now)
        self.disabled.add(receiver)

    @rule(receiver=st.sampled_from(RECEIVERS))
    def enable(self, receiver: str) -> None:
        assert self.store.enable_receiver(receiver) == (receiver in self.disabled)
        self.disabled.discard(receiver)

    @invariant()
    def the_store_holds_what_the_model_holds(self) -> None:
        found = {each.id: each for each in self.store.deliveries()}
        assert found == self.model

    @invariant()
    def what_is_due_is_what_could_be_leased(self) -> None:
        due = {each.id for each in self.store.due_deliveries(self.now, 999, Apart())}
        assert due == {one.id for one in self.model.values() if self._leasable(one)}

    def teardown(self) -> None:
        empty(self.store._database)


def test_the_outbox_holds_in_any_order_of_steps(store: Store, engine_name: str) -> None:
    class Here(Outbox):
        def __init__(self) -> None:
            super().__init__(store)

    examples = 15 if engine_name == "sqlite" else 8
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
