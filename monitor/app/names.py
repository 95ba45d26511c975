"""What a configuration and its rules give names to, by kind: receivers, rules, outlets ..."""

from monitor.app.loading import Loaded
from monitor.store.records import Store

NAMED = frozenset({"receiver", "rule", "theme", "tag", "source"})
"""The kinds."""


def names_of(loaded: Loaded, store: Store) -> dict[str, frozenset[str]]:
    """Return the names there are; of outlets also those of feeds added by command."""
    configuration, rules = loaded.configuration, loaded.rulebook.known.values()
    outlets = {one.name for one in configuration.sources}
    outlets |= {feed.source for feed in configuration.feeds}
    return {
        "receiver": frozenset(one.name for one in configuration.receivers),
        "rule": frozenset(rule.id for rule in rules),
        "theme": frozenset(rule.theme for rule in rules),
        "tag": frozenset(tag for rule in rules for tag in rule.tags),
        "source": frozenset(outlets.union(store.outlets())),
    }
