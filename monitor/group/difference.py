"""What a report says that its story did not, sentence by sentence; pure."""

from collections.abc import Iterable, Sequence

from monitor.group.fingerprints import STEM, fold, latin, spelled
from monitor.group.novelty import News
from monitor.group.sentences import Sentence, lead, whole
from monitor.model import Change, Item

_MOST = 6
"""Sentences that a message shows."""
_LETTERS = 400
_SHORTEST = 5
"""Words below which a sentence is no statement."""
_SAID = 0.6
"""The share of its words that the story has used from which on a sentence is known."""


def difference(
    report: Item, before: Iterable[Item], found: Sequence[News]
) -> tuple[Change, ...]:
    """Return the sentences of a report that are new, with the facts that are new in them.

    Those with facts first, then those in the order of the report whose words the story
    had hardly used.
    """
    facts: dict[Sentence, list[str]] = {}
    for one in found:
        facts.setdefault(one.sentence, []).append(one.text)
    marked = [_change(sentence, texts) for sentence, texts in facts.items()]
    used = {word for item in before for one in whole(item) for word in _words(one)}
    fresh = [
        _change(sentence, ())
        for sentence in lead(report)
        if sentence not in facts and _is_fresh(sentence, used)
    ]
    return (*marked, *fresh)[:_MOST]


def _change(sentence: Sentence, facts: Sequence[str]) -> Change:
    text = " ".join(sentence.text.split())
    shown = text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1].rstrip()}…"
    return Change(sentence=shown, field=sentence.field, facts=tuple(facts))


def _words(sentence: Sentence) -> list[str]:
    return [word[:STEM] for word in spelled(latin(fold(sentence.text)))]


def _is_fresh(sentence: Sentence, used: set[str]) -> bool:
    found = set(_words(sentence))
    known = len(found & used)
    return len(found) >= _SHORTEST and known < _SAID * len(found)
