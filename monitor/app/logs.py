"""Logs: for people on a terminal, JSON otherwise; secrets never appear."""

import logging
import sys
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import suppress
from threading import Lock
from typing import Any

import structlog

_HIDDEN = "[hidden]"
_SHORTEST_SECRET = 4
Event = MutableMapping[str, Any]


class Redactor:
    """A structlog processor that hides secret texts wherever they stand."""

    def __init__(self) -> None:
        """Know no secrets yet; the configuration names them."""
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str]) -> None:
        """Hide these from now on, beside those known before."""
        known = {s for s in secrets if len(s) >= _SHORTEST_SECRET} | set(self._secrets)
        self._secrets = tuple(sorted(known, key=len, reverse=True))

    def __call__(self, logger: Any, name: str, event: Event) -> Event:
        """Return the event without secrets."""
        _ = logger, name
        return {key: self._clean(value) for key, value in event.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, _HIDDEN)
            return value
        if isinstance(value, list | tuple):
            return [self._clean(one) for one in value]
        return value


redactor = Redactor()
"""The process has one log, so it has one redactor."""


def _one_line(logger: Any, name: str, event: Event) -> Event:
    """Keep strangers' texts from writing lines or colours of their own."""
    _ = logger, name
    return {
        key: _printable(value, keep="\n" if key == "exception" else "")
        if isinstance(value, str)
        else value
        for key, value in event.items()
    }


def _printable(text: str, keep: str) -> str:
    return "".join(c if c.isprintable() or c in keep else " " for c in text)


def _spread(logger: Any, name: str, event: Event) -> Event:
    """Write problems below their line, with the places that they point at."""
    _ = logger, name
    lines = [
        f"\n  {_printable(line, keep='')}"
        for problem in event.pop("problems", ())
        for line in problem.splitlines()
    ]
    return {**event, "event": "".join([event["event"], *lines])}


class _StandardError:
    """Where the log goes; that it cannot be written must not stop the work.

    Its disk may be full, or who read it gone.
    """

    _lock = Lock()

    def msg(self, line: str) -> None:
        """Write a line."""
        with self._lock, suppress(OSError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()

    log = debug = info = warn = warning = msg
    fatal = failure = err = error = critical = exception = msg


def for_people(form: str) -> bool:
    """Say whether lines are for people; for programs they are JSON."""
    return form == "text" or (form == "auto" and sys.stderr.isatty())


def set_up(level: str, form: str) -> None:
    """Send structlog and the libraries' logs to standard error in one form."""
    people = for_people(form)
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt=_times(form), utc=True),
    ]
    # A traceback is made a text first, so that secrets in it are found.
    ending: list[Callable[..., Any]] = [
        structlog.processors.format_exc_info,
        _one_line,
        redactor,
    ]
    if people:
        ending.append(_spread)
        colours = sys.stderr.isatty()
        last: Callable[..., Any] = structlog.dev.ConsoleRenderer(
            colors=colours,
            pad_event_to=24,
            exception_formatter=structlog.dev.plain_traceback,
        )
    else:
        last = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, *ending, last],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=lambda *_: _StandardError(),
        cache_logger_on_first_use=False,
    )
    _capture_libraries(shared, [*ending, last])


def _times(form: str) -> str:
    """Return how times are written: short on a terminal, whole in what is kept."""
    return "%H:%M:%S" if form != "json" and sys.stderr.isatty() else "iso"


def _capture_libraries(
    shared: list[Callable[..., Any]], ending: list[Callable[..., Any]]
) -> None:
    """Let the libraries' warnings appear in the same form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *ending,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    # That a tick is still at work when the next one is due is no news: its lag is measured.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
