"""What commands share: the configuration, loaded, and its store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.app import logs
from monitor.app.files import configuration_file
from monitor.app.loading import Loaded, load
from monitor.cli.options import chosen_options, config_option, json_option, limit_option
from monitor.store.records import Store, open_store

__all__ = [
    "chosen_options",
    "config_option",
    "json_option",
    "limit_option",
    "loaded",
    "opened_store",
]


def loaded(config: Path | None, *, logging: bool = False) -> Loaded:
    """Load the configuration; print its warnings; set up the log."""
    path = configuration_file(config)
    found = load(path)
    log = found.configuration.settings.log
    logs.set_up(log.level if logging else "warning", log.format)
    logs.redactor.hide(found.configuration.secrets)
    return found


@contextmanager
def opened_store(config: Path | None) -> Iterator[tuple[Loaded, Store]]:
    """Load the configuration and open its store for one command."""
    found = loaded(config)
    store = open_store(found.configuration.store_url)
    try:
        yield found, store
    finally:
        store.close()
