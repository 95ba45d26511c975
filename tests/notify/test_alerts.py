"""Each verdict has its case and its reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.model import (
    Corroboration,
    Grouping,
    Item,
    Relation,
    Rule,
    Story,
    Updates,
    Verdict,
)
from monitor.notify.alerts import Case, decide, raise_alert, update_alert

NOW = datetime(2020, 7, 29, 12, tzinfo=UTC)
RULE = Rule(id="r", title="R", theme="t", match="gas", version="sha256:1")
ITEM = Item(id="i", feed="f", key="k", title="Gas", source="Baltic Wire", published=NOW)
STORY = Story(
    id="s", title="Gas", lang="en", first_seen=NOW, last_seen=NOW, sources=("A", "B")
)
SAME = Grouping(item_id="i", story_id="s", outcome=Relation.SAME, score=0.9)
FIRST = Case(
    rule=RULE,
    item=ITEM,
    story=STORY,
    grouping=SAME,
    alert=None,
    new_source=True,
    voices=("A",),
    fresh_since=NOW - timedelta(hours=24),
    first_poll=False,
    now=NOW,
)
GRADED = replace(
    RULE,
    corroboration=Corroboration(sources=2, within=timedelta(hours=6), grade="C3"),
)
TOLD = replace(FIRST, alert=raise_alert(FIRST))
TWO = replace(RULE, corroboration=Corroboration(sources=2, within=timedelta(hours=6)))
OLD = replace(ITEM, published=NOW - timedelta(days=3))
UNDATED = replace(ITEM, published=None, first_seen=NOW)


@pytest.mark.parametrize(
    ("case", "verdict", "reason"),
    [
        (FIRST, Verdict.RAISE, "new-story"),
        (replace(FIRST, item=OLD), Verdict.HOLD, "backfill"),
        (
            replace(FIRST, item=UNDATED, first_poll=True),
            Verdict.HOLD,
            "undated-first-poll",
        ),
        (replace(FIRST, item=UNDATED), Verdict.RAISE, "new-story"),
        (replace(FIRST, rule=TWO), Verdict.HOLD, "uncorroborated"),
        (
            replace(FIRST, rule=TWO, voices=("A", "B")),
            Verdict.RAISE,
            "corroborated",
        ),
        (
            # The voices are those of the time that the gate gives them.
            replace(FIRST, rule=TWO, voices=("A", "B"), now=NOW + timedelta(hours=7)),
            Verdict.RAISE,
            "corroborated",
        ),
        (
            replace(FIRST, rule=GRADED, voices=("A", "B"), grade="D2"),
            Verdict.HOLD,
            "uncorroborated",
        ),
        (
            replace(FIRST, rule=GRADED, voices=("A", "B"), grade="C4"),
            Verdict.HOLD,
            "uncorroborated",
        ),
        (
            replace(FIRST, rule=GRADED, voices=("A", "B"), grade="B3"),
            Verdict.RAISE,
            "corroborated",
        ),
        (TOLD, Verdict.JOIN, "known-story"),
        (
            replace(TOLD, corrections=(("retraction", "taken back"),)),
            Verdict.CORRECT,
            "retraction",
        ),
        (
            replace(TOLD, rule=replace(RULE, updates=Updates.SOURCE)),
            Verdict.UPDATE,
            "new-source",
        ),
        (
            replace(TOLD, rule=replace(RULE, updates=Updates.SOURCE), new_source=False),
            Verdict.JOIN,
            "known-story",
        ),
        (
            replace(TOLD, rule=replace(RULE, updates=Updates.REPORT)),
            Verdict.UPDATE,
            "further-report",
        ),
        (
            replace(
                TOLD,
                rule=replace(RULE, updates=Updates.REPORT),
                grouping=replace(SAME, level="identity"),
            ),
            Verdict.JOIN,
            "known-story",
        ),
    ],
)
def test_each_case_has_its_verdict(case: Case, verdict: Verdict, reason: str) -> None:
    decision = decide(case)
    assert (decision.verdict, decision.reason) == (verdict, reason)
    assert decision.detail
    assert decision.rule_version == "sha256:1"


def test_an_alert_is_named_after_its_rule_and_story_alone() -> None:
    later = replace(FIRST, now=NOW + timedelta(hours=1))
    assert raise_alert(later).id == raise_alert(FIRST).id
    other = replace(FIRST, rule=replace(RULE, id="other"))
    assert raise_alert(other).id != raise_alert(FIRST).id


def test_messages_about_an_alert_are_numbered() -> None:
    alert = raise_alert(FIRST)
    later = replace(TOLD, now=NOW + timedelta(hours=1))
    assert update_alert(alert, later).sequence == 2
    assert update_alert(alert, later).updated == later.now
    assert update_alert(alert, later).opened == NOW
