"""Several alerts in one message: all of them are in it, within every service's limits."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Bundle, Gathered, Kind, Notice, Severity
from monitor.send import mail, render, schema
from monitor.send.messages import cloudevent
from monitor.send.render import chat
from monitor.send.render.chat_bundle import of_bundle
from monitor.send.render.voice import ENGLISH
from monitor.send.sample import sample_notice
from monitor.send.services import Service
from tests.send.examples import NOW, hostile_notice, notice
from tests.send.test_services import SERVICES

SCHEMA = jsonschema.Draft202012Validator(json.loads(schema.webhook()))


def bundle(
    number: int, why: Gathered = Gathered.DIGEST, base: Notice | None = None
) -> Bundle:
    made = base or notice()
    notices = [
        replace(
            made,
            alert=replace(
                made.alert,
                id=f"alr_{n}",
                rule=replace(
                    made.alert.rule,
                    severity=list(Severity)[4 - n * 5 // number],
                    theme=f"theme {n % 3}",
                ),
            ),
            kind=list(Kind)[n % len(Kind)],
            story=replace(made.story, title=f"{made.story.title} No {n}"),
        )
        for n in range(number)
    ]
    since = NOW - timedelta(hours=24)
    return Bundle(why=why, receiver="desk", notices=tuple(notices), since=since, at=NOW)


SAMPLES = [
    replace(sample_notice(), alert=replace(sample_notice().alert, id=f"alr_{n:026}"))
    for n in range(38)
]


@pytest.mark.parametrize("why", Gathered)
@pytest.mark.parametrize("number", [1, 3, 40, 500])
@pytest.mark.parametrize("base", [notice(), hostile_notice()], ids=["fair", "hostile"])
def test_the_payload_names_every_alert_within_the_cap_and_satisfies_the_schema(
    why: Gathered, number: int, base: Notice
) -> None:
    content = render.bundle_payload(bundle(number, why, base), "dlv_1")
    event = json.loads(content)
    SCHEMA.validate(event)
    assert len(content) <= render.HARD_CAP
    told = event["data"]
    assert told["kind"] == why.value
    assert len(told["alert_ids"]) == number
    assert len(told["alerts"]) + told["truncated_alerts"] == number
    assert number > 40 or told["truncated_alerts"] == 0


@pytest.mark.parametrize("letters", range(40, 60))
def test_as_a_cloudevent_it_is_within_the_cap_too(letters: int) -> None:
    made = [replace(one, detail="x" * letters) for one in SAMPLES]
    whole = Bundle(
        why=Gathered.DIGEST, receiver="desk", notices=tuple(made), since=NOW, at=NOW
    )
    payload = render.bundle_payload(whole, f"dlv_{'1' * 26}")
    assert len(cloudevent(payload)) <= render.HARD_CAP


def test_a_burst_is_headed_by_its_first_and_says_how_many_more() -> None:
    made = bundle(15, Gathered.BURST)
    subject = render.bundle_subject(made)
    assert subject.startswith("[CRITICAL] Thirty-two detained")
    assert subject.endswith("and 14 more")


def test_a_mail_lists_every_alert_as_text_and_as_a_page() -> None:
    made = bundle(60)
    envelope = mail.Envelope(
        sender="t@example.org",
        recipient="d@example.org",
        delivery_id="dlv_1",
        date=NOW,
    )
    content = mail.bundle_message(made, envelope)
    assert content == mail.bundle_message(made, envelope)
    parsed = message_from_bytes(content, policy=policy.default)
    text, page = (part.get_content() for part in parsed.iter_parts())
    for one in made.notices:
        number = re.escape(one.story.title.rpartition(" ")[2])
        assert re.search(rf"No\s+{number}\b", text)
        assert re.search(rf"No {number}<", page)
    assert max(len(line) for line in text.splitlines()) <= 76
    assert "<img" not in page
    assert parsed["X-Tocsin-Alerts"] == "60"


@pytest.mark.parametrize("lang", [one for one in render.LANGUAGES if one != "en"])
@pytest.mark.parametrize("why", Gathered)
def test_a_recipient_reads_it_in_their_language_and_by_their_clock(
    lang: str, why: Gathered
) -> None:
    made = bundle(230, why)
    voice = render.Voice(lang, ZoneInfo("Asia/Tokyo"))
    subject = render.bundle_subject(made, voice)
    assert subject != render.bundle_subject(made)
    for told in (
        render.bundle_text(made, render.Ways(voice=voice)),
        render.bundle_page(made, render.Ways(voice=voice)),
    ):
        words = " ".join(told.split())
        assert "2020-07-29 19:02 JST" in words
        assert "UTC" not in words
        for english in (
            *("CRITICAL", "Digest:", "Late:", "told together", "not repeated"),
            *("could not be delivered", "takes messages", "more alerts", "From 20"),
            *("update ", "correction ", " reports by", "first seen"),
        ):
            assert english not in words
    assert f'<html lang="{lang}">' in render.bundle_page(made, render.Ways(voice=voice))


def test_a_digest_speaks_russian_by_moscow_s_clock() -> None:
    voice = render.Voice("ru", ZoneInfo("Europe/Moscow"))
    made = bundle(22)
    assert render.bundle_subject(made, voice) == (
        "[КРИТИЧЕСКИЙ] Сводка: 22 сигнала с 2020-07-28 13:02 MSK"
    )
    text = render.bundle_text(made, render.Ways(voice=voice))
    assert "22 сигнала. О чём сообщалось сразу, здесь не повторяется." in text
    assert "С 2020-07-28 13:02 MSK по 2020-07-29 13:02 MSK." in text


def test_each_alert_of_a_digest_says_when_it_was_told() -> None:
    made = bundle(3)
    assert render.bundle_text(made).count(" · 2020-07-29 10:02 UTC") == 3
    unbroken = '<span style="white-space:nowrap">2020-07-29 10:02 UTC</span>'
    assert render.bundle_page(made).count(f" · {unbroken}") == 3


def test_what_a_mail_does_not_show_it_counts() -> None:
    made = bundle(230)
    assert "And 30 more alerts: tocsin alerts list" in render.bundle_text(made)
    assert "And 30 more alerts: tocsin alerts list" in render.bundle_page(made)
    assert "And 30 more" in render.bundle_console(made)[-1]


def test_strangers_words_are_escaped_in_every_entry() -> None:
    page = render.bundle_page(bundle(3, base=hostile_notice()))
    assert "<script" not in page
    assert "javascript:" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"alertmanager", "pagerduty"}))
@settings(max_examples=25, deadline=None)
@given(number=st.integers(1, 120), unfair=st.booleans())
def test_a_chat_message_fits_and_says_how_many_it_does_not_show(
    name: str, *, number: int, unfair: bool
) -> None:
    make, check, _ = SERVICES[name]
    base = hostile_notice() if unfair else notice()
    sent = rendered(make("https://chat.example"), bundle(number, base=base))
    assert check(sent) == ""
    words = json.dumps(sent, ensure_ascii=False).replace("\\", "")
    # Titles are numbered; what service shows them, escapes none of this.
    shown = {int(n) for n in re.findall(r"No (\d+)\b", words)} & set(range(number))
    more = re.search(r"And (\d+) more alert", words)
    assert len(shown) + (int(more[1]) if more else 0) >= number or unfair
    assert more or len(shown) == number or unfair


def rendered(service: Service, made: Bundle) -> Any:

    return service.make(of_bundle(made, service.room, service.size), "dlv_1")


WIDE = ("😀" * 300, "日本語" * 100, "*_[" * 100, "&<>" * 100, "слово " * 50)
ADDRESSES = ("https://a.example/1", "https://a.example/" + "ж" * 900)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"alertmanager", "pagerduty"}))
@pytest.mark.parametrize("address", ADDRESSES, ids=["short", "long"])
@pytest.mark.parametrize("why", Gathered)
def test_an_alert_that_a_chat_message_does_not_show_is_counted(
    name: str, address: str, why: Gathered
) -> None:
    make, check, _ = SERVICES[name]
    for wide in WIDE:
        made = bundle(120, why)
        report = made.notices[0].reports[0]
        report = replace(report, item=replace(report.item, url=address))
        told = [
            replace(
                one,
                story=replace(one.story, title=f"No {n} {wide}"),
                reports=(report,),
                alert=replace(
                    one.alert, rule=replace(one.alert.rule, title=f"Rule {wide}")
                ),
            )
            for n, one in enumerate(made.notices)
        ]
        sent = rendered(
            make("https://chat.example"), replace(made, notices=tuple(told))
        )
        assert check(sent) == ""
        words = json.dumps(sent, ensure_ascii=False)
        more = re.search(r"And (\d+) more alert", words)
        assert more
        # Above that stands the title, which may be the first story's.
        listed = words[more.end() :]
        shown = {int(n) for n in re.findall(r"No (\d+)\b", listed)}
        assert len(shown) + int(more[1]) == 120
        assert shown or address == ADDRESSES[1]


def test_the_title_of_a_digest_leads_to_none_of_its_stories() -> None:
    # That of a burst is the first story's.
    url = notice().reports[0].item.url
    linked = {why: of_bundle(bundle(2, why), 3000).url for why in Gathered}
    assert linked == {
        Gathered.BATCH: url,
        Gathered.BURST: url,
        Gathered.DIGEST: "",
        Gathered.CATCH_UP: "",
    }


def test_alertmanager_gets_each_alert_and_what_is_closed_has_ended() -> None:
    make, check, _ = SERVICES["alertmanager"]
    service = make("https://chat.example")
    assert service.each is not None
    sent = service.each(bundle(6), ENGLISH)
    assert check(sent) == ""
    assert len(sent) == 6


def test_a_bundle_of_nothing_but_ends_opens_no_incident() -> None:
    made = bundle(2, Gathered.BATCH)
    ended = tuple(replace(one, kind=Kind.CLOSED) for one in made.notices)
    make, _, _ = SERVICES["pagerduty"]
    service = make("https://chat.example")
    actions = [
        rendered(service, replace(made, notices=told))["event_action"]
        for told in (ended, (ended[0], made.notices[1]))
    ]
    assert actions == ["resolve", "trigger"]


def test_a_pager_is_told_that_an_alert_is_closed() -> None:
    closed = replace(notice(), kind=Kind.CLOSED)
    sent = chat.pagerduty(chat.of_notice(closed), "R0UT1NG", closed.alert.id)
    assert (sent["event_action"], sent["dedup_key"]) == ("resolve", closed.alert.id)
    (ended,) = chat.alertmanager(chat.of_notice(closed), timedelta(hours=6))
    assert ended["endsAt"] == ended["startsAt"]
