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
