"""The daemon's ticks, and its stop."""

import asyncio
from datetime import timedelta

import pytest
from starlette.applications import Starlette

from monitor.daemon import Daemon, Tick


async def _nothing() -> None:
    pass


async def test_a_claim_that_is_under_way_at_the_stop_is_carried_through(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Cancelled, what it has leased would be held by nobody who knows of it."""
    begun, draining = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def claim() -> None:
        begun.set()
        await draining.wait()
        ended.append("claimed")

    async def drain(_: timedelta) -> bool:
        draining.set()
        return True

    daemon = Daemon(
        ticks=[Tick(name="poll", every=timedelta(hours=1), job=claim)],
        web=Starlette(),
        listen="127.0.0.1:0",
        reload=_nothing,
        drain=drain,
        lag=lambda _name, _seconds: None,
    )
    running = asyncio.create_task(daemon.run())
    await begun.wait()
    daemon.stop()
    assert await running
    assert ended == ["claimed"]
    assert "CancelledError" not in caplog.text
