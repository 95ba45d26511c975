"""The reader of broken feeds: it may hang, crash or swell, and nothing else does."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitor.collect.parse import lenient
from monitor.collect.reader import Reader
from monitor.errors import FeedProblem

BROKEN = (
    b"<rss version='2.0'><channel><title>t</title>"
    b"<item><title>One & two</title><link>https://a.example/1</link>"
    b"</channel></rss>"
)


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


def pid(reader: Reader) -> int:
    assert reader._process is not None
    assert reader._process.pid is not None
    return reader._process.pid


def test_it_reads_what_the_reference_reads(reader: Reader) -> None:
    assert reader.read(BROKEN) == lenient.read(BROKEN)


def test_what_takes_too_long_is_stopped_and_the_next_is_read(reader: Reader) -> None:
    reader.read(BROKEN)
    before = pid(reader)
    reader.limit = timedelta(0)
    with pytest.raises(FeedProblem, match="it was stopped"):
        reader.read(b"<rss><channel>" + b"<item><title>x & y</title></item>" * 20_000)
    reader.limit = timedelta(seconds=60)
    assert reader.read(BROKEN).items
    assert pid(reader) != before


def test_a_reader_that_is_killed_is_a_fault_of_the_feed_not_of_the_daemon(
    reader: Reader,
) -> None:
    reader.read(BROKEN)
    os.kill(pid(reader), signal.SIGSTOP)
    os.kill(pid(reader), signal.SIGKILL)
    assert reader._process is not None
    with pytest.raises(FeedProblem, match="broke down"):
        reader.read(BROKEN)
    assert reader.read(BROKEN).items


def test_it_is_replaced_after_many_documents(reader: Reader) -> None:
    reader.documents = 2
    reader.read(BROKEN)
    before = pid(reader)
    reader.read(BROKEN)
    assert reader._process is None
    reader.read(BROKEN)
    assert pid(reader) != before


def test_memory_has_a_limit(reader: Reader) -> None:
    reader.memory = 400 * 1024 * 1024
    swollen = b"<rss><channel><item><title>" + b"&amp;" * 60_000_000
    with pytest.raises(FeedProblem):
        reader.read(swollen)
    assert reader.read(BROKEN).items


def test_one_that_cannot_start_is_a_fault_of_the_feed_and_the_next_is_tried(
    reader: Reader,
) -> None:
    enough, reader.memory = reader.memory, 4096
    with pytest.raises(FeedProblem, match="did not start"):
        reader.read(BROKEN)
    reader.memory = enough
    assert reader.read(BROKEN).items


def test_closing_it_twice_is_no_fault(reader: Reader) -> None:
    reader.read(BROKEN)
    reader.close()
    reader.close()
