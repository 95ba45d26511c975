"""When a graver rule fires on a story: who knows of a lighter alert hears of it at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.model import Alert, Decision, Item, Kind, Verdict
from monitor.notify import lifecycle
from monitor.pipeline.dispatch import Audience, Outgoing, unheard
from monitor.pipeline.quiet import Quiet


@dataclass(frozen=True, slots=True)
class Escalated:
    """An alert that is told anew, and why."""

    outgoing: Outgoing
    decision: Decision


def outdone(
    graver: Alert,
    item: Item,
    alerts: Sequence[Alert],
    quiet: Quiet,
    audience: Audience,
) -> Iterator[Escalated]:
    """Yield the lighter alerts of a story whose receivers do not hear of the graver one."""
    for alert in lifecycle.outdone(alerts, graver.rule):
        only = unheard(audience, alert.rule, graver.rule, item)
        words = quiet.words(alert.rule, item, alert.story_id, alert.id)
        if not only or quiet.silenced(words) is not None:
            continue
        key, detail = lifecycle.outdone_by(graver.rule)
        raised = replace(
            alert,
            updated=quiet.now,
            sequence=alert.sequence + 1,
            escalated=(*alert.escalated, key),
        )
        yield Escalated(
            Outgoing(
                alert=raised,
                item=item,
                kind=Kind.UPDATE,
                severity=graver.rule.severity,
                hurried=True,
                only=only,
            ),
            Decision(
                item_id=item.id,
                rule_id=alert.rule.id,
                rule_version=alert.rule.version,
                story_id=graver.story_id,
                verdict=Verdict.UPDATE,
                reason="escalated",
                detail=detail,
                at=quiet.now,
            ),
        )
