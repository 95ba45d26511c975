"""Several notices as one chat message: as many as surely fit, and how many more; pure."""

from html import escape

from monitor.model import Bundle
from monitor.send.render.bundle import (
    address,
    bundle_title,
    kicker,
    lead,
    left_out,
    story_title,
)
from monitor.send.render.chat import Said, marked_down
from monitor.send.render.clean import cut

_TITLE = 160
_MARKUP = 40
"""Characters that a service's markup adds to an entry, at most."""


def of_bundle(bundle: Bundle, room: int) -> Said:
    """Return what a message about several alerts says, in about `room` characters."""
    reports: list[tuple[str, str, str]] = []
    left = room
    for notice in bundle.notices:
        entry = (cut(story_title(notice), _TITLE), address(notice), kicker(notice))
        left -= _longest(entry)
        if left < 0:
            break
        reports.append(entry)
    more = left_out(bundle, len(reports))
    first = bundle.notices[0] if bundle.notices else None
    return Said(
        kicker=f"{bundle.severity.upper()} · {bundle.why.value}",
        title=bundle_title(bundle),
        url=address(first) if first else "",
        why=f"{lead(bundle)} {more}".strip(),
        reports=tuple(reports),
        footer=f"tocsin · {len(bundle.notices)} alerts",
        severity=bundle.severity,
        at=bundle.at,
        whole=True,
    )


def _longest(entry: tuple[str, str, str]) -> int:
    """Return how long an entry may become in the markup of any service."""
    title, url, byline = (max(len(escape(t)), len(marked_down(t))) for t in entry)
    return title + url + byline + _MARKUP
