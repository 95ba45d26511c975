"""Messages in the language and the time zone of their recipients."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.group.corroboration import admiralty
from monitor.model import Kind, Verdict
from monitor.send import mail, render
from monitor.send.render.derivation import derived
from monitor.send.render.voice import LANGUAGES, PHRASES, PLURALS, Voice
from monitor.web.series import DECISIONS
from tests.group.test_corroboration import voice
from tests.send.examples import NOW, hostile_notice, notice

OTHERS = [lang for lang in LANGUAGES if lang != "en"]


def braces(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def test_these_are_the_languages() -> None:
    assert set(LANGUAGES) == {"en", "ru", "uk", "be", "pl", "lt", "de", "fr"}


@pytest.mark.parametrize("lang", OTHERS)
def test_every_phrase_is_translated_and_keeps_its_parts(lang: str) -> None:
    for english, said in PHRASES[lang].items():
        assert said.strip(), english
        assert braces(said) == braces(english), (lang, english)
    assert len(set(PHRASES[lang].values())) >= len(PHRASES[lang]) - 1


@pytest.mark.parametrize(
    ("lang", "forms"),
    [
        ("en", {1: "1 report", 2: "2 reports", 0: "0 reports"}),
        ("de", {1: "1 Bericht", 0: "0 Berichte", 21: "21 Berichte"}),
        ("fr", {0: "0 article", 1: "1 article", 2: "2 articles"}),
        ("pl", {1: "1 doniesienie", 2: "2 doniesienia", 5: "5 doniesień"}),
        ("pl", {12: "12 doniesień", 22: "22 doniesienia", 21: "21 doniesień"}),
        ("ru", {1: "1 сообщение", 3: "3 сообщения", 5: "5 сообщений"}),
        ("ru", {11: "11 сообщений", 21: "21 сообщение", 112: "112 сообщений"}),
        ("uk", {14: "14 повідомлень", 24: "24 повідомлення"}),
        ("be", {1: "1 паведамленне", 4: "4 паведамленні", 0: "0 паведамленняў"}),
        ("lt", {1: "1 pranešimas", 2: "2 pranešimai", 10: "10 pranešimų"}),
        ("lt", {11: "11 pranešimų", 21: "21 pranešimas", 22: "22 pranešimai"}),
    ],
)
def test_nouns_follow_their_numbers(lang: str, forms: dict[int, str]) -> None:
    for number, said in forms.items():
        assert Voice(lang).count(number, "report") == said


@given(st.integers(0, 10**6))
def test_every_number_has_a_form_in_every_language(number: int) -> None:
    for lang in LANGUAGES:
        for noun in ("report", "more report", "outlet"):
            assert Voice(lang).count(number, noun).startswith(f"{number} ")
    assert set(PLURALS) == set(OTHERS)


def test_a_moment_is_told_in_the_recipient_s_zone_over_both_changes_of_clocks() -> None:
    voice = Voice("lt", ZoneInfo("Europe/Vilnius"))
    for when, said in (
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "2026-03-29 02:59 EET"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "2026-03-29 04:00 EEST"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25 03:30 EEST"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25 03:30 EET"),
    ):
        assert voice.moment(when) == said
    assert Voice().moment(NOW) == "2020-07-29 10:02 UTC"


ENVELOPE = mail.Envelope(
    sender="tocsin@example.org",
    recipient="desk@example.org",
    delivery_id="dlv_1",
    date=NOW,
    silence="https://a.example/s",
    unsubscribe="https://a.example/u",
)


@pytest.mark.parametrize("lang", OTHERS)
def test_why_a_message_came_is_said_in_every_language(lang: str) -> None:
    sent = (Verdict.RAISE, Verdict.UPDATE, Verdict.CORRECT)
    codes = [one for verdict in sent for one in DECISIONS[verdict]]
    for code in (*codes, "repeat", "quiet", "closed"):
        made = replace(notice(), reason=code, detail="5 of 5 reports within 1h")
        said = render.text(made, render.Ways(voice=Voice(lang)))
        assert f"{PHRASES[lang][code]}" in " ".join(said.split())
    # The figures that made it are no less worth knowing.
    made = replace(notice(), reason="frequency", detail="5 of 5 reports within 1h")
    assert "5 of 5 reports" in render.text(made, render.Ways(voice=Voice(lang)))


def test_how_much_later_a_report_came_is_told_in_the_reader_s_units() -> None:
    made = notice()
    assert made.assessment is not None
    for lag, said in (
        (timedelta(minutes=25), "их первое через 25 мин после"),
        (timedelta(hours=3, minutes=5), "их первое через 3 ч 05 мин после"),
    ):
        late = replace(made, assessment=replace(made.assessment, state_lag=lag))
        shown = render.text(late, render.Ways(voice=Voice("ru")))
        assert said in " ".join(shown.split())


def test_a_story_without_a_title_is_said_to_have_none_in_the_reader_s_language() -> (
    None
):
    made = notice()
    bare = replace(made, story=replace(made.story, title=""))
    shown = render.html(bare, render.Ways(voice=Voice("de")))
    assert "(ohne Titel)</h1>" in shown
    assert "(untitled)" not in shown


@pytest.mark.parametrize("lang", OTHERS)
def test_a_mail_speaks_the_language_and_leaves_what_was_published(lang: str) -> None:
    envelope = replace(ENVELOPE, voice=Voice(lang, ZoneInfo("Europe/Kyiv")))
    message = message_from_bytes(
        mail.alert_message(notice(), envelope), policy=policy.default
    )
    text, page = (part.get_content() for part in message.iter_parts())
    for shown in (text, page):
        assert PHRASES[lang]["New story"] in shown
        assert PHRASES[lang]["new-story"] in " ".join(shown.split())
        assert PHRASES[lang]["Silence this"] in shown
        assert "Под столицей задержаны бойцы ЧВК" in re.sub(r"<[^>]*>", "", shown)
        for english in ("New story", "first seen", "more report", "satisfies"):
            assert english not in shown
        assert "12:51 EEST" in shown
    assert f'<html lang="{lang}">' in page
    grave = PHRASES[lang]["HIGH"]
    assert message["Subject"].startswith(f"[{grave}] Thirty-two detained near")
    assert message["X-Tocsin-Severity"] == "high"


def test_why_a_story_has_its_grade_is_told_in_the_recipient_s_language() -> None:
    river = voice("River Post", "B", copies=2)
    for found, said in (
        (
            [
                river,
                voice("State, 2 of it; News", "E", state=True),
                voice("", copies=1),
            ],
            (
                "лучший источник River Post (B); 3 независимых источника, с оценкой C и "
                "выше: 1; государственных: 1 из 3; 3 перепечатки: River Post (2), "
                "неизвестное издание (1)"
            ),
        ),
        (
            [voice("", "F")],
            (
                "лучший источник неизвестное издание (F); 1 независимый источник, "
                "с оценкой C и выше: 0"
            ),
        ),
        # What is worded otherwise stays as it is.
        ([], "no source is known"),
    ):
        because = admiralty(found).because
        assert derived(because, Voice("ru")) == said
        assert derived(because, Voice("en")) == because


@pytest.mark.parametrize("lang", OTHERS)
def test_a_grade_leaves_no_english_in_a_mail(lang: str) -> None:
    words = " ".join(render.text(notice(), render.Ways(voice=Voice(lang))).split())
    for english in ("best source", "independent", "graded", "of them"):
        assert english not in words


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_of_message_is_told_in_every_language(lang: str, kind: Kind) -> None:
    ways = render.Ways(voice=Voice(lang))
    made = replace(notice(), kind=kind, sequence=2)
    for one in (made, hostile_notice(), replace(made, reason="unknown-reason")):
        assert "{" not in render.text(one, ways)
        assert "{" not in render.html(one, ways)


def test_braces_of_strangers_are_no_parts() -> None:
    item = replace(notice().reports[0].item, title="{x} {0} {", source="{outlet}")
    report = replace(notice().reports[0], item=item)
    made = replace(notice(), reports=(report,), detail="{names}")
    for lang in LANGUAGES:
        shown = render.text(made, render.Ways(voice=Voice(lang)))
        assert "{x} {0} {" in shown


def test_a_reason_that_a_language_lacks_is_told_in_english() -> None:
    made = replace(notice(), reason="a-new", detail="9 reports in 1 h, 2 expected")
    shown = render.text(made, render.Ways(voice=Voice("de")))
    assert "9 reports in 1 h, 2 expected (a-new)" in shown
    assert (NOW - timedelta(minutes=11)).strftime("%H:%M") in shown
