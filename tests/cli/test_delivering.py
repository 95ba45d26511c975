"""The commands about alerts, deliveries, receivers, routes and silences."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import stix2
import yaml
from click.testing import CliRunner

from monitor.cli import main
from monitor.clock import SystemClock
from monitor.model import DeliveryState
from monitor.send.signatures import read_key, sign
from monitor.store.records import open_store
from monitor.store.views import DeliveryFilter
from tests.acceptance.harness import (
    SECRET,
    Entry,
    FeedServer,
    LoopbackServer,
    WebhookServer,
    send,
)
from tests.cli.helpers import NEWS, Run, reconfigure, rows


def test_a_dead_letter_can_be_sent_again(run: Run, webhook: WebhookServer) -> None:
    webhook.always = 413
    run("once")
    (dead,) = rows(run, "deliveries", "list", "--state", "dead")
    webhook.always = 0
    shown = run("deliveries", "replay", "--state", "dead", "--dry-run").stdout
    assert shown.startswith(f"{dead['id']}  desk: dead after 1 attempt, 413: ")
    assert "1 would be sent again" in shown
    run("deliveries", "replay", "--state", "dead", "--rate", "60/1m")
    run("once")
    assert len(webhook.accepted) == 1
    assert webhook.attempts[0][0] == webhook.attempts[-1][0]
    assert "none fit" in run("deliveries", "replay", "--state", "dead").stdout
    nothing = run("deliveries", "replay", "--receiver", "desk", "--dry-run")
    assert "--state delivered" in nothing.stderr


@pytest.mark.parametrize("rate", ["0", "x", "5/0s", "1/2d", "-1"])
def test_what_is_no_rate_is_refused(run: Run, rate: str) -> None:
    said = run("deliveries", "replay", "--state", "dead", "--rate", rate, status=2)
    assert f"'{rate}' is no rate; write 5 (a second) or 60/1m" in said.stderr


def test_a_message_is_made_anew_by_today_s_settings_under_a_new_id(
    run: Run, webhook: WebhookServer, tmp_path: Path
) -> None:
    webhook.always = 413
    run("once")
    (dead,) = rows(run, "deliveries", "list", "--state", "dead")
    webhook.always = 0
    reconfigure(tmp_path, body='{"data": {"story": {"title": "{{ subject }}"}}}')
    (anew,) = rows(run, "deliveries", "replay", dead["id"], "--anew")
    run("once")
    assert webhook.ids == [anew["id"]]
    assert anew["id"] != dead["id"]
    assert webhook.titles() == [f"[HIGH] {NEWS.title} | Fighters detained"]
    assert f"anew, for {dead['id']}" in run("trace", anew["id"]).stdout
    # Another time it is another message.
    (again,) = rows(run, "deliveries", "replay", dead["id"], "--anew")
    assert again["id"] != anew["id"]


def test_messages_made_anew_keep_to_their_rate_and_are_made_now(
    run: Run, webhook: WebhookServer, tmp_path: Path
) -> None:
    """Made in the future they were taken for those of a clock that was ahead, and went at once."""
    webhook.always = 413
    run("once")
    store = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    (dead,) = store.deliveries(DeliveryFilter(states=(DeliveryState.DEAD,)))
    later = replace(dead, id="dlv_2", created=dead.created + timedelta(seconds=1))
    store.add_deliveries([later])
    rate = ("--rate", "1/1h")
    made = rows(run, "deliveries", "replay", "--state", "dead", "--anew", *rate)
    assert store.make_due_from_the_future(SystemClock().now()) == (0, 0, 0)
    first, second = store.deliveries(DeliveryFilter(ids=tuple(o["id"] for o in made)))[
        ::-1
    ]
    store.close()
    assert [first.id, second.id] == [one["id"] for one in made]
    assert second.due - first.due == timedelta(hours=1)
    assert second.created <= SystemClock().now()


def test_who_has_unsubscribed_is_not_said_to_get_a_message_made_anew(
    run: Run, webhook: WebhookServer, tmp_path: Path
) -> None:
    webhook.always = 413
    run("once")
    store = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    (dead,) = store.deliveries(DeliveryFilter(states=(DeliveryState.DEAD,)))
    mailed = replace(dead, id="dlv_mail", recipient="a@example.org")
    store.add_deliveries([mailed])
    store.unsubscribe("desk", "a@example.org", SystemClock().now())
    store.close()
    for further in ((), ("--dry-run",)):
        (told,) = rows(
            run, "deliveries", "replay", "--state", "dead", "--anew", *further
        )
        assert told["recipient"] == ""
    assert "none fit" in run("deliveries", "replay", "dlv_mail", "--anew").stdout


def test_what_waits_for_its_next_attempt_is_tried_now(
    run: Run, webhook: WebhookServer
) -> None:
    webhook.answers = [503]
    webhook.headers = {"Retry-After": "3600"}
    run("once")
    (waiting,) = rows(run, "deliveries", "list", "--state", "pending")
    run("once")
    assert len(webhook.attempts) == 1
    run("deliveries", "retry", status=2)
    dry = run("deliveries", "retry", "--receiver", "desk", "--dry-run").stdout
    assert "1 would be tried now" in dry
    run("deliveries", "retry", waiting["id"])
    run("once")
    assert webhook.ids == [waiting["id"]]


def test_a_message_is_shown_for_people_and_as_its_bytes(
    run: Run, webhook: WebhookServer
) -> None:
    run("once")
    (sent,) = webhook.ids
    shown = run("deliveries", "show", sent).stdout
    assert '\n    "story": {\n' in shown
    exact = run("deliveries", "show", sent, "--body").stdout_bytes
    assert {exact} == webhook.bodies[sent]


def test_a_receiver_that_is_gone_loses_one_message_and_the_others_wait(
    run: Run, webhook: WebhookServer, feeds: FeedServer
) -> None:
    feeds.entries["/a"] = [NEWS, Entry("Smugglers detained at Minsk harbour", "Tea.")]
    webhook.always = 410
    run("once")
    states = [one["state"] for one in rows(run, "deliveries", "list")]
    assert sorted(states) == ["dead", "pending"]
    assert len(webhook.attempts) == 1
    webhook.always = 0
    said = run("receivers", "enable", "desk").stdout
    assert "1 waits for it and goes now" in said
    assert "tocsin deliveries replay --receiver desk" in said
    run("once")
    assert len(webhook.accepted) == 1
    run("receivers", "enable", "nobody", status=2)


def test_who_set_a_receiver_is_kept_and_the_ledger_tells_of_it(run: Run) -> None:
    run("once")
    run("receivers", "disable", "desk", "--reason", "moving house")
    run("receivers", "enable", "desk")
    lines = rows(run, "tokens", "audit")
    assert [one["action"] for one in lines] == [
        "command: receivers enable",
        "command: receivers disable",
    ]
    assert lines[1]["detail"] == "desk: moving house"
    told = rows(run, "ledger", "list", "--about", "desk")
    assert [one["kind"] for one in told] == ["receiver", "receiver"]
    assert "whole" in run("ledger", "verify").stdout


@pytest.mark.parametrize("command", ["list", "retry", "replay"])
def test_a_slip_in_a_receivers_name_is_not_taken_for_nothing_to_do(
    run: Run, command: str
) -> None:
    done = run("deliveries", command, "--receiver", "dsek", status=2)
    assert "there are: desk" in done.stderr


def test_a_user_without_a_name_sets_a_receiver_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that was started with a number alone (`--user 10001`)."""
    monkeypatch.setattr("os.getuid", lambda: 3_999_999_999)
    run("receivers", "disable", "desk")
    (line,) = rows(run, "tokens", "audit")
    assert line["who"] == "user 3999999999"


