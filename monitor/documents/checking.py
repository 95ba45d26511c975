"""A document against a model: what is wrong in it, and how to mend that."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from monitor.detect.folding import mixed_letters
from monitor.documents.kinds import is_model, kinds_at
from monitor.documents.places import Document, Location
from monitor.documents.secrets import HIDDEN, may_hold_secret, without_login
from monitor.errors import InputRefused, Problem

_Model = TypeVar("_Model", bound=BaseModel)


def validate(model: type[_Model], document: Document) -> _Model:
    """Check a document against a model; raise InputRefused with every problem."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise InputRefused(model_problems(model, error, document)) from None


def model_problems(
    model: type[BaseModel], error: ValidationError, document: Document
) -> list[Problem]:
    """Put pydantic's findings into the words and places of the file."""
    return [
        model_problem(model, one, document) for one in findings(error, document.data)
    ]


def findings(error: ValidationError, data: Any) -> list[Any]:
    """Return pydantic's findings without those that others of them make untrue."""
    found = error.errors()
    told = {_in_data(one["loc"], data) for one in found if one["type"] not in _SHAPES}
    return [
        one
        for one in found
        if not (one["type"] == "too_short" and _has_faults_below(one["loc"], found))
        and not (
            # One branch of a union takes this shape, and says what is wrong with it.
            one["type"] in _SHAPES
            and (place := _in_data(one["loc"], data)) in told
            and len(place) < len(one["loc"])
        )
    ]


def _has_faults_below(location: Location, found: Sequence[Any]) -> bool:
    """Say whether entries of a list are wrong: then it only counts as too short."""
    depth = len(location)
    return any(
        len(one["loc"]) > depth and one["loc"][:depth] == location for one in found
    )


def model_problem(model: type[BaseModel], one: Any, document: Document) -> Problem:
    """Put one of pydantic's errors into the words and the place of the file."""
    location = _in_data(tuple(one["loc"]), document.data)
    message, mend = explain_error(model, one)
    code = str(one.get("ctx", {}).get("code", ""))
    if one["type"] == "extra_forbidden":
        return document.problem_at_key(location, message, mend=mend)
    return document.problem(location, message, mend=mend, code=code)


def _in_data(location: Location, data: Any) -> Location:
    """Drop the steps that pydantic adds for unions and that the data lacks."""
    kept: list[int | str] = []
    for position, step in enumerate(location):
        if _holds(data, step):
            data = data[step]
        elif (
            position != len(location) - 1
            or not isinstance(data, dict)
            or "[" in str(step)  # no field: a branch of a union, as pydantic names it
        ):
            continue
        kept.append(step)
    return tuple(kept)


def _holds(data: Any, step: int | str) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and step < len(data)
    return isinstance(data, dict) and step in data


_OF_NAMES = {"extra_forbidden", "missing"}
"""Errors that speak of the names of fields and of no value."""
_FIELDS = "fields with values"
_SWITCH = "true or false"
_SHAPES = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": _FIELDS,
    "model_type": _FIELDS,
    "model_attributes_type": _FIELDS,
    "string_type": "a text",
    "bool_type": _SWITCH,
}
_BOUNDS = {
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    "string_too_short": "the text is empty",
    "string_too_long": "the text has more than {max_length} characters",
}


_MENDS = {
    _FIELDS: "write name: value, each on a line of its own",
    _SWITCH: "write true or false, without quotation marks",
}
"""How a value of another shape is mended, whatever it is."""
_MENDS_UNSEEN = _MENDS | {
    "a list": "begin each entry with a dash, on a line of its own",
    "a text": "write one text, in quotes where it is a number or begins with [ or {",
}


def _shape_mend(wanted: str, value: Any) -> str:
    """Return how a value of another shape is usually meant."""
    fixed = _MENDS_UNSEEN if value is HIDDEN else _MENDS
    if wanted in fixed:
        return fixed[wanted]
    if value is None:
        return f"write {wanted} here, or remove the line"
    if wanted == "a list":
        if isinstance(value, dict):
            return "begin each entry with a dash: - name: value"
        return f"write [{value}]"
    if isinstance(value, list | dict):
        return "write one text, in quotes where it begins with [ or {"
    return f'quote it: "{value}"'


def _wrong_tag(context: Mapping[str, Any]) -> tuple[str, str]:
    """Say which of several shapes a value has to choose from."""
    name = str(context["discriminator"]).strip("'")
    if "tag" not in context:
        return f"{name!r} is missing", f"add {name}:"
    known = [word.strip().strip("'") for word in context["expected_tags"].split(",")]
    near = difflib.get_close_matches(str(context["tag"]), known, 1)
    guess = f"did you mean {near[0]}? " if near else ""
    return (
        f"no {name} is called {context['tag']!r}",
        f"{guess}one of {', '.join(known)}",
    )


def explain_error(model: type[BaseModel], one: Any) -> tuple[str, str]:
    """Return what is wrong and how to mend it, for one of pydantic's errors.

    The value of a secret is never repeated.
    """
    kind, location = one["type"], tuple(one["loc"])
    if kind not in _OF_NAMES and may_hold_secret(model, location):
        if kind in _SHAPES:
            wanted = _SHAPES[kind]
            return f"expected {wanted}, not {HIDDEN!r}", _shape_mend(wanted, HIDDEN)
        one = {**one, "input": HIDDEN}
    return _explained(model, one)


def _explained(model: type[BaseModel], one: Any) -> tuple[str, str]:
    kind, location = one["type"], tuple(one["loc"])
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _wrong_tag(one["ctx"])
    if kind == "extra_forbidden":
        known, name = fields_at(model, location[:-1]), str(location[-1])
        return f"unknown field {name!r}", _closest(name, known) + mixed_letters(name)
    if kind == "missing":
        return f"{location[-1]!r} is missing", f"add {location[-1]}:"
    if kind in {"enum", "literal_error"}:
        expected = one.get("ctx", {}).get("expected", "")
        odd = mixed_letters(str(one["input"]))
        return f"{one['input']!r} is not allowed here", f"one of {expected}{odd}"
    if kind in _SHAPES:
        found = "nothing" if one["input"] is None else _shown(one["input"])
        wanted = _SHAPES[kind]
        return f"expected {wanted}, not {found}", _shape_mend(wanted, one["input"])
    if kind == "too_short":
        return "the list is empty", "add an entry"
    return _wrong_value(one)


def _wrong_value(one: Any) -> tuple[str, str]:
    """Say what is wrong with a value of the right shape."""
    kind, value = one["type"], one["input"]
    said = one["msg"].removeprefix("Value error, ")
    said = said[:1].lower() + said[1:]
    if kind in _BOUNDS:
        said = _BOUNDS[kind].format(**one["ctx"])
    context = one.get("ctx", {})
    mend = context.get("mend", "")
    is_told = kind == "string_too_short" or context.get("code")
    if isinstance(value, dict) or is_told or repr(value) in said:
        return said, mend
    if isinstance(value, str):
        mend += mixed_letters(value)
    return f"{said}, not {_shown(value)}", mend


def _shown(value: Any) -> str:
    text = without_login(repr(value))
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a line


def _closest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(known)}" if known else "remove it"


def fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """Return the names of the fields that a place of the model knows."""
    return sorted(
        {
            info.alias or name
            for kind in filter(is_model, kinds_at(model, location))
            for name, info in kind.model_fields.items()
        }
    )
