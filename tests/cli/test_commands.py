"""Every command does what it says, on one small installation over real sockets."""

import json
import re
import socket
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.store.records import open_store
from tests.acceptance.harness import (
    Entry,
    FeedServer,
    WebhookServer,
    rss,
)
from tests.cli.helpers import NEWS, Run, rows
from tests.store.samples import DAY, FEED, NOW, item, keep


def test_once_carries_a_report_through_and_says_what_it_did(
    run: Run, webhook: WebhookServer
) -> None:
    done = rows(run, "once")
    assert (done["new_items"], done["alerts"]) == (1, 1)
    assert done["deliveries"] == {"delivered": 1}
    assert len(webhook.accepted) == 1
    assert "0 new" in run("once").stdout
    assert len(webhook.accepted) == 1


def test_once_forgets_what_is_past_its_time(run: Run, tmp_path: Path) -> None:
    """Under cron no service does it."""
    with closing(open_store(f"sqlite:///{tmp_path}/tocsin.db")) as store:
        keep(store, [item("of years ago")])
        store.remove_feed(FEED.url, NOW + DAY)
    run("once")
    with closing(open_store(f"sqlite:///{tmp_path}/tocsin.db")) as store:
        assert [one.title for one in store.items()] == [NEWS.title]


def test_once_tells_of_a_source_that_is_gone_and_that_once(
    run: Run, feeds: FeedServer, webhook: WebhookServer, tmp_path: Path
) -> None:
    written = json.loads((tmp_path / "tocsin.yaml").read_text())
    written["health"] = {"receivers": ["desk"]}
    (tmp_path / "tocsin.yaml").write_text(json.dumps(written))
    run("once")
    feeds.raw["/a"] = (410, b"", {})
    run("feeds", "poll", feeds.url("/a"))
    run("once")
    run("feeds", "poll", feeds.url("/a"))
    run("once")
    types = [body["type"] for _, body in webhook.accepted]
    assert types == ["alert.matched", "source.failing"]


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
    assert "1 feed added" in run("feeds", "import", str(opml)).output
    opml.write_text("feeds: []")
    assert "holds no feed" in run("feeds", "import", str(opml), status=2).output
    run("feeds", "poll", "--all")
    run("feeds", "poll", "https://nobody.example/x", status=2)
    run("feeds", "remove", "https://nobody.example/x", status=2)
    run("feeds", "remove", feeds.url("/a"), status=2)


def test_a_look_at_the_feeds_takes_no_edit_of_the_files_into_force(
    run: Run, feeds: FeedServer, tmp_path: Path
) -> None:
    run("once")
    old, new = feeds.url("/a"), feeds.url("/b")
    (tmp_path / "feeds.yaml").write_text(json.dumps({"feeds": [{"url": new}]}))
    for look in (["list"], ["list", "--json"], ["export"], ["show", old]):
        looked = run("feeds", *look)
        assert (
            "1 feed more, 1 feed fewer; in force from the next start" in looked.stderr
        )
        assert old in looked.stdout
        assert new not in looked.stdout
    assert (
        "listed in a feeds file and not" in run("feeds", "show", new, status=2).stderr
    )
    assert "1 feed is due" in run("feeds", "poll", "--all").stdout
    run("once")
    listed = run("feeds", "list")
    assert (new in listed.stdout, old in listed.stdout) == (True, False)
    assert listed.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["https://a.example/f", "--lang", "klingon"], "'klingon' is no language"),
        (["https://a.example:99999/f"], "is no http or https address"),
        (["https://a.example/a feed"], "is no http or https address"),
        (["https://a.example/\x1b[2J"], "is no http or https address"),
    ],
)
def test_a_feed_is_added_only_as_a_feeds_file_could_name_it(
    run: Run, arguments: list[str], said: str
) -> None:
    refused = run("feeds", "add", *arguments, status=2)
    assert said in refused.stderr
    assert "a.example" not in run("feeds", "list").stdout


