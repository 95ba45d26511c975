"""The parts of a configuration that are needed also where the rest of it is refused."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from monitor import documents
from monitor.errors import InputRefused
from monitor.settings.shape import PREFIX, LogSettings, ServerSettings, StoreSettings


class _Parts(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore"
    )
    log: LogSettings = LogSettings()
    store: StoreSettings = StoreSettings()
    server: ServerSettings = ServerSettings()


def log_of(path: Path) -> LogSettings:
    """Return how the log is to be; what is wrong with it is told with the rest."""
    found: LogSettings = _part_of(path, "log")
    return found


def service_of(path: Path) -> tuple[str, str]:
    """Return where the service is to listen, and its store, "" where a file names it."""
    server: ServerSettings = _part_of(path, "server")
    store: StoreSettings = _part_of(path, "store")
    return server.listen, "" if store.url_file else store.url


def _part_of(path: Path, name: str) -> Any:
    # A pipe gives what it holds once.
    data = None
    if path.is_file():
        with suppress(InputRefused):
            data = documents.read_file(path).data
    written = data.get(name) if isinstance(data, dict) else None
    for given in ({} if written is None else {name: written}), {}:
        with suppress(ValidationError, SettingsError):
            return getattr(_Parts(**given), name)
    return _Parts.model_fields[name].default
