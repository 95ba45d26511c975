"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

import json
from typing import Any

from monitor.collect.parse.raw import MOST_ITEMS, RawFeed, RawItem, RawText
from monitor.errors import FeedProblem

_VERSION = "jsonfeed.org/version/1"


def read(text: str) -> RawFeed:
    """Return the feed in a JSON text.

    Raises FeedProblem: `unreadable` where a JSON Feed breaks the rules of JSON, which is
    told with line and column, `not-a-feed` where it is JSON of another kind, or none.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        if _VERSION in text:
            message = f"the JSON Feed is broken at {where}"
            raise FeedProblem("unreadable", message) from None
        message = f"the answer begins like JSON, but is broken at {where}"
        raise FeedProblem("not-a-feed", message) from None
    except (ValueError, RecursionError) as error:  # endless numbers, endless nesting
        message = f"the answer is JSON that nobody can read: {error}"
        raise FeedProblem("unreadable", message) from None
    if not isinstance(found, dict) or _VERSION not in _get(found, "version"):
        message = (
            "the answer is JSON, but not a JSON Feed: it has no "
            f'"version": "https://{_VERSION}.1"'
        )
        raise FeedProblem("not-a-feed", message)
    items = [item for item in _list(found, "items") if isinstance(item, dict)]
    return RawFeed(
        path="json",
        format="json11" if _get(found, "version").endswith("1.1") else "json1",
        title=RawText(text=_get(found, "title")),
        link=_get(found, "home_page_url"),
        lang=_get(found, "language"),
        hubs=[
            _get(hub, "url")
            for hub in _list(found, "hubs")
            if isinstance(hub, dict) and _get(hub, "type").lower() == "websub"
        ],
        itself=_get(found, "feed_url"),
        items=[_item(item) for item in items[:MOST_ITEMS]],
        truncated=max(0, len(items) - MOST_ITEMS),
    )


def _item(item: dict[str, Any]) -> RawItem:
    body = RawText(text=_get(item, "content_html"), is_html=True)
    if not body.text:
        body = RawText(text=_get(item, "content_text"))
    return RawItem(
        guid=_get(item, "id"),
        guid_is_link=True,  # "ideally, the full URL of the resource" (1.1, items)
        link=_get(item, "url") or _get(item, "external_url"),
        title=RawText(text=_get(item, "title")),
        summary=RawText(text=_get(item, "summary")),
        body=body,
        authors=[
            _get(author, "name")
            for author in [*_list(item, "authors"), item.get("author")]
            if isinstance(author, dict)
        ],
        tags=[tag for tag in _list(item, "tags") if isinstance(tag, str)],
        published=_get(item, "date_published"),
        updated=_get(item, "date_modified"),
        lang=_get(item, "language"),
    )


def _get(found: dict[str, Any], key: str) -> str:
    """Return a text; numbers, which old feeds have for ids, as text."""
    value = found.get(key)
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _list(found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []
