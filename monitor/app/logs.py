"""Logs: for people on a terminal, JSON otherwise; secrets never appear."""

import logging
import sys
from collections.abc import Callable, Iterable, MutableMapping
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
        key: _printable(value)
        if isinstance(value, str) and key != "exception"
        else value
        for key, value in event.items()
    }


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def set_up(level: str, form: str) -> None:
    """Send structlog and the libraries' logs to standard error in one form."""
    people = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if people else "iso", utc=True),
    ]
    ending: list[Callable[..., Any]] = [_one_line, redactor]
    if people:
        colours = sys.stderr.isatty()
        last: Callable[..., Any] = structlog.dev.ConsoleRenderer(
            colors=colours,
            pad_event_to=24,
            exception_formatter=structlog.dev.plain_traceback,
        )
    else:
        ending.insert(0, structlog.processors.format_exc_info)
        last = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, *ending, last],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    _capture_libraries(shared, [*ending, last])


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
