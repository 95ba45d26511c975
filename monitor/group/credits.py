"""Which news agency a report is taken from: its outlet, its byline, a credit in its text; pure."""

import re

from monitor.group.vocabulary import AGENCIES
from monitor.model import Item

_NAMES = "|".join(f"(?P<a{n}>{names})" for n, names in enumerate(AGENCIES.values()))
_BY_GROUP = {f"a{n}": agency for n, agency in enumerate(AGENCIES)}
_SAYS = (
    r"(?:report(?:s|ed|ing)?|says?|said|told|according to|citing|cites?|quoted by|via|by"
    r"|сообща\w+|сообщи\w+|переда\w+|пиш[уе]т\w*|со ссылкой на|по данным|по сообщению|цитирует"
    r"|повідомля\w+|повідоми\w+|переда\w+|з посиланням на|із посиланням на|за даними"
    r"|паведамля\w+|паведамі\w+|перада\w+|са спасылкай на|паводле"
    r"|podaje|podała|informuje|poinformował\w*|przekazał\w*|według|donosi|za"
    r"|praneš\w+|skelbia|pasak|remiantis"
    r"|meldet\w*|berichtet\w*|laut|zufolge|nach Angaben"
    r"|rapporte\w*|indique|selon|d'après|avec|a annoncé à)"
)
_FILLING = r"the|news|agency|агентств\w+|агенцтв\w+|agencj\w+|l|die|der"
_CREDITS = tuple(
    re.compile(pattern.format(names=f"(?:{_NAMES})", says=_SAYS, filling=_FILLING))
    for pattern in (
        # (Reuters), (AP/AFP), /TASS/
        r"[(/\[]\s*{names}(?:\s*[/,|][^)\]\n]{{0,30}})?\s*[)/\]]",
        # MINSK, Aug 9 (Reuters) is above; TASS -, at the beginning of a text
        r"\A\W*(?:[^\W\d_][\w .,]{{0,40}}[,.] )?{names}\s*[.:\-\u2013\u2014]\s",
        # sentences that end "— РИА Новости", "- Reuters"
        r"[-\u2013\u2014|]\s*{names}\W*(?:\Z|\n)",
        # according to Reuters; сообщает ТАСС; za PAP
        r"(?i:\b{says})(?:\s+(?i:{filling}))*[\s'\u2019«\"]+{names}(?!\w)",
        # TASS reports; ТАСС сообщает; PAP podaje
        r"(?<!\w){names}[»\"]?(?:\s+(?i:news|agency))*\s+(?i:{says})\b",
    )
)
_READ = 1200
"""Letters of a text in which a credit is looked for."""


def is_agency(name: str) -> bool:
    """Say whether a word is the name of a news agency."""
    return any(re.fullmatch(names, name) for names in AGENCIES.values())


def agency_of(item: Item) -> str:
    """Return the agency that a report is of or taken from, "" where none is named.

    The outlet itself, then the byline, then the first credit in title or text.
    """
    for name in (item.source, item.author):
        for agency, names in AGENCIES.items():
            if name and (name == agency or re.fullmatch(names, name)):
                return agency
    for text in (item.title, item.summary[:_READ], item.body[:_READ]):
        found = credited(text)
        if found:
            return found
    return ""


def credited(text: str) -> str:
    """Return the agency that a text credits first, or ""."""
    hits = [hit for hit in (one.search(text) for one in _CREDITS) if hit]
    if not hits:
        return ""
    first = min(hits, key=lambda hit: hit.start())
    groups = first.groupdict()
    return next(_BY_GROUP[name] for name in _BY_GROUP if groups[name])
