"""What decides who hears of what: rules, routes, receivers, as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from monitor.model import Rule, Source
from monitor.notify.routes import Route
from monitor.notify.silences import Inhibition
from monitor.pipeline.gathering import PLAINLY, Wishes
from monitor.pipeline.ports import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What decides who hears of what; replaced whole on reload."""

    rules: Rules
    route: Route
    recipients: Mapping[str, tuple[str, ...]]
    """For each receiver whom it writes to; ("",) for one without addresses."""
    sources: Mapping[str, Source]
    inhibitions: tuple[Inhibition, ...] = ()
    wishes: Wishes = PLAINLY
    """How receivers and routes want messages to come."""

    def addressed(self, rule: Rule) -> Rule:
        """Return the rule of an alert with the receivers that it names by now.

        The alert keeps its rule as it stood. A rule that is no more names those of its
        receivers that there still are; without any its routes decide.
        """
        current = self.rules.rules.get(rule.id)
        there = tuple(name for name in rule.receivers if name in self.recipients)
        return replace(rule, receivers=current.receivers if current else there)
