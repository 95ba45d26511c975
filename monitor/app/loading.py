"""A configuration and its rules, read and checked against each other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor import rulepacks, settings
from monitor.app import levels
from monitor.app.channels import Channels
from monitor.app.edits import RuleFiles, look
from monitor.clock import SystemClock
from monitor.errors import InputRefused, Problem
from monitor.rulepacks import Rulebook
from monitor.settings import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A configuration and its rules, checked."""

    configuration: Configuration
    rulebook: Rulebook
    warnings: tuple[Problem, ...] = ()
    rule_files: RuleFiles = field(default_factory=RuleFiles)


class LoadRefused(InputRefused):
    """Nothing of what was read can be taken; it knows which rule files that were."""

    def __init__(self, problems: Sequence[Problem], rule_files: RuleFiles) -> None:
        """Keep the problems and the files."""
        super().__init__(problems)
        self.rule_files = rule_files


def load(path: Path) -> Loaded:
    """Read a configuration and its rules; raise InputRefused with all problems."""
    reading = settings.read(path)
    problems = list(reading.problems)
    if reading.configuration is None and not reading.rule_paths:
        # Where the rules are is not known: that there are none would be beside the point.
        raise InputRefused(problems)
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
    configuration = reading.configuration
    imported = sorted(library.looked)
    files = RuleFiles((*reading.rule_paths, *imported), seen | look(imported))
    if configuration is None or rulebook is None or _errors(problems):
        raise LoadRefused(problems, files)
    return Loaded(
        configuration=configuration,
        rulebook=rulebook,
        warnings=tuple(problems),
        rule_files=files,
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
