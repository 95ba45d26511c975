"""Every command does what it says, on one small installation over real sockets."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stix2
import yaml
from click.testing import CliRunner, Result

from monitor.cli import main
from monitor.clock import SystemClock
from monitor.send.signatures import read_key, sign
from monitor.store.records import open_store
from tests.acceptance.harness import (
    SECRET,
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
    rss,
)

Run = Callable[..., Result]
NEWS = Entry("33 fighters detained near Minsk", "Armed men in a sanatorium.")


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        server.entries["/a"] = [NEWS]
        yield server


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as server:
        yield server


@pytest.fixture
def run(
    tmp_path: Path,
    feeds: FeedServer,
    webhook: WebhookServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    made = Installation(tmp_path)
    made.write([feeds.url("/a")], webhook.url)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, status: int = 0) -> Result:
        done = CliRunner().invoke(main, [*arguments, "--config", str(made.config)])
        assert done.exit_code == status, f"{done.output}\n{done.exception!r}"
        return done

    return call


def rows(run: Run, *arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_once_carries_a_report_through_and_says_what_it_did(
    run: Run, webhook: WebhookServer
) -> None:
    done = rows(run, "once")
    assert (done["new_items"], done["alerts"]) == (1, 1)
    assert done["deliveries"] == {"delivered": 1}
    assert len(webhook.accepted) == 1
    assert "0 new" in run("once").stdout
    assert len(webhook.accepted) == 1


def test_what_became_of_an_item_can_be_followed(run: Run) -> None:
    run("once")
    (alert,) = rows(run, "alerts", "list")
    (item,) = rows(run, "items", "search", "fighters NEAR/3 Minsk")
    assert rows(run, "items", "search", "opera") == []

    text = json.dumps(rows(run, "alerts", "list"))
    shown = run(
        "alerts", "show", alert["alert"]["id"] if "alert" in alert else alert["id"]
    )
    assert NEWS.title in shown.stdout
    assert NEWS.title in text

    identity = item["item"]["id"] if "item" in item else item["id"]
    explained = run("explain", identity).stdout
    assert "first matching report" in explained
    rule = rows(run, "rules", "list")[0]["id"]
    assert "✓" in run("explain", identity, "--rule", rule).stdout

    (delivery,) = rows(run, "deliveries", "list")
    number = delivery["delivery"]["id"] if "delivery" in delivery else delivery["id"]
    assert "delivered" in run("deliveries", "show", number).stdout


def test_a_dead_letter_can_be_sent_again(run: Run, webhook: WebhookServer) -> None:
    webhook.always = 413
    run("once")
    assert len(rows(run, "deliveries", "list", "--state", "dead")) == 1
    webhook.always = 0
    run("deliveries", "replay", "--state", "dead", "--dry-run")
    run("deliveries", "replay", "--state", "dead")
    run("once")
    assert len(webhook.accepted) == 1
    assert webhook.attempts[0][0] == webhook.attempts[-1][0]


def test_feeds_are_added_listed_exported_imported_and_removed(
    run: Run, feeds: FeedServer, tmp_path: Path
) -> None:
    feeds.entries["/b"] = []
    run("feeds", "add", feeds.url("/b"), "--name", "Second & last")
    assert feeds.url("/b") in run("feeds", "list").stdout
    opml = tmp_path / "feeds.opml"
    opml.write_text(run("feeds", "export").stdout)
    assert "Second &amp; last" in opml.read_text()
    run("feeds", "remove", feeds.url("/b"))
    assert feeds.url("/b") not in run("feeds", "list").stdout
    assert "1 feeds added" in run("feeds", "import", str(opml)).output
    run("feeds", "poll", "--all")
    run("feeds", "poll", "https://nobody.example/x", status=1)
    run("feeds", "remove", feeds.url("/a"), status=2)


def test_receivers_are_listed_tested_disabled_and_enabled(
    run: Run, webhook: WebhookServer
) -> None:
    run("receivers", "test", "desk")
    assert [body["type"] for _, body in webhook.accepted] == ["test.ping"]
    webhook.always = 500
    run("receivers", "test", "desk", status=1)
    webhook.always = 0
    run("receivers", "disable", "desk")
    run("once")
    assert len(webhook.accepted) == 1
    run("receivers", "enable", "desk")
    run("once")
    assert len(webhook.accepted) == 2
    assert "desk" in run("receivers", "list").stdout


def test_rules_are_listed_shown_and_tested(run: Run, tmp_path: Path) -> None:
    (rule,) = rows(run, "rules", "list")
    assert rule["id"] in run("rules", "show", rule["id"]).stdout
    assert "examples pass" in run("rules", "test").stdout
    run("rules", "show", "nobody", status=2)
    bad = tmp_path / "bad.yaml"
    bad.write_text("version: 1\ntheme: t\nrules: [{id: r, title: R, match: a b}]\n")
    assert "Q105" in run("rules", "test", str(bad), status=2).output


def test_check_lists_every_problem_at_once_and_starts_nothing(
    run: Run, tmp_path: Path
) -> None:
    assert "all in order" in run("check").stdout
    (tmp_path / "feeds.yaml").write_text("feeds:\n  - {url: ftp://x, evry: 5m}\n")
    (tmp_path / "rules" / "bad.yaml").write_text("version: 1\ntheme: [\n")
    text = run("check", status=2).output
    assert "feeds.yaml:2" in text
    assert "did you mean every?" in text
    assert "bad.yaml" in text
    assert "Traceback" not in text
    run("run", status=2)


def test_the_database_is_upgraded_by_command(run: Run) -> None:
    assert "at this version" in run("db", "upgrade").stdout


def test_a_command_for_what_is_not_there_says_so(run: Run) -> None:
    for arguments in (
        ("alerts", "show", "alr_nobody"),
        ("deliveries", "show", "dlv_nobody"),
        ("explain", "itm_nobody"),
    ):
        done = CliRunner().invoke(main, list(arguments))
        assert done.exit_code in {1, 2}
        assert "Traceback" not in done.output


def test_init_writes_what_check_finds_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    first = runner.invoke(main, ["init", "desk"])
    assert first.exit_code == 0, first.output
    assert "tocsin check" in first.output
    monkeypatch.chdir(tmp_path / "desk")
    done = runner.invoke(main, ["check"])
    assert done.exit_code == 0, done.output
    assert "all in order" in done.output
    again = runner.invoke(main, ["init", "."])
    assert again.exit_code != 0
    assert "--force" in again.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert "_TOCSIN_COMPLETE" in done.output


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


def reconfigure(folder: Path, **webhook: Any) -> None:
    """Change the settings of the first receiver, a webhook."""
    config = folder / "tocsin.yaml"
    written = yaml.safe_load(config.read_text())
    written["receivers"][0]["webhook"] |= webhook
    config.write_text(json.dumps(written))


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


def test_alerts_are_exported_as_stix_and_as_lines(run: Run) -> None:
    run("once")
    bundle = stix2.parse(run("alerts", "export", "--format", "stix").stdout)
    assert "report" in {one["type"] for one in bundle.objects}
    (line,) = run("alerts", "export").stdout.splitlines()
    assert json.loads(line)["data"]["rule"]["id"] == "detained"
    assert run("alerts", "export", "--rule", "other").stdout == ""


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


ITEMS = """\
{"id": "1", "title": "33 fighters detained near Minsk", "lang": "en"}
{"id": "2", "title": "Weather stays fine"}
"""


def test_rules_run_over_lines_of_json(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text(ITEMS)
    out = run("rules", "match", str(path), "--json").stdout.splitlines()
    first, second = (json.loads(line) for line in out)
    assert [rule["id"] for rule in first["rules"]] == ["detained"]
    assert {span["text"] for span in first["rules"][0]["evidence"]} == {
        "detained",
        "Minsk",
    }
    assert second == {"id": "2", "rules": []}
    assert "1 of 2 items matched" in run("rules", "match", str(path)).stdout


def test_a_line_that_holds_no_item_is_named_and_the_rest_goes_on(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("oops\n[]\n" + ITEMS + '{"id": "3"}\n{"title": 5}\n')
    done = run("rules", "match", str(path), "--json", status=2)
    assert len(done.stdout.splitlines()) == 2
    for number in (1, 2, 5, 6):
        assert f"line {number}: no item" in done.stderr


def test_an_item_is_matched_whatever_its_date_is_written_like(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "items.jsonl"
    dates = ['"2020-07-29T08:00:00Z"', '"Wed, 29 Jul 2020 08:00:00 GMT"', "1596009600"]
    lines = [f'{{"title": "x", "published": {one}}}' for one in [*dates, '"soon"']]
    path.write_text("\n".join(lines))
    done = run("rules", "match", str(path), "--json", status=2)
    assert len(done.stdout.splitlines()) == 4
    assert done.stderr.splitlines() == ["line 4: read without its date: 'soon' is none"]


def test_half_a_character_is_written_as_its_escape(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "\\ud800", "title": "x"}')
    assert json.loads(run("rules", "match", str(path), "--json").stdout) == {
        "id": "\ud800",
        "rules": [],
    }


def test_rules_run_over_a_feed_with_packs_of_its_own(run: Run, tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes(rss("/x", [NEWS, Entry("Miners strike")]))
    pack = tmp_path / "own.yaml"
    pack.write_text(
        "version: 1\ntheme: t\nrules: [{id: strike, title: S, match: strike}]\n"
    )
    done = run("rules", "match", str(feed), "--rules", str(pack), "--json").stdout
    fired = [json.loads(line)["rules"] for line in done.splitlines()]
    assert [len(rules) for rules in fired] == [0, 1]
    assert fired[1][0]["theme"] == "t"


def test_rules_are_linted_and_their_examples_tried_by_dropping_terms(
    run: Run, tmp_path: Path
) -> None:
    pack = tmp_path / "fuel.yaml"
    pack.write_text(
        "version: 1\ntheme: t\nrules:\n"
        "  - {id: r, title: R, severity: low, match: gas OR oil OR gas*,"
        " tests: {hit: [gas is cut]}}\n",
        encoding="utf-8",
    )
    linted = run("rules", "lint", str(pack))
    assert "Q302" in linted.output
    assert "gas adds nothing: gas* finds all of it" in linted.output
    run("rules", "lint", str(pack), "--strict", status=2)

    tried = run("rules", "test", str(pack), "--mutate")
    assert "no example notices when oil is dropped" in tried.output


def test_a_feed_is_tested_before_it_is_added(run: Run, feeds: FeedServer) -> None:
    url = feeds.url("/a")
    found = run("feeds", "test", url).output
    assert "[rss20, strict]" in found
    assert "says unchanged (304) when asked again" in found
    assert f"tocsin feeds add {url}" in found


def test_of_a_page_the_feeds_that_it_names_are_shown(
    run: Run, feeds: FeedServer
) -> None:
    named = '<link rel="alternate" type="application/rss+xml" href="/a" title="News">'
    feeds.raw["/"] = (200, f"<html><head>{named}</head></html>".encode(), {})
    for path in ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml"):
        feeds.raw[f"/{path}"] = (404, b"", {})
    page = run("feeds", "test", feeds.url("/"), "--json", status=1)
    told = json.loads(page.stdout)
    assert told["is_feed"] is False
    assert [one["url"] for one in told["candidates"]] == [feeds.url("/a")]
    text = run("feeds", "test", feeds.url("/"), status=1).output
    assert f"{feeds.url('/a')}  [rss20, 1 items] News" in text


def test_a_feed_shows_how_it_fares_and_its_polls(run: Run, feeds: FeedServer) -> None:
    feeds.raw["/nothing"] = (404, b"", {})
    run("feeds", "add", feeds.url("/nothing"))
    run("once")
    shown = run("feeds", "show", feeds.url("/a")).output
    assert "[ok]" in shown
    assert "100.0% of 1 polls answered" in shown
    unwell = rows(run, "feeds", "list", "--unhealthy")
    assert [(one["feed"]["url"], one["health"]["state"]) for one in unwell] == [
        (feeds.url("/nothing"), "failing")
    ]
    polite = run("feeds", "politeness").output
    assert "0 polls before a publisher wanted them" in polite
    run("feeds", "show", "https://nobody.example/", status=2)


def test_stories_are_listed_shown_and_corrected(run: Run, feeds: FeedServer) -> None:
    feeds.entries["/a"].append(
        Entry("Police detain a cyclist at the railway depot of Minsk")
    )
    run("once")
    two = rows(run, "stories", "list")
    assert len(two) == 2
    shown = run("stories", "show", two[0]["id"]).output
    assert "1 reports by 1 outlets" in shown
    assert "a story of its own" in shown
    first, other = (one["id"] for one in two)
    assert "are linked" in run("stories", "link", first, other).output
    merged = run("stories", "merge", first, other, "--comment", "one night").output
    assert "has 2 reports now" in merged
    (one,) = rows(run, "stories", "list")
    view = rows(run, "stories", "show", first)
    assert view["story"]["id"] == one["id"] == other
    assert "one night" in run("stories", "show", other).output
    item = view["items"][0]["id"]
    assert "a story of its own now" in run("stories", "split", item).output
    assert len(rows(run, "stories", "list")) == 2
    corrected = rows(run, "stories", "corrections")
    kinds = [one["kind"] for one in corrected]
    apart = {corrected[-1][which]["title"] for which in ("one", "other")}
    assert apart == {one["title"] for one in two}
    assert kinds == ["link", "merge", "split"]
    run("stories", "merge", "sto_0", other, status=2)
    run("stories", "show", "sto_0", status=2)


def test_what_is_silenced_is_held_listed_and_ended(
    run: Run, webhook: WebhookServer
) -> None:
    run("silences", "add", "colour=red", status=2)
    run("silences", "add", "rule=detained", "--for", "soon", status=2)
    said = run("silences", "add", "rule=detained", "--for", "1h", "--comment", "drill")
    assert "holds back rule=detained until" in said.output
    (silence,) = rows(run, "silences", "list")
    run("once")
    assert webhook.accepted == []
    assert "silenced" in run("alerts", "held").output
    assert "has ended" in run("silences", "expire", silence["id"]).output
    run("silences", "expire", silence["id"], status=2)
    assert rows(run, "silences", "list") == []
    assert len(rows(run, "silences", "list", "--all")) == 1


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


def test_packs_are_laid_out_checked_and_shown(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "fuel.yaml"
    written = (
        "version: 1\ntheme: t\nrules:\n"
        "  - id: r\n    title: R  # why\n    match:  gas   W/5 oil\n"
    )
    pack.write_text(written, encoding="utf-8")
    checked = run("rules", "fmt", str(pack), "--check", status=1)
    assert "would be changed" in checked.output
    shown = run("rules", "fmt", str(pack), "--diff").output
    assert "-    match:  gas   W/5 oil\n+    match: gas NEAR/5 oil\n" in shown
    assert pack.read_text(encoding="utf-8") == written
    assert "changed" in run("rules", "fmt", str(pack)).output
    assert "title: R  # why" in pack.read_text(encoding="utf-8")
    assert "all in order" in run("rules", "fmt", str(pack), "--check").output


def test_a_pack_that_is_not_yaml_is_not_laid_out(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "fuel.yaml"
    pack.write_text("rules: [", encoding="utf-8")
    refused = run("rules", "fmt", str(pack), status=2)
    assert "fuel.yaml:2" in refused.output
    assert pack.read_text(encoding="utf-8") == "rules: ["


def test_a_term_is_expanded_with_the_words_of_a_corpus(
    run: Run, tmp_path: Path
) -> None:
    corpus = tmp_path / "items.jsonl"
    corpus.write_text('{"id": "1", "title": "В Минске"}\n', encoding="utf-8")
    found = run("rules", "expand", "Минск~ru", "--corpus", str(corpus)).output
    assert "ru: минск +" in found
    assert "seen: минске (1)" in found


def test_stories_are_tried_as_a_stream_and_say_why(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "title": "Belarus detains 33 Russian mercenaries near Minsk"},
        {"id": "b", "title": "Belarus: 33 Russian mercenaries detained near Minsk"},
        {"id": "c", "title": "Gas transit talks end without a deal"},
        {"id": "a", "title": "Belarus frees 33 Russian mercenaries"},
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in lines) + "no item\n")
    base = ["stories", "try", str(path), "--level", "base"]
    done = CliRunner().invoke(main, [*base, "--json"])
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 2
    assert "line 5: no item" in done.stderr
    assert [one["id"] for one in found] == ["a", "b", "c", "a"]
    assert [one["outcome"] for one in found] == ["new", "same", "new", "same"]
    assert found[0]["story"] == found[1]["story"] == found[3]["story"]
    assert found[1]["because"]["title in common"] > 0
    assert found[2]["story"] != found[0]["story"]
    plain = CliRunner().invoke(main, base)
    assert "4 items, 2 stories, level base" in plain.output


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
    run("alerts", "close", alert, status=2)
    run("once")
    # Nobody asked to be told that alerts are closed.
    assert len(webhook.accepted) == 1


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


@pytest.mark.parametrize("level", ["base", "multilingual"])
def test_whatever_the_items_are_like_each_gets_its_line(
    tmp_path: Path, level: str
) -> None:
    title = "Gas transit talks end without a deal in Minsk"
    lines: list[dict[str, Any]] = [
        {"title": title},
        {"id": "b", "title": title, "published": "2023-09-10T12:00:00Z"},
        {"id": "c", "title": title, "published": "1970-01-01T00:00:00"},
        {"id": "d", "summary": "x" * 100_000, "lang": "tlh"},
        {"id": "e", "title": "\ud800 \u202e", "lang": "zz", "source": "\u0000"},
        {
            "id": "f",
            "title": "\u5317\u4eac\u5730\u9707",
            "url": "http://[",
            "lang": "zh",
        },
        {"id": "g", "title": title, "published": "2999-01-01T00:00:00Z"},
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in lines))
    done = CliRunner().invoke(
        main, ["stories", "try", str(path), "--json", "--level", level]
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0, done.output
    assert [one["id"] for one in found] == ["1", "b", "c", "d", "e", "f", "g"]
    assert [one["outcome"] for one in found][:2] == ["new", "same"]
    assert all(0 <= one["score"] <= 1 for one in found)
