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
