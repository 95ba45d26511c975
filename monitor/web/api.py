"""The interface for programs: `/api/v1`, what the commands do, by the same code.

Every path needs a bearer token of a scope; what changes something needs `write` and is
recorded. Errors are problem documents (RFC 9457). Lists come in pages: `next` is the
cursor of the page after. The table of operations is also the OpenAPI document.
"""

from collections.abc import Callable
from typing import Any

from starlette.routing import Route

from monitor.clock import Clock
from monitor.pipeline.lifecycle import Lifecycles
from monitor.store.records import Store
from monitor.web import answers
from monitor.web.calls import Call, Names, Operation, endpoint_of
from monitor.web.openapi import document


def routes(
    store: Store,
    clock: Clock,
    lifecycles: Lifecycles,
    names: Callable[[], Names],
) -> list[Route]:
    """Return the paths below /api/v1; `names` are those there are now, by kind."""
    return [
        Route(
            one.path,
            endpoint_of(one, store, clock, lifecycles, names),
            methods=[one.method],
        )
        for one in OPERATIONS
    ]


def _openapi(call: Call) -> Any:
    del call
    return document(OPERATIONS)


_PAGED = ("limit", "cursor")
BASE = "/api/v1"
OPERATIONS = (
    Operation(
        method="GET",
        path=f"{BASE}/alerts",
        summary="Alerts, the last told of first.",
        do=answers.alerts,
        query=("since", "rule", "theme", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/alerts/{{id}}",
        summary="An alert with its story, messages and deliveries.",
        do=answers.alert,
    ),
    Operation(
        method="POST",
        path=f"{BASE}/alerts/{{id}}/close",
        summary="Close an alert: it is over. Only news opens it again.",
        do=answers.close,
        body=("comment",),
    ),
    Operation(
        method="POST",
        path=f"{BASE}/alerts/{{id}}/acknowledge",
        summary="Note that somebody knows of an alert: it is not repeated.",
        do=answers.acknowledge,
        body=("comment",),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/stories",
        summary="Stories, the last reported of first.",
        do=answers.stories,
        query=("since", "text", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/stories/{{id}}",
        summary="A story with its reports, why they belong there, and its alerts.",
        do=answers.story,
    ),
    Operation(
        method="POST",
        path=f"{BASE}/stories/{{id}}/merge",
        summary="Let another story take this one in.",
        do=answers.merge,
        body=("into*", "comment"),
    ),
    Operation(
        method="POST",
        path=f"{BASE}/stories/{{id}}/link",
        summary="Remember that two stories belong together.",
        do=answers.link,
        body=("other*", "comment"),
    ),
    Operation(
        method="POST",
        path=f"{BASE}/stories/{{id}}/unmerge",
        summary="Take a story out of the one that took it in.",
        do=answers.unmerge,
        body=("comment",),
    ),
    Operation(
        method="POST",
        path=f"{BASE}/stories/{{id}}/unlink",
        summary="Forget that two stories belong together.",
        do=answers.unlink,
        body=("other*", "comment"),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/held",
        summary="What was held back, and why, the newest first; a day where nothing is said.",
        do=answers.held,
        query=("since", "limit"),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/trace/{{id}}",
        summary="What became of an item, an alert or a delivery, step by step.",
        do=answers.trace,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/ledger",
        summary="The head of the ledger and its newest entries, of all or about an id.",
        do=answers.ledger,
        query=("about", "limit"),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/items",
        summary="Items, the last seen first.",
        do=answers.items,
        query=("since", "source", "lang", "feed", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/items/{{id}}",
        summary="An item, and what became of it: matches, story, decisions.",
        do=answers.item,
    ),
    Operation(
        method="POST",
        path=f"{BASE}/items/{{id}}/split",
        summary="Give an item a story of its own.",
        do=answers.split,
        body=("comment",),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/deliveries",
        summary="Deliveries, the newest first.",
        do=answers.deliveries,
        query=("since", "receiver", "state", *_PAGED),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/deliveries/{{id}}",
        summary="A delivery with its body and every attempt.",
        do=answers.delivery,
    ),
    Operation(
        method="POST",
        path=f"{BASE}/deliveries/{{id}}/replay",
        summary="Send a delivery again, under its id.",
        do=answers.replay,
    ),
    Operation(
        method="POST",
        path=f"{BASE}/deliveries/{{id}}/retry",
        summary="Try now what waits for its next attempt.",
        do=answers.retry,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/silences",
        summary="Silences in force; with all=1 those that have ended too.",
        do=answers.silences,
        query=("all",),
    ),
    Operation(
        method="POST",
        path=f"{BASE}/silences",
        summary="Silence what fits all matchers. Idempotency-Key makes it once.",
        do=answers.silence,
        body=("matchers*", "for*", "comment", "until_news", "anyway"),
    ),
    Operation(
        method="DELETE",
        path=f"{BASE}/silences/{{id}}",
        summary="End a silence now.",
        do=answers.expire,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/feeds",
        summary="What is polled, with its state.",
        do=answers.feeds,
        query=_PAGED,
    ),
    Operation(
        method="GET",
        path=f"{BASE}/receivers",
        summary="Who is told, and how they fare.",
        do=answers.receivers,
        query=_PAGED,
    ),
    Operation(
        method="POST",
        path=f"{BASE}/receivers/{{name}}/enable",
        summary="Send to a receiver again.",
        do=answers.enable,
    ),
    Operation(
        method="POST",
        path=f"{BASE}/receivers/{{name}}/disable",
        summary="Send a receiver nothing; what is due waits.",
        do=answers.disable,
        body=("reason",),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/audit",
        summary="What was changed through this interface, by whom.",
        do=answers.audit,
        query=("limit",),
    ),
    Operation(
        method="GET",
        path=f"{BASE}/openapi.json",
        summary="This document.",
        do=_openapi,
    ),
)
