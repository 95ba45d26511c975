"""YAML files that people write, read so that every problem has its place.

The reader works on the event stream, without recursion: a deep, huge or
self-referring file is refused and costs nothing. Booleans are `true` and `false`
alone (YAML 1.2 core schema), so that the country code `NO` stays a text; dates
and times stay texts too.
"""

import difflib
import os
import re
import tempfile
import types
import typing
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, SecretStr, ValidationError
from pydantic_core import PydanticCustomError

from monitor.errors import InputRefused, Problem

LARGEST_FILE = 16 * 1024 * 1024
DEEPEST = 24
MOST_ALIASES = 64

Location = tuple[int | str, ...]
_Model = TypeVar("_Model", bound=BaseModel)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class _Mark:
    """Where a value stands, and its children by key or index."""

    line: int
    column: int
    start: int = 0
    end: int = 0
    style: str = ""
    keys: dict[int | str, "_Mark"] = field(default_factory=dict)
    children: dict[int | str, "_Mark"] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """A YAML file's data, and where in the file each piece of it stands."""

    where: str
    """The file's path, as problems show it."""
    text: str
    data: Any
    _root: _Mark

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
        at = _nth_character(self.text, start, mark.end, wanted, mark.style)
        line_start = self.text.rfind("\n", 0, at) + 1
        return self.text.count("\n", 0, at) + 1, at - line_start + 1

    def _content_start(self, mark: _Mark) -> int:
        if mark.style in {"|", ">"}:
            return self.text.index("\n", mark.start) + 1
        return mark.start + (1 if mark.style in {"'", '"'} else 0)

    def _find(self, location: Location) -> _Mark:
        mark = self._root
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
        secret = _SECRET_LINE.search(shown)
        if shown.strip() and len(shown) <= 200 and not secret:  # noqa: PLR2004 - a screen line
            number = str(line)
            caret = " " * _width_shown(shown[: column - 1]) + "^"
            excerpt = f"  {number} | {shown}\n  {' ' * len(number)} | {caret}"
        return Problem(
            **{"excerpt": excerpt} | more,
            where=self.where,
            line=line,
            column=column,
            field=dotted(location),
            message=message,
        )


_SECRET_LINE = re.compile(
    r"(secret|token|password|routing_key|proxy|authorization|hooks?\.|api_key)\w*[\"']?\s*[:/]"
    r"|://[^/\s]*@",
    re.IGNORECASE,
)
"""A line that may hold a secret is not repeated: problems go to logs and health too."""


def _width_shown(text: str) -> int:
    """Return how many cells of a terminal a text takes: marks none, Han two."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    without = sum(unicodedata.category(c) in {"Mn", "Me", "Cf"} for c in text)
    return len(text) + wide - without


def dotted(location: Location) -> str:
    """Write a location the way people do: `receivers[0].webhook.url`."""
    text = ""
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


# ── reading ──────────────────────────────────────────────────────────────────


def read_file(path: Path) -> Document:
    """Read a YAML file; raise InputRefused when it cannot be read or parsed."""
    return read_text(read_whole(path), str(path))


def replace_file(path: Path, text: str) -> None:
    """Write a file anew, whole or not at all; its rights stay.

    A link stays one: what it points to is replaced.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".tocsin-")
    made = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        made.chmod(target.stat().st_mode & 0o7777)
        made.replace(target)
    except BaseException:
        made.unlink(missing_ok=True)
        raise


def read_whole(path: Path) -> str:
    """Return a file's text; raise InputRefused when it cannot be read."""
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            _refuse(path, f"the file has {size} bytes", f"at most {LARGEST_FILE}")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        _refuse(path, "the file is not UTF-8", "save it as UTF-8", line)
    except OSError as error:
        _refuse(
            path, f"cannot be read: {error.strerror}", "check the path and its rights"
        )


def read_text(text: str, where: str) -> Document:
    """Parse YAML text; raise InputRefused with all duplicate keys, or the fault."""
    builder = _Builder(where, text)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = error.problem or error.context or "not YAML"
        around = text.split("\n")[line - 1 : line]
        tab = bool(around) and around[0][: column + 1].lstrip(" ").startswith("\t")
        mend = "indent with spaces, not tabs" if tab else _yaml_mend(said)
        builder.complain(line, column, f"not valid YAML: {said}", mend)
    except yaml.YAMLError as error:
        builder.complain(1, 1, f"not valid YAML: {error}", "")
    if builder.problems:
        raise InputRefused(builder.problems)
    return Document(where, text, builder.data, builder.root)


