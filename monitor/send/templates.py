"""A webhook's own body and headers, as templates that the operator wrote.

A template sees the message as docs/webhook.md describes it (`type`, `data.rule.title`),
and `subject` and `text`, the message as a mail has it. What goes wrong is told when the
configuration is checked, with the line; what only a real message brings to light is told
with its delivery.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from monitor.errors import MessageProblem
from monitor.send.render import HARD_CAP, line

if TYPE_CHECKING:
    import jinja2

    from monitor.send.sandbox import Mode

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
"""A header's name (RFC 9110, 5.6.2)."""
_OURS = re.compile(
    r"webhook-.*|x-tocsin-.*|content-(length|type|encoding)|host|connection"
    r"|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-.*|expect"
    r"|idempotency-key|accept-encoding",
    re.IGNORECASE,
)
_VALUE = 1000
_FIXED = 8000
"""Characters of a header that the operator wrote out, such as a long token."""


def mode_of(content_type: str) -> "Mode":
    """Return what texts are escaped for in a body of this type."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return "json"
    return "markup" if kind == "text/html" or kind.endswith("xml") else "text"


class Wrong(Exception):
    """What is wrong with a template; `line` is where (0: unknown)."""

    def __init__(self, message: str, line_number: int = 0) -> None:
        """Say it in one sentence."""
        super().__init__(message)
        self.line = line_number


@dataclass(frozen=True, slots=True)
class Template:
    """One template, compiled; `Wrong` where it cannot be."""

    source: str = field(repr=False)
    mode: "Mode"
    _lenient: "jinja2.Template" = field(init=False, repr=False)
    _strict: "jinja2.Template" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compile it twice: names that are missing are faults only in a check."""
        try:
            import jinja2  # noqa: PLC0415 - an extra

            from monitor.send import sandbox  # noqa: PLC0415 - it needs jinja2
        except ImportError:
            message = "templates need an extra: pip install 'tocsin[templates]'"
            raise Wrong(message) from None
        if len(self.source) > sandbox.MOST_SOURCE:
            raise Wrong(f"a template has at most {sandbox.MOST_SOURCE} characters")
        for name, undefined in (
            ("_lenient", jinja2.ChainableUndefined),
            ("_strict", jinja2.StrictUndefined),
        ):
            try:
                made = sandbox.Sandbox(self.mode, undefined).from_string(self.source)
            except jinja2.TemplateSyntaxError as error:
                raise Wrong(error.message or "cannot be read", error.lineno) from None
            except (RecursionError, SyntaxError, MemoryError, OverflowError):
                raise Wrong("it is nested too deeply") from None
            object.__setattr__(self, name, made)

    def render(self, values: Mapping[str, Any], *, strict: bool = False) -> str:
        """Render it; `strict` refuses names that are not there. `Wrong` otherwise."""
        import jinja2  # noqa: PLC0415 - an extra

        from monitor.send import sandbox  # noqa: PLC0415 - it needs jinja2

        template = self._strict if strict else self._lenient
        try:
            made = sandbox.render(template, values)
        except jinja2.TemplateError as error:
            raise Wrong(error.message or type(error).__name__, _line(error)) from None
        except (TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise Wrong(line(str(error), 200), _line(error)) from None
        if len(made.encode("utf-8", "replace")) > HARD_CAP:
            raise Wrong(f"the text that it makes has more than {HARD_CAP} bytes")
        return made


def _line(error: BaseException) -> int:
    """Return the template's line at which an error arose."""
    found = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


# ── a webhook's own form ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How one receiver wants its messages."""

    content_type: str = "application/json"
    body: Template | None = None
    """None: the usual one."""
    headers: Mapping[str, Template] = field(default_factory=dict, repr=False)
    """Rendered with the body, and kept with it."""
    fixed: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers without a template, which may be secrets: never kept with a message."""

    def make_body(self, values: Mapping[str, Any]) -> bytes:
        """Render the body; MessageProblem where it cannot be made."""
        if self.body is None:
            raise TypeError("this form has no body of its own")
        try:
            return _checked(self.body.render(values), self.body.mode)
        except Wrong as wrong:
            raise MessageProblem(_said("body", wrong)) from None

    def make_headers(self, values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
        """Render the headers, each on one line; MessageProblem otherwise."""
        made = []
        for name, template in self.headers.items():
            try:
                made.append((name, header_value(template.render(values))))
            except Wrong as wrong:
                raise MessageProblem(_said(f"headers.{name}", wrong)) from None
        return tuple(made)


def _said(what: str, wrong: Wrong) -> str:
    at = f", line {wrong.line}" if wrong.line else ""
    return f"the template of {what}{at}: {wrong}"


def _checked(made: str, mode: "Mode") -> bytes:
    if mode == "json":
        try:
            json.loads(made)
        except ValueError as error:
            raise Wrong(f"what it makes is no JSON: {error}") from None
        except RecursionError:
            raise Wrong("what it makes is nested too deeply") from None
    return made.encode("utf-8", "replace")


def header_value(text: str) -> str:
    """Return a text as a header's value: one line of ASCII, the rest as %XX."""
    return _in_ascii(line(text, _VALUE))


def fixed_value(text: str) -> str:
    """Return what the operator wrote out as a header's value, where it may be one."""
    return _in_ascii(text.strip())


def _in_ascii(text: str) -> str:
    return "".join(
        c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in text
    )


def is_template(text: str) -> bool:
    """Whether anything in a text has to be rendered."""
    return any(mark in text for mark in ("{{", "{%", "{#"))


SECRET_HEADER = re.compile("auth|token|key|secret|cookie|password", re.IGNORECASE)
"""Names of headers whose values are secrets."""


def header_problem(name: str, value: str) -> str:
    """Return why a header may not be set; "" where it may."""
    if SECRET_HEADER.search(name) and is_template(value):
        return "a header that holds a secret cannot be a template: it would be stored"
    if not _TOKEN.fullmatch(name):
        return "this is no name of a header"
    if _OURS.fullmatch(name):
        return "this header is set by Tocsin itself"
    return "" if is_template(value) else _fixed_problem(value.strip())


def _fixed_problem(value: str) -> str:
    if len(value) > _FIXED:
        return f"a header has at most {_FIXED} characters"
    return "" if value.isprintable() else "a header is one line of text"


def checks(
    template: Template, examples: Mapping[str, Mapping[str, Any]]
) -> Iterator[Wrong]:
    """Yield what goes wrong with examples of messages; the first alone is strict.

    The first example is an alert's, which a template is written for; the others are
    such as tests and remarks, in which some names are not there.
    """
    for number, values in enumerate(examples.values()):
        try:
            _checked(template.render(values, strict=number == 0), template.mode)
        except Wrong as wrong:
            yield wrong
            return
