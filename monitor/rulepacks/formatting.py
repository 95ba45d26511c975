"""One layout for rule packs: queries, lists and white space; comments stay.

The text is edited, not written anew: what is laid out is queries, lists that stand in
brackets, and the white space around them. The order of keys, the words and the comments
are the author's.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from monitor import documents
from monitor.detect.query import parse
from monitor.errors import InputRefused, Problem
from monitor.rulepacks.layout import lay_out, pieces

WIDTH = 100
"""Characters of a line; a longer one stands only where nothing can be broken."""

_MARK = "\ufeff"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNWRITABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What YAML takes for the end of a line, or does not let stand in a text as it is."""
_REMARK = re.compile(r"([ \t]*)(?:#|$)", re.MULTILINE)
"""A line that holds a comment alone, or nothing."""
_GAP = re.compile(r" *: +")
_BEHIND_KEY = re.compile(r" *: +\Z")


def format_pack(text: str, where: str) -> str:
    """Return a pack's text in the one layout; InputRefused where it is not YAML.

    Queries with errors stay as they are. Formatting what was formatted changes nothing.
    Lines end as most of them do, and a byte order mark stays: an editor put them there.
    """
    before = documents.read_text(text, where).data
    mark = _MARK if text.startswith(_MARK) else ""
    of_windows = text.count("\r\n")
    ending = "\r\n" if 2 * of_windows > text.count("\n") else "\n"
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix(_MARK)
    root = yaml.compose(text, Loader=_Loader)
    edits = list(_edits(root, text)) if root is not None else []
    text = _tidy(_edited(text, edits))
    after = documents.read_text(text, where).data
    if _meaning(before) != _meaning(after):
        message = "its layout cannot be changed without changing what it says"
        raise InputRefused([Problem(where=where, message=message, mend="report this")])
    return mark + text.replace("\n", ending)


def _edited(text: str, edits: Sequence["_Edit"]) -> str:
    """Make edits that do not overlap, all at once: a pack may need thousands."""
    pieces: list[str] = []
    end = len(text)
    for edit in sorted(edits, key=lambda edit: -edit.start):
        pieces += [text[edit.end : end], edit.text]
        end = edit.start
    pieces.append(text[:end])
    return "".join(reversed(pieces))


def _meaning(data: Any, path: tuple[str, ...] = ()) -> Any:
    """Return a pack's data with queries as their symbols, which no layout changes."""
    if isinstance(data, dict):
        return {k: _meaning(value, (*path, str(k))) for k, value in data.items()}
    if isinstance(data, list):
        return [_meaning(one, (*path, "[]")) for one in data]
    if isinstance(data, str) and _is_query(path):
        return [" ".join(one.text.split()) for one in pieces(data)]
    return data.rstrip() if isinstance(data, str) else data


def _is_query(path: tuple[str, ...]) -> bool:
    match path:
        case ("rules", "[]", "match") | ("defs", _) | ("defs", _, "match"):
            return True
        case _:
            return False


# ── where something is laid out ──────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def _edits(root: Any, text: str) -> Iterator[_Edit]:
    waiting: list[tuple[Any, tuple[str, ...]]] = [(root, ())]
    while waiting:
        node, path = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            if node.flow_style:
                yield from _list(node, text)
            else:
                waiting += [(one, (*path, "[]")) for one in node.value]
        elif isinstance(node, yaml.MappingNode) and not node.flow_style:
            for key, value in node.value:
                here = (*path, str(key.value))
                yield from _gap(key, value, text)
                if _is_text(value) and _is_query(here):
                    yield from _query(key, value, text)
                else:
                    waiting.append((value, here))


def _is_text(node: Any) -> bool:
    """Say whether a value is text; a number or `null` is not, and would be made one."""
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str"


def _gap(key: Any, value: Any, text: str) -> Iterator[_Edit]:
    """Leave one space behind the colon where key and value share a line."""
    start, end = key.end_mark.index, value.start_mark.index
    if _GAP.fullmatch(text, start, end):
        yield _Edit(start, end, ": ")


