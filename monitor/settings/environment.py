"""The environment variables that overrule the configuration file."""

import difflib
import os
import re

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
        top = name.upper().removeprefix(PREFIX).split("__")[0]
        if name.upper() in _OTHER_VARIABLES or top in known:
            continue
        near = difflib.get_close_matches(top, known, n=1)
        mend = f"did you mean {PREFIX}{near[0]}?" if near else "unset it"
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


def overriding(dotted: str, variables: list[str]) -> str:
    """Return the variable that set a field, if one did."""
    wanted = PREFIX + re.sub(r"\[(\d+)\]", r"__\1", dotted).replace(".", "__").upper()
    return next(
        (
            v
            for v in variables
            if wanted == v.upper() or wanted.startswith(v.upper() + "__")
        ),
        "",
    )
