"""A report in sentences: its title, then those of its text, in order; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.model import Item

LEAD = 600
"""Letters of a text that are read for what is new; what follows is background."""
BACKGROUND = 2000
"""Letters that are read for what is known already."""
_SMALL = "".join(letter for letter in map(chr, range(0x61, 0x530)) if letter.islower())
"""Small letters of the Latin, Greek and Cyrillic alphabets; none begins a sentence."""
_NO_END = (
    r"(?<!\b[^\W\d_]\.)(?<!\b(?:Mr|Ms|Dr|St|Lt|им|ул|св|ім)\.)"
    r"(?<!\b(?:Mrs|Gen|Col|Sen|Rep|Gov|ген|вул)\.)"
)
"""Behind an initial, or a title that is cut short, a name follows."""
_END = re.compile(
    rf"(?<=[.!?\u2026]){_NO_END}[\"\u201d\u00bb\u2019)]*\s+(?=[\"\u201c\u201e\u00ab(\[]?[^\W\d_{_SMALL}])"
    r"|\n+"
)
_LIVE = re.compile(
    r"(?i)\A\W*(?:live|liveblog|live[- ]?updates?|live[- ]?ticker|ticker|newsticker|онлайн|онлайн-\w+"
    r"|текстовая трансляция|хроника|онлайн-трансляция|наживо|хроніка|анлайн|на жыва|na żywo"
    r"|relacja na żywo|relacja|tiesiogiai|gyvai|en direct|direct)\b\W*[:|\-\u2013\u2014.,(]"
    r"|\b(?:live|онлайн|наживо|na żywo|tiesiogiai|en direct)\s*[:|\u2013\u2014]"
    r"|\blive[- ]?(?:blog|updates?|ticker|coverage|feed)\b|\bas it happened\b"
    r"|\b(?:онлайн-трансляц|текстовая трансляц|онлайн-хроник|онлайн-хронік)\w*"
    r"|\brelacja na żywo\b|\bnewsticker\b|\bsuivez en direct\b"
    r"|[|\-\u2013\u2014:(]\s*(?:live|онлайн|наживо|na żywo|en direct)\W*\Z"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a report."""

    field: str
    """`title`, `summary` or `body`."""
    text: str
    """As published."""


TITLE = Sentence("title", "")
"""The title of a report that has none."""


def lead(item: Item) -> list[Sentence]:
    """Return the title and the first sentences of the text: what a report says."""
    return [*_title(item), *_text(item, LEAD)]


def whole(item: Item) -> list[Sentence]:
    """Return all sentences of a report that count as known after it."""
    return [*_title(item), *_text(item, BACKGROUND, both=True)]


def is_live(title: str) -> bool:
    """Say whether a title is one of a page that is rewritten all day."""
    return bool(_LIVE.search(title))


def _title(item: Item) -> list[Sentence]:
    return [Sentence("title", item.title)] if item.title.strip() else []


def _text(item: Item, most: int, *, both: bool = False) -> Iterator[Sentence]:
    fields = [("summary", item.summary), ("body", item.body)]
    chosen = [one for one in fields if one[1].strip()]
    for field, text in chosen if both else chosen[:1]:
        for part in _END.split(text[:most]):
            if part and part.strip():
                yield Sentence(field, part.strip())
