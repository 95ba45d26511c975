"""Who would hear of an item, and when: the same gates as in earnest, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.model import Alert, Item, Rule, Severity, Silence
from monitor.notify.digests import Digest
from monitor.notify.gathering import Limit, Terms
from monitor.notify.intervals import Interval
from monitor.notify.preview import Situation, preview
from monitor.notify.routes import Route
from monitor.notify.silences import Inhibition

NOW = datetime(2026, 6, 3, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = Rule(id="minsk", title="Minsk", theme="belarus", match="minsk")
ITEM = Item(id="itm_1", feed="f", key="1", title="Rally in Minsk", source="a")
ROUTE = Route(
    receiver="mail",
    routes=(
        Route(
            receiver="chat",
            continue_=True,
            group_by=("theme",),
            group_wait=timedelta(minutes=2),
            group_interval=HOUR,
            repeat_interval=4 * HOUR,
        ),
        Route(
            receiver="phone",
            continue_=True,
            mute=(Interval(name="night", times=((0, 7 * 60),)),),
        ),
        Route(receiver="mail"),
    ),
)
SITUATION = Situation(
    route=ROUTE,
    terms={
        "mail": Terms(digest=Digest(cron="0 7 * * mon-fri")),
        "chat": Terms(limit=Limit(messages=20, per=HOUR)),
    },
    now=NOW,
)


def words(rule: Rule = RULE, situation: Situation = SITUATION) -> dict[str, str]:
    return {one.receiver: one.when for one in preview(rule, ITEM, "sto_1", situation)}


def test_each_receiver_has_its_time_and_what_it_waits_for() -> None:
    assert words() == {
        "chat": "after 2 min, with others of theme=belarus, once in 1 h,"
        " one of 20 messages in 1 h, again every 4 h",
        "phone": "2026-06-03 07:00Z, after night",
        "mail": "in the digest of 2026-06-03 07:00Z",
    }


def test_what_is_critical_waits_for_nothing_but_its_first_reports() -> None:
    told = words(replace(RULE, severity=Severity.CRITICAL))
    assert told["mail"] == "at once"
    assert told["phone"] == "at once"
    assert told["chat"].startswith("after 2 min, one of 20")


def test_a_silence_and_what_is_told_already_are_named() -> None:
    silence = Silence(
        id="sil_1",
        matchers=(("theme", "=", "belarus"),),
        starts=NOW,
        ends=NOW + HOUR,
        created=NOW,
        until_news=True,
    )
    held = words(situation=replace(SITUATION, silences=(silence,)))
    assert set(held.values()) == {
        "never: the silence sil_1 holds it back until 2026-06-03 06:00Z, or news"
    }
    graver = Alert(
        id="alr_9",
        rule=replace(RULE, id="blast", severity=Severity.CRITICAL),
        story_id="sto_1",
        opened=NOW,
        updated=NOW,
    )
    inhibition = Inhibition(source={"severity": ("critical",)}, target={})
    situation = replace(SITUATION, inhibitions=(inhibition,), told=(graver,))
    assert "alr_9" in words(situation=situation)["mail"]
    closed = replace(situation, told=(replace(graver, closed=NOW),))
    assert "digest" in words(situation=closed)["mail"]
