"""A configuration and its rules, read and checked against each other."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor import rulepacks, settings
from monitor.app import levels
from monitor.app.channels import Channels
from monitor.app.edits import Read, look
from monitor.clock import SystemClock
from monitor.documents import Location
from monitor.errors import InputRefused, Problem
from monitor.rulepacks import Rulebook
from monitor.settings import Configuration, Reading, RouteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration and its rules, checked."""

    configuration: Configuration
    rulebook: Rulebook
    read: Read
    """What the rules were read from."""
    warnings: tuple[Problem, ...] = ()


class LoadRefused(InputRefused):
    """A configuration or its rules are wrong; says what the rules were read from."""

    def __init__(self, problems: Sequence[Problem], read: Read) -> None:
        """Keep what to look at for the mend."""
        super().__init__(problems)
        self.read = read


def load(path: Path) -> Loaded:
    """Read a configuration and its rules; raise LoadRefused with all problems."""
    reading = settings.read(path)
    problems = list(reading.problems)
    if reading.configuration is None and not reading.rule_paths:
        # Where the rules are is not known: that there are none would be beside the point.
        raise LoadRefused(problems, Read())
    rulebook, seen, library = None, look(reading.rule_paths), rulepacks.Library()
    try:
        rulebook = rulepacks.load(reading.rule_paths, library)
    except InputRefused as refused:
        problems += refused.problems
    else:
        problems += rulebook.warnings
        problems += _unknown_receivers(rulebook, reading.configuration)
        problems += _bad_channels(reading.configuration)
        problems += _missing_level(reading.configuration)
        problems += _bad_store(reading)
        problems += _unknown_matches(rulebook, reading)
    configuration = reading.configuration
    read = Read((*reading.rule_paths, *library.files), seen | look(library.files))
    if configuration is None or rulebook is None or _errors(problems):
        raise LoadRefused(problems, read)
    return Loaded(
        configuration=configuration,
        rulebook=rulebook,
        warnings=tuple(problems),
        read=read,
    )


def _errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _unknown_receivers(
    rulebook: Rulebook, configuration: Configuration | None
) -> list[Problem]:
    """Report rules that name a receiver which is not configured."""
    if configuration is None:
        return []
    known = {receiver.name for receiver in configuration.receivers}
    return [
        Problem(
            where=rule.file,
            line=rule.line,
            field=f"rules.{rule.id}.receivers",
            message=f"no receiver is called {name!r}",
            mend=f"configured are: {', '.join(sorted(known))}",
        )
        for rule in rulebook.known.values()
        for name in rule.receivers
        if name not in known
    ]


def _unknown_matches(rulebook: Rulebook, reading: Reading) -> list[Problem]:
    """Warn of routes that want what no rule is or has: they are most likely misspelt."""
    route = reading.configuration and reading.configuration.settings.route
    rules = rulebook.known.values()
    there = {
        "rule": {rule.id for rule in rules},
        "theme": {rule.theme for rule in rules},
        "tag": {tag for rule in rules for tag in rule.tags},
    }
    found = []
    for place, node in _nodes(route) if route else ():
        for name, known in there.items():
            for value in getattr(node.match, name):
                if value not in known:
                    near = difflib.get_close_matches(value, known, n=1)
                    said = f"no rule {'is called' if name == 'rule' else f'has the {name}'} {value!r}"
                    mend = f"did you mean {near[0]}?" if near else "check it"
                    at = (*place, "match", name)
                    one = reading.problem(at, said, mend=mend)
                    found.append(replace(one, severity="warning"))
    return found


def _nodes(route: RouteSettings) -> Iterator[tuple[Location, RouteSettings]]:
    """Yield a route and those below it, each with its place."""
    waiting: list[tuple[Location, RouteSettings]] = [(("route",), route)]
    while waiting:
        place, node = waiting.pop()
        yield place, node
        waiting += [
            ((*place, "routes", index), child)
            for index, child in enumerate(node.routes)
        ]


def _bad_channels(configuration: Configuration | None) -> list[Problem]:
    """Report secrets, addresses and certificates that no channel can work with."""
    if configuration is None:
        return []
    try:
        Channels(clock=SystemClock(), write=print, agent="").build(configuration)
    except InputRefused as refused:
        return list(refused.problems)
    return []


def _missing_level(configuration: Configuration | None) -> list[Problem]:
    """Report a level of grouping whose extra is not installed."""
    if configuration is None:
        return []
    wanted = configuration.settings.grouping.level
    return levels.missing(wanted, configuration.where)


def _bad_store(reading: Reading) -> list[Problem]:
    """Report a URL that can be no store's; whether one is there, the start finds out."""
    if reading.configuration is None:
        return []
    # Only now: commands that end before need no database.
    from monitor.store.database import wrong_address  # noqa: PLC0415 - see above

    found = wrong_address(reading.configuration.store_url)
    if found is None:
        return []
    wrong, mend = found
    in_file = reading.configuration.settings.store.url_file
    place = ("store", "url_file" if in_file else "url")
    return [reading.problem(place, f"the store's URL {wrong}", mend=mend)]