def test_receivers_are_listed_tested_disabled_and_enabled(
    run: Run, webhook: WebhookServer
) -> None:
    run("receivers", "test", "desk")
    assert [body["type"] for _, body in webhook.accepted] == ["test.ping"]
    webhook.always = 500
    webhook.text = b"Bad Request: chat not found"
    told = run("receivers", "test", "desk", status=1).stdout
    assert "500" in told
    assert "answered: Bad Request: chat not found" in told
    webhook.always, webhook.text = 0, b""
    run("receivers", "disable", "desk")
    run("once")
    assert len(webhook.accepted) == 1
    run("receivers", "enable", "desk")
    run("once")
    assert len(webhook.accepted) == 2
    assert "desk" in run("receivers", "list").stdout


@dataclass
class Pager(LoopbackServer):
    """Takes events as PagerDuty's Events API v2 does."""

    statuses: list[int] = field(default_factory=list)
    """Answers, in turn; then 202."""
    events: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        LoopbackServer.__init__(self)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        event = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        self.events.append((event["event_action"], event["dedup_key"]))
        send(request, self.statuses.pop(0) if self.statuses else 202, b"{}")


@pytest.fixture
def pager(run: Run, tmp_path: Path) -> Iterator[Pager]:
    with Pager() as server:
        config = tmp_path / "tocsin.yaml"
        written = yaml.safe_load(config.read_text())
        duty = {
            "url": f"http://127.0.0.1:{server.port}/v2/enqueue",
            "routing_key": "r0uting",
            "allow_networks": ["127.0.0.0/8"],
        }
        written["receivers"] = [{"name": "duty", "pagerduty": duty}]
        config.write_text(json.dumps(written))
        yield server


