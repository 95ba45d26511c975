"""What a template may do: Jinja2's sandbox, with all work metered and much left out."""

from collections.abc import Iterable
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

from monitor.send.sandbox.filters import FILTERS, hidden_filters, metered, scalar
from monitor.send.sandbox.purse import Fault, spend
from monitor.send.sandbox.showing import Mode, Ready, finalizer

MOST_SOURCE = 32_768
"""Characters of a template."""
_LARGEST = 10**15
_MOST_RANGE = 1000


class Sandbox(ImmutableSandboxedEnvironment):
    """Compiles templates so that everything they do is paid for."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%", "**"])

    def __init__(self, mode: Mode, undefined: type[Undefined]) -> None:
        """`undefined` says what becomes of a name that is not there."""
        super().__init__(
            undefined=undefined, finalize=finalizer(mode), keep_trailing_newline=True
        )
        self.concat = _joined  # type: ignore[method-assign] # Jinja2's hook
        self.filters = {name: metered(f) for name, f in FILTERS.items()}
        self.filters |= hidden_filters(mode)
        self.tests = {n: self.tests[n] for n in _TESTS}
        self.globals = {"range": _range, "namespace": Namespace}

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002 - Jinja2's hook
    ) -> str:
        counted = _Meter().visit(source)
        return super()._generate(counted, name, filename, defer_init)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return what a dot leads to: of a mapping a key, or a method that is called."""
        name = attribute.removesuffix(_CALLED)
        if isinstance(obj, dict):
            if name != attribute:
                return getattr(obj, name)
            if name in obj:
                return obj[name]
            return self.undefined(obj=obj, name=name)
        return super().getattr(obj, name)

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
        known = _LOOKED_AT.get(getattr(__obj, "__name__", ""), 0)
        args = (*map(scalar, args[:known]), *args[known:])
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
_LOOKED_AT = {"get": 1, "changed": MOST_SOURCE}
"""How many of their arguments methods hash or compare: of nested lists without an end."""
_CALLED = "()"
"""Stands behind the name of a method where it is called: `data.items` is a field."""
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

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 - Jinja2's hook
        self.generic_visit(node)
        node.nodes = [
            _filtered(nodes.Const(one.data, lineno=one.lineno), "_literal")
            if isinstance(one, nodes.TemplateData)
            else one
            for one in node.nodes
        ]
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja2's hook
        self.generic_visit(node)
        if isinstance(node.node, nodes.Getattr) and node.node.attr in _METHODS:
            node.node.attr += _CALLED
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja2's hook
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return _filtered(parts, "_concat")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - Jinja2's hook
        self.generic_visit(node)
        node.expr = _filtered(node.expr, "_scalar")
        for operand in node.ops:
            inside = operand.op in {"in", "notin"}
            operand.expr = _filtered(operand.expr, "_charged" if inside else "_scalar")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja2's hook
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, "_charged")
        else:
            node.arg = _filtered(node.arg, "_scalar")
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:  # noqa: N802 - Jinja2's hook
        self.generic_visit(node)
        node.key = _filtered(node.key, "_scalar")
        return node


_ALLOWED = (
    *(nodes.Output, nodes.For, nodes.If, nodes.Macro, nodes.With, nodes.Assign),
    nodes.AssignBlock,
)


def _filtered(node: nodes.Expr | nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
