"""The configuration: every problem at once, each with its place and its mend."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor import settings
from monitor.errors import Problem
from monitor.settings import Configuration

MINIMAL = """
receivers: [{name: desk, console: {}}]
route: {receiver: desk}
"""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's variables or configuration."""
    import os  # noqa: PLC0415

    for name in list(os.environ):  # noqa: TID251
        if name.startswith("TOCSIN_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read(tmp_path: Path, text: str, **files: str) -> settings.Reading:
    for name, content in files.items():
        path = tmp_path / name.replace("_yaml", ".yaml")
        path.write_text(content, encoding="utf-8")
    path = tmp_path / "tocsin.yaml"
    path.write_text(text, encoding="utf-8")
    return settings.read(path)


def configured(tmp_path: Path, text: str, **files: str) -> Configuration:
    reading = read(tmp_path, text, **files)
    assert reading.configuration is not None, reading.problems
    return reading.configuration


def errors(tmp_path: Path, text: str, **files: str) -> list[Problem]:
    reading = read(tmp_path, text, **files)
    assert reading.configuration is None
    return [p for p in reading.problems if p.severity == "error"]


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    found = configured(tmp_path, "")
    assert found.settings.collect.every == timedelta(minutes=15)
    assert [r.name for r in found.receivers] == ["console"]
    assert found.route.receiver == "console"


def test_a_receiver_of_health_that_does_not_exist_is_named(tmp_path: Path) -> None:
    # Also where one receiver alone needs no route.
    one = "receivers: [{name: desk, console: {}}]\nhealth: {receivers: [dsk]}\n"
    for text in (one, f"{one}route: {{receiver: desk}}\n"):
        (problem,) = errors(tmp_path, text)
        assert "'dsk'" in problem.message
        assert problem.mend == "did you mean desk?"


@pytest.mark.parametrize("written", ["0s", "0", "false", "-1s"])
def test_a_receiver_must_have_some_time(tmp_path: Path, written: str) -> None:
    (problem,) = errors(tmp_path, hook(f"timeout: {written}"))
    assert problem.field == "receivers[0].webhook.timeout"
    assert problem.mend


def test_names_in_variables_lead_somewhere_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_HEALTH__RECEIVERS", '["nobody"]')
    (problem,) = errors(tmp_path, MINIMAL)
    assert "no receiver is called 'nobody'" in problem.message
    monkeypatch.setenv("TOCSIN_HEALTH__RECEIVERS", '["desk"]')
    monkeypatch.setenv("TOCSIN_TIME_INTERVALS", '[{"name": "night"}]')
    route = "route: {receiver: desk, mute_time_intervals: [night]}"
    text = MINIMAL.replace("route: {receiver: desk}", route)
    found = configured(tmp_path, text).settings
    assert found.route is not None
    assert found.route.mute_time_intervals == ("night",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "time_intervals: [{name: n, times: [{start_time: '25:00', end_time: '24:00'}]}]",
            "expected a time of day, not '25:00' — such as 07:30",
        ),
        (
            "time_intervals: [{name: n, location: Europe/Vilnus}]",
            "no time zone is called 'Europe/Vilnus' — such as",
        ),
        (
            "receivers: [{name: night desk, console: {}}]",
            "expected a name of Latin letters, digits, - _ and ., not 'night desk'",
        ),
        (
            "receivers: [{name: m, email: {to: [a], from: c@d.e, smtp: {host: h}}}]",
            "expected one email address, not 'a' — such as desk@example.org",
        ),
    ],
)
def test_one_fault_is_told_once_and_in_words(
    tmp_path: Path, text: str, said: str
) -> None:
    (problem,) = errors(tmp_path, text)
    assert said in str(problem)


def test_a_time_interval_that_stands_twice_is_refused(tmp_path: Path) -> None:
    twice = "time_intervals: [{name: night}, {name: night, months: [1]}]"
    (problem,) = errors(tmp_path, f"{twice}\n{MINIMAL}")
    assert problem.field == "time_intervals[1].name"
    assert "'night' stands twice" in problem.message


