"""What stays for as long as the program is taken out of the garbage collector's sight.

Rules, word lists, gazetteers and models are more than a million objects. Python would
look through all of them again and again for cycles that are garbage, which took a
fifth of a poll's time, and there are none among them.
"""

import ctypes
import gc
from contextlib import suppress

MOST_NEW = 10_000
"""Objects that are made before the collector looks at the new ones; 700 by default."""


_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""Names of settings in the C library's malloc.h."""


def be_frugal() -> None:
    """Let large blocks go back to the system as soon as they are free.

    To be called first. The C library of most Linux systems keeps ever larger ones for
    each thread otherwise: a model's file, or a feed of ten megabytes, is in memory for
    a moment and would be paid for always.
    """
    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 2)
        library.mallopt(_MMAP_THRESHOLD, 128 * 1024)


def settle() -> None:
    """Hide what is there now from the collector, after it has looked for the last time.

    To be called again where much of it was replaced, as by a reload: what was hidden is
    looked at again first, so that nothing is kept for ever.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # The collector decides by how much it saw last when to look at everything again.
    gc.collect()
    _, second, third = gc.get_threshold()
    gc.set_threshold(MOST_NEW, second, third)
    _give_back()


def _give_back() -> None:
    """Return to the system the memory that loading took for a moment.

    The C library of most Linux systems keeps it otherwise; others have no such call.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
