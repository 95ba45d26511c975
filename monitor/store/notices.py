"""What a delivery tells: its own message, and those that were folded into it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa

from monitor.model import Bundle, Delivery, Gathered, Kind, Message, Notice
from monitor.store import alerts
from monitor.store.gathering import folded
from monitor.store.outbox_rows import to_message
from monitor.store.schema import messages

MOST_CHANGES = 6
"""New sentences that one message shows."""


def notice(connection: sa.Connection, wanted: Delivery) -> Notice:
    """Return what a delivery's message is rendered from, as of now.

    KeyError where it belongs to no alert, as a test message does. Where earlier messages
    about the alert were folded into it, it says what they would have said.
    """
    made = alerts.notice(connection, wanted)
    earlier = [
        one
        for one in folded(connection, [wanted.id, *filter(None, [wanted.carries])])
        if one.alert_id == wanted.alert_id
    ]
    return told_together(made, _messages(connection, wanted.alert_id, earlier))


def bundle(connection: sa.Connection, wanted: Delivery) -> Bundle:
    """Return what a delivery that tells of several messages is rendered from."""
    members = folded(connection, [wanted.carries])
    latest: dict[str, Delivery] = {}
    for one in sorted(members, key=lambda one: one.sequence):
        latest[one.alert_id] = one
    told = []
    for one in latest.values():
        others = [m for m in members if m.alert_id == one.alert_id and m.id != one.id]
        made = alerts.notice(connection, one)
        said = _messages(connection, one.alert_id, others)
        told.append(told_together(made, said))
    told = each_story_once(told)
    told.sort(key=lambda each: (-each.alert.rule.severity.rank, -each.at.timestamp()))
    return Bundle(
        why=Gathered(wanted.gathered),
        receiver=wanted.receiver,
        notices=tuple(told),
        since=min((one.created for one in members), default=wanted.created),
        at=wanted.created,
    )


def told_together(last: Notice, earlier: Iterable[Message]) -> Notice:
    """Return the last notice about an alert, which says what earlier ones would have.

    Who has not heard of the alert yet is told of it as new; a correction stays one. That
    it is over goes before both: a pager would else begin what nothing ends.
    """
    before = sorted(earlier, key=lambda one: one.sequence)
    if not before:
        return last
    kind, reason = last.kind, last.reason
    if kind is Kind.CLOSED:
        pass
    elif before[0].kind is Kind.NEW:
        kind, reason = Kind.NEW, before[0].reason
    elif corrected := [one for one in before if one.kind is Kind.CORRECTION]:
        kind, reason = Kind.CORRECTION, corrected[-1].reason
    changes = [*(change for one in before for change in one.changes), *last.changes]
    details = dict.fromkeys([*(one.detail for one in before), last.detail])
    return replace(
        last,
        kind=kind,
        reason=reason,
        detail="; ".join(detail for detail in details if detail),
        changes=tuple(dict.fromkeys(changes))[:MOST_CHANGES],
    )


def each_story_once(notices: Iterable[Notice]) -> list[Notice]:
    """Return notices, those of one rule as one where their stories were merged."""
    stories: defaultdict[tuple[str, str], list[Notice]] = defaultdict(list)
    for one in notices:
        stories[one.alert.rule.id, one.story.id].append(one)
    return [_as_one(several) for several in stories.values()]


def _as_one(notices: Sequence[Notice]) -> Notice:
    """Return the notice of the alert that goes on, with what is new in the others.

    That is the one raised first, unless only it is closed. A correction stays one.
    """
    ordered = sorted(
        notices, key=lambda one: (one.kind is Kind.CLOSED, one.alert.opened)
    )
    stands, *others = ordered
    if not others:
        return stands
    corrected = [one for one in ordered if one.kind is Kind.CORRECTION]
    if corrected and stands.kind is not Kind.NEW:
        said = corrected[0]
        stands = replace(stands, kind=said.kind, reason=said.reason, detail=said.detail)
    changes = dict.fromkeys(change for one in ordered for change in one.changes)
    return replace(
        stands,
        changes=tuple(changes)[:MOST_CHANGES],
        also=tuple(one.alert.id for one in others),
    )


def _messages(
    connection: sa.Connection, alert_id: str, of: Sequence[Delivery]
) -> list[Message]:
    numbers = {one.sequence for one in of}
    if not numbers:
        return []
    query = sa.select(messages).where(
        messages.c.alert_id == alert_id, messages.c.sequence.in_(numbers)
    )
    return [to_message(row) for row in connection.execute(query).mappings()]