@pytest.mark.parametrize("written", ["en", "English", "en-GB", "eng"])
def test_a_feeds_language_is_the_one_that_rules_ask_for(
    run: Run, feeds: FeedServer, written: str
) -> None:
    feeds.entries["/b"] = [Entry("Rain in the hills, and snow above the tree line")]
    run("feeds", "add", feeds.url("/b"), "--lang", written)
    run("once")
    found = rows(run, "items", "search", "rain AND lang:en")
    assert [one["item"]["lang"] for one in found] == ["en"]


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


def test_a_command_for_what_is_not_there_says_so_with_one_status(run: Run) -> None:
    for arguments in (
        ("alerts", "show", "alr_nobody"),
        ("deliveries", "show", "dlv_nobody"),
        ("explain", "itm_nobody"),
        ("rules", "show", "nothing"),
        ("stories", "show", "sto_nobody"),
        ("trace", "nothing"),
        ("ledger", "list", "--json", "--about", "nothing"),
        ("alerts", "list", "--rule", "nothing"),
        ("alerts", "list", "--theme", "nothing"),
        ("alerts", "export", "--rule", "nothing"),
        ("rules", "list", "--theme", "nothing"),
    ):
        done = run(*arguments, status=2)
        assert arguments[-1] in done.stderr
        assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("alerts export --since 2020-08-09 --until 2020-08-01", "nothing lies between"),
        ("items search minsk --until 2020-08-01", "nothing lies between"),
        ("deliveries replay --since 1h --until 2h", "nothing lies between"),
        ("deliveries retry x --since 1h --until 2h", "nothing lies between"),
        ("explain itm_a --rule minsk --with itm_b", "ask one after the other"),
        ("deliveries show dlv_a --body --json", "choose one"),
    ],
)
def test_options_that_contradict_are_refused(run: Run, command: str, said: str) -> None:
    """Else one of them is passed over, or nothing is found and nobody knows why."""
    assert said in run(*command.split(), status=2).stderr


def test_alerts_of_a_rule_that_was_taken_out_are_still_listed(
    run: Run, tmp_path: Path
) -> None:
    run("once")
    (alert,) = rows(run, "alerts", "list")
    rule, theme = alert["alert"]["rule"]["id"], alert["alert"]["rule"]["theme"]
    pack = tmp_path / "rules" / "test.yaml"
    text = pack.read_text().replace(f"id: {rule}", "id: other")
    pack.write_text(text.replace(f"theme: {theme}", "theme: others"))
    assert rule not in [one["id"] for one in rows(run, "rules", "list")]
    for chosen in (("--rule", rule), ("--theme", theme)):
        assert len(rows(run, "alerts", "list", *chosen)) == 1
    slip = run("alerts", "list", "--rule", "othr", status=2)
    assert "did you mean other?" in slip.stderr


@pytest.mark.parametrize("name", ["", " ", "wall\x1b[2Jboard"])
def test_a_token_has_a_name_to_be_told_by(run: Run, name: str) -> None:
    assert "give the token a name" in run("tokens", "add", name, status=2).stderr


def test_a_command_says_that_there_was_no_database(run: Run) -> None:
    """Asked in the wrong folder it would look as if nothing had ever been told."""
    first = run("ledger", "verify")
    assert "there was no database at" in first.stderr
    assert run("ledger", "verify").stderr == ""


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
    assert f"{feeds.url('/a')}  [rss20, 1 item] News" in text


def test_a_feed_shows_how_it_fares_and_its_polls(run: Run, feeds: FeedServer) -> None:
    feeds.raw["/nothing"] = (404, b"", {})
    run("feeds", "add", feeds.url("/nothing"))
    run("once")
    shown = run("feeds", "show", feeds.url("/a")).output
    assert "[ok]" in shown
    assert "100.0% of 1 poll answered" in shown
    unwell = rows(run, "feeds", "list", "--unhealthy")
    assert [(one["feed"]["url"], one["health"]["state"]) for one in unwell] == [
        (feeds.url("/nothing"), "failing")
    ]
    polite = run("feeds", "politeness").output
    assert "0 polls before a publisher wanted them" in polite
    run("feeds", "show", "https://nobody.example/", status=2)


