"""A fault in one piece of work is told and leaves the others alone."""

from collections.abc import Awaitable, Callable

import structlog

from monitor.errors import LeaseLost, StoreUnavailable

_log = structlog.get_logger(__name__)


async def guarded(work: Callable[[], Awaitable[None]], what: str, **about: str) -> None:
    """Run one piece of work; a fault in it is told and leaves the others alone.

    Nothing is lost: the lease runs out and the work is done again.
    """
    try:
        await work()
    except LeaseLost:
        _log.warning(f"{what} was taken over by another process", **about)
    except StoreUnavailable as problem:
        _log.error(
            f"{what} not recorded; it will be repeated", why=str(problem), **about
        )
    except Exception:  # noqa: BLE001 - a fault in one poll must not end the service
        _log.exception(f"{what} failed unexpectedly; it will be repeated", **about)
