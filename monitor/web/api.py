"""The interface for programs: `/api/v1`, what the commands do, by the same code.

Every path needs a bearer token of a scope; what changes something needs `write` and is
recorded. Errors are problem documents (RFC 9457). Lists come in pages: `next` is the
cursor of the page after. The table of operations is also the OpenAPI document.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from starlette.routing import Route

from monitor.clock import Clock
from monitor.documents import parse_duration
from monitor.model import Alert, DeliveryState, Silence, stable_id
from monitor.notify.silences import read_matcher
from monitor.pipeline.lifecycle import Lifecycles
from monitor.pipeline.lifecycle import Note as By
from monitor.store.corrections import Note
from monitor.store.records import Store
from monitor.store.views import (
    AlertFilter,
    DeliveryFilter,
    ItemFilter,
    StoryFilter,
)
from monitor.web.calls import Call, Operation, Refused, endpoint_of
from monitor.web.openapi import document
from monitor.web.pages import name_of, named, page
from monitor.web.tracing import steps_of

_Row = TypeVar("_Row")


def routes(store: Store, clock: Clock, lifecycles: Lifecycles) -> list[Route]:
    """Return the paths below /api/v1."""
    return [
        Route(
            one.path, endpoint_of(one, store, clock, lifecycles), methods=[one.method]
        )
        for one in OPERATIONS
    ]


# ── what can be asked ────────────────────────────────────────────────────────


def _listed(
    call: Call,
    fetch: Callable[[datetime | None, int], Sequence[_Row]],
    key: Callable[[_Row], tuple[datetime, str]],
) -> dict[str, Any]:
    found = page(fetch, key, call.limit(), call.text("cursor"))
    return {"data": found.rows, "next": found.cursor or None}


def _alerts(call: Call) -> Any:
    since, rule, theme = call.moment("since"), call.text("rule"), call.text("theme")
    return _listed(
        call,
        lambda until, n: call.store.alerts(
            AlertFilter(since=since, until=until, rule=rule, theme=theme, limit=n)
        ),
        lambda row: (row.alert.updated, row.alert.id),
    )


def _alert(call: Call) -> Any:
    return _there(call.store.alert(call.path("id")), call.path("id"))


def _there(found: _Row | None, name: str) -> _Row:
    if found is None:
        raise KeyError(name)
    return found


def _stories(call: Call) -> Any:
    since, text = call.moment("since"), call.text("text")
    return _listed(
        call,
        lambda until, n: call.store.stories(
            StoryFilter(since=since, until=until, text=text, limit=n)
        ),
        lambda row: (row.last_seen, row.id),
    )


def _story(call: Call) -> Any:
    # A story that was merged is answered by the one that took it in.
    found = _there(call.store.story(call.path("id")), call.path("id"))
    if not found.merged_into:
        return found
    taker = _there(call.store.story(found.merged_into), found.merged_into)
    return replace(taker, merged_into=found.merged_into)


def _merge(call: Call) -> Any:
    into = _wanted(call, "into")
    return call.store.merge_stories(call.path("id"), into, _note(call))


def _split(call: Call) -> Any:
    return call.store.split_item(call.path("id"), _note(call))


def _note(call: Call) -> Note:
    comment = str(call.body.get("comment", ""))[:1000]
    return Note(at=call.now, author=call.token.name, comment=comment)


def _wanted(call: Call, name: str) -> str:
    value = call.body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"{name}: it must be given, as a text")
    return value


def _items(call: Call) -> Any:
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


def _item(call: Call) -> Any:
    return call.store.explained(call.path("id"))


def _deliveries(call: Call) -> Any:
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


def _delivery(call: Call) -> Any:
    return _there(call.store.delivery(call.path("id")), call.path("id"))


def _replay(call: Call) -> Any:
    which = call.path("id")
    _there(call.store.delivery(which), which)
    again = call.store.replay(DeliveryFilter(ids=(which,)), call.now)
    return {"replayed": [one.id for one in again]}


def _retry(call: Call) -> Any:
    which = call.path("id")
    _there(call.store.delivery(which), which)
    hurried = call.store.hurry(DeliveryFilter(ids=(which,)), call.now)
    return {"due": [one.id for one in hurried]}


def _feeds(call: Call) -> Any:
    limit, cursor = call.limit(), call.text("cursor")
    rows = call.store.feeds_by_address(name_of(cursor), limit + 1)
    found = named(rows, lambda row: row.feed.url, limit, cursor)
    return {"data": found.rows, "next": found.cursor or None}


def _receivers(call: Call) -> Any:
    rows = call.store.receivers()
    found = named(rows, lambda row: row.name, call.limit(), call.text("cursor"))
    return {"data": found.rows, "next": found.cursor or None}


def _link(call: Call) -> Any:
    other = _wanted(call, "other")
    call.store.link_stories(call.path("id"), other, _note(call))
    return {"linked": [call.path("id"), other]}


def _held(call: Call) -> Any:
    since = call.moment("since") or call.now - timedelta(days=1)
    return {"data": call.store.held_back(since, call.limit()), "next": None}


def _trace(call: Call) -> Any:
    steps = steps_of(call.store, call.path("id"))
    if not steps:
        raise KeyError(call.path("id"))
    return {"data": steps, "next": None}


def _ledger(call: Call) -> Any:
    """Return the head, and the newest entries of what is asked for."""
    return {
        "head": str(call.store.ledger.head()),
        "data": call.store.ledger.entries(about=call.text("about"), limit=call.limit()),
        "next": None,
    }


def _enable(call: Call) -> Any:
    return {"enabled": call.path("name"), "was_disabled": _set(call, enabled=True)}


def _disable(call: Call) -> Any:
    _set(call, enabled=False)
    return {"disabled": call.path("name")}


def _set(call: Call, *, enabled: bool) -> bool:
    name = call.path("name")
    if name not in {row.name for row in call.store.receivers()}:
        raise KeyError(name)
    if enabled:
        return call.store.enable_receiver(name)
    reason = str(call.body.get("reason") or f"disabled by {call.token.name}")
    call.store.disable_receiver(name, reason[:500], call.now)
    return False


def _close(call: Call) -> Any:
    return _changed(call, call.lifecycles.close)


def _acknowledge(call: Call) -> Any:
    return _changed(call, call.lifecycles.acknowledge)


def _changed(call: Call, change: Callable[[str, By, datetime], Alert | None]) -> Any:
    """Change an alert for a person; the second time it is as it was."""
    which = call.path("id")
    comment = str(call.body.get("comment", ""))[:1000]
    done = change(which, By(by=call.token.name, comment=comment), call.now)
    if done is not None:
        return done
    found = call.store.alert(which)
    if found is None:
        raise KeyError(which)
    return found.alert


def _silences(call: Call) -> Any:
    after = None if call.text("all") else call.now
    return {"data": call.store.silences(after), "next": None}


def _silence(call: Call) -> Any:
    """Make a silence; the same Idempotency-Key makes it once."""
    written = call.body.get("matchers")
    if not isinstance(written, list) or not written:
        raise Refused(400, 'matchers: a list such as ["theme=wagner"]')
    try:
        matchers = tuple(read_matcher(str(text)) for text in written)
        lasts: timedelta = parse_duration(_wanted(call, "for"))
    except ValueError as wrong:
        raise Refused(400, str(wrong)) from None
    once = call.request.headers.get("idempotency-key", "")
    unique = [once, call.token.id] if once else [call.now.isoformat(), str(written)]
    made = Silence(
        id=stable_id("sil", *unique),
        matchers=matchers,
        starts=call.now,
        ends=call.now + lasts,
        created=call.now,
        author=call.token.name,
        comment=str(call.body.get("comment", ""))[:1000],
        until_news=call.body.get("until_news") is True,
    )
    known = {one.id: one for one in call.store.silences(None)}
    if made.id in known:
        return known[made.id]
    call.store.add_silence(made)
    return made


def _expire(call: Call) -> Any:
    which = call.path("id")
    if which not in {one.id for one in call.store.silences(None)}:
        raise KeyError(which)
    return {
        "expired": which,
        "was_in_force": call.store.expire_silence(which, call.now),
    }


def _audit(call: Call) -> Any:
    return {"data": call.store.audited(call.limit()), "next": None}


def _openapi(call: Call) -> Any:
    del call
    return document(OPERATIONS)


_PAGED = ("limit", "cursor")
_BASE = "/api/v1"
OPERATIONS = (
    Operation(
        method="GET",
        path=f"{_BASE}/alerts",
        summary="Alerts, the last told of first.",
        do=_alerts,
        query=("since", "rule", "theme", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/alerts/{{id}}",
        summary="An alert with its story, messages and deliveries.",
        do=_alert,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/alerts/{{id}}/close",
        summary="Close an alert: it is over. Only news opens it again.",
        do=_close,
        body=("comment",),
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/alerts/{{id}}/acknowledge",
        summary="Note that somebody knows of an alert: it is not repeated.",
        do=_acknowledge,
        body=("comment",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/stories",
        summary="Stories, the last reported of first.",
        do=_stories,
        query=("since", "text", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/stories/{{id}}",
        summary="A story with its reports, why they belong there, and its alerts.",
        do=_story,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/stories/{{id}}/merge",
        summary="Let another story take this one in.",
        do=_merge,
        body=("into*", "comment"),
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/stories/{{id}}/link",
        summary="Remember that two stories belong together.",
        do=_link,
        body=("other*", "comment"),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/held",
        summary="What was held back, and why, the newest first; a day where nothing is said.",
        do=_held,
        query=("since", "limit"),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/trace/{{id}}",
        summary="What became of an item, an alert or a delivery, step by step.",
        do=_trace,
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/ledger",
        summary="The head of the ledger and its newest entries, of all or about an id.",
        do=_ledger,
        query=("about", "limit"),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/items",
        summary="Items, the last seen first.",
        do=_items,
        query=("since", "source", "lang", "feed", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/items/{{id}}",
        summary="An item, and what became of it: matches, story, decisions.",
        do=_item,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/items/{{id}}/split",
        summary="Give an item a story of its own.",
        do=_split,
        body=("comment",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/deliveries",
        summary="Deliveries, the newest first.",
        do=_deliveries,
        query=("since", "receiver", "state", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/deliveries/{{id}}",
        summary="A delivery with its body and every attempt.",
        do=_delivery,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/deliveries/{{id}}/replay",
        summary="Send a delivery again, under its id.",
        do=_replay,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/deliveries/{{id}}/retry",
        summary="Try now what waits for its next attempt.",
        do=_retry,
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/silences",
        summary="Silences in force; with all=1 those that have ended too.",
        do=_silences,
        query=("all",),
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/silences",
        summary="Silence what fits all matchers. Idempotency-Key makes it once.",
        do=_silence,
        body=("matchers*", "for*", "comment", "until_news"),
    ),
    Operation(
        method="DELETE",
        path=f"{_BASE}/silences/{{id}}",
        summary="End a silence now.",
        do=_expire,
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/feeds",
        summary="What is polled, with its state.",
        do=_feeds,
        query=_PAGED,
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/receivers",
        summary="Who is told, and how they fare.",
        do=_receivers,
        query=_PAGED,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/receivers/{{name}}/enable",
        summary="Send to a receiver again.",
        do=_enable,
    ),
    Operation(
        method="POST",
        path=f"{_BASE}/receivers/{{name}}/disable",
        summary="Send a receiver nothing; what is due waits.",
        do=_disable,
        body=("reason",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/audit",
        summary="What was changed through this interface, by whom.",
        do=_audit,
        query=("limit",),
    ),
    Operation(
        method="GET",
        path=f"{_BASE}/openapi.json",
        summary="This document.",
        do=_openapi,
    ),
)
