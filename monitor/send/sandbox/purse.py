"""What one rendering may cost: each step and each character is paid for."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import jinja2

MOST_WORK = 300_000
"""Steps and characters that one rendering may cost."""


class Fault(jinja2.TemplateRuntimeError):
    """What a template may not do, or did too much of."""


@dataclass(slots=True)
class _Purse:
    left: int


_PURSE: ContextVar[_Purse] = ContextVar("purse")


def spend(cost: int) -> None:
    """Pay for work; Fault where the purse is empty."""
    purse = _PURSE.get()
    purse.left -= cost
    if purse.left < 0:
        raise Fault("it does too much: a loop without an end, or a text that grows")


def render(template: jinja2.Template, values: Mapping[str, Any]) -> str:
    """Render within the limits; errors are those of Jinja2, or Fault."""
    token = _PURSE.set(_Purse(MOST_WORK))
    try:
        return "".join(template.generate(values))
    except RecursionError:
        raise Fault("a macro calls itself without an end") from None
    finally:
        _PURSE.reset(token)