def test_a_test_of_a_pager_leaves_no_incident_behind(run: Run, pager: Pager) -> None:
    told = run("receivers", "test", "duty").stdout
    (begun, ended) = pager.events
    assert (begun[0], ended[0]) == ("trigger", "resolve")
    assert begun[1] == ended[1]
    assert "the incident that it opened is resolved" in told
    shown = json.loads(run("receivers", "test", "duty", "--json").stdout)
    assert "is resolved" in shown[""]["ended"]


def test_an_incident_of_a_test_that_stays_is_told(run: Run, pager: Pager) -> None:
    pager.statuses = [202, 500]
    told = run("receivers", "test", "duty", status=1).stdout
    assert "resolve it by hand" in told
    assert "500" in told


def test_a_test_that_a_pager_may_have_taken_is_ended_too(
    run: Run, pager: Pager
) -> None:
    pager.statuses = [500]
    run("receivers", "test", "duty", status=1)
    assert [action for action, _ in pager.events] == ["trigger", "resolve"]
    pager.statuses = [400]
    run("receivers", "test", "duty", status=1)
    assert [action for action, _ in pager.events[2:]] == ["trigger"]


def test_a_message_is_verified_by_command(tmp_path: Path) -> None:
    runner = CliRunner()
    secret = tmp_path / "secret"
    secret.write_text(runner.invoke(main, ["webhook", "secret"]).output)
    assert secret.read_text().startswith("whsec_")
    body = tmp_path / "body"
    body.write_bytes(b"{}")
    done = runner.invoke(
        main,
        [
            "webhook",
            "verify",
            *("--secret-file", str(secret)),
            *("--id", "dlv_1", "--timestamp", "1", "--signature", "v1,AAAA"),
            str(body),
        ],
    )
    assert done.exit_code == 1
    assert "not to be trusted" in done.output


def test_an_ed25519_key_verifies_by_its_public_half(tmp_path: Path) -> None:
    runner = CliRunner()
    private, public, body = (tmp_path / n for n in ("private", "public", "body"))
    private.write_text(runner.invoke(main, ["webhook", "secret", "--ed25519"]).output)
    assert private.read_text().startswith("whsk_")
    shown = runner.invoke(main, ["webhook", "public-key", str(private)])
    public.write_text(shown.output)
    assert public.read_text().startswith("whpk_")
    body.write_bytes(b"{}")
    stamp = int(SystemClock().now().timestamp())
    signature = sign([read_key(private.read_text().strip())], "dlv_1", stamp, b"{}")
    arguments = ["webhook", "verify", "--secret-file", str(public), "--id", "dlv_1"]
    arguments += ["--timestamp", str(stamp), "--signature", signature, str(body)]
    done = runner.invoke(main, arguments)
    assert done.exit_code == 0, done.output
    body.write_bytes(b"[]")
    assert runner.invoke(main, arguments).exit_code == 1
    assert runner.invoke(main, ["webhook", "public-key", str(body)]).exit_code == 2
    odd = runner.invoke(main, [*arguments, "--tolerance", "soon"])
    assert (odd.exit_code, "'soon' is no duration" in odd.output) == (2, True)
    body.unlink()
    missing = runner.invoke(main, arguments)
    assert (missing.exit_code, "does not exist" in missing.output) == (2, True)


def test_a_secret_is_rotated_through_two_that_are_live(
    run: Run, webhook: WebhookServer, tmp_path: Path
) -> None:
    secret = tmp_path / "desk.secret"
    old = SECRET
    secret.write_text(f"{old}\n")
    secret.chmod(0o600)
    reconfigure(tmp_path, secret=(), secret_file=str(secret))
    new = run("receivers", "rotate-secret", "desk").stdout.strip()
    assert secret.read_text().split() == [new, old]
    assert secret.stat().st_mode & 0o777 == 0o600
    run("receivers", "rotate-secret", "desk", status=2)
    run("receivers", "test", "desk")
    run("receivers", "rotate-secret", "desk", "--finish")
    assert secret.read_text().split() == [new]
    run("receivers", "rotate-secret", "nobody", status=2)


