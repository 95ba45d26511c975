"""A grouping decision, as a person would put it."""

from monitor.group.trial import Trial
from monitor.group.words import in_words
from monitor.model import Grouping, Item, Relation


def item(number: int, title: str) -> Item:
    return Item(id=str(number), feed="", key=str(number), title=title)


def test_each_outcome_reads_as_a_sentence() -> None:
    trial = Trial()
    first = trial.place(item(1, "Belarus detains 33 Russian mercenaries near Minsk"))
    assert in_words(first).startswith("nothing like it was found")
    again = trial.place(item(2, "Belarus: 33 Russian mercenaries detained near Minsk"))
    said = in_words(again)
    assert said.startswith("it joined; ")
    assert "likely to be one event" in said
    assert "for it speaks that" in said
    same = trial.place(item(1, "Belarus detains 33 Russian mercenaries near Minsk"))
    assert in_words(same) == "revision of the same item"


def test_a_persons_decision_is_called_one() -> None:
    made = Grouping(
        item_id="i", story_id="s", outcome=Relation.RELATED, score=0, level="person"
    )
    assert in_words(made) == "a person decided it"