def test_feeds_and_sources_are_read_from_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "a.yaml").write_text(
        "feeds: [{url: 'https://a.example/f', source: Courier, every: 5m}]"
    )
    found = configured(
        tmp_path,
        "feeds: [feeds/]\nsources: [sources.yaml]\n",
        sources_yaml="sources: [{name: Courier, country: NO, grade: B}]",
    )
    (feed,) = found.feeds
    assert (feed.every, feed.source) == (timedelta(minutes=5), "Courier")
    assert found.sources[0].country == "NO"


def test_a_feed_without_an_outlet_is_of_its_host(tmp_path: Path) -> None:
    found = configured(
        tmp_path, "feeds: [f.yaml]", f_yaml="feeds: [{url: 'https://a.example/f'}]"
    )
    assert found.feeds[0].source == "a.example"


@pytest.mark.parametrize(
    ("text", "place", "message", "mend"),
    [
        ("stoer: {}", (1, 1), "unknown field 'stoer'", "did you mean store?"),
        ("collect: {every: 15}", (1, 18), "expected a duration", "15m"),
        ("collect: {concurrency: many}", (1, 24), "integer", ""),
        ("collect: {allow_networks: [10.1.2.3/8]}", (1, 28), "network", "10.0.0.0/8"),
        ("server: {listen: 8080}", (1, 18), "a text", ""),
        ("server: {listen: nowhere}", (1, 18), "host:port", "127.0.0.1:8080"),
        ("rules: [none/]", (1, 9), "none/ does not exist", "looked in"),
        ("receivers: [{name: a}]", (1, 13), "exactly one channel", "webhook"),
        (
            "receivers: [{name: a, console: {}, digest: {cron: 'daily'}}]",
            (1, 51),
            "no cron expression",
            "mon-fri",
        ),
        (
            (
                "receivers: [{name: a, console: {}, "
                "digest: {cron: '0 7 * * *', timezone: Vilnius}}]"
            ),
            (1, 74),
            "no time zone is called 'Vilnius'",
            "Europe/Vilnius",
        ),
        (
            "receivers: [{name: a, console: {}, rate_limit: {messages: 0}}]",
            (1, 59),
            "it must be 1 or more, not 0",
            "",
        ),
        (
            ("receivers: [{name: a, console: {}, rate_limit: {messages: 1, per: 0s}}]"),
            (1, 48),
            "a rate needs a time",
            "per: 1h",
        ),
        (
            "receivers: [{name: a, console: {}}]\nroute: {receiver: a, group_by: mood}",
            (2, 32),
            "'theme'",
            "",
        ),
        (
            "receivers: [{name: a b, console: {}}]",
            (1, 20),
            "expected a name",
            "such as night-desk",
        ),
        (
            (
                "receivers: [{name: a, console: {}}, {name: a, console: {}}]\n"
                "route: {receiver: a}"
            ),
            (1, 44),
            "'a' stands twice",
            "rename",
        ),
        (
            "receivers: [{name: a, console: {}}, {name: b, console: {}}]",
            (1, 12),
            "several receivers need a route",
            "route:",
        ),
        (
            MINIMAL.replace("receiver: desk", "receiver: dask"),
            (3, 19),
            "'dask'",
            "desk?",
        ),
        (
            "receivers: [{name: a, webhook: {url: 'ftp://x', secret: x}}]",
            (1, 38),
            "address",
            "https://",
        ),
        (
            "receivers: [{name: a, webhook: {url: 'https://x', secret_file: no}}]",
            (1, 64),
            "cannot be read: No such file",
            "check the path",
        ),
        (
            (
                "receivers: [{name: a, email: {to: [x@y], from: x@y, "
                "smtp: {host: h, security: none, username: u, password: p}}}]"
            ),
            (1, 59),
            "in the clear",
            "starttls",
        ),
        (
            (
                "receivers: [{name: a, email: {to: [x@y], from: x@y, "
                "smtp: {host: h, username: u}}}]"
            ),
            (1, 59),
            "a username without a password",
            "password_file",
        ),
        ("- a list", (1, 1), "no settings", "key: value"),
        ("a: 1\na: 2", (2, 1), "stands twice", "keep one"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_its_mend(
    tmp_path: Path, text: str, place: tuple[int, int], message: str, mend: str
) -> None:
    problem = errors(tmp_path, text)[0]
    assert message in str(problem)
    assert (problem.line, problem.column) == place
    assert mend in problem.mend


def test_all_problems_are_listed_whatever_file_they_are_in(tmp_path: Path) -> None:
    found = errors(
        tmp_path,
        "colect: {}\nfeeds: [f.yaml]\nsources: [s.yaml]\n"
        "receivers: [{name: a, webhook: {url: 'https://x', secret_file: no}}]\n",
        f_yaml="feeds: [{url: nowhere}]",
        s_yaml="sources: [{name: A, grade: G}]",
    )
    assert [Path(p.where).name for p in found] == [
        "tocsin.yaml",
        "s.yaml",
        "f.yaml",
        "tocsin.yaml",
    ]


def test_an_unreadable_file_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    reading = settings.read(tmp_path / "missing.yaml")
    assert "No such file" in str(reading.problems[0])
    (tmp_path / "binary.yaml").write_bytes(b"a: \xff\xfe")
    assert "not UTF-8" in str(settings.read(tmp_path / "binary.yaml").problems[0])


def test_the_environment_overrules_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SERVER__LISTEN", "0.0.0.0:9")
    monkeypatch.setenv("TOCSIN_COLLECT__EVERY", "5m")
    found = configured(tmp_path, "server: {listen: '127.0.0.1:1'}").settings
    assert found.server.listen == "0.0.0.0:9"
    assert found.collect.every == timedelta(minutes=5)


def test_a_secret_comes_from_a_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://tocsin:word@db/tocsin\n")
    monkeypatch.setenv("TOCSIN_STORE__URL_FILE", str(secret))
    found = configured(tmp_path, "")
    assert found.store_url == "postgresql://tocsin:word@db/tocsin"
    assert "word" in found.secrets


MAIL = "receivers: [{name: a, email: {to: [a@b.c], from: a@b.c, smtp: {host: h, %s}}}]"


@pytest.mark.parametrize(
    ("written", "variable", "store"),
    [
        ("url_file: here", "URL=sqlite:///there.db", "sqlite:///there.db"),
        ("url: 'sqlite:///x.db'", "URL_FILE=here", "sqlite:///here.db"),
        ("url: 'sqlite:///x.db'", "URL_FILE=", "sqlite:///x.db"),
    ],
)
def test_a_variable_overrules_the_file_in_whichever_way_each_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    variable: str,
    store: str,
) -> None:
    name, _, value = variable.partition("=")
    monkeypatch.setenv(f"TOCSIN_STORE__{name}", value)
    found = configured(tmp_path, f"store: {{{written}}}", here="sqlite:///here.db")
    assert found.store_url == store


@pytest.mark.parametrize(
    "text",
    [
        "store: {url: 'sqlite:///x.db', url_file: x}",
        "server: {token: x, token_file: x}",
        "receivers: [{name: a, telegram: {chat: 1, token: x, token_file: x}}]",
        "receivers: [{name: a, pagerduty: {routing_key: x, routing_key_file: x}}]",
        "receivers: [{name: a, apprise: {url: 'json://x', url_file: x}}]",
        MAIL % "username: u, password: x, password_file: x",
    ],
)
def test_a_secret_that_is_given_twice_is_refused(tmp_path: Path, text: str) -> None:
    (problem,) = errors(tmp_path, text, x="secret")
    assert "is given twice" in problem.message
    assert problem.mend.endswith("_file")


def test_a_password_of_a_mail_server_needs_a_username(tmp_path: Path) -> None:
    (problem,) = errors(tmp_path, MAIL % "password: x")
    assert "a password without its username" in problem.message
    (problem,) = errors(tmp_path, MAIL % "username: x")
    assert "a username without a password" in problem.message


def test_two_secrets_live_while_rotating(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        "receivers: [{name: a, webhook: {url: 'https://x', secret_file: secret.yaml}}]",
        secret_yaml="whsec_new\nwhsec_old\n",
    )
    assert found.webhook_secrets["a"] == ("whsec_new", "whsec_old")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TOCSIN_STOER__URL", "x", "did you mean TOCSIN_STORE__URL?"),
        ("TOCSIN_STORE__URLL", "x", "unknown field 'urll'"),
        ("TOCSIN_SERVER__LISTEN", "x", "expected host:port"),
        ("TOCSIN_RECEIVERS", "[not json", "TOCSIN_RECEIVERS: a value of several"),
        ("TOCSIN_RULES", "rules/", 'write a list as ["one", "two"]'),
        ("TOCSIN_HEALTH__RECEIVERS", "desk", "TOCSIN_HEALTH__RECEIVERS: a value of"),
        ("TOCSIN_RECEIVERS__0__NAME", "x", "as JSON: TOCSIN_RECEIVERS=["),
        ("TOCSIN_RULES__0", "rules/", "TOCSIN_RULES__0: a list is not set by its"),
        # What is found out only after all has its shape, too.
        ("TOCSIN_HEALTH__RECEIVERS", '["nobody"]', "TOCSIN_HEALTH__RECEIVERS: health"),
        ("TOCSIN_SERVER__TOKEN_FILE", "/none.txt", "SERVER__TOKEN_FILE: the secret"),
    ],
)
def test_a_wrong_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    (problem,) = errors(tmp_path, "")
    assert problem.where == "environment"
    assert said in str(problem)


