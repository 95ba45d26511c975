"""A grouping decision, as a person would put it."""

from dataclasses import replace

import pytest

from monitor.group.comparing import Compared
from monitor.group.levels import LevelName, scale
from monitor.group.trial import Trial
from monitor.group.words import figure, in_words, likely, reasons
from monitor.model import Grouping, Item, Relation


def item(number: int, title: str) -> Item:
    return Item(id=str(number), feed="", key=str(number), title=title)


def test_each_outcome_reads_as_a_sentence() -> None:
    trial = Trial()
    first = trial.place(item(1, "Belarus detains 33 Russian mercenaries near Minsk"))
    assert in_words(first).startswith("nothing like it was found")
    again = trial.place(item(2, "Belarus: 33 Russian mercenaries detained near Minsk"))
    said = in_words(again)
    assert said.startswith("it joined: ")
    assert "likely to be one event with the nearest report 1, because " in said
    same = trial.place(item(1, "Belarus detains 33 Russian mercenaries near Minsk"))
    assert in_words(same) == "it is a revision of the same item"


def test_a_copy_is_said_to_be_one_by_its_address_or_its_text() -> None:
    trial = Trial()
    once = item(1, "Belarus detains 33 Russian mercenaries near Minsk")
    trial.place(once)
    copy = trial.place(replace(once, id="2"))
    assert in_words(copy) == (
        "it is a report of the story again: it has the address or the text of one"
    )


def test_a_persons_decision_is_called_one() -> None:
    made = Grouping(
        item_id="i", story_id="s", outcome=Relation.RELATED, score=0, level="person"
    )
    assert in_words(made) == "a person decided it"
    split = replace(made, related_to="sto_a")
    assert in_words(split) == "a person split it off sto_a"


def test_the_story_that_it_is_related_to_is_named() -> None:
    made = Grouping(
        item_id="i",
        story_id="s",
        outcome=Relation.RELATED,
        score=0.2,
        because=(("title in common", -1.0),),
        nearest="itm_b",
        related_to="sto_a",
    )
    assert in_words(made) == (
        "it is a story of its own, related to sto_a: 20% likely to be one event with the "
        "nearest report itm_b, because its title is worded unlike the story's"
    )


def test_why_comes_first_and_what_spoke_against_it_last() -> None:
    because = [
        ("title in common", 2.0),
        ("other stories", -1.0),
        ("no telling word shared", -0.9),
        ("places differ", -0.8),
        ("days apart", -0.01),
    ]
    alike = "its title is worded like one of the story's"
    unlike = (
        "other stories read like it as well, or are too few to compare with,"
        " they share no telling word and their titles name different places"
    )
    assert reasons(because, joined=True) == f", because {alike}; yet {unlike}"
    assert reasons(because, joined=False) == f", because {unlike}; yet {alike}"
    assert reasons([("days apart", -0.01)], joined=False) == ""


def test_less_than_usual_says_the_contrary_or_nothing() -> None:
    less = [("rarest shared word", -1.0), ("places differ", 0.5), ("days apart", 0.4)]
    assert reasons(less, joined=False) == (
        ", because they share common words only; yet they are of about the same day"
    )


@pytest.mark.parametrize("level", list(LevelName))
def test_every_feature_is_put_into_words_by_the_sign_of_its_weight(
    level: LevelName,
) -> None:
    for name, weight in scale(level).weights.items():
        more = reasons([(name, 9 * weight)], joined=weight > 0)
        assert more.startswith(", because ") or not weight, name
        assert more != f", because {name}"


@pytest.mark.parametrize(
    ("score", "said", "short"),
    [
        (1.0, "100%", "1.00"),
        (0.99999, "over 99%", ">0.99"),
        (0.996, "over 99%", ">0.99"),
        (0.994, "99%", "0.99"),
        (0.6, "60%", "0.60"),
        (0.006, "1%", "0.01"),
        (0.004, "under 1%", "<0.01"),
        (0.0, "0%", "0.00"),
    ],
)
def test_what_is_all_but_sure_does_not_read_as_if_it_were(
    score: float, said: str, short: str
) -> None:
    assert (likely(score), figure(score)) == (said, short)
    grouping = Grouping(
        item_id="a",
        story_id="b",
        outcome=Relation.SAME,
        score=score,
        because=(("title in common", 2.0),),
    )
    assert f"it joined: {said} likely to be one event" in in_words(grouping)


def test_what_just_misses_the_mark_does_not_read_as_if_it_met_it() -> None:
    near = Compared(score=0.598, same=0.6, because=(), nearest="a", level="base")
    assert near.words == (
        "it would not join: just under 60% likely to be one event, 60% are asked for"
    )
