"""Items from files and streams: each line once, in order, however it arrives."""

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.reading import BadLine, read_batches, read_items
from monitor.model import Item


class Trickle(io.BytesIO):
    """A stream that hands out a few bytes at a time."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__(content)
        self.step = step

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(self.step)


def line(number: int) -> bytes:
    return json.dumps({"id": str(number), "title": f"Report {number}"}).encode()


@given(st.lists(st.sampled_from([b"", b"  ", b"no", b"[1]"]), max_size=5))
def test_however_a_stream_is_cut_the_same_items_come(noise: list[bytes]) -> None:
    content = b"\n".join([line(0), *noise, line(1), line(2)])
    whole = list(read_items(io.BytesIO(content)))
    for step in (1, 7, 1000):
        assert list(read_items(Trickle(content, step))) == whole
    bad = [one.number for one in whole if isinstance(one, BadLine)]
    assert bad == [
        n for n, text in enumerate(content.split(b"\n"), 1) if text in {b"no", b"[1]"}
    ]


def test_a_line_without_an_id_is_no_line_that_has_its_number_for_one() -> None:
    lines = [b'{"title": "One"}', b'{"id": "1", "title": "Another"}', b'{"title": "3"}']
    found = list(read_items(io.BytesIO(b"\n".join(lines))))
    assert [one.id for one in found if isinstance(one, Item)] == [
        "line 1",
        "1",
        "line 3",
    ]


def test_what_has_come_is_not_kept_waiting_for_more() -> None:
    def arriving() -> Iterator[bytes]:
        yield line(1) + b"\n" + line(2) + b"\n" + line(3)[:4]
        raise AssertionError("asked for more before it told of what there was")

    class Pipe(io.BytesIO):
        parts = arriving()

        def read1(self, size: int | None = -1, /) -> bytes:
            return next(self.parts)

    batches = read_batches(Pipe(line(0) + b"\n"))
    assert len(next(batches)) == 1
    assert len(next(batches)) == 2


def test_a_line_without_end_is_bounded() -> None:
    content = line(0) + b"\n" + b"x" * (9 * 1024 * 1024) + b"\n" + line(1)
    found = list(read_items(io.BytesIO(content)))
    assert [type(one) is BadLine for one in found] == [False, True, True, False] or (
        isinstance(found[1], BadLine)
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            b"Gas cut in Minsk",
            'the line is no JSON (Expecting value, at character 1); write {"title": "..."}',
        ),
        (b"[" * 50_000, "no item: its brackets nest too deep"),
        (b'{\n "title": "gas"\n}', "; items as JSON stand whole, one a line"),
    ],
)
def test_what_is_no_item_is_told_with_the_form_of_one(
    written: bytes, said: str
) -> None:
    (found,) = read_items(io.BytesIO(written))
    assert isinstance(found, BadLine)
    assert found.problem.endswith(said)


def feed(*titles: str) -> bytes:
    items = "".join(f"<item>\n<title>{title}</title></item>" for title in titles)
    return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


def test_a_feed_that_is_longer_than_what_is_read_is_read_so_far_and_that_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = feed("one", "two", "three")
    monkeypatch.setattr("monitor.cli.reading._LARGEST_FEED", len(whole))
    assert len(list(read_items(io.BytesIO(whole)))) == 3
    monkeypatch.setattr("monitor.cli.reading._LARGEST_FEED", len(whole) - 40)
    one, two, cut = read_items(io.BytesIO(whole))
    assert isinstance(one, Item)
    assert isinstance(two, Item)
    assert isinstance(cut, BadLine)
    assert cut.number == 4
    assert "is not read; cut the file in pieces" in cut.problem


def test_entries_of_a_feed_that_are_too_many_are_told() -> None:
    *items, told = read_items(io.BytesIO(feed(*(f"item {n}" for n in range(2003)))))
    assert len(items) == 2000
    assert isinstance(told, BadLine)
    assert "3 entries after the first 2000 not read; cut the file" in told.problem
