"""The environment variables that overrule the configuration file."""

import difflib
import os
import re
from dataclasses import replace

from monitor.errors import Problem
from monitor.settings.shape import PREFIX, Settings

CONFIG_VARIABLE = "TOCSIN_CONFIG"
_OTHER_VARIABLES = {CONFIG_VARIABLE}


_OF_A_SERVICE = re.compile(
    r"\w+_SERVICE_(HOST|PORT(_\w+)?)|\w+_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?"
)
"""What Kubernetes and links of Docker set in each container for a service: one that is
called `tocsin` has our prefix."""


def variables() -> list[str]:
    """Return the names of all variables with our prefix that somebody set for us."""
    given = os.environ  # noqa: TID251 - settings are read here
    return [
        name
        for name, value in given.items()
        if name.upper().startswith(PREFIX) and not _is_of_a_service(name, value)
    ]


def _is_of_a_service(name: str, value: str) -> bool:
    """Whether a variable tells where a service is; `TOCSIN_PORT=80` does not."""
    if "__" in name or not _OF_A_SERVICE.fullmatch(name):
        return False
    return not re.fullmatch(r"\w+_PORT", name) or "://" in value or "_SERVICE_" in name


def unknown_variables() -> list[Problem]:
    """Report variables with our prefix that mean nothing, with a guess."""
    known = {name.upper() for name in Settings.model_fields}
    found = []
    for name in variables():
        top, *below = name.upper().removeprefix(PREFIX).split("__")
        if name.upper() in _OTHER_VARIABLES or top in known:
            continue
        near = difflib.get_close_matches(top, known, n=1)
        meant = "__".join([*near, *below])
        mend = f"did you mean {PREFIX}{meant}?" if near else "unset it"
        found.append(
            Problem(where="environment", message=f"unknown variable {name}", mend=mend)
        )
    return found


def no_json(said: str) -> Problem:
    """Return what is wrong with a variable of several values that cannot be read."""
    found = re.search(r'field "(\w+)"', said)
    top = PREFIX + (found[1].upper() if found else "")
    below = [
        name
        for name in variables()
        if name.upper() == top or name.upper().startswith(f"{top}__")
    ]
    return Problem(
        where="environment",
        field=" or ".join(sorted(below)) or top,
        message="a value of several parts is no JSON",
        mend='write a list as ["one", "two"], and fields as {"name": "value"}',
    )


def _variable_of(dotted: str) -> str:
    return PREFIX + re.sub(r"\[(\d+)\]", r"__\1", dotted).replace(".", "__").upper()


def overriding(dotted: str, variables: list[str]) -> str:
    """Return the variable that set a field, if one did."""
    wanted = _variable_of(dotted)
    return next(
        (
            v
            for v in variables
            if wanted == v.upper() or wanted.startswith(v.upper() + "__")
        ),
        "",
    )


def set_by_parts(dotted: str) -> Problem | None:
    """Return what is wrong with a variable of one entry of a list, if one was set."""
    top = _variable_of(dotted)
    found = next(
        (
            name
            for name in variables()
            if name.upper().startswith(f"{top}__")
            and name.upper().removeprefix(f"{top}__").split("__")[0].isdecimal()
        ),
        "",
    )
    if not found:
        return None
    mend = f'write the whole list as JSON: {top}=["one", "two"]'
    message = "a list is not set by its parts"
    return Problem(where="environment", field=found, message=message, mend=mend)


def at_its_variable(problem: Problem, file: str) -> Problem:
    """Return a problem of a field of `file` at the variable that set it, if one did."""
    variable = ""
    if problem.where == file and problem.field:
        variable = overriding(problem.field, variables())
    if not variable:
        return problem
    is_whole = variable.upper() == _variable_of(problem.field)
    field = variable if is_whole else f"{variable}: {problem.field}"
    return replace(
        problem, where="environment", field=field, line=0, column=0, excerpt=""
    )
