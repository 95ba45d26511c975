"""The whole service over real sockets: each alert once, none lost."""

import json
import signal
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.acceptance.harness import (
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
    wait_for,
)

DETAINED = Entry(
    "33 fighters detained near Minsk",
    "State security says a group of armed men was detained in a sanatorium.",
)
MORE = Entry(
    "Eleven smugglers detained at Minsk airport",
    "Customs officers found cigarettes worth a million in cargo from the east.",
)


def test_a_report_becomes_one_signed_webhook_with_its_evidence(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = [DETAINED, Entry("Weather stays fine")]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()

    wait_for(lambda: webhook.accepted, "the webhook arrives")

    (_, message), *others = webhook.accepted
    assert others == []
    assert message["data"]["rule"]["id"] == "detained"
    assert message["data"]["story"]["title"] == DETAINED.title
    (item,) = message["data"]["items"]
    assert {m["text"].lower() for m in item["matched"]} >= {"detained", "minsk"}


def test_a_copy_in_a_second_feed_joins_the_story_in_silence(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = [DETAINED]
    feeds.entries["/b"] = []
    tocsin.write([feeds.url("/a"), feeds.url("/b")], webhook.url)
    tocsin.start()
    wait_for(lambda: webhook.accepted, "the first report is alerted")

    feeds.entries["/b"] = [
        Entry(DETAINED.title, DETAINED.summary, guid="copy", link="https://b.example/1")
    ]
    wait_for(lambda: '"joined story"' in tocsin.log, "the copy joins")
    feeds.entries["/b"].append(MORE)
    wait_for(lambda: len(webhook.accepted) == 2, "another story is alerted")

    assert webhook.titles() == [DETAINED.title, MORE.title]


def test_an_unchanged_feed_is_answered_304_and_alerts_nobody_again(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = [DETAINED]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()

    wait_for(lambda: ("/a", 304) in feeds.requests, "a conditional request")

    assert webhook.titles() == [DETAINED.title]
    assert [status for _, status in feeds.requests].count(200) == 1


def test_a_rule_edited_while_it_runs_is_in_force_after_sighup(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = [Entry("Weather stays fine")]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: feeds.requests, "the first poll")
    pack = tocsin.folder / "rules" / "test.yaml"
    pack.write_text(
        "version: 1\ntheme: test\nrules:\n"
        "  - {id: strike, title: Strikes, severity: low, match: strike*}\n"
    )
    assert tocsin.daemon is not None
    tocsin.daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: '"reloaded"' in tocsin.log, "the reload")

    feeds.entries["/a"].append(Entry("Miners strike in Salihorsk"))
    wait_for(lambda: webhook.accepted, "the new rule fires")

    assert webhook.accepted[0][1]["data"]["rule"]["id"] == "strike"


def test_a_pack_that_is_saved_takes_effect_without_a_signal(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    pack = tocsin.folder / "rules" / "test.yaml"
    good = pack.read_text()
    pack.write_text(good.replace("detain*", "detain* minsk"))
    wait_for(lambda: "reload refused" in tocsin.log, "the bad pack is refused")
    assert "test.yaml:7:" in _get(tocsin, "/-/healthy")

    pack.write_text(good.replace("id: detained", "id: held"))
    wait_for(lambda: '"reloaded"' in tocsin.log, "the good one is taken")
    feeds.entries["/a"] = [DETAINED]
    wait_for(lambda: webhook.accepted, "it fires")
    assert webhook.accepted[0][1]["data"]["rule"]["id"] == "held"
    assert tocsin.log.count("reload refused") == 1


def test_a_rule_that_is_switched_off_while_it_runs_is_quiet_until_it_is_on_again(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    pack = tocsin.folder / "rules" / "test.yaml"
    on = pack.read_text()
    pack.write_text(on.replace("- id:", "- enabled: false\n    id:"))
    wait_for(lambda: tocsin.log.count('"reloaded"') == 1, "the rule is off")
    rules = json.loads(_get(tocsin, "/-/healthy"))["rules"]
    assert (rules["in_force"], rules["switched_off"]) == (0, ["detained"])
    feeds.entries["/a"] = [DETAINED]
    wait_for(lambda: '"new": 1' in tocsin.log, "the report is stored")

    pack.write_text(on)
    wait_for(lambda: tocsin.log.count('"reloaded"') == 2, "the rule is on again")
    feeds.entries["/a"].append(MORE)
    wait_for(lambda: webhook.accepted, "what comes now is told")
    (told,) = webhook.accepted
    assert MORE.title in str(told)


def test_a_bad_pack_is_refused_in_sight_and_the_running_one_stays(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    pack = tocsin.folder / "rules" / "test.yaml"
    pack.write_text(pack.read_text().replace("detain*", "detain* minsk"))

    request = urllib.request.Request(f"{tocsin.web}/-/reload", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)

    assert refused.value.code == 422
    assert "test.yaml:7:" in refused.value.read().decode()
    assert "test.yaml:7:" in _get(tocsin, "/-/healthy")
    metrics = _get(tocsin, "/metrics")
    assert "tocsin_rules_refused 1.0" in metrics
    assert "_created" not in metrics
    feeds.entries["/a"] = [DETAINED]
    wait_for(lambda: webhook.accepted, "the old rule still fires")


def _get(tocsin: Installation, path: str) -> str:
    with urllib.request.urlopen(f"{tocsin.web}{path}") as answer:
        text: str = answer.read().decode()
        return text


def test_a_receiver_that_is_down_hears_of_every_alert_once_when_it_is_up_again(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    webhook.always = 503
    feeds.entries["/a"] = [DETAINED]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: webhook.attempts, "a first attempt")
    feeds.entries["/a"].append(MORE)
    wait_for(lambda: len({one for one, _ in webhook.attempts}) == 2, "both tried")

    webhook.always = 0
    wait_for(lambda: len(webhook.accepted) == 2, "both arrive", 90)

    assert sorted(webhook.titles()) == sorted([DETAINED.title, MORE.title])
    assert all(len(bodies) == 1 for bodies in webhook.bodies.values())


def test_sigterm_ends_it_cleanly_and_a_restart_repeats_nothing(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/a"] = [DETAINED]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: webhook.accepted, "the alert")

    assert tocsin.stop() == 0

    feeds.entries["/a"].append(MORE)
    tocsin.start()
    wait_for(lambda: len(webhook.accepted) == 2, "what came meanwhile is alerted")
    assert webhook.titles() == [DETAINED.title, MORE.title]


def test_a_delivery_in_hand_at_sigterm_is_released_and_made_at_the_next_start(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    webhook.always = 503
    feeds.entries["/a"] = [DETAINED]
    tocsin.write([feeds.url("/a")], webhook.url)
    tocsin.start()
    wait_for(lambda: webhook.attempts, "a first attempt")
    assert tocsin.stop() == 0

    webhook.always = 0
    tocsin.start()
    wait_for(lambda: webhook.accepted, "it is delivered after all", 60)

    assert webhook.titles() == [DETAINED.title]


def test_feeds_added_by_command_are_polled_by_the_running_daemon(
    feeds: FeedServer, webhook: WebhookServer, tocsin: Installation
) -> None:
    feeds.entries["/new"] = [DETAINED]
    tocsin.write([], webhook.url)
    tocsin.start()

    tocsin.command("feeds", "add", feeds.url("/new"))

    wait_for(lambda: webhook.accepted, "the added feed is polled")
    tocsin.command("feeds", "remove", feeds.url("/new"))
    assert tocsin.json("feeds", "list") == []


def test_no_network_at_all_is_said_once_and_blames_no_feed(
    tocsin: Installation,
) -> None:
    dead = [f"http://127.0.0.{n}:9/feed" for n in range(2, 6)]
    tocsin.write(dead)
    tocsin.start()

    wait_for(lambda: "no feed answers" in tocsin.log, "it says so")
    rows = wait_for(
        lambda: [r for r in tocsin.json("feeds", "list") if r["state"]["last_polled"]],
        "the feeds were tried",
    )

    assert tocsin.log.count("no feed answers") == 1
    assert "tocsin demo" in tocsin.log
    assert all(row["state"]["failures"] == 0 for row in rows)


def test_a_port_in_use_is_one_sentence(feeds: FeedServer, tocsin: Installation) -> None:
    tocsin.write([], server={"listen": f"127.0.0.1:{feeds.port}"})

    said = tocsin.command("run", status=1)

    assert "cannot listen on" in said
    assert "Traceback" not in said


def failed_start(tocsin: Installation, status: int) -> dict[str, Any]:
    """Return the one line of the log that a start which fails writes."""
    (line,) = tocsin.command("run", status=status).splitlines()
    told: dict[str, Any] = json.loads(line)
    assert {"event", "level", "timestamp"} <= told.keys()
    assert (told["event"], told["level"]) == ("tocsin cannot run", "error")
    return told


def test_a_refused_configuration_is_a_line_of_a_log_in_json(
    tocsin: Installation,
) -> None:
    tocsin.write([], colect={}, log={"format": "json"})
    (problem,) = failed_start(tocsin, 2)["problems"]
    assert "unknown field 'colect'" in problem

    tocsin.write([], log={"format": "json", "level": "loud"})
    (problem,) = failed_start(tocsin, 2)["problems"]
    assert "log.level" in problem

    tocsin.config.write_text("log: {format: json")
    (problem,) = failed_start(tocsin, 2)["problems"]
    assert "not valid YAML" in problem


def test_a_store_that_cannot_be_opened_is_a_line_of_a_log_in_json(
    tocsin: Installation,
) -> None:
    tocsin.write([], log={"format": "json"})
    (tocsin.folder / "tocsin.db").write_text("no database")
    assert "not a SQLite database" in failed_start(tocsin, 1)["why"]


def test_a_log_in_text_tells_of_a_failed_start_as_any_command_does(
    tocsin: Installation,
) -> None:
    tocsin.write([], colect={}, log={"format": "text"})
    said = tocsin.command("run", status=2)
    assert said.endswith("tocsin: 1 problem; nothing was started\n")
