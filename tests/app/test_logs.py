"""The log hides secrets and keeps strangers' texts on their line."""

import json
import logging
import re

import pytest
import structlog

from monitor.app import logs
from monitor.app.observers import LogObserver
from monitor.model import Feed
from monitor.pipeline.reports import DeliveryReport, PollReport
from monitor.send.deliveries import Receipt
from tests.send.examples import NOW
from tests.send.test_services import DELIVERY


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


def test_a_delivery_that_asks_for_another_setting_is_a_warning_that_names_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("info", "json")
    told = 'the group became a supergroup; write chat: "-1001" in the configuration'
    for problem, level in ((told, "warning"), ("", "info")):
        receipt = Receipt(outcome="accepted", status="200", problem=problem)
        LogObserver().delivered(
            DeliveryReport(
                delivery=DELIVERY, outcome="delivered", receipt=receipt, at=NOW
            )
        )
        line = json.loads(last_line(capsys))
        assert (line["level"], line.get("why", "")) == (level, problem)


def test_the_log_says_what_was_mended_in_a_feed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("info", "json")
    note = "charset stated as utf-8, read as windows-1251"
    for notes in ((note,), ()):
        report = PollReport(
            feed=Feed(url="https://a.example/f"),
            status="ok",
            items=1,
            new_items=1,
            notes=notes,
        )
        LogObserver().polled(report)
        line = json.loads(last_line(capsys))
        assert line["event"] == "polled"
        assert line.get("notes", "") == "; ".join(notes)


def test_a_receiver_that_is_given_up_is_an_error_in_the_log_with_its_mend(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("info", "json")
    why = "all of 90 attempts failed since 2026-05-04 12:00Z"
    report = DeliveryReport(
        delivery=DELIVERY,
        outcome="retry",
        receipt=Receipt(outcome="temporary", status="503", problem="down"),
        at=NOW,
        due=NOW,
        disabled=why,
    )
    LogObserver().delivered(report)
    line = json.loads(last_line(capsys))
    assert (line["level"], line["receiver"], line["why"]) == ("error", "desk", why)
    assert line["mend"] == "tocsin receivers enable desk"


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
