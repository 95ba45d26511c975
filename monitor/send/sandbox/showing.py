"""How a value of a template is shown: as text, escaped for where it stands."""

import json
from collections.abc import Callable
from html import escape as escape_html
from typing import Any, Literal

import jinja2
from jinja2.runtime import Context, Undefined

from monitor.send.sandbox.purse import Fault, spend

Mode = Literal["json", "markup", "text"]
"""What texts are escaped for."""


class Ready(str):
    """A text that is escaped already."""

    __slots__ = ()


def finalizer(mode: Mode) -> Callable[[Context, Any], str]:
    """Return what turns each value of an output into text, for Jinja2 to call."""

    @jinja2.pass_context
    def finalize(context: Context, value: Any) -> str:
        del context
        shown = value if isinstance(value, Ready) else _ESCAPES[mode](as_text(value))
        spend(1 + len(shown))
        return str(shown)

    return finalize


def as_text(value: Any) -> str:
    """Return a value as text; lists and mappings have to be written by a filter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, str | int | float | Undefined):
        return str(value)
    raise Fault("a list cannot be shown; write |tojson or |join(', ')")


def _in_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


_ESCAPES: dict[Mode, Callable[[str], str]] = {
    "json": _in_json,
    "markup": escape_html,
    "text": str,
}