def test_what_an_orchestrator_sets_for_a_service_is_no_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("TOCSIN_SERVICE_HOST", "10.0.0.7"),
        ("TOCSIN_SERVICE_PORT", "8080"),
        ("TOCSIN_SERVICE_PORT_HTTP", "8080"),
        ("TOCSIN_PORT", "tcp://10.0.0.7:8080"),
        ("TOCSIN_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
        ("TOCSIN_PORT_8080_TCP_PROTO", "tcp"),
        ("TOCSIN_SERVER_PORT_8080_TCP_ADDR", "10.0.0.7"),
    ):
        monkeypatch.setenv(name, value)
    assert configured(tmp_path, MINIMAL).receivers
    monkeypatch.setenv("TOCSIN_PORT", "8080")
    (problem,) = errors(tmp_path, MINIMAL)
    assert "unknown variable TOCSIN_PORT" in problem.message


def test_an_unsigned_webhook_and_an_unreached_receiver_are_warned_of(
    tmp_path: Path,
) -> None:
    reading = read(
        tmp_path,
        "receivers:\n  - {name: a, console: {}}\n"
        "  - {name: b, webhook: {url: 'https://x'}}\nroute: {receiver: a}\n",
    )
    assert reading.configuration is not None
    said = [p.message for p in reading.problems]
    assert any("not signed" in one for one in said)
    assert any("no route leads to the receiver 'b'" in one for one in said)


