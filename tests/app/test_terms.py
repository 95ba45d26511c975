"""How receivers want messages to come, as the configuration says."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor import settings
from monitor.app.policy import route_of
from monitor.app.terms import wishes_of
from monitor.model import Severity, Way
from monitor.notify.gathering import Terms, admit
from tests.send.examples import delivery

PAGER = {"pagerduty": {"routing_key": "r0uting"}}
CHAT = {"slack": {"url": "https://chat.example/x"}}


def reading(folder: Path, receiver: dict[str, Any]) -> settings.Reading:
    written = {"receivers": [{"name": "desk", **receiver}]}
    (folder / "tocsin.yaml").write_text(json.dumps(written))
    return settings.read(folder / "tocsin.yaml")


def terms(folder: Path, **receiver: Any) -> Terms:
    found = reading(folder, receiver).configuration
    assert found is not None
    return wishes_of(found, route_of(found.route)).terms["desk"]


def test_a_pager_hears_of_the_end_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    assert terms(tmp_path, **PAGER).send_closed
    assert not terms(tmp_path, **PAGER, send_closed=False).send_closed
    assert not terms(tmp_path, **CHAT).send_closed
    assert terms(tmp_path, **CHAT, send_closed=True).send_closed


def test_of_a_group_a_pager_hears_each_alert_by_itself(tmp_path: Path) -> None:
    new = replace(delivery(), group="")
    for channel, way in ((CHAT, Way.GROUP), (PAGER, Way.READY)):
        made = admit(new, "route?theme=a", terms(tmp_path, **channel), Severity.HIGH)
        assert made.way is way
        assert (made.released is not None) is (way is Way.READY)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digest", {"cron": "0 7 * * *"}),
        ("rate_limit", {"messages": 20}),
        ("expires_after", "6h"),
    ],
)
def test_what_puts_alerts_into_one_incident_is_refused_for_a_pager(
    name: str, value: object, tmp_path: Path
) -> None:
    (problem,) = reading(tmp_path, {**PAGER, name: value}).problems
    assert problem.severity == "error"
    assert problem.field == "receivers[0]"
    assert problem.line == 1
    assert f"{name} puts several alerts into one incident" in problem.message
    assert f"leave out {name}: pace spreads" in problem.mend
    assert reading(tmp_path, {**CHAT, name: value}).problems == []
    assert reading(tmp_path, {**PAGER, "pace": {"messages": 5}}).problems == []
