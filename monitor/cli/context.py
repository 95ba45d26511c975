"""What commands share: the configuration, loaded, and its store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from monitor.app import logs
from monitor.app.files import configuration_file
from monitor.app.loading import Loaded, load
from monitor.app.whereabouts import file_of
from monitor.cli.options import chosen_options, config_option, json_option, limit_option
from monitor.cli.problems import BAD_INPUT, fail
from monitor.notify.silences import strangers
from monitor.store.records import Store, open_store
from monitor.store.views import AlertFilter

__all__ = [
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
    log = found.configuration.settings.log
    logs.set_up(log.level if logging else "warning", log.format)
    logs.redactor.hide(found.configuration.secrets)
    return found


@contextmanager
def opened_store(config: Path | None) -> Iterator[tuple[Loaded, Store]]:
    """Load the configuration and open its store for one command.

    That there was none is told: who asks in the wrong folder would take it for empty.
    """
    found = loaded(config)
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


def check_chosen(found: Loaded, store: Store, *, rule: str, theme: str) -> None:
    """End where no rule has the id or the theme, and no alert ever had."""
    known = found.rulebook.known.values()
    names = {"rule": {one.id for one in known}, "theme": {one.theme for one in known}}
    for matcher, wanted in (
        (("rule", "=", rule), AlertFilter(rule=rule, limit=1)),
        (("theme", "=", theme), AlertFilter(theme=theme, limit=1)),
    ):
        said = strangers([matcher], names) if matcher[2] else []
        if said and not store.alerts(wanted):
            fail(said[0], BAD_INPUT)
