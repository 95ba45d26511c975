"""Items from a file or standard input: a feed, or one JSON object a line."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import IO, Any

from monitor.clock import SystemClock
from monitor.detect.language import item_language
from monitor.errors import FeedProblem
from monitor.model import MOST_AHEAD, Feed, Item
from monitor.model.counts import counted

_TEXTS = ("title", "summary", "body", "lang", "source", "country", "url", "author")
_LONGEST_LINE = 4 * 1024 * 1024
_READ_AT_ONCE = 64 * 1024
_LARGEST_FEED = 32 * 1024 * 1024


_EXAMPLE = '{"title": "..."}'
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_FAR = timedelta(days=366)
_ONE_A_LINE = "; items as JSON stand whole, one a line"
_PIECES = "cut the file in pieces, or write the items as JSON, one a line"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that holds no item, and why."""

    number: int
    problem: str


def read_items(
    stream: IO[bytes], settle: Callable[[Item], Item] | None = None
) -> Iterator[Item | BadLine]:
    """Yield the items of a feed, or of lines of JSON as they come.

    `settle` completes each: by default with its language (`with_language`).
    A line has `id`, `title`, `summary`, `body`, `lang`, `source`, `country`, `url`,
    `author`, `tags` and `published`, of which only a text is needed. Without an `id` it is
    known by its number ("line 3").
    """
    for batch in read_batches(stream, settle):
        yield from batch


def read_batches(
    stream: IO[bytes], settle: Callable[[Item], Item] | None = None
) -> Iterator[list[Item | BadLine]]:
    """Yield the same items in the lists in which they arrive, without waiting for more."""
    settle = settle or with_language
    for batch in _batches(stream):
        yield [settle(one) if isinstance(one, Item) else one for one in batch]


def _batches(stream: IO[bytes]) -> Iterator[list[Item | BadLine]]:
    first = b""
    while not first.strip():
        first = stream.readline(_LONGEST_LINE)
        if not first:
            return
    if _is_line(first):
        reader = _Lines()
        for lines in chain([[first]], _arriving(stream)):
            yield [one for line in lines for one in reader.read(line)]
    else:
        content = first + stream.read(_LARGEST_FEED - len(first) + 1)
        yield [*_feed(content[:_LARGEST_FEED]), *_cut(content)]


def _arriving(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """Yield whole lines, as many as one read of the stream brings."""
    read = getattr(stream, "read1", stream.read)
    left = b""
    while more := read(_READ_AT_ONCE):
        *lines, left = (left + more).split(b"\n")
        if len(left) > _LONGEST_LINE:
            lines, left = [*lines, left], b""
        yield lines
    if left:
        yield [left]


class _Lines:
    """Reads items that stand one a line."""

    def __init__(self) -> None:
        self._number = 0
        self._latest: datetime | None = None

    def read(self, line: bytes) -> tuple[Item | BadLine, ...]:
        """Return the next line's item, and what is wrong with it."""
        self._number += 1
        if not line.strip():
            return ()
        try:
            found = json.loads(line)
            item = _item(found, self._number)
        except json.JSONDecodeError as error:
            where = f"{error.msg}, at character {error.colno}"
            return (self._bad(f"the line is no JSON ({where}); write {_EXAMPLE}"),)
        except RecursionError:
            return (self._bad("its brackets nest too deep"),)
        except (ValueError, TypeError) as error:
            return (self._bad(str(error)),)
        # A report is not lost because its date cannot be read.
        written = found.get("published")
        why = self._implausible(item.published) if written else ""
        if why:
            undated = f"read without its date: {written!r} {why}"
            return BadLine(self._number, undated), replace(item, published=None)
        if item.published is not None:
            self._latest = max(self._latest or item.published, item.published)
        return (item,)

    def _bad(self, why: str) -> BadLine:
        return BadLine(self._number, f"no item: {why}")

    def _implausible(self, moment: datetime | None) -> str:
        """Say why a date is not taken for one; "" if it is.

        One in the future, far from those before it, would end all stories.
        """
        if moment is None:
            return "is none"
        if moment < _EARLIEST:
            return f"is before {_EARLIEST.year}"
        is_ahead = moment - SystemClock().now() > MOST_AHEAD
        is_far = self._latest is not None and moment - self._latest > _FAR
        return "lies in the future" if is_ahead and is_far else ""


def _is_line(first: bytes) -> bool:
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return not first.lstrip(b"\xef\xbb\xbf \t").startswith((b"<", b"{"))
    return not (isinstance(found, dict) and "jsonfeed.org" in str(found.get("version")))


def _item(found: Any, number: int) -> Item:
    if not isinstance(found, dict):
        raise TypeError("a line holds one JSON object")
    texts: dict[str, Any] = {}
    for name in _TEXTS:
        value = found.get(name) or ""
        if not isinstance(value, str):
            raise TypeError(f"{name} is a text, not {value!r}")
        texts[name] = value
    if not any(texts[name] for name in ("title", "summary", "body")):
        raise TypeError("it has no title, summary or body")
    # A number is what another line may have for its id.
    identity = str(found.get("id") or f"line {number}")
    return Item(
        id=identity,
        feed="",
        key=identity,
        published=_moment(found.get("published")),
        tags=_tags(found.get("tags") or ()),
        **texts,
    )


def _tags(found: Any) -> tuple[str, ...]:
    if isinstance(found, str):
        return (found,)
    if not isinstance(found, list | tuple):
        raise TypeError(f"tags is a list of texts, not {found!r}")
    return tuple(map(str, found))


def _moment(written: Any) -> datetime | None:
    """Read a moment: ISO 8601, as mails and RSS write it, or seconds since 1970."""
    try:
        if isinstance(written, int | float):
            return datetime.fromtimestamp(written, UTC)
        if not isinstance(written, str) or not written:
            return None
        found = _moment_of(written.strip())
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _moment_of(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return parsedate_to_datetime(written)


def with_language(item: Item) -> Item:
    """Return an item with its language: as stated, or as its text says."""
    found = item_language(item.lang, f"{item.title}\n{item.summary}")[0]
    return item if found == item.lang else replace(item, lang=found)


def _feed(content: bytes) -> Iterator[Item | BadLine]:
    from monitor.collect.parse import parse  # noqa: PLC0415 - lines need no parser

    try:
        parsed = parse(content, {}, Feed(url="file:///feed"), SystemClock().now())
    except FeedProblem as problem:
        lines = content.lstrip().startswith(b"{")
        yield BadLine(1, f"{problem}{_ONE_A_LINE if lines else ''}")
        return
    yield from parsed.items
    if parsed.truncated:
        rest = counted(parsed.truncated, "entry", "entries")
        after = f"{rest} after the first {len(parsed.items)} not read; {_PIECES}"
        yield BadLine(_last_line(content), after)


def _cut(content: bytes) -> Iterator[BadLine]:
    """Tell where a feed is longer than what is read of it."""
    if len(content) > _LARGEST_FEED:
        size = f"{_LARGEST_FEED // 1024**2} MiB"
        why = f"what the feed has after the first {size} is not read; {_PIECES}"
        yield BadLine(_last_line(content), why)


def _last_line(content: bytes) -> int:
    return content.count(b"\n") + 1