def test_the_usual_places_are_searched_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.chosen_file(None) is None
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "tocsin.yaml").write_text("")
    assert settings.chosen_file(None) == Path("config/tocsin.yaml")
    (tmp_path / "tocsin.yaml").write_text("")
    assert settings.chosen_file(None) == Path("tocsin.yaml")
    monkeypatch.setenv("TOCSIN_CONFIG", "other.yaml")
    assert settings.chosen_file(None) == Path("other.yaml")
    assert settings.chosen_file(Path("mine.yaml")) == Path("mine.yaml")


def test_a_proxy_is_an_http_address_and_its_password_a_secret(tmp_path: Path) -> None:
    found = configured(tmp_path, "collect: {proxy: 'http://me:s3cret-word@proxy:3128'}")
    assert found.proxy == "http://me:s3cret-word@proxy:3128"
    assert "s3cret-word" in found.secrets
    assert "s3cret-word" not in repr(found.settings)
    for wrong in ("proxy:3128", "socks5://proxy:1080", "http://proxy/path"):
        (problem,) = errors(tmp_path, f"collect: {{proxy: '{wrong}'}}")
        assert problem.line == 1
        assert problem.mend


# ── forms of webhooks ────────────────────────────────────────────────────────

HOOK = "receivers: [{name: desk, webhook: {url: 'https://a.example', secret: %s%s}}]\n"
GOOD = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def hook(more: str) -> str:
    return HOOK % (GOOD, f", {more}" if more else "")


def test_a_fault_in_an_inline_template_has_the_file_s_line(tmp_path: Path) -> None:
    text = (
        "receivers:\n- name: desk\n  webhook:\n    url: https://a.example\n"
        f"    secret: {GOOD}\n    body: |\n      {{\n"
        '        "a": "{{ data.rule.title }}",\n'
        '        "b": "{{ data.rule.titel }}"\n      }\n'
    )
    (problem,) = errors(tmp_path, text)
    assert (problem.line, problem.field) == (9, "receivers[0].webhook.body")
    assert "titel" in problem.message


