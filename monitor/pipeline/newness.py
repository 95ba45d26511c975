"""What a report adds to a story that was told, and what the story is worth; from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.group.copies import voices
from monitor.group.corroboration import admiralty, assess, independent
from monitor.group.difference import difference
from monitor.group.facts import Facts, known_of, said_by
from monitor.group.novelty import VOICES, News, news, reached
from monitor.model import (
    Alert,
    Assessment,
    Change,
    Item,
    Rule,
    Source,
    Story,
    Updates,
)
from monitor.pipeline.ports import PollTransaction

_MOST_FACTS = 3000
"""Facts that are kept of one story; a live page must not grow without end."""


@dataclass(frozen=True, slots=True)
class Newness:
    """Asks the store what is known of stories, in one poll's transaction."""

    transaction: PollTransaction
    sources: Mapping[str, Source]

    def news(
        self,
        item: Item,
        story: Story,
        rule: Rule,
        alert: Alert | None,
        *,
        asked: bool = False,
    ) -> tuple[News, ...]:
        """Return what a report says that the alert's messages did not.

        So what was held back is still news for the next report. Rules that do not ask
        for news are told of corrections alone, unless a person `asked`.
        """
        wants = asked or rule.updates is Updates.NEWS
        if alert is None or not (wants or _may_correct(item)):
            return ()
        known = self._told(alert, story, item)
        found = news(item, known)
        if not wants:
            return tuple(one for one in found if one.corrects)
        return (*found, *self._sources(story, known))

    def voices(
        self, story: Story, rule: Rule, alert: Alert | None, item: Item, now: datetime
    ) -> tuple[tuple[str, ...], str]:
        """Return a story's independent sources and its grade, where the rule waits for them.

        Those count that reported within the time that the rule gives them, back from now.
        """
        if rule.corroboration is None or alert is not None:
            outlets = [self.sources.get(n, Source(name=n)) for n in story.sources]
            return independent(outlets), ""
        since = now - rule.corroboration.within
        found = voices(self._reports(story, item, since), self.sources)
        return tuple(one.name for one in found), admiralty(found).code

    def changes(
        self, item: Item, story: Story, alert: Alert, found: Sequence[News]
    ) -> tuple[Change, ...]:
        """Return the sentences of a report that no report had when it was last told."""
        until = self.transaction.reports_until(story.id, alert.updated)
        return difference(item, [one for one in until if one.id != item.id], found)

    def assessment(self, item: Item, story: Story) -> Assessment:
        """Return what a story's reports are worth together."""
        return assess(self._reports(story, item), self.sources)

    def remember(self, alert: Alert, item: Item, story: Story) -> None:
        """Keep what the receivers know after a message: all that the reports say."""
        reports = self._reports(story, item)
        count = len(voices(reports, self.sources)) if len(reports) > 1 else 1
        known = self.transaction.told(alert.rule.id, story.id) or frozenset()
        facts = known | known_of(reports) | {f"voices/{count}"}
        self.transaction.save_told(alert.id, _bounded(facts))

    def _reports(
        self, story: Story, item: Item, since: datetime | None = None
    ) -> list[Item]:
        found = self.transaction.reports_until(story.id, story.last_seen, since)
        return [*(one for one in found if one.id != item.id), item]

    def _told(self, alert: Alert, story: Story, item: Item) -> Facts:
        known = self.transaction.told(alert.rule.id, story.id)
        if known is not None:
            return known
        until = self.transaction.reports_until(story.id, alert.updated)
        return known_of(one for one in until if one.id != item.id)

    def _sources(self, story: Story, known: Facts) -> tuple[News, ...]:
        if len(story.sources) < VOICES[0]:
            return ()
        reports = self.transaction.reports_until(story.id, story.last_seen)
        return reached(len(voices(reports, self.sources)), known)


def _bounded(facts: Facts) -> Facts:
    """Keep so many facts; where there are more, names go first: they matter least."""
    ordered = sorted(facts, key=lambda fact: (fact.startswith("name/"), fact))
    return frozenset(ordered[:_MOST_FACTS])


def _may_correct(item: Item) -> bool:
    """Say whether a report takes something back or denies it, whatever was told."""
    facts = (fact for _, found in said_by(item) for fact in found)
    return any(fact.startswith(("note/", "denial/")) for fact in facts)
