"""Forgetting what is past its time."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app.keeping import Keeper, forget
from monitor.clock import SteppedClock
from monitor.settings.shape import RetentionSettings
from monitor.store import retention
from monitor.store.records import open_store
from tests.store.samples import DAY, FEED, NOW, item, keep

HOUR = timedelta(hours=1)
KEPT = RetentionSettings(items=timedelta(days=90))


async def test_all_that_is_past_its_time_goes_however_much_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a store of very many feeds would grow for ever, a little every hour."""
    monkeypatch.setattr(retention, "CHUNK", 2)
    monkeypatch.setattr("monitor.store.records.CHUNK", 2)
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    keep(store, [item(str(number)) for number in range(90)])
    store.remove_feed(FEED.url, NOW + DAY)
    gone = await forget(store, KEPT, NOW + 91 * DAY)
    assert (gone["items"], store.counts()["items"]) == (90, 0)
    assert not any((await forget(store, KEPT, NOW + 91 * DAY)).values())
    store.close()


async def test_a_clock_that_was_set_makes_nothing_old_until_it_has_gone_for_an_hour(
    tmp_path: Path,
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/t.db")
    keep(store, [item("a")])
    store.remove_feed(FEED.url, NOW + DAY)
    clock, seconds = SteppedClock(NOW + 2 * DAY), 0.0

    async def retain() -> None:
        await forget(store, KEPT, clock.now())

    keeper = Keeper(retain, clock, lambda: seconds)
    kept = []
    for leap in (0 * DAY, 400 * DAY, 0 * DAY):
        clock.step(leap + HOUR)
        seconds += HOUR.total_seconds()
        await keeper.look()
        kept.append(store.counts()["items"])
    assert kept == [1, 1, 0]
    store.close()
