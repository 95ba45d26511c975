"""Every error that Tocsin raises on purpose.

    TocsinError
    ├── InputRefused      a file, setting or argument a person wrote is wrong
    ├── FeedProblem       a feed could not be fetched or read
    ├── CorrectionRefused what a person wants of stories cannot be done
    ├── MessageProblem    a message cannot be made as a receiver wants it
    ├── StoreUnavailable  the database cannot be used now
    └── LeaseLost         another replica has taken over the work in hand

A bug is never one of these: bugs keep their own exceptions and their traceback.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in what a person wrote, and how to mend it.

    `line` and `column` count from 1; 0 means that the place is not in a file
    (an environment variable, a command line argument).
    """

    where: str
    """The file's path, or for example "environment"."""
    message: str
    mend: str = ""
    line: int = 0
    column: int = 0
    field: str = ""
    """The dotted path of the field, such as `receivers[0].webhook.url`."""
    code: str = ""
    """A stable code such as `Q150`, where the problem has one."""
    excerpt: str = ""
    """The source line and a caret under the place, where there is one."""
    severity: str = "error"
    """`error` refuses the file; `warning` only speaks."""

    def __str__(self) -> str:
        """`file:line:column: error[CODE]: field: message (mend)`, then the excerpt."""
        place = self.where
        if self.line:
            place += f":{self.line}:{self.column}" if self.column else f":{self.line}"
        code = f"[{self.code}]" if self.code else ""
        field = f"{self.field}: " if self.field else ""
        mend = f" — {self.mend}" if self.mend else ""
        text = f"{place}: {self.severity}{code}: {field}{self.message}{mend}"
        return f"{text}\n{self.excerpt}" if self.excerpt else text


class TocsinError(Exception):
    """The common base: one sentence, and where it helps, what to do."""


class InputRefused(TocsinError):
    """What a person wrote is wrong; carries every problem found, not the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems in the order in which they were found."""
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class FeedProblem(TocsinError):
    """A feed could not be fetched or read; `kind` is one word for metrics."""

    def __init__(self, kind: str, message: str) -> None:
        """Name the kind (`timeout`, `not-a-feed`, `too-large` ...) and say it."""
        self.kind = kind
        super().__init__(message)


class CorrectionRefused(TocsinError):
    """A story cannot be merged, linked or split so: it would say nothing."""


class MessageProblem(TocsinError):
    """A message cannot be made as its receiver is configured: mend, then replay."""


class StoreUnavailable(TocsinError):
    """The database cannot be opened, is locked too long, is full, or is too new."""


class LeaseLost(TocsinError):
    """The lease on a feed or delivery ran out and somebody else took it."""
