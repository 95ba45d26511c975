"""Jinja2 for templates of the operator's, with a limit on all work that one can do.

Jinja2's own sandbox keeps a template from Python's insides; it is no limit of resources:
`'x' * 300000000` renders there. Here each step of a loop, each call and each character
that is made is paid for out of a purse, and what is not listed below does not exist: a
template that asks for too much ends with a fault, at a line. What is shown is escaped for
where it stands, so that a title cannot end the string of JSON in which it is quoted.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from html import escape as escape_html
from typing import Any, Literal
from urllib.parse import quote

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

Mode = Literal["json", "markup", "text"]
"""What texts are escaped for."""

MOST_WORK = 300_000
"""Steps and characters that one rendering may cost."""
MOST_SOURCE = 32_768
"""Characters of a template."""
_LARGEST = 10**15
_MOST_RANGE = 1000


class Fault(jinja2.TemplateRuntimeError):
    """What a template may not do, or did too much of."""


class Ready(str):
    """A text that is escaped already."""

    __slots__ = ()


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


# ── the environment ──────────────────────────────────────────────────────────


class Sandbox(ImmutableSandboxedEnvironment):
    """Compiles templates so that everything they do is paid for."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])

    def __init__(self, mode: Mode, undefined: type[Undefined]) -> None:
        """`undefined` says what becomes of a name that is not there."""
        super().__init__(
            undefined=undefined, finalize=_finalizer(mode), keep_trailing_newline=True
        )
        self.concat = _joined  # type: ignore[method-assign] # Jinja2's hook
        self.filters = {name: _metered(f) for name, f in _FILTERS.items()}
        self.filters |= _hidden_filters(mode)
        self.tests = {n: self.tests[n] for n in _TESTS}
        self.globals = {"range": _range, "namespace": Namespace}

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002 - Jinja2's hook
    ) -> str:
        metered = _Meter().visit(source)
        return super()._generate(metered, name, filename, defer_init)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what a dot leads to: a key before a method of the same name."""
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
            if attribute in _METHODS:
                return getattr(obj, attribute)
            return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Nothing but loops, namespaces and undefined names has attributes."""
        known = isinstance(obj, LoopContext | Namespace | Undefined)
        return known and super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:
        """Macros, `range`, `namespace`, a mapping's views and `loop.cycle`."""
        if isinstance(obj, Macro) or obj in (_range, Namespace):
            return True
        owner = getattr(obj, "__self__", None)
        name = getattr(obj, "__name__", "")
        if isinstance(owner, LoopContext):
            return name in {"cycle", "changed"}
        return type(owner) is dict and name in _METHODS

    def call(
        __self,  # noqa: N805 - Jinja2's signature
        __context: Context,
        __obj: Any,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Call what may be called, for a step."""
        spend(10)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute within bounds; texts only grow by what is paid for."""
        spend(1)
        numbers = _is_number(left) and _is_number(right)
        texts = isinstance(left, str) and isinstance(right, str)
        lists = isinstance(left, list) and isinstance(right, list)
        if operator == "+" and (texts or lists):
            spend(len(left) + len(right))
            return left + right
        if not numbers or operator == "**":
            raise Fault(f"{operator} is for numbers here; join texts with ~")
        made = super().call_binop(context, operator, left, right)
        if abs(made) > _LARGEST:
            raise Fault("the number is too large")
        return made


_METHODS = frozenset({"items", "keys", "values", "get"})
_TESTS = (
    *("boolean", "defined", "divisibleby", "even", "false", "integer", "iterable"),
    *("mapping", "none", "number", "odd", "sequence", "string", "true", "undefined"),
)


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > _MOST_RANGE:
        raise Fault(f"a range has at most {_MOST_RANGE} steps")
    return made


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _joined(parts: Iterable[str]) -> Ready:
    whole = Ready("".join(parts))
    spend(len(whole))
    return whole


class _Meter(NodeTransformer):
    """Rewrites a template so that loops, texts and comparisons are paid for."""

    def visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        if isinstance(node, nodes.Stmt) and not isinstance(node, _ALLOWED):
            word = type(node).__name__.lower()
            raise jinja2.TemplateSyntaxError(
                f"{word} is not offered here", node.lineno or 1
            )
        return super().visit(node, *args, **kwargs)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja2's hook
        if node.recursive:
            raise jinja2.TemplateSyntaxError("loops are not recursive", node.lineno)
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_each")
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [
            _filtered(nodes.Const(one.data, lineno=one.lineno), "_literal")
            if isinstance(one, nodes.TemplateData)
            else one
            for one in node.nodes
        ]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return _filtered(parts, "_concat")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = _filtered(node.expr, "_scalar")
        for operand in node.ops:
            inside = operand.op in {"in", "notin"}
            operand.expr = _filtered(operand.expr, "_charged" if inside else "_scalar")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, "_charged")
        return node


