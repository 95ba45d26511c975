"""What the ledger costs: writing with and without it, sealing, and verifying.

    python bench/ledger.py [--alerts 400] [--postgres [URL]] [--json]

Each poll brings one item that a rule wants, with its match, story, decision, alert,
message and two deliveries, of which each is then rendered and recorded. Beside it the
same with the appending of entries left out. Medians over rounds that take turns.
"""

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from monitor.model import Body, DeliveryState
from monitor.store import chain
from monitor.store.records import open_store
from tests import postgres
from tests.store import samples
from tests.store.samples import NOW

BODY = Body(content_type="application/json", content=b"x" * 3000)


def live(store, numbers):
    """Poll, alert and deliver once a number; return the seconds."""
    began = time.perf_counter()
    for number in numbers:
        about = samples.item(f"k{number}", title=f"Report {number} from Minsk")
        raised = samples.alert(f"sto_{number}", f"alr_{number}")
        store.make_due(None, NOW)
        with store.poll(samples.leased(store)) as poll:
            poll.add_items([about])
            poll.add_matches([samples.match(about)], NOW)
            poll.lock_stories()
            poll.save_story(samples.story(about, f"sto_{number}"))
            poll.save_grouping(samples.grouping(about, f"sto_{number}"), NOW)
            poll.save_alert(raised, samples.message(raised, about))
            poll.add_deliveries([samples.delivery(2 * number + n) for n in range(2)])
            poll.add_decisions([samples.decision(about, f"sto_{number}")])
            poll.finish(samples.polled())
        for held in store.lease_deliveries(NOW, NOW + timedelta(hours=1), 2, "bench"):
            store.save_bodies([(held, BODY)])
            samples.settle(store, held, DeliveryState.DELIVERED)
    return time.perf_counter() - began


@contextlib.contextmanager
def without_entries():
    kept = chain._add
    chain._add = lambda _connection, _told: None
    try:
        yield
    finally:
        chain._add = kept


def measured(url, alerts):
    store = open_store(url)
    store.add_feed(samples.FEED, NOW)
    share, with_it, without = alerts // 8, [], []
    for turn in range(8):
        first = turn * 2 * share
        with_it.append(live(store, range(first, first + share)))
        with without_entries():
            without.append(live(store, range(first + share, first + 2 * share)))
    waiting = store.ledger.waiting()
    began = time.perf_counter()
    sealed = store.ledger.seal(NOW)
    sealing = time.perf_counter() - began
    began = time.perf_counter()
    proof = store.ledger.verify()
    verifying = time.perf_counter() - began
    store.close()
    with_ms = statistics.median(with_it) / share * 1000
    without_ms = statistics.median(without) / share * 1000
    return {
        "entries_an_alert": round(waiting / (8 * share), 1),
        "alert_ms_with": round(with_ms, 2),
        "alert_ms_without": round(without_ms, 2),
        "ratio": round(with_ms / without_ms, 2),
        "sealed_per_s": round(sealed / sealing),
        "verified_per_s": round(proof.entries / verifying),
        "whole": proof.broken is None or proof.broken.what == "unrecorded",
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--alerts", type=int, default=400)
    parser.add_argument(
        "--postgres", nargs="?", const="embedded", help="a URL, or an own server"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if options.postgres == "embedded":
            server = stack.enter_context(postgres.running(durable=True))
            url = server.new_database()
        elif options.postgres:
            url = options.postgres
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{Path(folder) / 'bench.db'}"
        found = measured(url, options.alerts)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:18} {value}")


if __name__ == "__main__":
    main()
