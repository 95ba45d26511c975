"""What became of an item, an alert or a delivery, and where it came from, step by step."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.group.words import in_words
from monitor.model.counts import counted
from monitor.store.records import Store
from monitor.store.views import AlertView, DeliveryFilter, Explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened."""

    at: datetime
    what: str
    """`seen`, `matched`, `grouped`, `decided`, `told`, `queued`, `gathered`, `folded` or
    `attempted`."""
    id: str
    detail: str


def steps_of(store: Store, what: str) -> list[Step]:
    """Return the steps that an id took part in, in the order of time; none if unknown."""
    steps = set(_steps(store, what))
    return sorted(steps, key=lambda step: (step.at, _ORDER.index(step.what)))


_ORDER = (
    "seen",
    "matched",
    "grouped",
    "decided",
    "told",
    "queued",
    "gathered",
    "folded",
    "attempted",
)


def _steps(store: Store, what: str) -> Iterator[Step]:
    if what.startswith("dlv_"):
        view = store.delivery(what)
        if view is not None and view.delivery.alert_id:
            alert = store.alert(view.delivery.alert_id)
            if alert is not None:
                yield from _of_alert(store, alert, only=what)
        elif view is not None:
            yield from _of_delivery(store, what)
    elif what.startswith("alr_"):
        alert = store.alert(what)
        if alert is not None:
            yield from _of_alert(store, alert)
    elif store.item(what) is not None:
        yield from _of_item(store, what)


def _of_item(store: Store, item_id: str) -> Iterator[Step]:
    record = store.explained(item_id)
    yield from _until_decided(record)
    if record.grouping is None:
        return
    story = store.story(record.story_id)
    for alert in story.alerts if story else ():
        view = store.alert(alert.id)
        if view is not None:
            yield from _told(store, view, item_id=item_id)


def _until_decided(record: Explained) -> Iterator[Step]:
    item = record.row.item
    if item.first_seen:
        where = f"{item.title} ({item.source}, {item.feed})"
        yield Step(at=item.first_seen, what="seen", id=item.id, detail=where)
    for matched in record.matches:
        found = ", ".join(span.text for span in matched.match.evidence[:6])
        said = f"{matched.match.rule_id} {matched.match.rule_version}: {found}"
        yield Step(at=matched.at, what="matched", id=item.id, detail=said)
    if record.grouping is not None:
        grouping = record.grouping.grouping
        said = f"{grouping.outcome.value}: {in_words(grouping)} ({grouping.level})"
        at = record.grouping.at
        yield Step(at=at, what="grouped", id=grouping.story_id, detail=said)
    for one in record.decisions:
        rule = f"{one.rule_id} {one.rule_version}"
        said = f"{rule}: {one.verdict.value}, {one.reason}: {one.detail}"
        yield Step(at=one.at, what="decided", id=one.item_id, detail=said)


def _of_alert(store: Store, view: AlertView, only: str = "") -> Iterator[Step]:
    wanted = [one for one in view.deliveries if one.id == only]
    sequences = {one.sequence for one in wanted}
    for message in view.messages:
        if not only or message.sequence in sequences:
            yield from _until_decided(store.explained(message.item_id))
    yield from _told(store, view, only=only)


def _told(
    store: Store, view: AlertView, *, item_id: str = "", only: str = ""
) -> Iterator[Step]:
    for message in view.messages:
        sent = [d for d in view.deliveries if d.sequence == message.sequence]
        if (item_id and message.item_id != item_id) or (
            only and only not in {d.id for d in sent}
        ):
            continue
        said = f"message {message.sequence}, {message.kind.value}: {message.reason}"
        said += f" ({view.alert.rule.id} {view.alert.rule.version})"
        yield Step(at=message.at, what="told", id=view.alert.id, detail=said)
        for delivery in sent:
            if not only or delivery.id == only:
                yield from _of_delivery(store, delivery.id)


def _of_delivery(store: Store, delivery_id: str) -> Iterator[Step]:
    view = store.delivery(delivery_id)
    if view is None:
        return
    delivery = view.delivery
    to = f" {delivery.recipient}" if delivery.recipient else ""
    note = f", {delivery.note}" if delivery.note and not delivery.folded_into else ""
    said = f"for {delivery.receiver}{to}, {delivery.state.value}{note}"
    yield Step(at=delivery.created, what="queued", id=delivery.id, detail=said)
    if delivery.gathered:
        members = store.deliveries(DeliveryFilter(folded_into=delivery.carries))
        alerts = ", ".join(sorted({one.alert_id for one in members}))
        said = f"a {delivery.gathered} of {counted(len(members), 'message')}: {alerts}"
        yield Step(at=delivery.created, what="gathered", id=delivery.id, detail=said)
    if delivery.folded_into:
        at = delivery.created if view.closed is None else view.closed
        yield Step(at=at, what="folded", id=delivery.id, detail=delivery.note)
        yield from _of_delivery(store, delivery.folded_into)
    for attempt in view.attempts:
        said = f"number {attempt.number}: {attempt.outcome} {attempt.status}"
        problem = f": {attempt.problem}" if attempt.problem else ""
        yield Step(
            at=attempt.at, what="attempted", id=delivery.id, detail=said + problem
        )