def test_who_has_unsubscribed_is_listed_and_can_come_back(
    run: Run, tmp_path: Path
) -> None:
    store = open_store(f"sqlite:///{tmp_path}/tocsin.db")
    store.unsubscribe("desk", "a@example.org", SystemClock().now())
    store.close()
    (row,) = rows(run, "receivers", "unsubscribed")
    assert (row["receiver"], row["recipient"]) == ("desk", "a@example.org")
    assert "a@example.org" in run("receivers", "unsubscribed").stdout
    run("receivers", "resubscribe", "desk", "a@example.org")
    assert rows(run, "receivers", "unsubscribed") == []
    run("receivers", "resubscribe", "desk", "a@example.org", status=2)


def test_a_body_of_ones_own_is_previewed_and_sent(
    run: Run, webhook: WebhookServer, tmp_path: Path
) -> None:
    template = tmp_path / "body.j2"
    template.write_text('{"type": "{{ type }}", "id": "{{ id }}", "data": {}}')
    headers = {"X-Theme": "{{ data.rule.theme }}"}
    reconfigure(tmp_path, body_file="body.j2", headers=headers)
    shown = run("receivers", "preview", "desk").stdout
    assert "X-Theme: energy" in shown
    assert '{"type": "alert.matched", "id": "dlv_0' in shown
    run("once")
    assert [body["type"] for _, body in webhook.accepted] == ["alert.matched"]
    template.write_text('{"type":\n\n"{{ data.titel }}"}')
    refused = run("check", status=2)
    assert "body.j2:3: error" in refused.output
    assert "titel" in refused.output


def test_who_would_hear_of_an_item_is_said_without_sending(
    run: Run, webhook: WebhookServer, tmp_path: Path
) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"id": "1", "title": "Two detained near Minsk", "lang": "en"}\n')
    (told,) = rows(run, "routes", "test", str(items))
    assert (told["rule"], told["when"]) == ("detained", "at once")
    assert told["because"] == "route"
    assert told["receiver"] in run("routes", "show").output
    run("silences", "add", "rule=detained")
    (told,) = rows(run, "routes", "test", str(items))
    assert "holds it back" in told["when"]
    assert webhook.attempts == []
    with items.open("a") as more:
        more.write("{}\n")
    refused = run("routes", "test", str(items), status=2)
    assert "line 2" in refused.output
    assert "holds it back" in refused.output, "the rest is answered"


def test_an_item_an_alert_and_a_delivery_are_traced_both_ways(run: Run) -> None:
    run("once")
    (row,) = rows(run, "alerts", "list")
    item = rows(run, "items", "search", "fighters")[0]["item"]["id"]
    delivery = rows(run, "deliveries", "list")[0]["id"]
    whole = ["seen", "matched", "grouped", "decided", "told", "queued", "attempted"]
    for what in (item, row["alert"]["id"], delivery):
        steps = rows(run, "trace", what)
        assert [one["what"] for one in steps] == whole
        assert {one["id"] for one in steps} >= {item, row["alert"]["id"], delivery}
    text = run("trace", item).output
    assert "delivered 204" in text
    assert "sha256:" in text
    run("trace", "dlv_nothing", status=2)
    run("trace", "itm_nothing", status=2)


def test_a_digest_waits_is_traced_and_says_why(
    run: Run, webhook: WebhookServer, tmp_path: Path
) -> None:
    path = tmp_path / "tocsin.yaml"
    written = yaml.safe_load(path.read_text())
    written["receivers"][0]["digest"] = {"cron": "0 7 29 2 *", "bypass": "none"}
    path.write_text(yaml.safe_dump(written))
    assert rows(run, "once")["waiting"] == 1
    (waiting,) = rows(run, "deliveries", "list", "--state", "pending")
    assert waiting["note"] == "waits for the digest"
    assert webhook.attempts == []
    # Without the digest it goes with the next run.
    del written["receivers"][0]["digest"]
    path.write_text(yaml.safe_dump(written))
    assert rows(run, "once")["waiting"] == 0
    assert len(webhook.accepted) == 1


def test_alerts_are_exported_as_stix_and_as_lines(run: Run) -> None:
    run("once")
    bundle = stix2.parse(run("alerts", "export", "--format", "stix").stdout)
    assert "report" in {one["type"] for one in bundle.objects}
    (line,) = run("alerts", "export").stdout.splitlines()
    assert json.loads(line)["data"]["rule"]["id"] == "detained"
    (chosen,) = run("alerts", "export", "--rule", "detained").stdout.splitlines()
    assert chosen == line


