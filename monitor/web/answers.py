"""What the interface for programs answers: each function carries out one operation."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from monitor.documents import parse_duration
from monitor.model import Alert, DeliveryState, Silence, stable_id
from monitor.notify.silences import read_matcher, strangers
from monitor.pipeline.lifecycle import Note as By
from monitor.store.corrections import Note
from monitor.store.views import (
    AlertFilter,
    DeliveryFilter,
    ItemFilter,
    ReceiverRow,
    StoryFilter,
)
from monitor.web.calls import Call
from monitor.web.given import Refused
from monitor.web.pages import name_of, named, page
from monitor.web.tracing import steps_of

_Row = TypeVar("_Row")


def _listed(
    call: Call,
    fetch: Callable[[datetime | None, int], Sequence[_Row]],
    key: Callable[[_Row], tuple[datetime, str]],
) -> dict[str, Any]:
    found = page(fetch, key, call.limit(), call.text("cursor"))
    return {"data": found.rows, "next": found.cursor or None}


def alerts(call: Call) -> Any:
    """Return alerts, the last told of first."""
    since, rule, theme = call.moment("since"), call.text("rule"), call.text("theme")
    return _listed(
        call,
        lambda until, n: call.store.alerts(
            AlertFilter(since=since, until=until, rule=rule, theme=theme, limit=n)
        ),
        lambda row: (row.alert.updated, row.alert.id),
    )


def alert(call: Call) -> Any:
    """Return an alert with its story, messages and deliveries."""
    return _there(call.store.alert(call.path("id")), call.path("id"))


def _there(found: _Row | None, name: str) -> _Row:
    if found is None:
        raise KeyError(name)
    return found


def stories(call: Call) -> Any:
    """Return stories, the last reported of first."""
    since, text = call.moment("since"), call.text("text")
    return _listed(
        call,
        lambda until, n: call.store.stories(
            StoryFilter(since=since, until=until, text=text, limit=n)
        ),
        lambda row: (row.last_seen, row.id),
    )


def story(call: Call) -> Any:
    """Return a story with its reports, why they belong there, and its alerts."""
    # A story that was merged is answered by the one that took it in.
    found = _there(call.store.story(call.path("id")), call.path("id"))
    if not found.merged_into:
        return found
    taker = _there(call.store.story(found.merged_into), found.merged_into)
    return replace(taker, merged_into=found.merged_into)


def merge(call: Call) -> Any:
    """Let another story take this one in."""
    into = _wanted(call, "into")
    return call.store.merge_stories(call.path("id"), into, _note(call))


def unmerge(call: Call) -> Any:
    """Take a story out of the one that took it in."""
    return call.store.unmerge_story(call.path("id"), _note(call))


def unlink(call: Call) -> Any:
    """End the link of two stories."""
    other = _wanted(call, "other")
    call.store.unlink_stories(call.path("id"), other, _note(call))
    return {"unlinked": [call.path("id"), other]}


def split(call: Call) -> Any:
    """Give an item a story of its own."""
    return call.store.split_item(call.path("id"), _note(call))


def _note(call: Call) -> Note:
    comment = call.body.get("comment", "")[:1000]
    return Note(at=call.now, author=call.token.name, comment=comment)


def _wanted(call: Call, name: str) -> str:
    value = call.body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"{name}: it must be given, as a text")
    return value


def items(call: Call) -> Any:
    """Return items, the last seen first."""
    since, source = call.moment("since"), call.text("source")
    lang, feed = call.text("lang"), call.text("feed")
    return _listed(
        call,
        lambda until, n: list(
            call.store.items(
                ItemFilter(
                    since=since,
                    until=until,
                    source=source,
                    lang=lang,
                    feed=feed,
                    limit=n,
                )
            )
        ),
        lambda row: (row.first_seen or call.now, row.id),
    )


def item(call: Call) -> Any:
    """Return an item, and what became of it: matches, story, decisions."""
    return call.store.explained(call.path("id"))


def deliveries(call: Call) -> Any:
    """Return deliveries, the newest first."""
    since, receiver = call.moment("since"), call.text("receiver")
    wanted = call.text("state")
    try:
        states = (DeliveryState(wanted),) if wanted else ()
    except ValueError:
        known = ", ".join(DeliveryState)
        raise Refused(400, f"state: one of {known}") from None
    return _listed(
        call,
        lambda until, n: call.store.deliveries(
            DeliveryFilter(
                since=since, until=until, receiver=receiver, states=states, limit=n
            )
        ),
        lambda row: (row.created, row.id),
    )


def delivery(call: Call) -> Any:
    """Return a delivery with its body and every attempt."""
    return _there(call.store.delivery(call.path("id")), call.path("id"))


def replay(call: Call) -> Any:
    """Send a delivery again, under its id."""
    which = call.path("id")
    _there(call.store.delivery(which), which)
    again = call.store.replay(DeliveryFilter(ids=(which,)), call.now)
    return {"replayed": [one.id for one in again]}


def retry(call: Call) -> Any:
    """Try now what waits for its next attempt."""
    which = call.path("id")
    _there(call.store.delivery(which), which)
    hurried = call.store.hurry(DeliveryFilter(ids=(which,)), call.now)
    return {"due": [one.id for one in hurried]}


def feeds(call: Call) -> Any:
    """Return what is polled, with its state."""
    limit, cursor = call.limit(), call.text("cursor")
    rows = call.store.feeds_by_address(name_of(cursor), limit + 1)
    found = named(rows, lambda row: row.feed.url, limit, cursor)
    return {"data": found.rows, "next": found.cursor or None}


def receivers(call: Call) -> Any:
    """Return who is told, and how they fare."""
    rows = call.store.receivers()
    known = {row.name for row in rows}
    configured = call.names()["receiver"]
    rows = [*rows, *(ReceiverRow(name=n) for n in configured if n not in known)]
    found = named(rows, lambda row: row.name, call.limit(), call.text("cursor"))
    return {"data": found.rows, "next": found.cursor or None}


def link(call: Call) -> Any:
    """Remember that two stories belong together."""
    other = _wanted(call, "other")
    call.store.link_stories(call.path("id"), other, _note(call))
    return {"linked": [call.path("id"), other]}


def held(call: Call) -> Any:
    """Return what was held back, and why, the newest first."""
    since = call.moment("since") or call.now - timedelta(days=1)
    return {"data": call.store.held_back(since, call.limit()), "next": None}


def trace(call: Call) -> Any:
    """Return what became of an item, an alert or a delivery, step by step."""
    steps = steps_of(call.store, call.path("id"))
    if not steps:
        raise KeyError(call.path("id"))
    return {"data": steps, "next": None}


def ledger(call: Call) -> Any:
    """Return the head, and the newest entries of what is asked for."""
    return {
        "head": str(call.store.ledger.head()),
        "data": call.store.ledger.entries(about=call.text("about"), limit=call.limit()),
        "next": None,
    }


def enable(call: Call) -> Any:
    """Send to a receiver again."""
    return {"enabled": call.path("name"), "was_disabled": _set(call, enabled=True)}


def disable(call: Call) -> Any:
    """Send a receiver nothing."""
    _set(call, enabled=False)
    return {"disabled": call.path("name")}


def _set(call: Call, *, enabled: bool) -> bool:
    name = call.path("name")
    # Who is configured need not be sought in all that was ever sent, while others write.
    if name not in call.names()["receiver"]:
        known = {row.name for row in call.store.receivers()}
        if name not in known:
            raise KeyError(name)
    if enabled:
        return call.store.enable_receiver(name)
    reason = call.body.get("reason") or f"disabled by {call.token.name}"
    call.store.disable_receiver(name, reason[:500], call.now)
    return False


def close(call: Call) -> Any:
    """Close an alert: it is over."""
    return _changed(call, call.lifecycles.close)


def acknowledge(call: Call) -> Any:
    """Note that somebody knows of an alert: it is not repeated."""
    return _changed(call, call.lifecycles.acknowledge)


def _changed(call: Call, change: Callable[[str, By, datetime], Alert | None]) -> Any:
    """Change an alert for a person; the second time it is as it was."""
    which = call.path("id")
    comment = call.body.get("comment", "")[:1000]
    done = change(which, By(by=call.token.name, comment=comment), call.now)
    if done is not None:
        return done
    found = call.store.alert(which)
    if found is None:
        raise KeyError(which)
    return found.alert


def silences(call: Call) -> Any:
    """Return silences in force."""
    every = call.text("all") or "0"
    if every not in {"0", "1"}:
        raise Refused(400, "all: write 1 for those that have ended too")
    after = None if every == "1" else call.now
    return {"data": call.store.silences(after), "next": None}


def silence(call: Call) -> Any:
    """Make a silence."""
    written = call.body.get("matchers")
    if not isinstance(written, list) or not written:
        raise Refused(400, 'matchers: a list such as ["theme=wagner"]')
    try:
        matchers = tuple(read_matcher(str(text)) for text in written)
    except ValueError as wrong:
        raise Refused(400, f"matchers: {wrong}") from None
    lasts = _lasting(_wanted(call, "for"))
    # Not the Idempotency-Key alone: its answer is kept for a day, and a silence longer.
    key = call.request.headers.get("idempotency-key", "")
    unique = (key, call.token.id, call.now.isoformat(), str(written))
    made = Silence(
        id=stable_id("sil", *unique),
        matchers=matchers,
        starts=call.now,
        ends=call.now + lasts,
        created=call.now,
        author=call.token.name,
        comment=call.body.get("comment", "")[:1000],
        until_news=call.body.get("until_news") is True,
    )
    if call.body.get("anyway") is not True:
        for said in strangers(matchers, call.names()):
            raise Refused(
                400, f'matchers: {said}; to silence it all the same: "anyway": true'
            )
    call.store.add_silence(made)
    return made


def _lasting(written: str) -> timedelta:
    try:
        lasts: timedelta = parse_duration(written)
    except ValueError:
        detail = f"for: {written[:100]!r} is no duration; write 2h or 7d"
        raise Refused(400, f"{detail}, ten years at most") from None
    if not lasts:
        raise Refused(400, "for: a silence lasts longer than 0s")
    return lasts


def expire(call: Call) -> Any:
    """End a silence now."""
    which = call.path("id")
    if which not in {one.id for one in call.store.silences(None)}:
        raise KeyError(which)
    return {
        "expired": which,
        "was_in_force": call.store.expire_silence(which, call.now),
    }


def audit(call: Call) -> Any:
    """Return what was changed through this interface, by whom."""
    return {"data": call.store.audited(call.limit()), "next": None}
