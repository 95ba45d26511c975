"""An update shows the sentences that the story did not say, those with facts first."""

from dataclasses import replace

import pytest

from monitor.group.difference import difference
from monitor.group.facts import known_of
from monitor.group.novelty import news
from monitor.model import Change, Item

FIRST = Item(
    id="1",
    feed="f",
    key="1",
    title="Blast at a chemical plant near Minsk",
    summary="A blast shook a chemical plant near Minsk at night. Nobody knows the cause.",
    lang="en",
)
SECOND = Item(
    id="2",
    feed="f",
    key="2",
    title="Blast at a chemical plant near Minsk at night",
    summary="A blast shook the chemical plant near Minsk. Three people were killed, doctors "
    "say. Trains to the western border run late because of smoke. The cause: nobody knows.",
    lang="en",
)


def test_sentences_with_facts_come_first_and_known_ones_not_at_all() -> None:
    found = news(SECOND, known_of([FIRST]))
    assert difference(SECOND, [FIRST], found) == (
        Change(
            sentence="Three people were killed, doctors say.",
            field="summary",
            facts=("first count of dead: 3",),
        ),
        Change(
            sentence="Trains to the western border run late because of smoke.",
            field="summary",
        ),
    )


def test_a_report_differs_in_nothing_from_itself() -> None:
    assert difference(SECOND, [FIRST, SECOND], ()) == ()


def test_long_sentences_are_cut_and_few_are_shown() -> None:
    words = " ".join(f"word{n} " for n in range(200))
    many = Item(
        id="3", feed="f", key="3", title="T", summary="\n".join([words[:590]] * 1)
    )
    (change,) = difference(many, [FIRST], ())
    assert len(change.sentence) == 400
    assert change.sentence.endswith("…")


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "Gen. S. Surovikin was released from a prison near Moscow at night."),
        ("en", "Dr. Smith and Mrs. Jones were released from a prison in Minsk."),
        ("ru", "Президент А. Г. Лукашенко освободил врача из тюрьмы в г. Минске."),
        (
            "uk",
            "Президент В. Зеленський повідомив, що лікаря звільнили на вул. Банковій.",
        ),
        ("pl", "Prezydent A. Łukaszenka zwolnił lekarza z aresztu w Mińsku."),
    ],
)
def test_an_initial_ends_no_sentence(lang: str, sentence: str) -> None:
    first = replace(FIRST, title="Doctor detained in Minsk")
    second = replace(
        SECOND, title="On the doctor", summary=f"{sentence} Rain fell.", lang=lang
    )
    found = news(second, known_of([first]))
    (shown, *_) = difference(second, [first], found)
    assert shown.sentence == sentence