def test_a_fault_in_a_template_s_file_has_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "body.j2").write_text('{"a": 1,\n"b": {% for %}}')
    (problem,) = errors(tmp_path, hook("body_file: body.j2"))
    assert problem.where.endswith("body.j2")
    assert problem.line == 2
    (missing,) = errors(tmp_path, hook("body_file: nowhere.j2"))
    assert "cannot be read" in missing.message


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("body: '{}', body_file: x", "given twice"),
        ("body: '{}', format: cloudevents", "given twice"),
        ("content_type: text/plain", "body of its own"),
        ("client_key_file: x", "without its certificate"),
        ("headers: {Webhook-Signature: x}", "set by Tocsin"),
        ("headers: {'a b': x}", "no name of a header"),
        (f"headers: {{X-Key: {'k' * 8001}}}", "at most 8000 characters"),
        ('headers: {X-Key: "a\\nb"}', "one line"),
        ("headers: {X-Token: '{{ id }}'}", "holds a secret"),
        ("headers: {X-Id: '{{ nothing }}'}", "nothing"),
        ("body: '{{ 9 ** 9 }}'", "for numbers here"),
        ("body: 'not json'", "no JSON"),
        ("format: xml", "format"),
        ("ca_file: nowhere.pem", "cannot be read"),
    ],
)
def test_what_a_webhook_s_form_may_not_be_is_refused(
    tmp_path: Path, more: str, said: str
) -> None:
    found = errors(tmp_path, hook(more))
    assert any(said in str(problem) for problem in found), found


def test_a_long_token_and_its_blanks_stay_what_they_are(tmp_path: Path) -> None:
    token = "Bearer " + "eyJhbGciOi" * 300
    more = f'headers: {{Authorization: {token}, X-Key: "a  b", X-Desk: Бюро}}'
    form = configured(tmp_path, hook(more)).webhook_forms["desk"]
    assert form.fixed["Authorization"] == token
    assert form.fixed["X-Key"] == "a  b"
    assert form.fixed["X-Desk"] == "%D0%91%D1%8E%D1%80%D0%BE"


def test_values_of_secret_headers_are_hidden_and_others_are_not(tmp_path: Path) -> None:
    more = "headers: {Authorization: 'Bearer t0ken-1', X-Desk: newsroom}"
    found = configured(tmp_path, hook(more))
    assert {"Bearer t0ken-1", "t0ken-1"} <= found.secrets
    assert "newsroom" not in found.secrets
    assert "t0ken-1" not in repr(found)


# ── links in messages ────────────────────────────────────────────────────────


def test_links_need_an_address_and_a_secret_of_some_length(tmp_path: Path) -> None:
    good = "server: {public_url: 'https://a.example', link_secret: %s}"
    found = configured(tmp_path, good % ("x" * 24))
    assert found.links is not None
    assert "x" * 24 in found.secrets
    assert (
        configured(tmp_path, "server: {public_url: 'https://a.example'}").links is None
    )
    (short,) = errors(tmp_path, good % "short")
    assert "5 characters" in short.message
    (nowhere,) = errors(tmp_path, f"server: {{link_secret: {'x' * 24}}}")
    assert nowhere.mend == "add server.public_url"


def test_the_public_address_can_stand_in_a_header(tmp_path: Path) -> None:
    def public(url: str) -> str | None:
        text = f"server: {{public_url: '{url}'}}"
        return configured(tmp_path, text).settings.server.public_url

    assert public("https://тревога.example:8443/бюро") == (
        "https://xn--80addg0cjn.example:8443/%D0%B1%D1%8E%D1%80%D0%BE"
    )
    assert public("https://a.example/t/%C3%A9") == "https://a.example/t/%C3%A9"
    for wrong in (
        *("https://me:pw@a.example", "https://a.example/?t=1", "https://ж..x"),
        *("https://straße.example", "https://a.example/\\x7f"),
    ):
        (problem,) = errors(tmp_path, f'server: {{public_url: "{wrong}"}}')
        assert problem.field == "server.public_url"
        assert problem.mend


