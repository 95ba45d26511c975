"""What is not told although a rule fired: silences and inhibitions; pure."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Alert, Item, Rule, Severity, Silence, stable_id
from monitor.notify.routes import KEYS as ROUTED
from monitor.notify.routes import Words, fits
from monitor.notify.routes import words_of as routed_words

KEYS = (*ROUTED, "story", "alert")
"""What a silence can ask for."""
_MATCHER = re.compile(r"(?P<name>[a-z]+)\s*(?P<sign>!=|=)\s*(?P<value>.+)", re.DOTALL)
_SHOWN = 8
"""Names that are listed where none is like the one that was written."""


def read_matcher(text: str) -> tuple[str, str, str]:
    """Read `theme=wagner` or `severity!=critical`; ValueError with the mend."""
    found = _MATCHER.fullmatch(text.strip())
    if found is None or found["name"] not in KEYS:
        names = ", ".join(KEYS)
        raise ValueError(f"{text!r} is no matcher; write NAME=VALUE, NAME of {names}")
    name, value = found["name"], found["value"].strip()
    # As elsewhere: `theme==a`, `theme=~a.*`.
    if value[0] in "=~" or not value.strip('"'):
        told = "one whole name is compared, to the letter"
        raise ValueError(f"{text!r} is no matcher; {told}: write {name}=VALUE")
    value = value.strip('"')
    # What no alert is makes of `=` a silence of nothing, and of `!=` one of everything.
    if name == "severity" and value not in set(Severity):
        raise ValueError(
            f"no severity is called {value!r}; one of {', '.join(Severity)}"
        )
    return name, found["sign"], value


def strangers(
    matchers: Iterable[tuple[str, str, str]], names: Mapping[str, Collection[str]]
) -> list[str]:
    """Return what is wrong with matchers that name what there is not, with the mend.

    `names` are those there are, of each kind that can be known: a slip makes of `=` a
    silence of nothing, and of `!=` one of everything.
    """
    said = []
    for kind, _, value in matchers:
        if kind not in names or value in names[kind]:
            continue
        near = difflib.get_close_matches(value, names[kind], 1)
        mend = f"did you mean {near[0]}?" if near else _some(kind, names[kind])
        said.append(f"no {kind} is called {value!r}; {mend}")
    return said


def _some(kind: str, names: Collection[str]) -> str:
    if not names:
        return f"there is no {kind}"
    shown = ", ".join(sorted(names)[:_SHOWN])
    return f"there are {shown}{' ...' if len(names) > _SHOWN else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """An alert that is told keeps others from being told."""

    source: Mapping[str, tuple[str, ...]]
    """What the alert that is told must be."""
    target: Mapping[str, tuple[str, ...]]
    """What is then not told."""
    equal: tuple[str, ...] = ("story",)
    """What both must have in common."""
    lasts: timedelta = timedelta(hours=24)


def words_of(rule: Rule, item: Item | None, story: str, alert: str = "") -> Words:
    """Return what matchers can ask of an alert: what routes can, its story and id."""
    return {
        **routed_words(rule, item),
        "story": frozenset({story}),
        "alert": frozenset({alert}),
    }


def words_of_family(
    rule: Rule, item: Item | None, stories: frozenset[str], alert: str = ""
) -> Words:
    """Return the same where a story took in others: a silence of any of them holds."""
    told = {stable_id("alr", rule.id, one) for one in stories}
    words = words_of(rule, item, "", alert)
    return {**words, "story": stories, "alert": frozenset({alert, *told})}


def silenced(
    silences: Iterable[Silence], words: Words, now: datetime
) -> Silence | None:
    """Return the silence that holds an alert back now, the longest one."""
    fitting = [
        one
        for one in silences
        if one.starts <= now < one.ends and all(_fits(m, words) for m in one.matchers)
    ]
    return max(fitting, key=lambda one: (one.ends, one.id), default=None)


def _fits(matcher: tuple[str, str, str], words: Words) -> bool:
    name, sign, value = matcher
    return (value in words.get(name, frozenset())) == (sign == "=")


def inhibited(
    rules: Sequence[Inhibition], told: Sequence[Alert], words: Words, now: datetime
) -> str:
    """Return why an alert that is told keeps this one from being told; "" if none."""
    for rule in rules:
        if not fits(rule.target, words):
            continue
        for alert in told:
            other = words_of(alert.rule, None, alert.story_id, alert.id)
            same = all(words[key] & other[key] for key in rule.equal)
            itself = alert.rule.id in words["rule"]
            fresh = alert.closed is None and now - alert.updated <= rule.lasts
            if same and fresh and not itself and fits(rule.source, other):
                return f"{alert.id} of rule {alert.rule.id} is told already"
    return ""
