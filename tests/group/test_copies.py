"""Copies, and reports that are taken from one agency, are one voice."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.group.copies import voices
from monitor.group.credits import agency_of, credited
from monitor.model import Item, Source

NOW = datetime(2026, 5, 4, tzinfo=UTC)
TEXT = (
    "A blast shook the chemical plant near the river late on Monday night, and people in "
    "three villages were asked to keep their windows shut until the fire was put out, the "
    "plant's owner told reporters who had gathered at the gate."
)
OTHER = (
    "Firemen needed four hours before the flames at the works were under control; nobody "
    "from the neighbouring settlements had to leave home, though smoke lay over the fields "
    "for most of the next day, a reporter of this paper saw."
)


def report(
    outlet: str, text: str, minutes: int = 0, title: str = "Blast", **more: str
) -> Item:
    return Item(
        id=f"{outlet}-{minutes}",
        feed="f",
        key="k",
        title=title,
        source=outlet,
        summary=text,
        published=NOW + timedelta(minutes=minutes),
        **more,  # type: ignore[arg-type]
    )


def names(*reports: Item, sources: tuple[Source, ...] = ()) -> list[str]:
    return [one.name for one in voices(reports, {s.name: s for s in sources})]


def test_a_copy_is_the_voice_of_the_first_to_publish() -> None:
    later = report("B", f"From our desk. {TEXT}", 5)
    (one,) = voices([later, report("A", TEXT)], {})
    assert one.name == "A"
    assert [(o.outlet, o.because) for o in one.origins] == [
        ("A", "its own report"),
        ("B", "a copy of A"),
    ]
    assert names(report("A", TEXT), report("B", OTHER, 5)) == ["A", "B"]


def test_the_same_headline_is_a_copy_and_a_short_one_a_coincidence() -> None:
    long = "Blast at the chemical plant near the river"
    assert names(report("A", "", title=long), report("B", "", 1, title=long)) == ["A"]
    assert names(report("A", ""), report("B", "", 1)) == ["A", "B"]


def test_reports_taken_from_one_agency_are_its_voice_with_its_grade() -> None:
    tass = Source(name="TASS", owner="Russian Federation", grade="D", state=True)
    paper = Source(name="Paper", grade="B")
    found = voices(
        [
            report("Paper", f"{TEXT} (TASS)"),
            report("Daily", "Взрыв, сообщает ТАСС.", 3, title="Взрыв на заводе"),
        ],
        {"TASS": tass, "Paper": paper},
    )
    assert [(one.name, one.source.grade) for one in found] == [
        ("Russian Federation", "D")
    ]
    assert [o.because for o in found[0].origins] == ["taken from TASS"] * 2


def test_an_agency_that_nobody_graded_is_worth_what_its_taker_is() -> None:
    (one,) = voices(
        [report("Paper", f"{TEXT} (Xinhua)")],
        {"Paper": Source(name="Paper", grade="C")},
    )
    assert (one.name, one.source.grade) == ("Xinhua", "C")


def test_a_copy_of_an_agency_without_a_credit_is_the_agencys() -> None:
    assert names(report("Paper", TEXT), report("Reuters", TEXT, 4)) == ["Reuters"]


def test_outlets_of_one_owner_are_one_voice_and_an_outlet_may_have_two() -> None:
    owned = (Source(name="A", owner="O"), Source(name="B", owner="O"))
    assert names(report("A", TEXT), report("B", OTHER, 1), sources=owned) == ["O"]
    mixed = names(report("A", TEXT), report("A", f"{OTHER} (AFP)", 1), sources=owned)
    assert mixed == ["O", "AFP"]


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("MINSK, Aug 9 (Reuters) - Police detained", "Reuters"),
        ("МОСКВА, 9 августа. /ТАСС/. Взрыв", "TASS"),
        ("Взрыв произошёл ночью, сообщает агентство «Интерфакс».", "Interfax"),
        ("Взрыв, передает Интерфакс-Украина", "Interfax-Ukraine"),
        ("TASS reports a blast", "TASS"),
        ("ТАСС сообщает о взрыве", "TASS"),
        ("Blast, according to the AP", "AP"),
        ("Eksplozja, podaje PAP.", "PAP"),
        ("Про це повідомляє Укрінформ.", "Ukrinform"),
        ("Паводле БелТА, выбух", "BelTA"),
        ("Sprogimas, praneša BNS.", "BNS"),
        ("Explosion, laut dpa", "dpa"),
        ("Une explosion, selon l'AFP", "AFP"),
        ("Взрыв на заводе — РИА Новости", "RIA Novosti"),
        ("BelTA - The president said", "BelTA"),
        ("The AP exam was held in May", ""),
        ("A pap smear is a test", ""),
        ("Protest at the TASS building", ""),
        ("", ""),
    ],
)
def test_credits_are_read_as_they_are_written(text: str, agency: str) -> None:
    assert credited(text) == agency


def test_an_outlet_and_a_byline_are_credits_too() -> None:
    assert agency_of(report("Ukrinform", TEXT)) == "Ukrinform"
    assert agency_of(report("Paper", TEXT, author="AFP")) == "AFP"
    assert agency_of(report("Paper", TEXT, author="Ann Lee")) == ""


texts = st.sampled_from([TEXT, OTHER, f"{TEXT} (Reuters)", "", "Short."])


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), texts, st.integers(0, 9)), max_size=8)
)
def test_the_order_of_arrival_does_not_matter_and_every_report_has_one_voice(
    drawn: list[tuple[str, str, int]],
) -> None:
    unique = {(outlet, at): report(outlet, text, at) for outlet, text, at in drawn}
    reports = list(unique.values())
    found = voices(reports, {})
    assert found == voices(reports[::-1], {})
    told = sorted(o.item_id for one in found for o in one.origins)
    assert told == sorted(one.id for one in reports)
    assert len({one.name for one in found}) == len(found) <= len(reports)


@given(st.text(max_size=300))
def test_any_text_can_be_searched_for_credits(text: str) -> None:
    credited(text)
