"""The filters of templates. Each costs as much as it is given."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import jinja2
from jinja2.runtime import Context, Undefined

from monitor.send.sandbox.purse import Fault, spend
from monitor.send.sandbox.showing import Mode, Ready, as_text


def metered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that costs as much as it is given."""

    @jinja2.pass_context
    def call(context: Context, value: Any, *args: Any, **more: Any) -> Any:
        del context
        spend(1 + _size(value) + sum(_size(one) for one in (*args, *more.values())))
        return function(value, *args, **more)

    return call


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | dict | range) else 1


def hidden_filters(mode: Mode) -> dict[str, Callable[..., Any]]:
    """Return what the rewritten template calls, and filters that know the mode."""

    def to_json(value: Any) -> str:
        made = _encoded(value)
        return Ready(made) if mode == "json" else made

    return {
        "_each": _with_context(_each),
        "_literal": _with_context(Ready),
        "_concat": _with_context(_concat),
        "_scalar": _with_context(scalar),
        "_charged": metered(lambda value: value),
        "tojson": metered(to_json),
    }


def _with_context(function: Callable[[Any], Any]) -> Callable[[Context, Any], Any]:
    """Keep Jinja2 from computing it while it compiles."""

    @jinja2.pass_context
    def call(context: Context, value: Any) -> Any:
        del context
        return function(value)

    return call


def _each(values: Any) -> Iterator[Any]:
    for value in values:
        spend(10)
        yield value


def _concat(parts: list[Any]) -> str:
    texts = [as_text(part) for part in parts]
    spend(sum(map(len, texts)))
    return "".join(texts)


def scalar(value: Any) -> Any:
    """Return a text or a number, which can be compared or looked up; Fault otherwise."""
    if isinstance(value, str | int | float | Undefined) or value is None:
        spend(_size(value))
        return value
    raise Fault("only texts and numbers can be compared or looked up")


def _encoded(value: Any) -> str:
    parts = []
    encoder = json.JSONEncoder(ensure_ascii=False, default=_no_json)
    # The encoder in C would write it all before anything could be counted.
    for part in encoder.iterencode(value):
        spend(1 + len(part))
        parts.append(part)
    return "".join(parts)


def _no_json(value: Any) -> Any:
    if isinstance(value, Undefined):
        return None
    raise Fault("this is no value of JSON")


def _default(value: Any, other: Any = "", boolean: Any = False) -> Any:  # noqa: FBT002 - as in Jinja2
    missing = isinstance(value, Undefined) or value is None or (boolean and not value)
    return other if missing else value


def _list(value: Any) -> list[Any]:
    # What is not there is empty, and a fault where it is checked for misspelt names.
    if isinstance(value, str | list | tuple | dict | range | Undefined):
        return list(value)
    raise Fault("this is no list")


def _join(values: Any, between: str = "") -> str:
    texts = [as_text(value) for value in _list(values)]
    spend(sum(map(len, texts)) + len(texts) * len(between))
    return between.join(texts)


def _replace(text: Any, old: str, new: str) -> str:
    whole = as_text(text)
    spend(whole.count(old) * len(new))
    return whole.replace(old, new)


def _truncate(text: Any, length: int = 255) -> str:
    whole = as_text(text)
    return whole if len(whole) <= length else whole[: max(0, length - 1)] + "…"


def _attributes(values: Any, attribute: str) -> list[Any]:
    name = scalar(attribute)
    return [one.get(name) for one in _list(values) if isinstance(one, dict)]


def _where(values: Any, attribute: str, wanted: Any) -> list[Any]:
    attribute, wanted = scalar(attribute), scalar(wanted)
    return [
        one
        for one in _list(values)
        if isinstance(one, dict) and scalar(one.get(attribute)) == wanted
    ]


FILTERS: dict[str, Callable[..., Any]] = {
    "attributes": _attributes,
    "capitalize": lambda text: as_text(text).capitalize(),
    "default": _default,
    "first": lambda values: next(iter(_list(values)), ""),
    "float": float,
    "int": int,
    "items": lambda values: list(values.items()) if isinstance(values, dict) else [],
    "join": _join,
    "last": lambda values: next(reversed(_list(values)), ""),
    "length": lambda values: len(_list(values)),
    "list": _list,
    "lower": lambda text: as_text(text).lower(),
    "replace": _replace,
    "round": lambda number, digits=0: round(float(number), digits),
    "string": as_text,
    "trim": lambda text: as_text(text).strip(),
    "truncate": _truncate,
    "upper": lambda text: as_text(text).upper(),
    "urlencode": lambda text: quote(as_text(text), safe=""),
    "where": _where,
}
"""What filters there are, beside `tojson`. Each costs as much as it is given."""
