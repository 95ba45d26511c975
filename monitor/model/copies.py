"""What makes an item a copy of an earlier one: what both have, and how far apart they are."""

import re
from dataclasses import dataclass
from datetime import datetime

from monitor.model.items import RECURS, Item

_SHORTEST_COPY = 40
"""Letters of title and summary from which on equal texts are no coincidence."""
_HOME_PAGE = re.compile(r"https://[^/?]*")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a copy of an item would have too; "" and () where that says nothing."""

    page: str = ""
    guid: tuple[str, ...] = ()
    """The outlet, and what it calls the item."""
    text: str = ""


def marks_of(item: Item) -> Marks:
    """Return by what a copy of an item is found.

    Many items have a home page for their address; and a guid that is not an item's
    key is shared by several of one document.
    """
    named = bool(item.source and item.guid) and item.key == item.guid
    long_enough = len(item.title) + len(item.summary) >= _SHORTEST_COPY
    return Marks(
        page="" if _HOME_PAGE.fullmatch(item.canonical_url) else item.canonical_url,
        guid=(item.source, item.guid) if named else (),
        text=item.content_hash if long_enough else "",
    )


def is_copy(
    item: datetime | None, first: datetime | None, *, by_page: bool, one_feed: bool
) -> bool:
    """Say whether an item, published then, is a copy of the first with one of its marks.

    Within a feed an address alone says little: some give all entries one page. What is
    published more than a day later in the same words is another report.
    """
    if by_page and one_feed:
        return False
    return item is None or first is None or item - first <= RECURS
