"""One life as a process of its own: `python -m tests.faults.one URL FOLDER PORT EVENTS ZERO CLOCK PUBLISHED`.

SIGTERM ends it the way the daemon ends: nothing new is begun, the rest is given back.
"""

import asyncio
import signal
import sys
from pathlib import Path

from tests.faults.life import Setting, live


async def until_told(setting: Setting) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await live(setting, stop)


def main() -> None:
    url, folder, port, events, zero, clock, published = sys.argv[1:]
    asyncio.run(
        until_told(
            Setting(
                url=url,
                folder=Path(folder),
                port=int(port),
                events=int(events),
                zero=float(zero),
                wall=clock == "wall",
                published=float(published),
            )
        )
    )


if __name__ == "__main__":
    main()
