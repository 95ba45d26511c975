"""Why a story has its grade, in a recipient's language; pure.

The derivation is stored in English, as `corroboration` words it. What is worded
otherwise, as in messages of older versions, stays as it is.
"""

import re
from collections.abc import Iterator

from monitor.send.render.voice import Voice

_DERIVED = re.compile(
    r"best source (?P<outlet>.+) \((?P<grade>[A-F])\); "
    r"(?P<voices>\d+) independent voices?, "
    r"(?:none|(?P<good>\d+) of them) graded C or better"
    r"(?:; (?P<state>\d+) of (?P<all>\d+) of a state)?"
    r"(?:; (?P<copies>\d+) reports? (?:is a copy|are copies): (?P<whose>.+))?"
)
_WHOSE = re.compile(r"(\d+) of (.+?)(?=, \d+ of |$)")


def derived(because: str, voice: Voice) -> str:
    """Return a derivation as this voice says it."""
    found = _DERIVED.fullmatch(because)
    if found is None or voice.lang == "en":
        return because
    return "; ".join(_parts(found, voice))


def _parts(found: re.Match[str], voice: Voice) -> Iterator[str]:
    outlet = _named(found["outlet"], "unknown", voice)
    yield voice.say(
        "best source {outlet} ({grade})", outlet=outlet, grade=found["grade"]
    )
    count = voice.count(int(found["voices"]), "independent voice")
    said = "{voices}, {good} of them graded C or better"
    yield voice.say(said, voices=count, good=found["good"] or 0)
    if found["state"]:
        said = "{state} of {all} of a state"
        yield voice.say(said, state=found["state"], all=found["all"])
    if found["copies"]:
        whose = ", ".join(
            f"{_named(name, 'an unknown outlet', voice)} ({number})"
            for number, name in _WHOSE.findall(found["whose"])
        )
        yield f"{voice.count(int(found['copies']), 'copy')}: {whose}"


def _named(outlet: str, unknown: str, voice: Voice) -> str:
    return voice.say("unknown outlet") if outlet == unknown else outlet
