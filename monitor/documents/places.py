"""Where each value of a document stands, and problems that say so."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from monitor.errors import Problem

Location = tuple[int | str, ...]


_LONGEST = 200
"""Characters of a line that a problem shows."""


@dataclass(slots=True)
class Mark:
    """Where a value stands, and its children by key or index."""

    line: int
    column: int
    start: int = 0
    end: int = 0
    style: str = ""
    keys: dict[int | str, "Mark"] = field(default_factory=dict)
    children: dict[int | str, "Mark"] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """A YAML file's data, and where in the file each piece of it stands."""

    where: str
    """The file's path, as problems show it."""
    text: str
    data: Any
    root: Mark
    hidden: set[int] = field(default_factory=set)
    """Lines that no problem shows, since a secret may stand in them."""

    def problem(self, location: Location, message: str, **more: str) -> Problem:
        """Return a problem at a value; `more` is mend, code, severity or excerpt."""
        mark = self._find(location)
        return self._at(mark.line, mark.column, location, message, more)

    def problem_at_key(self, location: Location, message: str, **more: str) -> Problem:
        """Return a problem at the key of a value, not at the value."""
        parent = self._find(location[:-1])
        mark = parent.keys.get(location[-1]) or self._find(location)
        return self._at(mark.line, mark.column, location, message, more)

    def problem_within(
        self, location: Location, offset: int, message: str, **more: str
    ) -> Problem:
        """Return a problem `offset` characters into the text at `location`."""
        line, column = self.place_within(location, offset)
        return self._at(line, column, location, message, more)

    def comment_behind(self, location: Location) -> str:
        """Return the comment in the line in which an unquoted text ends; "" without any."""
        mark = self._find(location)
        if mark.style or not mark.end:
            return ""
        end = self.text.find("\n", mark.end)
        rest = self.text[mark.end : end if end >= 0 else None].strip()
        return rest if rest.startswith("#") else ""

    def place(self, location: Location) -> tuple[int, int]:
        """Return line and column (from 1) of a value, or of its nearest parent."""
        mark = self._find(location)
        return mark.line, mark.column

    def place_within(self, location: Location, offset: int) -> tuple[int, int]:
        """Return line and column of a character inside the text at `location`.

        Folding and indentation change white space alone, so the place is found by
        counting the characters that are not white space.
        """
        mark = self._find(location)
        value = self._value(location)
        if not mark.end or not isinstance(value, str):
            return mark.line, mark.column
        wanted = sum(not c.isspace() for c in value[:offset])
        start = self._content_start(mark)
        at = nth_character(self.text, start, mark.end, wanted, mark.style)
        return line_and_column(self.text, at)

    def _content_start(self, mark: Mark) -> int:
        if mark.style in {"|", ">"}:
            return self.text.index("\n", mark.start) + 1
        return mark.start + (1 if mark.style in {"'", '"'} else 0)

    def _find(self, location: Location) -> Mark:
        mark = self.root
        for step in location:
            if step not in mark.children:
                return mark
            mark = mark.children[step]
        return mark

    def _value(self, location: Location) -> Any:
        value = self.data
        for step in location:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _at(
        self,
        line: int,
        column: int,
        location: Location,
        message: str,
        more: dict[str, str],
    ) -> Problem:
        source = self.text.split("\n")
        shown = source[line - 1] if 0 < line <= len(source) else ""
        excerpt = ""
        secret = line in self.hidden or tells_secret(shown)
        if shown.strip() and not secret:
            number = str(line)
            part, before = _around(shown, column - 1)
            excerpt = f"  {number} | {part}\n  {' ' * len(number)} | {blank(before)}^"
        return Problem(
            **{"excerpt": excerpt} | more,
            where=self.where,
            line=line,
            column=column,
            field=dotted(location),
            message=message,
        )


_SECRET_LINE = re.compile(
    r"(secret|token|password|routing_key|proxy|authorization|hooks?\.|api[-_]?key"
    r"|headers|cookie|credentials|\bx-[\w-]*(?:key|auth))\w*[\"']?\s*[:/]"
    r"|://[^/\s]*@|\b(?:bearer|basic)\s|whsk?(?:ec)?_",
    re.IGNORECASE,
)
"""A line that may hold a secret is not repeated: problems go to logs and health too."""


def tells_secret(line: str) -> bool:
    """Say whether a line of a file reads as if it held a secret."""
    return _SECRET_LINE.search(line) is not None


def _around(line: str, at: int) -> tuple[str, str]:
    """Return what is shown of a line around a place, and what of that stands before it."""
    if len(line) <= _LONGEST:
        return line, line[:at]
    first = max(0, min(at - _LONGEST // 2, len(line) - _LONGEST))
    last = first + _LONGEST
    cut, more = "\u2026" * (first > 0), "\u2026" * (last < len(line))
    return f"{cut}{line[first:last]}{more}", f"{cut}{line[first:at]}"


def blank(text: str) -> str:
    """Return white space as wide as a text on a terminal: marks take none, Han two."""
    return "".join(c if c == "\t" else " " * _cells(c) for c in text)


def _cells(one: str) -> int:
    if unicodedata.category(one) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1


def dotted(location: Location) -> str:
    """Write a location the way people do: `receivers[0].webhook.url`."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def line_and_column(text: str, at: int) -> tuple[int, int]:
    """Return the line and the column, from 1, of a character; lines end in a line feed.

    What YAML ends a line at beside, such as U+2028, ends none in an editor.
    """
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def nth_character(text: str, start: int, end: int, wanted: int, style: str) -> int:
    """Return the index of the `wanted`-th character that is not white space."""
    at, seen = start, 0
    while at < end:
        width, counts = _written(text, at, style)
        if counts and seen == wanted:
            return at
        seen += counts
        at += width
    return max(start, min(at, end) - 1)


_ESCAPE = re.compile(r"\\(?:\n[ \t]*|x(\w{2})|u(\w{4})|U(\w{8})|(.))")
_SPACE_ESCAPES = frozenset("ntvfr \tN_LP")
"""What stands behind the backslash where white space is meant."""


def _written(text: str, at: int, style: str) -> tuple[int, bool]:
    """Return how many characters stand for the one at `at`, and whether it is no space."""
    if style == "'" and text.startswith("''", at):
        return 2, True
    escape = _ESCAPE.match(text, at) if style == '"' else None
    if escape is None:
        return 1, not text[at].isspace()
    number = escape[1] or escape[2] or escape[3]
    if number:
        return len(escape[0]), not chr(int(number, 16)).isspace()
    return len(escape[0]), escape[4] is not None and escape[4] not in _SPACE_ESCAPES
