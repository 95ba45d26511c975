"""The log hides secrets and keeps strangers' texts on their line."""

import json
import logging
import re

import pytest
import structlog

from monitor.app import logs


@pytest.fixture(autouse=True)
def leave_no_trace() -> object:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield None
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.splitlines()[-1]


def test_secrets_are_hidden_wherever_they_stand(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("info", "json")
    logs.redactor.hide({"whsec_very_secret"})
    structlog.get_logger("t").info(
        "at", url="https://x/?k=whsec_very_secret", more=["whsec_very_secret"]
    )
    line = last_line(capsys)
    assert "very_secret" not in line
    assert json.loads(line)["url"] == "https://x/?k=[hidden]"


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_strangers_title_writes_no_line_of_its_own(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("info", form)
    structlog.get_logger("t").info("ALERT", title="a\nlevel=error\x1b[31m b")
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert "\x1b" not in err


def test_warnings_of_libraries_appear_in_the_same_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("info", "json")
    logging.getLogger("some.library").warning("odd: %s", "thing")
    assert json.loads(last_line(capsys))["event"] == "odd: thing"


def test_a_tick_that_is_skipped_because_the_last_one_is_at_work_is_no_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("info", "json")
    logging.getLogger("apscheduler.scheduler").warning("skipped: too many running")
    assert capsys.readouterr().err == ""


def test_an_exception_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", "json")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("t").exception("bad")
    assert "ZeroDivisionError" in json.loads(last_line(capsys))["exception"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_secrets_are_hidden_in_a_traceback(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("info", form)
    logs.redactor.hide({"hooks/T0/B0/very_secret"})
    try:
        int("https://hooks/T0/B0/very_secret")
    except ValueError:
        structlog.get_logger("t").exception("bad")
    err = capsys.readouterr().err
    assert "ValueError" in err
    assert "very_secret" not in err


def test_a_text_that_is_kept_says_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info", "text")
    structlog.get_logger("t").info("polled")
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", last_line(capsys))


def test_a_person_reads_what_was_refused_line_by_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("info", "text")
    problem = "wagner.yaml:7:24: the bracket is never closed\n  7 | match: (a\n    | ^"
    structlog.get_logger("t").error("reload refused", problems=[problem])
    assert capsys.readouterr().err.splitlines()[-3:] == [
        "  wagner.yaml:7:24: the bracket is never closed",
        "    7 | match: (a",
        "      | ^",
    ]
