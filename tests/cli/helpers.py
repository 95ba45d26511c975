"""What the tests of commands share."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from click.testing import Result

from tests.acceptance.harness import (
    Entry,
)

Run = Callable[..., Result]
NEWS = Entry("33 fighters detained near Minsk", "Armed men in a sanatorium.")


def rows(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def reconfigure(folder: Path, **webhook: Any) -> None:
    """Change the settings of the first receiver, a webhook."""
    config = folder / "tocsin.yaml"
    written = yaml.safe_load(config.read_text())
    written["receivers"][0]["webhook"] |= webhook
    config.write_text(json.dumps(written))