# ── nats and apprise ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("receiver", "said"),
    [
        ("nats: {url: 'http://a', subject: x}", "address of a NATS server"),
        ("nats: {url: 'nats://me:pw@a', subject: x}", "address of a NATS server"),
        ("nats: {url: 'nats://a', subject: 'a.*'}", "subject"),
        ("nats: {url: 'nats://a:99999', subject: x}", "address of a NATS server"),
        ("nats: {url: 'nats://a', subject: x, token_file: no}", "cannot be read"),
        ("nats: {url: 'nats://a', subject: x, password: pw}", "without its username"),
        ("nats: {url: 'nats://a', subject: x, username: me}", "without a password"),
        (
            "nats: {url: 'nats://a', subject: x, token: t, credentials_file: c}",
            "several ways to log in",
        ),
        ("apprise: {}", "its url is missing"),
    ],
)
def test_what_a_broker_or_apprise_may_not_be_is_refused(
    tmp_path: Path, receiver: str, said: str
) -> None:
    found = errors(tmp_path, f"receivers: [{{name: bus, {receiver}}}]\n")
    assert any(said in str(problem) for problem in found), found


def test_each_target_of_apprise_is_a_secret(tmp_path: Path) -> None:
    text = (
        "receivers: [{name: rest, apprise: {url: ['json://a/s3cret1', 'json://b/s3']}}]"
    )
    found = configured(tmp_path, text)
    assert {"json://a/s3cret1", "json://b/s3"} <= found.secrets


def test_a_recipient_may_have_a_language_and_a_time_zone_of_its_own(
    tmp_path: Path,
) -> None:
    text = """
receivers:
- name: desk
  email:
    from: tocsin@example.org
    lang: pl
    timezone: Europe/Warsaw
    smtp: {host: localhost, security: none}
    to:
    - desk@example.org
    - {address: kyiv@example.org, lang: uk, timezone: Europe/Kyiv}
    - {address: vilnius@example.org, lang: lt}
"""
    email = configured(tmp_path, text).receivers[0].email
    assert email is not None
    assert email.recipients == {
        "desk@example.org": ("pl", "Europe/Warsaw"),
        "kyiv@example.org": ("uk", "Europe/Kyiv"),
        "vilnius@example.org": ("lt", "Europe/Warsaw"),
    }
    for old, new, said in (
        ("lang: uk", "lang: xx", "do not speak 'xx'"),
        ("Europe/Kyiv", "Mars/Olympus", "no time zone"),
        ("- desk@example.org", "- desk", "one email address"),
        ("lang: lt", "tongue: lt", "tongue"),
    ):
        found = errors(tmp_path, text.replace(old, new))
        assert any(said in str(problem) for problem in found), found


@pytest.mark.parametrize("chat", ["-1001234567890", '"-1001234567890"'])
def test_a_telegram_chat_may_be_written_as_the_number_it_is(
    tmp_path: Path, chat: str
) -> None:
    text = f"""
receivers: [{{name: desk, telegram: {{chat: {chat}, token: "1:a"}}}}]
route: {{receiver: desk}}
"""
    (receiver,) = configured(tmp_path, text).receivers
    assert receiver.telegram is not None
    assert receiver.telegram.chat == "-1001234567890"


@pytest.mark.parametrize("written", ["ru", "rus", "ru-RU", "Russian", "RU"])
def test_the_language_of_a_feed_is_what_rules_ask_for(
    written: str, tmp_path: Path
) -> None:
    listed = f"feeds: [{{url: 'https://a.example/f', lang: {written}}}]"
    (feed,) = configured(tmp_path, "feeds: [f.yaml]", f_yaml=listed).feeds
    assert feed.lang == "ru"


def test_what_is_no_language_of_a_feed_is_refused(tmp_path: Path) -> None:
    listed = "feeds: [{url: 'https://a.example/f', lang: Klingon}]"
    (problem,) = errors(tmp_path, "feeds: [f.yaml]", f_yaml=listed)
    assert (problem.message, problem.mend) == (
        "expected a language code, not 'Klingon'",
        "such as en, ru or be",
    )


INHIBIT = """
inhibit_rules:
  - source: %s
    target: %s
"""


