"""What is hidden from the garbage collector, and that it is not kept for ever."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from monitor.app.settling import MOST_NEW, settle


class _Ring:
    """An object that refers to itself, which only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_is_there_is_not_looked_at_again() -> None:
    settle()
    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] == MOST_NEW


def test_what_became_garbage_is_freed_when_it_settles_again() -> None:
    ring = _Ring()
    known = weakref.ref(ring)
    settle()
    del ring
    gc.collect()
    assert known() is not None, "it is hidden"
    settle()
    assert known() is None


def test_garbage_that_is_newer_is_freed_as_ever() -> None:
    settle()
    known = weakref.ref(_Ring())
    gc.collect()
    assert known() is None