def test_what_had_to_be_mended_in_a_feed_is_shown_until_it_is_in_order(
    run: Run, feeds: FeedServer
) -> None:
    """Mended silently, a wrong charset is never mended where it is made."""
    body = rss("/a", [Entry("Żołnierze w Mińsku")])
    wrong = {"Content_Type": "application/rss+xml; charset=iso-8859-1"}
    feeds.raw["/a"] = (200, body, wrong)
    run("once")
    for _ in range(2):
        shown = run("feeds", "show", feeds.url("/a")).output
        assert "notes      stated as iso-8859-1, is utf-8" in shown
        run("feeds", "poll", "--all")
        run("once")  # unchanged: what was wrong with it still is
    told = json.loads(run("feeds", "show", feeds.url("/a"), "--json").stdout)
    assert told["feed"]["state"]["notes"] == "stated as iso-8859-1, is utf-8"
    right = {"Content_Type": "application/rss+xml; charset=utf-8"}
    feeds.raw["/a"] = (200, body.replace(b"w M", b"pod M"), right)
    run("feeds", "poll", "--all")
    run("once")
    assert "notes" not in run("feeds", "show", feeds.url("/a")).output


def test_stories_are_listed_shown_and_corrected(run: Run, feeds: FeedServer) -> None:
    feeds.entries["/a"].append(
        Entry("Police detain a cyclist at the railway depot of Minsk")
    )
    run("once")
    two = rows(run, "stories", "list")
    assert len(two) == 2
    shown = run("stories", "show", two[0]["id"]).output
    assert "1 report by 1 outlet:" in shown
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


def test_a_story_is_shown_in_the_order_of_time_in_plain_words(
    run: Run, feeds: FeedServer
) -> None:
    hour = timedelta(hours=1)
    feeds.entries["/a"] = [
        Entry(f"{NEWS.title}, say officials", age=hour),
        Entry(f"{NEWS.title}, officials say", age=3 * hour),
        Entry(f"{NEWS.title}: officials", age=2 * hour),
    ]
    run("once")
    (story,) = rows(run, "stories", "list")
    lines = run("stories", "show", story["id"]).output.splitlines()
    moments = [line[:20] for line in lines if line.startswith("20")]
    # Three reports and the alert, which was raised after they were published.
    assert len(moments) == 4
    assert moments == sorted(moments)
    item = rows(run, "stories", "show", story["id"])["items"][0]["id"]
    # As for `explain`, the beginning of an id is enough.
    apart = run(
        "stories", "split", item[:16], "--author", "ann", "--comment", "no"
    ).output
    other = apart.split()[-1]
    said = f"ann split {item} off {story['id']}, into {other}: no"
    assert said in run("stories", "show", story["id"]).output
    explained = run("explain", item).output
    assert said in explained
    assert f"a person split it off {story['id']}\n" in explained
    assert f"story {other}: related (person)\n" in explained
    assert "+0.00" not in explained


def test_a_correction_that_would_say_nothing_is_refused_or_said_to_be_none(
    run: Run, feeds: FeedServer
) -> None:
    feeds.entries["/a"].append(
        Entry("Police detain a cyclist at the railway depot of Minsk")
    )
    run("once")
    first, other = (one["id"] for one in rows(run, "stories", "list"))
    itself = run("stories", "merge", first, first, status=2)
    assert "is one story with itself; name two" in itself.stderr
    item = rows(run, "stories", "show", first)["items"][0]["id"]
    only = run("stories", "split", item, status=2)
    assert f"{item} is the only report of {first} already" in only.stderr
    run("stories", "link", first, other)
    assert "as they were before" in run("stories", "link", other, first).output
    assert "before" not in run("stories", "merge", first, other).output
    again = run("stories", "merge", first, other).output
    assert f"{first} and {other} were one story before" in again
    refused = run("stories", "link", first, other, status=2)
    assert f"{first} and {other} are one story, {other}" in refused.stderr
    kinds = [one["kind"] for one in rows(run, "stories", "corrections")]
    assert kinds == ["link", "merge"]


