"""The levels of grouping: what a report is compared by, and the weights that go with it.

`base` needs no model; `multilingual` and `quality` compare meanings as well, by an
encoder that is handed in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from monitor.group.meaning import Encoder


class LevelName(StrEnum):
    """Levels of grouping, the plainest first."""

    BASE = "base"
    MULTILINGUAL = "multilingual"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Scale:
    """The weights in force, and from where on reports are one event."""

    version: str
    bias: float
    weights: Mapping[str, float]
    same: float
    related: float
    usual: Mapping[str, float] = field(default_factory=dict)
    """Features as they are, in the mean, where a report is of another event."""


@dataclass(frozen=True, slots=True)
class Level:
    """One way to compare reports."""

    name: LevelName
    scale: Scale
    encoder: Encoder | None = None


@lru_cache(maxsize=3)
def scale(name: LevelName) -> Scale:
    """Return the weights that ship with this version."""
    text = files("monitor.group").joinpath(f"weights-{name}.json").read_text("utf-8")
    return Scale(**json.loads(text))


def base() -> Level:
    """Return the level that needs no model."""
    return Level(LevelName.BASE, scale(LevelName.BASE))


def with_encoder(name: LevelName, encoder: Encoder) -> Level:
    """Return a level that compares meanings."""
    return Level(name, scale(name), encoder)
