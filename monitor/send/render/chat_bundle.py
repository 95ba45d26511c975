"""Several notices as one chat message: as many as surely fit, and how many more; pure."""

from collections.abc import Callable
from html import escape

from monitor.model import Bundle, Gathered, Kind
from monitor.send.render.bundle import (
    address,
    bundle_title,
    kicker,
    lead,
    left_out,
    story_title,
)
from monitor.send.render.chat import Said, marked_down, units
from monitor.send.render.clean import cut
from monitor.send.render.voice import ENGLISH, Voice

_TITLE = 160
_MARKUP = 60
"""What a service's markup adds to an entry, at most."""

Size = Callable[[str], int]
"""How a service counts a text: in units of UTF-16, in bytes."""


def of_bundle(
    bundle: Bundle, room: int, size: Size = units, voice: Voice = ENGLISH
) -> Said:
    """Return what a message about several alerts says, within `room` by `size`."""
    first = bundle.notices[0] if bundle.notices else None
    # The title of a digest is no story's: it leads nowhere.
    headed = bundle.why in {Gathered.BATCH, Gathered.BURST}
    url = address(first) if first and headed else ""
    title = bundle_title(bundle, voice)
    reports: list[tuple[str, str, str]] = []
    told = lead(bundle, voice)
    said = f"{told} {left_out(bundle, 0, voice)}"
    left = room - _longest((title, url, said), size)
    for notice in bundle.notices:
        headline = cut(story_title(notice, voice), _TITLE)
        entry = (headline, address(notice), kicker(notice, voice))
        left -= _longest(entry, size)
        if left < 0:
            break
        reports.append(entry)
    more = left_out(bundle, len(reports), voice)
    grave, kind = voice.say(bundle.severity.upper()), voice.say(bundle.why.value)
    return Said(
        kicker=f"{grave} · {kind}",
        title=title,
        url=url,
        why=f"{told} {more}".strip(),
        reports=tuple(reports),
        footer=f"tocsin · {voice.count(len(bundle.notices), 'alert')}",
        severity=bundle.severity,
        at=bundle.at,
        whole=True,
        over=bool(bundle.notices)
        and all(one.kind is Kind.CLOSED for one in bundle.notices),
        voice=voice,
    )


def _longest(entry: tuple[str, str, str], size: Size) -> int:
    """Return how long an entry may become in the markup of any service."""
    parts = (max(size(escape(part)), size(marked_down(part))) for part in entry)
    return sum(parts) + _MARKUP