def test_the_health_check_says_what_fails_in_words_and_each_reason_once(
    run: Run, feeds: FeedServer
) -> None:
    why = "the disk is full; make room"
    told = (
        f"store, poll, seal: {why}; rules: OSError, see the log; standing still: alerts"
    )
    state = {
        "store": {"ok": False, "problem": why},
        "failing_ticks": {"poll": why, "seal": why, "rules": "OSError, see the log"},
        "stalled_ticks": ["alerts"],
    }
    for body, said in (
        (json.dumps(state), told),
        ("<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>"),
    ):
        feeds.raw["/h"] = (503, body.encode(), {})
        done = run("healthcheck", "--url", feeds.url("/h"), status=1)
        assert done.stderr == f"tocsin: not healthy: {said}\n"


def test_a_service_is_asked_how_it_is_by_its_address_alone(
    run: Run, feeds: FeedServer
) -> None:
    feeds.raw["/-/healthy"] = (200, b'{"version": "7"}', {})
    address = feeds.url("/-/healthy").removesuffix("/-/healthy")
    for url in (address, f"{address}/", f"{address}/-/healthy"):
        assert run("healthcheck", "--url", url).stdout == "healthy, version 7\n"
    wrong = run("healthcheck", "--url", f"{address}/none", status=1).stderr
    # That another address is in force is beside the point of one that was given.
    assert "server.listen" not in wrong
    assert "server.listen" in run("healthcheck", status=1).stderr


def test_a_health_check_of_what_speaks_no_http_says_so(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def greet() -> None:
            talking, _ = other.accept()
            with talking:
                talking.sendall(b"220 mail.example ESMTP\r\n")

        threading.Thread(target=greet, daemon=True).start()
        address = f"http://127.0.0.1:{other.getsockname()[1]}/"
        done = run("healthcheck", "--url", address, status=1)
    assert f"no healthy answer from {address}" in done.stderr
    odd = run("healthcheck", "--url", "http://a b/", status=1)
    assert "no healthy answer from http://a b/" in odd.stderr


def test_a_moment_outside_of_time_is_refused_with_examples(run: Run) -> None:
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        done = run("alerts", "list", "--since", moment, status=2)
        assert "write 24h or 7d (ago)" in done.stderr


def test_a_correction_that_was_a_mistake_is_undone_and_both_are_kept(
    run: Run, feeds: FeedServer
) -> None:
    feeds.entries["/a"].append(
        Entry("Police detain a cyclist at the railway depot of Minsk")
    )
    run("once")
    before = rows(run, "stories", "list")
    first, other = (one["id"] for one in before)
    run("stories", "link", first, other)
    assert "linked no more" in run("stories", "unlink", other, first).output
    assert "are not linked" in run("stories", "unlink", other, first, status=2).stderr
    run("stories", "merge", first, other)
    named = run("stories", "unmerge", other, status=2)
    assert f"merged into it: {first}. Name one of those" in named.stderr
    done = run(
        "stories", "unmerge", first, "--author", "ann", "--comment", "two"
    ).output
    assert f"{first} is a story of its own again, of 1 report; out of {other}" in done
    assert rows(run, "stories", "list") == before
    said = f"ann took {first} out of {other} again: two"
    assert said in run("stories", "show", first).output
    item, second = (
        rows(run, "stories", "show", one)["items"][0]["id"] for one in (first, other)
    )
    assert said in run("explain", item).output
    assert said in run("explain", item, "--with", second).output
    run("stories", "unmerge", first, status=2)
    listed = run("stories", "corrections").output
    assert "merge (undone)" in listed
    assert "unmerge (undone)" not in listed
    kinds = [
        (one["kind"], one["undone"]) for one in rows(run, "stories", "corrections")
    ]
    assert kinds == [
        ("link", True),
        ("unlink", False),
        ("merge", True),
        ("unmerge", False),
    ]
    assert "whole" in run("ledger", "verify").output


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


def test_stories_tried_say_which_a_later_report_shows_to_be_one(
    tmp_path: Path,
) -> None:
    titles = [
        "В Минске задержаны иностранцы",
        "Бойцов «Вагнера» взяли в санатории под Минском",
        "Задержанные в Минске иностранцы оказались бойцами «Вагнера» из санатория",
    ]
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(json.dumps({"id": t, "title": t}) for t in titles))
    base = ["stories", "try", str(path), "--level", "base"]
    done = CliRunner().invoke(main, [*base, "--json"])
    first, second, third = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["one_with"] == second["one_with"] == []
    assert {third["story"], *third["one_with"]} == {first["story"], second["story"]}
    told = CliRunner().invoke(main, base).output
    assert f"{third['one_with'][0]} is one with it: a report is" in told