_ALLOWED = (
    *(nodes.Output, nodes.For, nodes.If, nodes.Macro, nodes.With, nodes.Assign),
    nodes.AssignBlock,
)


def _filtered(node: nodes.Expr | nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


# ── what is shown ────────────────────────────────────────────────────────────


def _finalizer(mode: Mode) -> Callable[[Context, Any], str]:
    @jinja2.pass_context
    def finalize(context: Context, value: Any) -> str:
        del context
        shown = value if isinstance(value, Ready) else _ESCAPES[mode](_text(value))
        spend(1 + len(shown))
        return str(shown)

    return finalize


def _text(value: Any) -> str:
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


# ── filters ──────────────────────────────────────────────────────────────────


def _metered(function: Callable[..., Any]) -> Callable[..., Any]:
    @jinja2.pass_context
    def metered(context: Context, value: Any, *args: Any, **more: Any) -> Any:
        del context
        spend(1 + _size(value) + sum(_size(one) for one in (*args, *more.values())))
        return function(value, *args, **more)

    return metered


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | dict | range) else 1


def _hidden_filters(mode: Mode) -> dict[str, Callable[..., Any]]:
    """Return what the rewritten template calls, and filters that know the mode."""

    def to_json(value: Any) -> str:
        made = _encoded(value)
        return Ready(made) if mode == "json" else made

    return {
        "_each": _with_context(_each),
        "_literal": _with_context(Ready),
        "_concat": _with_context(_concat),
        "_scalar": _with_context(_scalar),
        "_charged": _metered(lambda value: value),
        "tojson": _metered(to_json),
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
    texts = [_text(part) for part in parts]
    spend(sum(map(len, texts)))
    return "".join(texts)


def _scalar(value: Any) -> Any:
    if isinstance(value, str | int | float | Undefined) or value is None:
        spend(_size(value))
        return value
    raise Fault("only texts and numbers can be compared")


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


def _default(value: Any, other: Any = "", boolean: Any = False) -> Any:  # noqa: FBT002
    missing = isinstance(value, Undefined) or value is None or (boolean and not value)
    return other if missing else value


def _list(value: Any) -> list[Any]:
    if isinstance(value, str | list | tuple | dict | range):
        return list(value)
    raise Fault("this is no list")


def _join(values: Any, between: str = "") -> str:
    texts = [_text(value) for value in _list(values)]
    spend(sum(map(len, texts)) + len(texts) * len(between))
    return between.join(texts)


def _replace(text: Any, old: str, new: str) -> str:
    whole = _text(text)
    spend(whole.count(old) * len(new))
    return whole.replace(old, new)


def _truncate(text: Any, length: int = 255) -> str:
    whole = _text(text)
    return whole if len(whole) <= length else whole[: max(0, length - 1)] + "…"


def _attributes(values: Any, attribute: str) -> list[Any]:
    return [one.get(attribute) for one in _list(values) if isinstance(one, dict)]


def _where(values: Any, attribute: str, wanted: Any) -> list[Any]:
    wanted = _scalar(wanted)
    return [
        one
        for one in _list(values)
        if isinstance(one, dict) and _scalar(one.get(attribute)) == wanted
    ]


_FILTERS: dict[str, Callable[..., Any]] = {
    "attributes": _attributes,
    "capitalize": lambda text: _text(text).capitalize(),
    "default": _default,
    "first": lambda values: next(iter(_list(values)), ""),
    "float": float,
    "int": int,
    "items": lambda values: list(values.items()) if isinstance(values, dict) else [],
    "join": _join,
    "last": lambda values: next(reversed(_list(values)), ""),
    "length": lambda values: len(_list(values)),
    "list": _list,
    "lower": lambda text: _text(text).lower(),
    "replace": _replace,
    "round": lambda number, digits=0: round(float(number), digits),
    "string": _text,
    "trim": lambda text: _text(text).strip(),
    "truncate": _truncate,
    "upper": lambda text: _text(text).upper(),
    "urlencode": lambda text: quote(_text(text), safe=""),
    "where": _where,
}
"""What filters there are, beside `tojson`. Each costs as much as it is given."""
