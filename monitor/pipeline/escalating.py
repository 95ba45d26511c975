"""When a graver rule fires on a story: who knows of a lighter alert hears of it at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.model import Alert, Decision, Item, Kind, Verdict
from monitor.notify import lifecycle
from monitor.pipeline.dispatch import Audience, Outgoing, unheard
from monitor.pipeline.quiet import Quiet, held_by


@dataclass(frozen=True, slots=True)
class Escalated:
    """What was decided on a lighter alert, and the message where it is told anew."""

    decision: Decision
    outgoing: Outgoing | None


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
        if not only:
            continue
        key, detail = lifecycle.outdone_by(graver.rule)
        decision = Decision(
            item_id=item.id,
            rule_id=alert.rule.id,
            rule_version=alert.rule.version,
            story_id=graver.story_id,
            verdict=Verdict.UPDATE,
            reason="escalated",
            detail=detail,
            at=quiet.now,
        )
        words = quiet.words(alert.rule, item, alert.story_id, alert.id)
        silence = quiet.silenced(words)
        if silence is not None:
            yield Escalated(held_by(silence, decision), None)
            continue
        raised = replace(
            alert,
            updated=quiet.now,
            sequence=alert.sequence + 1,
            escalated=(*alert.escalated, key),
        )
        outgoing = Outgoing(
            alert=raised,
            item=item,
            kind=Kind.UPDATE,
            severity=graver.rule.severity,
            hurried=True,
            only=only,
        )
        yield Escalated(decision, outgoing)
