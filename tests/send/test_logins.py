"""Receivers behind a login, as the configuration builds them, over a server that asks for it."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from monitor import settings
from monitor.app.channels import Channels
from monitor.clock import SystemClock
from monitor.errors import Problem
from monitor.send.deliveries import Receipt
from tests.send.examples import delivery, notice
from tests.send.servers import Request, answer, webhook_server

PASSWORD = "s3cret: wört"
TOKEN = "t0ken.of/A+b=="
PAIR = b64encode(f"desk:{PASSWORD}".encode()).decode()
KINDS: dict[str, dict[str, str]] = {
    "webhook": {"url": "{http}/hook"},
    "alertmanager": {"url": "{http}/monitoring/am/"},
    "ntfy": {"url": "{http}", "topic": "desk"},
}
BASIC = {"username": "desk", "password": PASSWORD}
BEARER = {"token": TOKEN}
FILES = {"username": "desk", "password_file": "secret"}


async def sent(
    kind: str, folder: Path, login: dict[str, str], *, right: bool = True
) -> tuple[Request, Receipt]:
    """Send an alert to a receiver that asks for a login; return what came there."""
    asked = [answer("200 OK")]
    if not right:
        told = f"no access by {PASSWORD} {TOKEN} {PAIR}".encode()
        head = f"HTTP/1.1 401 Unauthorized\r\nContent-Length: {len(told)}\r\n\r\n"
        asked = [head.encode() + told]
    async with webhook_server(*asked) as server:
        http = f"http://127.0.0.1:{server.port}"
        made = {name: text.format(http=http) for name, text in KINDS[kind].items()}
        networks = {"allow_networks": ["127.0.0.0/8"]}
        receiver = {"name": "desk", kind: {**made, **networks, **login}}
        (folder / "tocsin.yaml").write_text(json.dumps({"receivers": [receiver]}))
        found = settings.read(folder / "tocsin.yaml").configuration
        assert found is not None
        assert {PASSWORD, PAIR} <= found.secrets or TOKEN in found.secrets
        channels = Channels(clock=SystemClock(), write=print, agent="t")
        channel = channels.build(found)["desk"]
        assert PASSWORD not in repr(channel)
        assert PAIR not in repr(channel)
        body = channel.compose(notice(), delivery())
        receipt = await channel.send(delivery(), body)
        await channels.aclose()
    return server.requests[-1], receipt


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("login", "value"),
    [
        (BASIC, f"Basic {PAIR}"),
        (FILES, f"Basic {PAIR}"),
        (BEARER, f"Bearer {TOKEN}"),
        ({"token_file": "secret"}, f"Bearer {TOKEN}"),
    ],
)
async def test_a_login_is_sent_with_each_message(
    kind: str, login: dict[str, str], value: str, tmp_path: Path
) -> None:
    secret = PASSWORD if "username" in login else TOKEN
    (tmp_path / "secret").write_text(f"{secret}\n", encoding="utf-8")
    request, receipt = await sent(kind, tmp_path, login)
    assert receipt.outcome == "accepted", receipt
    assert request.headers["authorization"] == value


async def test_the_path_of_an_alertmanager_s_prefix_is_kept(tmp_path: Path) -> None:
    request, _ = await sent("alertmanager", tmp_path, BASIC)
    assert request.path == "/monitoring/am/api/v2/alerts"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("login", "secrets"), [(BASIC, ("s3cret", PAIR)), (BEARER, (TOKEN,))]
)
async def test_a_login_that_is_refused_is_told_without_repeating_it(
    kind: str, login: dict[str, str], secrets: tuple[str, ...], tmp_path: Path
) -> None:
    _, receipt = await sent(kind, tmp_path, login, right=False)
    assert receipt.outcome == "refused"
    assert "check the username and password, or the token" in receipt.problem
    assert "no access by" in receipt.response
    assert not any(secret in str(receipt) for secret in secrets)


def problems(folder: Path, kind: str, **written: Any) -> list[Problem]:
    url = {"url": "https://a.example"} if "url" not in written else {}
    topic = {"topic": "desk"} if kind == "ntfy" else {}
    receiver = {"name": "desk", kind: {**url, **topic, **written}}
    path = folder / "tocsin.yaml"
    path.write_text(json.dumps({"receivers": [receiver]}, ensure_ascii=False))
    return [
        one for one in settings.read(path).problems if "not signed" not in one.message
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("login", "said", "mend"),
    [
        ({"username": "u"}, "a username without a password", "set password_file"),
        ({"password": "pa55w0rd"}, "without its username", "write username"),
        ({"password_file": "p"}, "without its username", "write username"),
        ({**BASIC, **BEARER}, "two ways to log in", "or token_file"),
        ({**BASIC, "password_file": "p"}, "password is given twice", "password_file"),
        ({**BEARER, "token_file": "p"}, "token is given twice", "token_file"),
        ({"token": "Bearer pa55w0rd"}, "this is no bearer token", "without Bearer"),
        ({"username": "a:b", "password": "pa55w0rd"}, "", ""),
    ],
)
def test_a_login_that_cannot_be_is_refused(
    kind: str, login: dict[str, str], said: str, mend: str, tmp_path: Path
) -> None:
    (found, *_) = problems(tmp_path, kind, **login)
    assert said in found.message
    assert mend in found.mend
    assert found.severity == "error"
    for secret in ("pa55w0rd", PASSWORD, TOKEN):
        assert secret not in str(found)


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_holds_no_login_and_the_complaint_does_not_repeat_it(
    kind: str, tmp_path: Path
) -> None:
    (found,) = problems(tmp_path, kind, url="https://desk:pa55w0rd@a.example/x")
    assert found.field == f"receivers[0].{kind}.url"
    assert "holds no login" in found.message
    assert "password_file" in found.mend
    assert "pa55w0rd" not in f"{found}{found!r}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_login_in_the_clear_is_warned_of_except_towards_this_machine(
    kind: str, tmp_path: Path
) -> None:
    (found,) = problems(tmp_path, kind, url="http://am.example", **BASIC)
    assert found.severity == "warning"
    assert "in the clear" in found.message
    assert problems(tmp_path, kind, url="http://127.0.0.1:9093", **BASIC) == []
    assert problems(tmp_path, kind, url="https://am.example", **BEARER) == []
    assert problems(tmp_path, kind, url="http://am.example") == []


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/am/api/v2/alerts",
        "https://a.example/am/#/alerts",
        "https://a.example/?x=1",
    ],
)
def test_the_address_of_an_alertmanager_ends_with_its_prefix(
    url: str, tmp_path: Path
) -> None:
    (found,) = problems(tmp_path, "alertmanager", url=url)
    assert "under which Alertmanager is served" in found.message


def test_a_webhook_has_one_login(tmp_path: Path) -> None:
    headers = {"authorization": "Bearer pa55w0rd"}
    (found, *_) = problems(tmp_path, "webhook", headers=headers, **BASIC)
    assert "the login is given twice" in found.message
    assert "pa55w0rd" not in str(found)