def _yaml_mend(said: str) -> str:
    if "mapping values are not allowed" in said:
        return "quote a text that contains a colon"
    return "check indentation, quotes and brackets here"


def _refuse(path: Path, message: str, mend: str, line: int = 0) -> NoReturn:
    raise InputRefused(
        [Problem(where=str(path), message=message, mend=mend, line=line)]
    )


@dataclass(slots=True)
class _Open:
    """A list or map that is being read."""

    value: list[Any] | dict[str, Any]
    mark: _Mark
    key: str | None = None
    key_mark: _Mark | None = None


class _Builder:
    """Builds data and marks from YAML events; refuses what people do not write."""

    def __init__(self, where: str, text: str) -> None:
        self.where = where
        self.lines = text.split("\n")
        self.data: Any = None
        self.root = _Mark(1, 1)
        self.problems: list[Problem] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, _Mark]] = {}
        self._waiting: dict[int, str] = {}
        self._aliases = 0
        self._documents = 0

    def complain(self, line: int, column: int, message: str, mend: str) -> None:
        shown = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        excerpt = f"  {line} | {shown[:200]}" if shown.strip() else ""
        self.problems.append(
            Problem(
                where=self.where,
                line=line,
                column=column,
                message=message,
                mend=mend,
                excerpt=excerpt,
            )
        )

    def take(self, event: Any) -> None:
        """Feed one event; raises yaml.YAMLError where going on makes no sense."""
        if isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(event, "a second document begins", "keep one a file")

    def _take_scalar(self, event: Any) -> None:
        self._check_tag(event)
        mark = self._mark(event)
        mark.end = event.end_mark.index
        mark.style = event.style or ""
        self._put(_scalar(event), mark, event.anchor)

    def _mark(self, event: Any) -> _Mark:
        start = event.start_mark
        return _Mark(start.line + 1, start.column + 1, start.index)

    def _stop(self, event: Any, message: str, mend: str) -> NoReturn:
        mark = self._mark(event)
        self.complain(mark.line, mark.column, message, mend)
        raise InputRefused(self.problems)

    def _check_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            self._stop(event, f"a tag ({event.tag}) is not allowed", "remove it")

    def _open(self, value: list[Any] | dict[str, Any], event: Any) -> None:
        self._check_tag(event)
        if len(self._stack) >= DEEPEST:
            self._stop(event, f"nested deeper than {DEEPEST} levels", "flatten it")
        opened = _Open(value, self._mark(event))
        self._stack.append(opened)
        if event.anchor:
            self._waiting[len(self._stack)] = event.anchor

    def _close(self) -> None:
        anchor = self._waiting.pop(len(self._stack), None)
        done = self._stack.pop()
        self._put(done.value, done.mark, anchor)

    def _alias(self, event: Any) -> None:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            self._stop(event, f"more than {MOST_ALIASES} aliases", "write it out")
        known = self._anchors.get(event.anchor)
        if known is None:
            self._stop(event, f"alias *{event.anchor} is unknown or inside itself", "")
        value, mark = known
        if isinstance(value, list | dict):
            self._stop(
                event, "an alias may stand for a single value only", "write it out"
            )
        self._put(value, mark, None)

    def _put(self, value: Any, mark: _Mark, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = (value, mark)
        if not self._stack:
            self.data, self.root = value, mark
            return
        top = self._stack[-1]
        if isinstance(top.value, list):
            top.mark.children[len(top.value)] = mark
            top.value.append(value)
        elif top.key is None:
            self._key(top, value, mark)
        else:
            self._entry(top, value, mark)

    def _key(self, top: _Open, value: Any, mark: _Mark) -> None:
        if isinstance(value, list | dict):
            self.complain(mark.line, mark.column, "a key must be a text", "quote it")
        top.key = value if isinstance(value, str) else _plain(value)
        top.key_mark = mark

    def _entry(self, top: _Open, value: Any, mark: _Mark) -> None:
        key, key_mark = top.key, top.key_mark
        top.key = top.key_mark = None
        if key is None or key_mark is None or not isinstance(top.value, dict):
            return
        if key in top.value:
            first = top.mark.keys[key].line
            self.complain(
                key_mark.line,
                key_mark.column,
                f"{key!r} stands twice; first in line {first}",
                "keep one of them",
            )
            return
        top.value[key] = value
        top.mark.keys[key] = key_mark
        top.mark.children[key] = mark


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text) and len(text) < 18:  # noqa: PLR2004 - fits 64 bits
        return int(text)
    return float(text) if _FLOAT.match(text) else text


