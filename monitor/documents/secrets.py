"""Where documents may hold secrets, which no problem repeats.

Problems go to terminals, logs and `/-/healthy`. So a value at a place of a secret is not
repeated, nor one of the wrong shape that was to hold one (`headers: Bearer ...`), nor a
line of the file that such a value stands in.
"""

import re
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr

from monitor.documents.kinds import is_model, step_into, unwrapped
from monitor.documents.places import Document, Location, Mark

_OF_FILES = frozenset({"client_key_file", "credentials_file"})
"""Files of secrets, into whose fields people write the secrets themselves."""
_MOST_LEVELS = 8
_LOGIN = re.compile(r"://[^\s'\"]*@")


class Hidden:
    """Stands in a message for a value that is not repeated."""

    def __repr__(self) -> str:
        return "what is written (not shown: a secret may stand in it)"


HIDDEN = Hidden()


def without_login(text: str) -> str:
    """Return a text without the names and passwords of its addresses."""
    return _LOGIN.sub("://...@", text)


def may_hold_secret(model: type[BaseModel], location: Location) -> bool:
    """Say whether a secret stands at a place of the model, or is to stand below it."""
    kinds: list[Any] = [model]
    for step in location:
        known = [inner for kind in kinds for inner in _below(kind, step)]
        if not known:
            # A name that is not known: of a secret's it may be a misspelling.
            return any(_has_own(kind) for kind in kinds)
        kinds = known
    return any(_leads_to_secret(kind) for kind in kinds)


def hide_secrets(model: type[BaseModel], document: Document) -> None:
    """Keep problems of the document from showing lines in which a secret may stand."""
    for location, mark in _scalars((), document.root):
        written = document.text[mark.start : mark.end]
        if may_hold_secret(model, location) or _LOGIN.search(written):
            last = document.text.count("\n", mark.start, max(mark.start, mark.end))
            document.hidden.update(range(mark.line, mark.line + last + 1))


def _scalars(location: Location, mark: Mark) -> Iterator[tuple[Location, Mark]]:
    if not mark.children:
        yield location, mark
    for step, child in mark.children.items():
        yield from _scalars((*location, step), child)


def _below(kind: Any, step: int | str) -> list[Any]:
    if is_model(kind) and isinstance(step, int):
        return [kind]  # a list where fields are to stand
    if is_model(kind) and step in _secret_files(kind):
        return [SecretStr]
    return step_into(kind, step)


def _has_own(kind: Any) -> bool:
    """Say whether a field of a model is a secret, or several."""
    return is_model(kind) and bool(_own(kind))


def _own(model: type[BaseModel]) -> set[str]:
    return {
        name
        for name, info in model.model_fields.items()
        if any(_leads_to_secret(one) for one in unwrapped(info.annotation))
        and not any(is_model(one) for one in unwrapped(info.annotation))
    }


def _secret_files(model: type[BaseModel]) -> set[str]:
    return {f"{name}_file" for name in _own(model)} | _OF_FILES


def _leads_to_secret(kind: Any, level: int = 0) -> bool:
    if kind is SecretStr:
        return True
    if level >= _MOST_LEVELS:
        return False
    inner = (
        [info.annotation for info in kind.model_fields.values()]
        if is_model(kind)
        else typing.get_args(kind)
    )
    return any(
        _leads_to_secret(one, level + 1) for part in inner for one in unwrapped(part)
    )
