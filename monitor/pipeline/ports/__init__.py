"""What the pipeline needs of the world, as protocols.

`app` hands it the real ones, tests hand it fakes. Rules common to the store:
every method may raise StoreUnavailable; every moment is aware and in UTC; a
method is one transaction unless it belongs to `PollTransaction`.
"""

from monitor.pipeline.ports.hubs import HubAsker, HubRecords, HubStore, KnownHubs
from monitor.pipeline.ports.polling import Fetcher, PollTransaction, Rules
from monitor.pipeline.ports.store import Store
from monitor.pipeline.ports.watching import FeedFacts, HealthStore, Noted, ReceiverFacts

__all__ = [
    "FeedFacts",
    "Fetcher",
    "HealthStore",
    "HubAsker",
    "HubRecords",
    "HubStore",
    "KnownHubs",
    "Noted",
    "PollTransaction",
    "ReceiverFacts",
    "Rules",
    "Store",
]
