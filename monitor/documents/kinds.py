"""What a place of a model may hold: the kinds of values there, unions taken apart."""

import types
import typing
from typing import Annotated, Any

from pydantic import BaseModel

from monitor.documents.places import Location


def kinds_at(model: type[BaseModel], location: Location) -> list[Any]:
    """Return the kinds that a place of the model knows; none where it knows none."""
    kinds: list[Any] = [model]
    for step in location:
        kinds = [inner for kind in kinds for inner in step_into(kind, step)]
    return kinds


def is_model(kind: Any) -> typing.TypeGuard[type[BaseModel]]:
    """Say whether a kind has fields of its own."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def step_into(kind: Any, step: int | str) -> list[Any]:
    """Return what stands a step below a kind: of a field, or of an entry."""
    if is_model(kind):
        for name, info in kind.model_fields.items():
            if step in {name, info.alias}:
                return unwrapped(info.annotation)
        return []
    # The Ellipsis of tuple[X, ...] says nothing about its entries.
    arguments = [a for a in typing.get_args(kind) if a is not ...]
    if arguments and typing.get_origin(kind):
        return unwrapped(arguments[-1])
    return [kind]


def unwrapped(kind: Any) -> list[Any]:
    """Return the kinds that a union or an annotated kind stands for."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return unwrapped(typing.get_args(kind)[0])
    if origin in {typing.Union, types.UnionType}:
        return [inner for a in typing.get_args(kind) for inner in unwrapped(a)]
    return [kind]
