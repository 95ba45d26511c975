"""No problem of a configuration repeats a secret, whatever was written where one belongs."""

from pathlib import Path

import pytest

from monitor import settings
from monitor.errors import Problem

SECRET = "s3cret-Word-0123456789"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def problems(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "tocsin.yaml"
    path.write_text(text, encoding="utf-8")
    return list(settings.read(path).problems)


def receiver(channel: str) -> str:
    return f"receivers:\n- name: desk\n  {channel}\n"


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        (
            receiver(f"webhook: {{url: 'https://a', headers: Bearer {SECRET}}}"),
            "receivers[0].webhook.headers",
            "name: value",
        ),
        (
            receiver(f"webhook:\n    url: https://a\n    headers: Bearer {SECRET}"),
            "receivers[0].webhook.headers",
            "expected fields with values",
        ),
        (
            receiver(f"webhook: {{url: 'https://a', headers: ['X-Key: {SECRET}']}}"),
            "receivers[0].webhook.headers",
            "expected fields with values",
        ),
        (
            receiver(f"webhook: {{url: 'https://a', headers: {{X-A: [{SECRET}]}}}}"),
            "receivers[0].webhook.headers.X-A",
            "expected a text",
        ),
        (
            receiver(f"webhook: {{url: 'https://a', secret: {{key: {SECRET}}}}}"),
            "receivers[0].webhook.secret",
            "secret may stand",
        ),
        (
            receiver(f"slack: https://hooks.example/{SECRET}"),
            "receivers[0].slack",
            "name: value",
        ),
        (
            receiver(f"slack:\n    url: [https://hooks.example/{SECRET}]"),
            "receivers[0].slack.url",
            "one text",
        ),
        (receiver(f"telegram: {SECRET}"), "receivers[0].telegram", "name: value"),
        (receiver(f"telegram: [{SECRET}]"), "receivers[0].telegram", "name: value"),
        (
            receiver(f"telegram:\n    chat: '1'\n    tokn:\n      {SECRET}"),
            "receivers[0].telegram.tokn",
            "did you mean token?",
        ),
        (
            receiver(f"pagerduty: {{routing_key: x, bogus: 1}} # {SECRET}"),
            "receivers[0].pagerduty.bogus",
            "unknown field",
        ),
        (f"receivers: {SECRET}\n", "receivers", "a list"),
        (f"store: {{url: ['postgresql://me:{SECRET}@db/x']}}\n", "store.url", "text"),
        (
            receiver(f"nats: {{url: 'nats://me:{SECRET}@a', subject: x}}"),
            "receivers[0].nats.url",
            "address of a NATS server",
        ),
        (f"server:\n  token: {{a: {SECRET}}}\n", "server.token", "one text"),
        (
            receiver(f"webhook: {{url: 'https://a', secret_file: {SECRET}}}"),
            "receivers[0].webhook.secret_file",
            "path of a file",
        ),
        (
            receiver(f"webhook: {{url: 'https://a', secret_file: [{SECRET}]}}"),
            "receivers[0].webhook.secret_file",
            "one text",
        ),
        (
            receiver(f"slack: {{url_file: 'https://hooks.example/{SECRET}'}}"),
            "receivers[0].slack.url_file",
            "path of a file",
        ),
        (receiver(f"telegram:\n    token: !{SECRET}"), "", "begins with !"),
        (receiver(f"telegram: {{chat: '1', token: *{SECRET}}}"), "", "begins with *"),
        (receiver(f"telegram:\n    token: a:{SECRET}: b"), "", "contains a colon"),
        (receiver(f"webhook:\n    headers: X: {SECRET}: b"), "", "contains a colon"),
    ],
)
def test_what_stands_where_a_secret_belongs_is_not_repeated(
    tmp_path: Path, text: str, field: str, said: str
) -> None:
    found = problems(tmp_path, text)
    assert [one for one in found if SECRET in str(one)] == []
    told = next(one for one in found if one.field == field)
    assert said in str(told)
    assert told.line


def test_a_problem_beside_a_secret_does_not_show_the_line_of_both(
    tmp_path: Path,
) -> None:
    text = (
        f"receivers: [{{name: desk, slack: {{url: 'https://a/{SECRET}', bogus: 1}}}}]\n"
    )
    (told,) = problems(tmp_path, text)
    assert "unknown field 'bogus'" in str(told)
    assert SECRET not in str(told)