def _nth_character(text: str, start: int, end: int, wanted: int, style: str) -> int:
    """Return the index of the `wanted`-th character that is not white space."""
    at, seen = start, 0
    while at < end:
        if text[at].isspace():
            at += 1
            continue
        if seen == wanted:
            return at
        seen += 1
        at += _width(text, at, style)
    return max(start, min(at, end) - 1)


def _width(text: str, at: int, style: str) -> int:
    """How many source characters stand for the one at `at`."""
    if style == "'" and text.startswith("''", at):
        return 2
    if style == '"' and text[at] == "\\":
        return {"x": 4, "u": 6, "U": 10}.get(text[at + 1 : at + 2], 2)
    return 1


# ── checking ─────────────────────────────────────────────────────────────────


def validate(model: type[_Model], document: Document) -> _Model:
    """Check a document against a model; raise InputRefused with every problem."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise InputRefused(model_problems(model, error, document)) from None


def model_problems(
    model: type[BaseModel], error: ValidationError, document: Document
) -> list[Problem]:
    """Put pydantic's findings into the words and places of the file."""
    found = error.errors()
    return [
        model_problem(model, one, document)
        for one in found
        if one["type"] != "too_short" or not _has_faults_below(tuple(one["loc"]), found)
    ]


def _has_faults_below(location: Location, found: Sequence[Any]) -> bool:
    """Say whether entries of a list are wrong: then it only counts as too short."""
    depth = len(location)
    return any(
        len(one["loc"]) > depth and tuple(one["loc"][:depth]) == location
        for one in found
    )


def model_problem(model: type[BaseModel], one: Any, document: Document) -> Problem:
    """Put one of pydantic's errors into the words and the place of the file."""
    location = _in_data(tuple(one["loc"]), document.data)
    message, mend = explain_error(model, one)
    if one["type"] == "extra_forbidden":
        return document.problem_at_key(location, message, mend=mend)
    return document.problem(location, message, mend=mend)


def _in_data(location: Location, data: Any) -> Location:
    """Drop the steps that pydantic adds for unions and that the data lacks."""
    kept: list[int | str] = []
    for position, step in enumerate(location):
        if _holds(data, step):
            data = data[step]
        elif position != len(location) - 1 or not isinstance(data, dict):
            continue
        kept.append(step)
    return tuple(kept)


def _holds(data: Any, step: int | str) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, dict) and step in data


_SHAPES = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "fields with values",
    "model_type": "fields with values",
    "string_type": "a text",
}


def _wrong_tag(context: Mapping[str, Any]) -> tuple[str, str]:
    """Say which of several shapes a value has to choose from."""
    name = str(context["discriminator"]).strip("'")
    if "tag" not in context:
        return f"{name!r} is missing", f"add {name}:"
    known = [word.strip().strip("'") for word in context["expected_tags"].split(",")]
    near = difflib.get_close_matches(str(context["tag"]), known, 1)
    guess = f"did you mean {near[0]}? " if near else ""
    return (
        f"no {name} is called {context['tag']!r}",
        f"{guess}one of {', '.join(known)}",
    )


def explain_error(model: type[BaseModel], one: Any) -> tuple[str, str]:
    """Return what is wrong and how to mend it, for one of pydantic's errors.

    The value of a secret is never repeated.
    """
    if _is_secret(model, tuple(one["loc"])):
        one = {**one, "input": _HIDDEN}
    return _explained(model, one)