@pytest.mark.parametrize(
    ("source", "target", "field", "said"),
    [
        ("{}", "{severity: low}", "source", "would fit every alert"),
        ("{severity: critical}", "{}", "target", "would fit every alert"),
        ("{severity: []}", "{severity: low}", "source.severity", "one word or several"),
        ("{theme: a}", "{severity: low, tag: []}", "target.tag", "one word or several"),
        ("{source: Wire}", "{severity: low}", "source", "asked of one report"),
        ("{severity: low, lang: be}", "{tag: x}", "source", "asked of one report"),
    ],
)
def test_an_inhibition_that_holds_for_all_or_none_is_refused(
    tmp_path: Path, source: str, target: str, field: str, said: str
) -> None:
    (problem,) = errors(tmp_path, MINIMAL + INHIBIT % (source, target))
    assert problem.field == f"inhibit_rules[0].{field}"
    assert problem.line in {6, 7}
    assert said in problem.message
    assert problem.mend


def test_an_inhibition_of_all_names_all(tmp_path: Path) -> None:
    (problem,) = errors(tmp_path, MINIMAL + INHIBIT % ("{severity: critical}", "{}"))
    every = problem.mend.rpartition("every alert is ")[2]
    configured(tmp_path, MINIMAL + INHIBIT % ("{severity: critical}", f"{{{every}}}"))


def test_a_route_that_asks_for_an_empty_list_is_refused(tmp_path: Path) -> None:
    text = """
receivers: [{name: desk, console: {}}, {name: night, console: {}}]
route:
  receiver: desk
  routes:
    - {receiver: night, match: {severity: []}}
"""
    (problem,) = errors(tmp_path, text)
    assert problem.field == "route.routes[0].match.severity"
    assert problem.line == 6
    assert "what is left out fits every alert" in problem.mend


def test_a_first_route_that_would_match_is_refused(tmp_path: Path) -> None:
    text = """
receivers: [{name: desk, console: {}}]
route:
  receiver: desk
  match: {severity: critical}
"""
    (problem,) = errors(tmp_path, text)
    assert (problem.field, problem.line) == ("route.match", 5)
    assert "routes:" in problem.mend


NOWHERE = (
    *("ex☃.com", "a..b", ".com", "xn--a.com", "a<b.com", "a%20b.com", "999.1.1.1"),
    *("１.2.3.4", f"{'a' * 64}.com", ".".join(["abc"] * 70), "h:0", "münchen..de"),
)
"""What no client asks."""


@pytest.mark.parametrize("host", NOWHERE)
def test_a_host_that_no_client_asks_is_refused(tmp_path: Path, host: str) -> None:
    text = f"receivers:\n  - name: desk\n    webhook: {{url: 'https://{host}/x'}}\n"
    (problem,) = [p for p in errors(tmp_path, text) if p.line == 3]
    assert problem.field == "receivers[0].webhook.url"
    assert "no such host or port" in problem.message
    assert problem.mend


@pytest.mark.parametrize("host", ["", "smtp://a", "a:25", *NOWHERE])
def test_nor_is_it_a_mail_server(tmp_path: Path, host: str) -> None:
    text = (MAIL % "port: 25").replace("host: h", f"host: '{host}'")
    (problem,) = errors(tmp_path, text)
    assert problem.field == "receivers[0].email.smtp.host"
    assert problem.mend


@pytest.mark.parametrize("host", NOWHERE)
def test_nor_is_it_the_address_of_a_chat(tmp_path: Path, host: str) -> None:
    text = "receivers: [{name: desk, slack: {%s}}]"
    (problem,) = errors(tmp_path, text % f"url: 'https://{host}/x'")
    assert problem.mend
    assert host not in str(problem)
    (problem,) = errors(tmp_path, text % "url_file: a.yaml", a_yaml=f"https://{host}/x")
    assert problem.mend
    assert host not in str(problem)


@pytest.mark.parametrize(
    "host",
    [
        *("münchen.example", "straße.example", "EX.com", "a_b", "web", "x.example."),
        *("127.0.0.1:8080", "[::1]:8443", "xn--mnchen-3ya.example", "1.2.3"),
    ],
)
def test_a_host_that_is_asked_is_taken(tmp_path: Path, host: str) -> None:
    text = f"receivers: [{{name: desk, webhook: {{url: 'https://{host}/x'}}}}]"
    configured(tmp_path, text)
