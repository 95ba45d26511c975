"""What time and people change of alerts, on both engines."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model import (
    Decision,
    DeliveryState,
    Escalation,
    Kind,
    Message,
    Severity,
    Silence,
    Verdict,
)
from monitor.store.records import Store
from tests.store.samples import (
    DAY,
    HOUR,
    NOW,
    RULE,
    alert,
    delivery,
    item,
    leased,
    settle,
    tell,
)


def change(store: Store, verdict: Verdict = Verdict.CLOSE) -> Decision:
    found = store.standing("alr_1")
    assert found is not None
    return Decision(
        item_id=found.item.id,
        rule_id=RULE.id,
        rule_version=RULE.version,
        story_id=found.story.id,
        verdict=verdict,
        reason="quiet",
        at=NOW + DAY,
    )


def closed_message(sequence: int = 2) -> Message:
    return Message(
        alert_id="alr_1",
        sequence=sequence,
        kind=Kind.CLOSED,
        item_id=item().id,
        reason="quiet",
        detail="",
        at=NOW + DAY,
    )


def test_an_open_alert_is_found_until_it_is_closed(store: Store) -> None:
    raised = tell(store, item())
    assert store.open_alerts(NOW - HOUR) == []
    assert store.open_alerts(NOW + HOUR) == ["alr_1"]
    made = replace(raised, closed=NOW + DAY, closed_by="ann", sequence=2)
    with store.lifecycle() as transaction:
        transaction.tell(made, closed_message(), change(store))
    assert store.open_alerts(NOW + 2 * DAY) == []
    found = store.standing("alr_1")
    assert found is not None
    assert (found.alert.closed, found.alert.closed_by) == (NOW + DAY, "ann")
    assert store.explained(item().id).decisions[-1].verdict is Verdict.CLOSE


def test_what_breaks_off_changes_nothing(store: Store) -> None:
    raised = tell(store, item())
    made = replace(raised, closed=NOW, sequence=2)
    with pytest.raises(ZeroDivisionError), store.lifecycle() as transaction:  # noqa: PT012
        transaction.tell(made, closed_message(), change(store))
        raise ZeroDivisionError
    found = store.standing("alr_1")
    assert found is not None
    assert found.alert == raised


def test_who_was_told_is_who_waits_for_nothing_about_it(store: Store) -> None:
    two = [
        delivery(1, alert_id="alr_1", receiver="desk"),
        delivery(2, alert_id="alr_1", receiver="night"),
    ]
    tell(store, item(), two)
    before = store.standing("alr_1")
    assert before is not None
    assert before.told == {}
    first, _ = store.lease_deliveries(NOW, NOW + HOUR, 10, "test")
    settle(store, first, DeliveryState.DELIVERED)
    found = store.standing("alr_1")
    assert found is not None
    assert found.told == {first.receiver: NOW}


def test_an_alert_of_a_rule_with_thresholds_is_kept_whole(store: Store) -> None:
    rule = replace(
        RULE,
        severity=Severity.LOW,
        escalate=Escalation(sources=4, grade="B2"),
        resolve_after=timedelta(hours=5),
    )
    tell(store, item())
    made = replace(
        alert(rule=rule), acknowledged=NOW, escalated=("sources 4", "grade B2")
    )
    with store.lifecycle() as transaction:
        transaction.keep(made, change(store, Verdict.ACKNOWLEDGE))
    found = store.standing("alr_1")
    assert found is not None
    assert replace(found.alert, rule=replace(found.alert.rule, file="", line=0)) == (
        replace(made, rule=replace(made.rule, file="", line=0))
    )


def test_a_silence_that_waits_for_news_is_lifted_with_what_lifted_it(
    store: Store,
) -> None:
    silence = Silence(
        id="sil_1",
        matchers=(("story", "=", "sto_1"),),
        starts=NOW,
        ends=NOW + DAY,
        created=NOW,
        comment="enough of it",
        until_news=True,
    )
    store.add_silence(silence)
    tell(store, item())
    store.make_due(None, NOW)
    with store.poll(leased(store)) as poll:
        assert poll.silences(NOW) == [silence]
        poll.lift_silence(silence, "lifted by news: 40 arrested", NOW + HOUR)
        assert poll.silences(NOW + HOUR) == []
        assert [one.id for one in poll.alerts_of("sto_1")] == ["alr_1"]
    (lifted,) = store.silences(None)
    assert lifted.comment == "enough of it; lifted by news: 40 arrested"
    assert lifted.ends == NOW + HOUR