def test_the_keys_of_json_about_stories_are_those_that_are_documented(
    run: Run, feeds: FeedServer
) -> None:
    feeds.entries["/a"] += [
        Entry(f"{NEWS.title}, say officials"),
        Entry("Police detain a cyclist at the railway depot of Minsk"),
    ]
    run("once")
    text = (Path(__file__).parents[2] / "docs/stories.md").read_text(encoding="utf-8")
    documented = {
        cells[1].strip(): set(re.findall(r"`(\w+)`", cells[2]))
        for line in text.splitlines()
        if len(cells := line.split("|")) == 4
    }
    found = rows(run, "stories", "list")
    assert {*found[0]} == documented["`stories list`"]
    one, other = (story["id"] for story in found)
    assert {*rows(run, "stories", "link", one, other)} == {"linked"}
    assert {*rows(run, "stories", "unlink", one, other)} == {"unlinked"}
    largest = max(found, key=lambda story: story["items"])["id"]
    shown = rows(run, "stories", "show", largest)
    nested = {*shown["groupings"][0]}
    assert {*shown} | nested == documented["`stories show`"]
    item, second = (one["id"] for one in shown["items"])
    assert {*rows(run, "stories", "split", item)} == {*found[0]}
    (*_, corrected) = rows(run, "stories", "corrections")
    kinds = {"merge", "split", "link", "unmerge", "unlink"}
    assert {*corrected} | kinds == documented["`stories corrections`"]
    explained = rows(run, "explain", item)
    assert {*explained} | {*explained["record"]} == documented["`explain ITEM`"]
    compared = rows(run, "explain", item, "--with", second)
    assert {*compared} == documented["`explain ITEM --with OTHER`"]
    kept = "|".join(shown["groupings"][0]["grouping"])
    assert set(re.findall(rf"`({kept})`", text)) == {*kept.split("|")}


def test_a_damaged_database_is_found_by_command_and_refused_at_the_start(
    run: Run, tmp_path: Path
) -> None:
    run("once")
    assert run("db", "check").stdout == "the database is sound\n"
    assert rows(run, "db", "check") == {"ok": True, "findings": []}
    store = tmp_path / "tocsin.db"
    pages = store.stat().st_size // 4096
    with store.open("r+b") as file:
        # The first page names the tables, which would be found out at once.
        file.seek(4096)
        file.write(b"\xa5" * (pages - 2) * 4096)
    for command in (("db", "check"), ("run",)):
        said = run(*command, status=1).output
        assert "the file is damaged; restore a backup" in said
        assert "Traceback" not in said
