"""Signals that come before the service can heed them, held until it runs; loads nothing."""

import signal

EARLY: set[int] = set()
"""Those that came."""


def hold_signals() -> None:
    """Let signals wait until the daemon runs: to be called before all else is loaded.

    SIGHUP would end a program that is still loading, and SIGTERM, where it is the first
    of a container, be dropped.
    """
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda came, _: EARLY.add(came))
