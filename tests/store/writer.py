"""A process that writes until it is killed: `python -m tests.store.writer URL`.

Each poll brings ten items and one delivery in one transaction; its number is
printed when it is committed.
"""

import sys
from itertools import count

from monitor.store.records import open_store
from tests.store.samples import FEED, NOW, delivery, item, leased, polled


def main() -> None:
    store = open_store(sys.argv[1])
    store.add_feed(FEED, NOW)
    begin = int(store.counts()["deliveries_pending"])
    store.free_leases(lambda _: True)
    for number in count(begin):
        store.make_due(None, NOW)
        with store.poll(leased(store)) as poll:
            poll.known([f"{number}-{each}" for each in range(10)])
            poll.add_items([item(f"{number}-{each}") for each in range(10)])
            poll.add_deliveries([delivery(number)])
            poll.finish(polled())
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