def _explained(model: type[BaseModel], one: Any) -> tuple[str, str]:
    kind, location = one["type"], tuple(one["loc"])
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _wrong_tag(one["ctx"])
    said = one["msg"].removeprefix("Value error, ")
    said = said[:1].lower() + said[1:]
    if kind == "extra_forbidden":
        known = fields_at(model, location[:-1])
        return f"unknown field {location[-1]!r}", _closest(str(location[-1]), known)
    if kind == "missing":
        return f"{location[-1]!r} is missing", f"add {location[-1]}:"
    if kind in {"enum", "literal_error"}:
        expected = one.get("ctx", {}).get("expected", "")
        return f"{one['input']!r} is not allowed here", f"one of {expected}"
    if kind in _SHAPES:
        found = "nothing" if one["input"] is None else _shown(one["input"])
        return f"expected {_SHAPES[kind]}, not {found}", ""
    if kind == "too_short":
        return "the list is empty", "add an entry"
    mend = one.get("ctx", {}).get("mend", "")
    if isinstance(one["input"], dict):
        return said, mend
    return f"{said}, not {_shown(one['input'])}", mend


class _Hidden:
    def __repr__(self) -> str:
        return "what is written (not shown: it is a secret)"


_HIDDEN = _Hidden()


def _is_secret(model: type[BaseModel], location: Location) -> bool:
    """Whether a place of the model holds a secret."""
    kinds: list[Any] = [model]
    for step in location:
        kinds = [inner for kind in kinds for inner in _step(kind, step)]
    return any(kind is SecretStr for kind in kinds)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a line


def _closest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(known)}" if known else "remove it"


def fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """Return the names of the fields that a place of the model knows."""
    kinds: list[Any] = [model]
    for step in location:
        kinds = [inner for kind in kinds for inner in _step(kind, step)]
    found = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
    return sorted(
        {
            info.alias or name
            for kind in found
            for name, info in kind.model_fields.items()
        }
    )


def _step(kind: Any, step: int | str) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, info in kind.model_fields.items():
            if step in {name, info.alias}:
                return _unwrap(info.annotation)
        return []
    # The Ellipsis of tuple[X, ...] says nothing about its entries.
    arguments = [a for a in typing.get_args(kind) if a is not ...]
    return _unwrap(arguments[-1]) if arguments and typing.get_origin(kind) else [kind]


def _unwrap(kind: Any) -> list[Any]:
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return _unwrap(typing.get_args(kind)[0])
    if origin in {typing.Union, types.UnionType}:
        return [inner for a in typing.get_args(kind) for inner in _unwrap(a)]
    return [kind]


def wrong(message: str, mend: str) -> PydanticCustomError:
    """Return the error by which a validator of ours refuses a value."""
    return PydanticCustomError("wrong", "{said}", {"said": message, "mend": mend})


# ── durations and sizes, as people write them ────────────────────────────────

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "kB": 10**3, "MB": 10**6}
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB|kB|MB)")


def parse_duration(value: Any) -> timedelta:
    """Read `30s`, `15m`, `1h30m`, `24h`, `7d`; raise `wrong` else."""
    if isinstance(value, timedelta):
        return value
    if value == 0:
        return timedelta()
    text = str(value)
    parts = _DURATION.findall(text)
    if isinstance(value, str) and parts and "".join(n + u for n, u in parts) == text:
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
        if seconds <= 3660 * 86400:  # ten years
            return timedelta(seconds=seconds)
    mend = "write a number and a unit, such as 30s, 15m, 24h or 7d"
    raise wrong("expected a duration", mend)


def write_duration(value: timedelta) -> str:
    """Write a duration the way `parse_duration` reads it."""
    left = round(value.total_seconds() * 1000)
    text = ""
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(_UNITS[unit] * 1000)
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def parse_size(value: Any) -> int:
    """Read `512KiB`, `10MiB` or a number of bytes; raise `wrong` else."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found:
        return int(found[1]) * _SIZES[found[2]]
    raise wrong("expected a size", "write for example 10MiB or 512KiB")


def one_or_many(value: Any) -> Any:
    """Let a person write one text where a list of texts may stand."""
    return [value] if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
Size = Annotated[int, BeforeValidator(parse_size)]
