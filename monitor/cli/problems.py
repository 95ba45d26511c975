"""Errors that people can mend, told in words; how a command ends."""

import io
import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

import click

from monitor.errors import InputRefused, Problem, TocsinError
from monitor.model.counts import counted

BAD_INPUT = 2
"""The exit status for what a person wrote being wrong."""
FAILED = 1
"""The exit status for what did not work out."""


def print_problems(problems: Iterable[Problem]) -> None:
    """Print problems to standard error, errors last so that they are seen."""
    ordered = sorted(problems, key=lambda p: p.severity == "error")
    for problem in ordered:
        click.echo(str(problem), err=True)


def fail(message: str, status: int = FAILED) -> NoReturn:
    """Say what went wrong and what to do, and leave."""
    click.echo(f"tocsin: {message}", err=True)
    raise SystemExit(status)


class Group(click.Group):
    """A group whose commands end with a sentence, not with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn errors that people can mend into words."""
        try:
            return super().invoke(ctx)
        except InputRefused as refused:
            print_problems(refused.problems)
            errors = sum(p.severity == "error" for p in refused.problems)
            fail(f"{counted(errors, 'problem')}; nothing was started", BAD_INPUT)
        except TocsinError as error:
            fail(str(error))
        except BrokenPipeError:
            sys.stderr.close()
            raise SystemExit(0) from None
        except OSError as error:
            fail(_of_the_system(error))
        except UnicodeEncodeError as error:
            half = error.object[error.start : error.end]
            fail(f"{half!r} is no character of any text; write it anew", BAD_INPUT)


def _of_the_system(error: OSError) -> str:
    """Say what the system refused, and of what: a full disk, a folder without rights."""
    said = error.strerror or type(error).__name__
    what = error.filename2 or error.filename
    if isinstance(what, bytes):
        what = os.fsdecode(what)
    return f"{what}: {said}" if what else f"it could not be written or read: {said}"


def write_all() -> None:
    """Let each text be written, whatever the terminal's alphabet: else as its number."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