def _list(node: Any, text: str) -> Iterator[_Edit]:
    """Fill the lines of a list in brackets; one with comments stays as it is."""
    start, end = node.start_mark.index, node.end_mark.index
    spans = [(one.start_mark.index, one.end_mark.index) for one in node.value]
    places = [start, *(place for span in spans for place in span), end]
    if places != sorted(places) or text[start] != "[":
        return  # An alias has the place of what it stands for; an anchor stands before.
    written = [text[first:last] for first, last in spans]
    outside = text[start:end]
    for first, last in reversed(spans):
        outside = outside[: first - start] + outside[last - start :]
    if any("\n" in one for one in written) or "#" in outside:
        return
    before = text[text.rfind("\n", 0, start) + 1 : start]
    column = len(_BEHIND_KEY.sub(": ", before))
    line, lines = "[", []
    for number, one in enumerate(written):
        piece = one + ("," if number + 1 < len(written) else "]")
        if line.strip("[ ") and column + len(line) + 1 + len(piece) > WIDTH:
            lines.append(line)
            line = " " + piece
        else:
            line += (" " if line.strip("[ ") else "") + piece
    lines.append(line if written else "[]")
    yield _Edit(start, end, f"\n{' ' * column}".join(lines))


def _query(key: Any, value: Any, text: str) -> Iterator[_Edit]:
    start, end = value.start_mark.index, value.end_mark.index
    column = key.start_mark.column
    if text.startswith("&", start) or _UNWRITABLE.search(value.value):
        return  # An anchor, which an alias needs, or what only "\\u2028" can write.
    if not parse(value.value).ok or key.start_mark.line != value.start_mark.line:
        return
    lines = lay_out(value.value, WIDTH - column - 2)
    if not parse("\n".join(lines)).ok:
        return  # In one line, its comment would seem to take operators with it.
    written = text[start:end]
    header = written.split("\n", 1)[0][1:] if value.style in {"|", ">"} else ""
    remark = header.strip("+-0123456789 ")
    one_line = len(lines) == 1 and "#" not in lines[0] and not remark
    behind = "" if value.style in {"|", ">"} else text[end:].partition("\n")[0].rstrip()
    if one_line:
        made = _scalar(lines[0])
        if column + len(str(key.value)) + 2 + len(made) + len(behind) <= WIDTH:
            yield _Edit(start, end, made + _ending(written, value.style))
            return
    if behind.strip():
        remark = behind.strip()
        end += len(behind)
    yield from _remarks_below(text, end, column)
    indent = " " * (column + 2)
    body = "".join(f"\n{indent}{line}" if line else "\n" for line in lines)
    made = f"|{f' {remark}' if remark else ''}{body}"
    yield _Edit(start, end, made + _ending(written, value.style))


def _remarks_below(text: str, end: int, column: int) -> Iterator[_Edit]:
    """Put comments below a text where they do not become a part of it, as a block."""
    at = text.find("\n", end - 1) + 1
    while at and (found := _REMARK.match(text, at)):
        if len(found[1]) > column:
            yield _Edit(at, found.end(1), " " * column)
        at = text.find("\n", at) + 1


def _ending(written: str, style: str | None) -> str:
    """Return the line ends that a block scalar's span takes in."""
    blank = written[len(written.rstrip()) :] if style in {"|", ">"} else ""
    return "\n" * blank.count("\n")


def _scalar(line: str) -> str:
    """Return a text as YAML writes it in one line."""
    try:
        plain = yaml.load(f"k: {line}\n", Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        plain = None
    if isinstance(plain, dict) and plain.get("k") == line and line[0] not in "\"'":
        return line
    return "'" + line.replace("'", "''") + "'"


def _tidy(text: str) -> str:
    """Strip the ends of lines, and leave at most one empty line between two.

    Not within a text of several lines, to which they belong.
    """
    inside = {line for first, last in _long_texts(text) for line in range(first, last)}
    kept: list[str] = []
    for number, line in enumerate(text.split("\n")):
        bare = line if number in inside else line.rstrip(" \t")
        if bare or number in inside or (kept and kept[-1]):
            kept.append(bare)
    tidied = "\n".join(kept).strip("\n")
    return f"{tidied}\n" if tidied else ""


def _long_texts(text: str) -> Iterator[tuple[int, int]]:
    """Yield the first and behind the last line of what ends on a later line."""
    ends = [found.start() for found in re.finditer("\n", text)]
    waiting = [yaml.compose(text, Loader=_Loader)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            start, end = node.start_mark.index, node.end_mark.index
            length = len(text[start:end].rstrip(" \t\n"))
            first, last = bisect_left(ends, start), bisect_left(ends, start + length)
            if first < last:
                yield first, last
        elif isinstance(node, yaml.MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
