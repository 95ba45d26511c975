"""What keeps an alert from being told in one poll: silences, and graver alerts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.model import Decision, Item, Rule, Silence, Verdict
from monitor.notify.alerts import Case
from monitor.notify.routes import Words
from monitor.notify.silences import Inhibition, inhibited, silenced, words_of_family
from monitor.notify.wording import minute
from monitor.pipeline.ports import PollTransaction


def held_by(silence: Silence, decision: Decision) -> Decision:
    """Return the decision not to tell what a silence holds back."""
    by = f" by {silence.author}" if silence.author else ""
    said = f": {silence.comment}" if silence.comment else ""
    detail = f"{silence.id}{by} until {minute(silence.ends)}{said}"
    return replace(decision, verdict=Verdict.HOLD, reason="silenced", detail=detail)


@dataclass(slots=True)
class Quiet:
    """Asks for silences once, and for what was told each time."""

    transaction: PollTransaction
    inhibitions: tuple[Inhibition, ...]
    now: datetime
    _known: Sequence[Silence] | None = field(default=None, init=False)

    def unless_held(self, decision: Decision, case: Case) -> Decision:
        """Hold back what a silence or a graver alert keeps from being told.

        Nothing is raised then: the next report after the silence is told as new.
        """
        alert = case.alert.id if case.alert else ""
        words = self.words(case.rule, case.item, case.story.id, alert)
        news = [*case.news, *(text for _, text in case.corrections)]
        held = self.silenced(words, news)
        if held is not None:
            return held_by(held, decision)
        why = self._inhibited(words) if case.alert is None else ""
        if why:
            return replace(
                decision, verdict=Verdict.HOLD, reason="inhibited", detail=why
            )
        return decision

    def words(self, rule: Rule, item: Item, story: str, alert: str) -> Words:
        """Return what matchers can ask; a silence of a story holds after it was merged."""
        return words_of_family(rule, item, self.transaction.family(story), alert)

    def silenced(self, words: Words, news: Sequence[str] = ()) -> Silence | None:
        """Return the silence that holds an alert back.

        News lift the silences that wait for them.
        """
        held = silenced(self._silences(), words, self.now)
        while held is not None and held.until_news and news:
            why = f"lifted by news: {'; '.join(news)}"
            self.transaction.lift_silence(held, why, self.now)
            lifted = held.id
            self._known = [one for one in self._silences() if one.id != lifted]
            held = silenced(self._silences(), words, self.now)
        return held

    def waits_for_news(self, words: Words) -> bool:
        """Say whether somebody silenced this until there is news."""
        waiting = [one for one in self._silences() if one.until_news]
        return silenced(waiting, words, self.now) is not None

    def _silences(self) -> Sequence[Silence]:
        if self._known is None:
            self._known = self.transaction.silences(self.now)
        return self._known

    def _inhibited(self, words: Words) -> str:
        if not self.inhibitions:
            return ""
        longest = max(rule.lasts for rule in self.inhibitions)
        told = self.transaction.alerts_since(self.now - longest)
        return inhibited(self.inhibitions, told, words, self.now)