def test_what_holds_no_secret_is_shown_as_before(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "collect:\n  every: soon\n")
    assert "'soon'" in told.message
    assert "every: soon" in told.excerpt


def test_a_secret_in_a_variable_is_not_repeated_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = (
        f'[{{"name": "a", "webhook": {{"url": "https://a", "headers": "{SECRET}"}}}}]'
    )
    monkeypatch.setenv("TOCSIN_RECEIVERS", written)
    found = problems(tmp_path, "")
    assert found
    assert [one for one in found if SECRET in str(one)] == []


LONG = "eyJhbGciOi" * 40
"""As long as credentials are, and longer than any name of a file."""


@pytest.mark.parametrize("written", [LONG, f"{LONG}/{LONG}", '"a\\0b"'])
@pytest.mark.parametrize(
    "channel",
    [
        "webhook: {url: 'https://a', secret_file: %s}",
        "webhook: {url: 'https://a', client_cert_file: %s}",
        "nats: {url: 'nats://a', subject: x, credentials_file: %s}",
        "email: {to: [a@b.c], from: a@b.c, smtp: {host: h, ca_file: %s}}",
    ],
)
def test_what_can_be_no_path_is_a_problem_and_no_crash(
    tmp_path: Path, channel: str, written: str
) -> None:
    found = problems(tmp_path, receiver(channel % written))
    assert any("cannot be read" in one.message for one in found), found
    assert [one for one in found if LONG in str(one)] == []


@pytest.mark.parametrize("written", [LONG, '"a\\0b"'])
def test_a_template_s_file_that_can_be_none_is_a_problem_and_no_crash(
    tmp_path: Path, written: str
) -> None:
    text = receiver(f"webhook: {{url: 'https://a', body_file: {written}}}")
    assert any("cannot be read" in one.message for one in problems(tmp_path, text))


def test_a_home_of_nobody_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    text = receiver("webhook: {url: 'https://a', secret_file: ~nobody-here/secret}")
    (rules, secret) = problems(tmp_path, f"rules: [~nobody-here/rules]\n{text}")
    assert "~nobody-here/rules does not exist" in rules.message
    assert "~nobody-here/secret cannot be read" in secret.message


def test_a_mark_at_the_beginning_of_a_file_is_no_part_of_the_secret(
    tmp_path: Path,
) -> None:
    (tmp_path / "password").write_bytes(b"\xef\xbb\xbfs3cret\r\n")
    text = "server: {token_file: password}\n" + receiver("console: {}")
    (tmp_path / "tocsin.yaml").write_text(text, encoding="utf-8")
    configuration = settings.read(tmp_path / "tocsin.yaml").configuration
    assert configuration is not None
    assert configuration.server_token == "s3cret"


@pytest.mark.parametrize("held", [SECRET, f"https://a/{SECRET}\nhttps://b", "ftp://a"])
def test_a_file_that_holds_no_address_of_a_chat_is_named(
    tmp_path: Path, held: str
) -> None:
    (tmp_path / "slack").write_text(held, encoding="utf-8")
    (told,) = problems(tmp_path, receiver("slack: {url_file: slack}"))
    assert told.field == "receivers[0].slack.url_file"
    assert "does not hold one address" in told.message
    assert SECRET not in str(told)


def test_a_password_with_a_bracket_is_a_password(tmp_path: Path) -> None:
    text = "store: {url: 'postgresql://me:pa[ss%21@db/x'}\n" + receiver("console: {}")
    (tmp_path / "tocsin.yaml").write_text(text, encoding="utf-8")
    configuration = settings.read(tmp_path / "tocsin.yaml").configuration
    assert configuration is not None
    assert {"pa[ss%21", "pa[ss!"} <= configuration.secrets


def test_the_path_of_a_file_holds_no_password(tmp_path: Path) -> None:
    text = "store: {url: 'sqlite:////data/a:b@c/t.db'}\n" + receiver("console: {}")
    (tmp_path / "tocsin.yaml").write_text(text, encoding="utf-8")
    configuration = settings.read(tmp_path / "tocsin.yaml").configuration
    assert configuration is not None
    assert configuration.secrets == frozenset()
