"""The files that the demo's program reads, as a user would have them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from monitor.app.files import shipped
from monitor.demo.feedserver import FeedServer
from monitor.documents import write_duration

_PREFIX = "TOCSIN_"
MORNING = "editor@newsroom.example"
"""Who gets one digest a day, and at once what is critical."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Where the alerts go, and how often feeds are polled."""

    secret: str
    hook: str
    post: tuple[str, int]
    every: timedelta


def write_configuration(folder: Path, server: FeedServer, ends: Ends) -> Path:
    """Write the files that the program reads, as a user would have them."""
    receivers = _receivers(ends)
    routes = [{"receiver": one["name"], "continue": True} for one in receivers]
    configuration = {
        # The same demo whatever is installed.
        "grouping": {"level": "base"},
        "store": {"url": f"sqlite:///{folder}/tocsin.db"},
        "rules": [str(shipped() / "rules")],
        "sources": ["sources.yaml"],
        "feeds": ["feeds.yaml"],
        "collect": {
            "every": write_duration(ends.every),
            "allow_networks": ["127.0.0.0/8"],
        },
        "receivers": receivers,
        "route": {"receiver": "terminal", "routes": routes},
    }
    feeds = [
        {"url": feed.url, "name": feed.name, "source": feed.source}
        for feed in server.feeds()
    ]
    _dump(folder / "feeds.yaml", {"feeds": feeds})
    _dump(folder / "sources.yaml", {"sources": _sources(server)})
    return _dump(folder / "tocsin.yaml", configuration)


def _sources(server: FeedServer) -> list[dict[str, Any]]:
    return [
        {
            "name": source.name,
            "country": source.country,
            "langs": list(source.langs),
            "owner": source.owner,
            "grade": source.grade,
            "state": source.state,
        }
        for source in server.sources()
    ]


def _receivers(ends: Ends) -> list[dict[str, Any]]:
    smtp = {"host": ends.post[0], "port": ends.post[1], "security": "none"}
    return [
        {"name": "terminal", "console": {}},
        {
            "name": "desk",
            "webhook": {
                "url": ends.hook,
                "secret": ends.secret,
                "allow_networks": ["127.0.0.0/8"],
            },
        },
        {
            "name": "night",
            "email": {
                "to": ["night-desk@newsroom.example"],
                "from": "tocsin@newsroom.example",
                "smtp": dict(smtp),
            },
        },
        {
            "name": "morning",
            "email": {
                "to": [{"address": MORNING, "timezone": "Europe/Minsk"}],
                "from": "tocsin@newsroom.example",
                "smtp": dict(smtp),
            },
            "digest": {"cron": "0 7 * * *", "timezone": "Europe/Minsk"},
        },
    ]


def _dump(path: Path, data: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


@contextmanager
def no_environment() -> Iterator[None]:
    """Hide this machine's own settings: the demo must not touch its store."""
    environment = os.environ  # noqa: TID251 - to hide it, not to read it
    kept = {k: v for k, v in environment.items() if k.startswith(_PREFIX)}
    for key in kept:
        del environment[key]
    try:
        yield
    finally:
        environment.update(kept)
