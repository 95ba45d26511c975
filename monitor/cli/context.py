"""What commands share: the configuration, loaded, and its store."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import click

from monitor import settings
from monitor.app import logs
from monitor.app.files import configuration_file
from monitor.app.loading import Loaded, load
from monitor.app.names import names_of
from monitor.app.whereabouts import file_of
from monitor.cli.options import chosen_options, config_option, json_option, limit_option
from monitor.cli.problems import BAD_INPUT, fail
from monitor.errors import InputRefused
from monitor.notify.silences import strangers
from monitor.settings import Configuration
from monitor.store.records import Store, open_store
from monitor.store.views import AlertFilter

__all__ = [
    "Opened",
    "check_chosen",
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
    _begin(found.configuration, logging=logging)
    return found


def _begin(configuration: Configuration, *, logging: bool) -> None:
    log = configuration.settings.log
    logs.set_up(log.level if logging else "warning", log.format)
    logs.redactor.hide(configuration.secrets)


class Opened:
    """A configuration, and the rules with it once they are asked for.

    Most commands need none, and have to work while a pack is being mended.
    """

    def __init__(self, path: Path, configuration: Configuration) -> None:
        """Keep what was read, and from where."""
        self._path = path
        self.configuration = configuration

    @cached_property
    def loaded(self) -> Loaded:
        """Both, checked against each other; raises InputRefused with all problems."""
        return load(self._path)

    def names(self, store: Store) -> dict[str, frozenset[str]]:
        """Return the names there are, by kind; none while the rules cannot be read."""
        try:
            return names_of(self.loaded, store)
        except InputRefused:
            return {}


def _read(config: Path | None) -> Opened:
    path = configuration_file(config)
    reading = settings.read(path)
    if reading.configuration is None:
        raise InputRefused(reading.problems)
    _begin(reading.configuration, logging=False)
    return Opened(path, reading.configuration)


@contextmanager
def opened_store(config: Path | None) -> Iterator[tuple[Opened, Store]]:
    """Read the configuration and open its store for one command.

    That there was none is told: who asks in the wrong folder would take it for empty.
    """
    found = _read(config)
    url = found.configuration.store_url
    file = file_of(url)
    is_new = file is not None and not file.exists()
    store = open_store(url)
    if is_new:
        click.echo(f"there was no database at {file}: an empty one was made", err=True)
    try:
        yield found, store
    finally:
        store.close()


def check_chosen(found: Opened, store: Store, *, rule: str, theme: str) -> None:
    """End where no rule has the id or the theme, and no alert ever had.

    Nothing is said of rules that are being mended.
    """
    for kind, name, wanted in (
        ("rule", rule, AlertFilter(rule=rule, limit=1)),
        ("theme", theme, AlertFilter(theme=theme, limit=1)),
    ):
        if not name or store.alerts(wanted):
            continue
        if said := strangers([(kind, "=", name)], found.names(store)):
            fail(said[0], BAD_INPUT)