def test_an_alert_is_acknowledged_and_closed_by_a_person(
    run: Run, webhook: WebhookServer
) -> None:
    run("once")
    (row,) = rows(run, "alerts", "list")
    alert = row["alert"]["id"]
    assert "acknowledged" in run("alerts", "ack", alert, "--author", "dana").output
    assert "open, acknowledged" in run("alerts", "show", alert).output
    closed = run("alerts", "close", alert, "--author", "dana", "--comment", "handled")
    assert "is closed" in closed.output
    text = run("alerts", "show", alert).output
    assert "by dana" in text
    assert "message 2, closed" in text
    assert text.count("sent to nobody: no receiver it goes to has send_closed") == 1
    run("alerts", "close", alert, status=2)
    run("once")
    # Nobody asked to be told that alerts are closed.
    assert len(webhook.accepted) == 1


def test_what_is_silenced_is_held_listed_and_ended(
    run: Run, webhook: WebhookServer
) -> None:
    run("silences", "add", "colour=red", status=2)
    refused = run("silences", "add", "rule=detained", "--for", "soon", status=2)
    assert "'soon' is no duration; write 2h or 7d" in refused.stderr
    empty = run("silences", "add", "rule=detained", "--for", "0s", status=2)
    assert "a silence of 0s holds nothing back" in empty.stderr
    said = run("silences", "add", "rule=detained", "--for", "1h", "--comment", "drill")
    assert "there was no database" in said.stderr
    assert "holds back rule=detained until" in said.output
    (silence,) = rows(run, "silences", "list")
    run("once")
    assert webhook.accepted == []
    held = run("alerts", "held").output
    assert "silenced" in held
    assert "33 fighters detained" in " ".join(held.split())
    assert "has ended" in run("silences", "expire", silence["id"]).output
    run("silences", "expire", silence["id"], status=2)
    assert rows(run, "silences", "list") == []
    assert len(rows(run, "silences", "list", "--all")) == 1


@pytest.mark.parametrize(
    ("matcher", "said"),
    [
        ("rule=detaned", "no rule is called 'detaned'; did you mean detained?"),
        ("theme!=wagner", "no theme is called 'wagner'; there are test"),
        ("tag=war", "no tag is called 'war'; there is no tag"),
        (
            "source=127.0.0.2",
            "no source is called '127.0.0.2'; did you mean 127.0.0.1?",
        ),
    ],
)
def test_a_silence_of_what_there_is_not_is_made_only_where_it_is_meant(
    run: Run, matcher: str, said: str
) -> None:
    refused = run("silences", "add", matcher, status=2)
    assert said in refused.stderr
    assert "to silence it all the same: --anyway" in refused.stderr
    assert rows(run, "silences", "list") == []
    run("silences", "add", matcher, "--anyway")
    assert len(rows(run, "silences", "list")) == 1


def test_what_can_be_silenced_is_known_without_a_poll(
    run: Run, feeds: FeedServer
) -> None:
    run("feeds", "add", feeds.url("/b"), "--source", "Baltic Wire")
    names = ("source=Baltic Wire", "source=127.0.0.1", "rule=detained", "theme=test")
    run("silences", "add", *names, "lang=xx", "story=sto_1")


@pytest.mark.parametrize("command", ["retry", "replay"])
def test_deliveries_that_are_not_there_are_named(run: Run, command: str) -> None:
    run("once")
    (known,) = rows(run, "deliveries", "list")
    done = run("deliveries", command, known["id"], "dlv_nobody", status=2)
    assert "no delivery has the id 'dlv_nobody'" in done.stderr
    # All or nothing: the others are left alone too.
    assert rows(run, "deliveries", "list") == [known]


def test_while_a_pack_is_being_mended_what_needs_no_rules_is_done(
    run: Run, tmp_path: Path
) -> None:
    run("once")
    (row,) = rows(run, "alerts", "list")
    alert = row["alert"]["id"]
    pack = tmp_path / "rules" / "test.yaml"
    good = pack.read_text()
    pack.write_text("rules: [")
    run("alerts", "ack", alert, "--author", "dana")
    said = run("silences", "add", "theme=any", "--for", "1h")
    assert "no name is checked" in said.stderr
    assert run("silences", "add", f"alert={alert}", "--for", "1h").stderr == ""
    assert rows(run, "alerts", "list", "--rule", "any") == []
    for words in (
        ("feeds", "list"),
        ("deliveries", "list"),
        ("receivers", "list"),
        ("trace", alert),
        ("ledger", "verify"),
    ):
        run(*words)
    refused = run("alerts", "close", alert, status=2)
    assert "test.yaml" in refused.output + refused.stderr
    pack.write_text(good)
    run("alerts", "close", alert)
