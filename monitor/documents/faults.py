"""What a YAML parser complains of, in the words of a person who wrote the file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import yaml

from monitor.documents.places import line_and_column


@dataclass(frozen=True, slots=True)
class YamlFault:
    """Where a file is no YAML, what is wrong there, and the mend."""

    line: int
    column: int
    message: str
    mend: str


_FIRST_KEY = re.compile(r"\s*(?:-\s+)?-?[\w-]+(?::[\w-]+)?\Z")
"""What stands before the colon of a key; `- id:a` and `-id` are keys gone wrong."""
_VALUE = re.compile(r"\s*(?:-\s+)*(?:[\w-]+:\s+)?(?P<first>[\"'{\[])")
_ODD_SPACE = re.compile("[ ]*([\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff])")
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_OPENED = {"while parsing a flow sequence": "[", "while parsing a flow mapping": "{"}
_CLOSING = {"[": "]", "{": "}"}
_ELSEWHERE = "check indentation, quotes and brackets here"
_WHOLE = "quote the whole text: '...', or begin it with > and go on in the next line"


def yaml_fault(error: yaml.YAMLError, text: str) -> YamlFault:
    """Return the place, the message and the mend of a parser's error."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return _character(text)
    mark = error.problem_mark or error.context_mark
    line, column = _place(text, mark.index) if mark else (1, 1)
    said = error.problem or error.context or "not YAML"
    lines = text.split("\n")
    return (
        _never_closed(error, text, line)
        or _odd_space(lines[:line])
        or YamlFault(line, column, said, _mend(said, lines, line, column))
    )


def _place(text: str, at: int) -> tuple[int, int]:
    """Return line and column; of the end those behind the last line."""
    if at >= len(text) and not text.endswith("\n"):
        return text.count("\n") + 2, 1
    return line_and_column(text, at)


def _character(text: str) -> YamlFault:
    found = _FORBIDDEN.search(text)
    at = found.start() if found else 0
    shown = f"U+{ord(text[at]):04X} " if found else ""
    return YamlFault(
        *line_and_column(text, at),
        f"the control character {shown}stands here",
        "remove it",
    )


def _never_closed(
    error: yaml.MarkedYAMLError, text: str, line: int
) -> YamlFault | None:
    """Return the place where a quote, bracket or block begins that has no end."""
    opened = error.context_mark
    if opened is None or not error.context:
        return None
    place = line_and_column(text, opened.index)
    if error.context == "while scanning a quoted scalar":
        return YamlFault(*place, "a quotation mark is never closed", "close it")
    if error.context == "while scanning a simple key":
        mend = "write `name: value`; text of the line above stands deeper than its key"
        return YamlFault(*place, "a line that is no `name: value`", mend)
    bracket = _OPENED.get(error.context)
    if bracket is None or line == place[0]:
        return None
    return YamlFault(
        *place,
        f"the bracket {bracket} is never closed",
        f"close it: {_CLOSING[bracket]}",
    )


def _odd_space(lines: Sequence[str]) -> YamlFault | None:
    """Return the first indentation that only looks like spaces."""
    for number, line in enumerate(lines, 1):
        found = _ODD_SPACE.match(line)
        if found:
            name = f"U+{ord(found[1]):04X}"
            return YamlFault(
                number,
                found.end(),
                f"the indentation holds {name}, which is no plain space",
                "indent with plain spaces",
            )
    return None


def _mend(said: str, lines: Sequence[str], line: int, column: int) -> str:
    shown = lines[line - 1] if line <= len(lines) else ""
    before, here = shown[: column - 1], shown[column - 1 : column]
    if shown[: column + 1].lstrip(" ").startswith("\t"):
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in said:
        return _colon(before)
    if "cannot start any token" in said and here:
        return f"quote a text that begins with {here}: '{here}...'"
    value = _VALUE.match(shown)
    if value is None or value.end() >= column:
        return _ELSEWHERE
    if value["first"] == "'" and before.endswith("'") and here.isalnum():
        return "an apostrophe inside '...' is written twice: ''"
    return _WHOLE


def _colon(before: str) -> str:
    if _FIRST_KEY.match(before):
        return (
            "indent it like the lines around it; above it, a list's dash and a key's"
            " colon want a space behind them"
        )
    if "\u201c" in before or "\u201e" in before:
        return 'write straight quotation marks around it: "..."'
    return "quote a text that contains a colon"
