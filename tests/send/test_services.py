"""Chats, pagers and Alertmanager: what each takes, over a server that checks it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from monitor.clock import SystemClock
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.model import Delivery, Kind, Notice, Remark, Severity
from monitor.send import services
from monitor.send.links import Links
from monitor.send.logins import login
from monitor.send.render import chat
from monitor.send.services import Service, ServiceChannel
from tests.send.examples import HOSTILE, NOW, notice

DELIVERY = Delivery(
    id="dlv_1", alert_id="alr_1", sequence=1, receiver="desk", due=NOW, created=NOW
)


def hostile() -> Notice:
    """A notice whose every text attacks and is far too long."""
    found = notice()
    item = replace(found.reports[0].item, title=HOSTILE * 30, source=HOSTILE)
    reports = tuple(replace(found.reports[0], item=item) for _ in range(10))
    rule = replace(found.alert.rule, title=HOSTILE * 9, severity=Severity.CRITICAL)
    return replace(
        found,
        alert=replace(found.alert, rule=rule),
        reports=reports,
        detail=HOSTILE * 50,
        story=replace(found.story, title="@everyone <!channel> " + HOSTILE * 30),
    )


# ── servers that check as the services do ────────────────────────────────────


def slack_checks(sent: Any) -> str:
    for block in sent["blocks"]:
        if block["type"] == "header" and len(block["text"]["text"]) > 150:
            return "invalid_blocks: header"
        if block["type"] == "section" and len(block["text"]["text"]) > 3000:
            return "invalid_blocks: section"
        if any(len(one["text"]) > 3000 for one in block.get("elements", ())):
            return "invalid_blocks: context"
    text = json.dumps(sent)
    # Only links that we made may open an angle bracket.
    if re.search(r"<(?!https?://)", sent["blocks"][1]["text"]["text"]):
        return "a mention or markup of a stranger"
    return "too long" if len(text) > 40_000 or len(sent["blocks"]) > 50 else ""


def discord_checks(sent: Any) -> str:
    (embed,) = sent["embeds"]
    sizes = {"title": 256, "description": 4096}
    for name, most in sizes.items():
        if len(embed[name]) > most:
            return f"{name} must be {most} or fewer in length"
    whole = [embed["title"], embed["description"], embed["author"]["name"]]
    if sum(map(len, [*whole, embed["footer"]["text"]])) > 6000:
        return "embed size exceeds 6000"
    return "" if sent["allowed_mentions"] == {"parse": []} else "it would mention"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def telegram_checks(sent: Any) -> str:
    if len(sent["text"]) > 4096:
        return "Bad Request: message is too long"
    parser = _Tags()
    parser.feed(sent["text"])
    if parser.open or not set(parser.tags) <= {"a", "b", "i"}:
        return "Bad Request: can't parse entities"
    return "" if sent["chat_id"] == "@desk" else "Bad Request: chat not found"


def ntfy_checks(sent: Any) -> str:
    size = len(sent["message"].encode())
    return "too large" if size > 4096 or not 1 <= sent["priority"] <= 5 else ""


def teams_checks(sent: Any) -> str:
    (attachment,) = sent["attachments"]
    card = attachment["content"]
    if (card["type"], card["version"]) != ("AdaptiveCard", "1.4"):
        return "no card"
    return (
        "too large"
        if len(json.dumps(sent, ensure_ascii=False).encode()) > 28_000
        else ""
    )


def mattermost_checks(sent: Any) -> str:
    return "too long" if len(sent["text"]) > 16_383 else ""


def pagerduty_checks(sent: Any) -> str:
    if sent["routing_key"] != "R0UT1NG" or sent["event_action"] != "trigger":
        return "Event object is invalid"
    return "too long" if len(sent["payload"]["summary"]) > 1024 else ""


def alertmanager_checks(sent: Any) -> str:
    for one in sent:
        if not one["labels"].get("alertname"):
            return "no alertname"
        # As url.ParseRequestURI of Go has it.
        if re.search("%(?![0-9A-Fa-f]{2})", one.get("generatorURL", "")):
            return "generatorURL in body must be of type uri"
        if any("\n" in value for value in one["labels"].values()):
            return "a label of several lines"
    return ""


SERVICES: dict[str, tuple[Callable[[str], Service], Callable[[Any], str], int]] = {
    "slack": (lambda u: services.slack(f"{u}/T0/B0/s3cr3t"), slack_checks, 200),
    "discord": (lambda u: services.discord(f"{u}/hook/s3cr3t"), discord_checks, 204),
    "teams": (lambda u: services.teams(f"{u}/flow/s3cr3t"), teams_checks, 202),
    "mattermost": (
        lambda u: services.mattermost(f"{u}/hooks/s3cr3t"),
        mattermost_checks,
        200,
    ),
    "telegram": (
        lambda u: services.telegram(u, "s3cr3t", "@desk"),
        telegram_checks,
        200,
    ),
    "ntfy": (lambda u: services.ntfy(u, "desk", login("", "s3cr3t")), ntfy_checks, 200),
    "pagerduty": (lambda u: services.pagerduty(u, "R0UT1NG"), pagerduty_checks, 202),
    "alertmanager": (services.alertmanager, alertmanager_checks, 200),
}


@dataclass
class Server:
    """Takes what passes its check, and keeps it; answers may be scripted."""

    check: Callable[[Any], str]
    status: int
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    taken: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    port: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        found = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(found[1]) if found else 0)
        self.paths.append(head.split(" ")[1])
        self.headers.append(head)
        self.moments.append(asyncio.get_running_loop().time())
        wrong = self.check(json.loads(body))
        headers: dict[str, str] = {}
        status, text = (400, wrong) if wrong else (self.status, "ok")
        if self.answers and not wrong:
            status, headers, text = self.answers.pop(0)
        if status < 300:
            self.taken.append(json.loads(body))
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(text)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + text).encode())
        await writer.drain()
        writer.close()


@pytest.fixture(params=sorted(SERVICES))
async def pair(
    request: pytest.FixtureRequest,
) -> AsyncIterator[tuple[ServiceChannel, Server]]:
    make, check, status = SERVICES[request.param]
    server = Server(check, status)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    client = guarded_client(AddressGuard(["127.0.0.0/8"]), user_agent="test")
    async with listening, client:
        yield (
            ServiceChannel(
                name="desk",
                service=make(f"http://127.0.0.1:{server.port}"),
                client=client,
                clock=SystemClock(),
                timeout=timedelta(seconds=3),
            ),
            server,
        )


async def test_an_alert_a_test_and_a_remark_are_taken(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    remark = Remark(kind="source.failing", title="X cannot be read", text="Why.")
    for body in (
        channel.compose(notice(), DELIVERY),
        channel.compose_test(DELIVERY, NOW),
        channel.compose_remark(remark, DELIVERY, NOW),
    ):
        receipt = await channel.send(DELIVERY, body)
        assert receipt.outcome == "accepted", receipt
    shown = json.dumps(server.taken[0], ensure_ascii=False)
    assert "private army suspected" in shown
    assert "https://news.river-post.example/detained" in shown
    assert "X cannot be read" in json.dumps(server.taken[2])


async def test_hostile_and_endless_texts_are_escaped_and_cut(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    receipt = await channel.send(DELIVERY, channel.compose(hostile(), DELIVERY))
    assert receipt.outcome == "accepted", receipt
    shown = json.dumps(server.taken[0], ensure_ascii=False)
    assert "\x1b" not in shown
    assert "\u202e" not in shown


async def test_an_address_with_a_stray_percent_sign_costs_nobody_the_alert(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    made = notice()
    item = replace(made.reports[0].item, url="https://a.example/100%-sure")
    made = replace(made, reports=(replace(made.reports[0], item=item),))
    receipt = await channel.send(DELIVERY, channel.compose(made, DELIVERY))
    assert receipt.outcome == "accepted", receipt
    assert "https://a.example/100%25-sure" in json.dumps(server.taken[0])


async def test_outlets_with_names_that_are_long_once_escaped_cost_nobody_the_alert(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    channel.links = Links(base="https://alerts.example.org", secret="s" * 24)
    story = replace(
        notice().story, sources=tuple(f"{n:02}" + "&" * 58 for n in range(12))
    )
    made = replace(notice(), story=story)
    receipt = await channel.send(DELIVERY, channel.compose(made, DELIVERY))
    assert receipt.outcome == "accepted", receipt
    assert "https://alerts.example.org/links/silence/" in json.dumps(server.taken)


async def test_the_alert_is_named_however_many_outlets_report_it(
    pair: tuple[ServiceChannel, Server],
) -> None:
    # By its name it is acknowledged: tocsin alerts ack alr_1
    channel, server = pair
    item = replace(notice().reports[0].item, summary="Ж" * 900, title="Ж" * 290)
    reports = tuple(replace(notice().reports[0], item=item) for _ in range(9))
    story = replace(notice().story, sources=tuple("Ж" * 50 + str(n) for n in range(12)))
    made = replace(notice(), story=story, reports=reports)
    await channel.send(DELIVERY, channel.compose(made, DELIVERY))
    shown = json.dumps(server.taken, ensure_ascii=False).replace("\\", "")
    if channel.kind != "ntfy":  # it has no footer
        assert "detained-fighters" in shown
        assert "alr_1" in shown


async def test_the_alert_can_be_silenced_from_the_message(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    channel.links = Links(base="https://alerts.example.org", secret="s" * 24)
    for made in (notice(), hostile()):
        receipt = await channel.send(DELIVERY, channel.compose(made, DELIVERY))
        assert receipt.outcome == "accepted", receipt
        shown = json.dumps(server.taken[-1], ensure_ascii=False)
        assert "https://alerts.example.org/links/silence/" in shown


async def test_the_same_alert_gives_the_same_bytes(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, _ = pair
    assert channel.compose(notice(), DELIVERY) == channel.compose(notice(), DELIVERY)


async def test_a_wish_to_wait_is_heard_in_the_header_and_in_the_body(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    body = channel.compose(notice(), DELIVERY)
    server.answers = [
        (429, {"Retry-After": "7"}, ""),
        (429, {}, '{"retry_after": 0.376}'),
        (429, {}, '{"ok": false, "parameters": {"retry_after": 35}}'),
        (503, {}, "down"),
    ]
    waits = []
    for _ in range(4):
        receipt = await channel.send(DELIVERY, body)
        assert receipt.outcome == "temporary"
        waits.append(receipt.retry_after)
    assert waits == [
        timedelta(seconds=7),
        timedelta(seconds=0.376),
        timedelta(seconds=35),
        None,
    ]


async def test_no_secret_stands_in_what_is_recorded(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    path = "/T0/B0/s3cr3t"
    server.answers = [(403, {}, f"no access to {path} s3cr3t R0UT1NG {server.port}")]
    server.answers *= 2
    channel.service = replace(
        channel.service, hide=(*channel.service.hide, "s3cr3t", "R0UT1NG")
    )
    receipt = await channel.send(DELIVERY, channel.compose(notice(), DELIVERY))
    assert receipt.outcome == "refused"
    assert "s3cr3t" not in f"{receipt}{channel}{channel.service}"
    assert "R0UT1NG" not in f"{receipt}{channel}{channel.service}"


@pytest.mark.parametrize("pair", ["discord"], indirect=True)
@pytest.mark.parametrize("before", [1990, 2010, 2038, 2040, 2041, 2047])
async def test_no_half_of_a_secret_is_left_where_a_long_answer_is_cut(
    pair: tuple[ServiceChannel, Server], before: int
) -> None:
    channel, server = pair
    told = ("no access to" + "." * before)[-before:] + "/hook/s3cr3t" + "." * 90
    server.answers = [(403, {}, told)]
    receipt = await channel.send(DELIVERY, channel.compose(notice(), DELIVERY))
    assert not re.search("hoo|s3c", receipt.response)


async def test_messages_go_no_faster_than_the_service_allows() -> None:
    server = Server(discord_checks, 204)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = guarded_client(AddressGuard(["127.0.0.0/8"]), user_agent="test")
    service = services.discord(f"http://127.0.0.1:{port}/s3cr3t")
    async with listening, client:
        channel = ServiceChannel(
            name="d", service=service, client=client, clock=SystemClock()
        )
        slept: list[float] = []
        body = channel.compose(notice(), DELIVERY)
        real = asyncio.sleep

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            await real(0)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("monitor.send.services.asyncio.sleep", sleep)
            for _ in range(4):
                await channel.send(DELIVERY, body)
    assert len(slept) == 3
    assert all(0 < seconds <= 1.2 for seconds in slept)


@pytest.mark.parametrize("query", ["", "?thread_id=7", "?thread_id=7&wait=false"])
async def test_discord_says_whether_it_has_kept_the_message(query: str) -> None:
    # Without `wait` it answers before that is known, and what it drops is no error.
    server = Server(discord_checks, 200)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = guarded_client(AddressGuard(["127.0.0.0/8"]), user_agent="test")
    service = services.discord(f"http://127.0.0.1:{port}/hook/s3cr3t{query}")
    server.answers = [(400, {}, "no access to /hook/s3cr3t")]
    async with listening, client:
        channel = ServiceChannel(
            name="d", service=service, client=client, clock=SystemClock()
        )
        receipt = await channel.send(DELIVERY, channel.compose(notice(), DELIVERY))
    path, _, asked = server.paths[0].partition("?")
    assert path == "/hook/s3cr3t"
    assert asked.split("&").count("wait=true") == 1
    assert "wait=false" not in asked
    assert ("thread_id=7" in asked) == ("thread_id" in query)
    assert receipt.outcome == "refused"
    assert "s3cr3t" not in f"{receipt}"


async def test_an_address_that_discord_has_forgotten_is_disabled() -> None:
    server = Server(discord_checks, 404)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    client = guarded_client(AddressGuard(["127.0.0.0/8"]), user_agent="test")
    service = services.discord(f"http://127.0.0.1:{port}/s3cr3t")
    async with listening, client:
        channel = ServiceChannel(
            name="d", service=service, client=client, clock=SystemClock()
        )
        receipt = await channel.send(DELIVERY, channel.compose(notice(), DELIVERY))
    assert receipt.outcome == "permanent"
    assert "gone" in receipt.disable


MOVED = (
    '{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded'
    ' to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}'
)


@pytest.mark.parametrize("pair", ["telegram"], indirect=True)
async def test_a_group_that_became_a_supergroup_hears_of_it_under_its_new_number(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    server.check = lambda _: ""
    server.answers = [(400, {}, MOVED)]
    body = channel.compose(notice(), DELIVERY)
    receipt = await channel.send(DELIVERY, body)
    assert receipt.outcome == "accepted"
    assert receipt.problem.endswith('write chat: "-1001234567890" in the configuration')
    (taken,) = server.taken
    assert taken == {**json.loads(body.content), "chat_id": "-1001234567890"}


@pytest.mark.parametrize("pair", ["telegram"], indirect=True)
async def test_a_supergroup_that_does_not_take_it_is_told_with_the_mend(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    server.check = lambda _: ""
    server.answers = [(400, {}, MOVED), (403, {}, '{"ok":false}')]
    receipt = await channel.send(DELIVERY, channel.compose(notice(), DELIVERY))
    assert receipt.outcome == "refused"
    assert "check the token" in receipt.problem
    assert '"-1001234567890"' in receipt.problem
    # A refusal that names no other number is one attempt.
    server.answers = [(400, {}, '{"ok":false,"parameters":{}}')]
    await channel.send(DELIVERY, channel.compose(notice(), DELIVERY))
    assert len(server.paths) == 3


STRANGE = (
    *("1. Wagner", "2020. A year", "- x", "+ x", "# x", "> x", "===", "---", "___"),
    *("*a* **b** _c_ __d__ `e` ~~f~~ <b>g</b> <!-- h -->", "a_b_c d_", "[i](http://j)"),
    *(
        "![k](http://l)",
        "&lt;b&gt; &amp; &#60;",
        "back\\slash \\* \\",
        "1) one",
        "2020-07-29",
    ),
)


@given(
    st.sampled_from(STRANGE)
    | st.text(st.sampled_from("ab1.)-_*`~[](<>&;#\\! "), min_size=1)
)
def test_markdown_shows_what_a_stranger_wrote_as_it_was_written(title: str) -> None:
    title = " ".join(title.split()) or "x"
    url = "https://a.example/(b)\\"
    said = replace(chat.of_notice(notice()), title=title, url=url, why=title)
    card = chat.teams(said)["attachments"][0]["content"]["body"]
    embed = chat.discord(said)["embeds"][0]["description"].split("\n")[0]
    post = chat.mattermost(said)["text"].split("\n")
    for shown in (card[1]["text"], card[2]["text"], embed, post[2]):
        assert words_of(shown) == (title, [])
    assert words_of(post[1]) == (title, ["strong", "a"])


def words_of(markdown: str) -> tuple[str, list[str]]:
    """What CommonMark shows, and the tags in which it does, the paragraph's aside."""
    page = MarkdownIt("commonmark").enable("strikethrough").render(markdown)
    parser = _Tags()
    parser.feed(page)
    text = "".join(parser.words).strip().replace("\u200b", "")
    return text, [tag for tag in parser.tags if tag != "p"]


@pytest.mark.parametrize("name", ["discord", "mattermost", "teams", "telegram"])
def test_a_name_in_a_title_calls_nobody(name: str) -> None:
    title = "@everyone and @durov"
    found = notice()
    made = replace(found, detail=title, story=replace(found.story, title=title))
    service = SERVICES[name][0]("https://chat.example")
    shown = json.dumps(service.make(chat.of_notice(made), "alr_1"), ensure_ascii=False)
    assert not re.search(r"@(everyone|durov)", shown)


def test_slack_is_told_to_link_and_to_mention_nothing_by_itself() -> None:
    found = notice()
    url = "https://a.example/?a=1&lt=2|3"
    said = replace(chat.of_notice(found), title="@here #general", url=url)
    _, section, context = chat.slack(said)["blocks"]
    assert section["text"]["verbatim"] is True
    assert context["elements"][0]["verbatim"] is True
    text = section["text"]["text"]
    assert text.startswith("*<https://a.example/?a=1&amp;lt=2%7C3|@here #general>*")


def test_a_card_is_red_only_where_the_alert_is_grave() -> None:
    said = chat.of_notice(notice())
    colours = [
        chat.teams(replace(said, severity=severity))["attachments"][0]["content"][
            "body"
        ][0]["color"]
        for severity in Severity
    ]
    assert colours == ["Default", "Accent", "Warning", "Attention", "Attention"]


def about(kind: str, **facts: str) -> chat.Said:
    remark = Remark(kind=kind, title="X", text="Why.", facts=facts)
    return chat.of_remark(remark, NOW)


def test_a_feed_that_fails_is_one_incident_which_ends_when_it_works_again() -> None:
    told = [
        about(kind, feed=f"https://{feed}.example/f")
        for feed in "ab"
        for kind in ("source.failing", "source.silent", "source.recovered")
    ]
    sent = [chat.pagerduty(one, "key", one.about) for one in told]
    assert [one["event_action"] for one in sent] == [
        *("trigger", "trigger", "resolve"),
        *("trigger", "trigger", "resolve"),
    ]
    keys = [one["dedup_key"] for one in sent]
    assert (len(set(keys[:3])), len(set(keys[3:])), len(set(keys))) == (1, 1, 2)
    # A change of format is a matter of its own.
    changed = about("source.changed", feed="https://a.example/f")
    assert changed.about not in keys


def test_alertmanager_tells_feeds_that_fail_apart_and_hears_when_they_work() -> None:
    lasts = timedelta(hours=6)
    failing = [
        *chat.alertmanager(about("source.failing", feed="https://a.example/f"), lasts),
        *chat.alertmanager(about("source.silent", feed="https://a.example/f"), lasts),
    ]
    (other,) = chat.alertmanager(
        about("source.failing", feed="https://b.example/f"), lasts
    )
    ended = chat.alertmanager(
        about("source.recovered", feed="https://a.example/f"), lasts
    )
    assert [one["labels"] for one in ended] == [one["labels"] for one in failing]
    assert other["labels"] not in [one["labels"] for one in failing]
    assert all(one["endsAt"] == one["startsAt"] for one in ended)
    # It is told once, so it has to stand for long.
    assert other["endsAt"] == "2020-08-05T10:02:03.456Z"


async def test_an_answer_nested_too_deeply_is_an_answer(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    server.answers = [(429, {}, "[" * 1990), (200, {}, "[" * 1990)]
    body = channel.compose(notice(), DELIVERY)
    first = await channel.send(DELIVERY, body)
    assert (first.outcome, first.status) == ("temporary", "429")
    second = await channel.send(DELIVERY, body)
    assert (second.outcome, second.status) == ("accepted", "200")


@pytest.mark.parametrize("pair", ["alertmanager"], indirect=True)
async def test_alertmanager_shows_for_hours_what_was_long_on_its_way(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    made = (notice(), replace(notice(), kind=Kind.CLOSED))
    bodies = [channel.compose(one, DELIVERY) for one in made]
    for body in bodies:
        assert (await channel.send(DELIVERY, body)).outcome == "accepted"
    (first,), (last,) = server.taken
    left = datetime.fromisoformat(first["endsAt"]) - SystemClock().now()
    assert timedelta(hours=5, minutes=50) < left <= timedelta(hours=6)
    assert first["startsAt"] == "2020-07-29T10:02:03.456Z"
    assert last["endsAt"] == last["startsAt"] == first["startsAt"]


def test_alertmanager_hears_of_an_alert_under_one_set_of_labels_after_a_merge() -> None:
    told = notice()
    merged = replace(told.story, id="sto_that_took_it_in")
    closed = replace(told, kind=Kind.CLOSED, story=merged)
    (first,), (last,) = (
        chat.alertmanager(chat.of_notice(one), timedelta(hours=6))
        for one in (told, closed)
    )
    assert last["labels"] == first["labels"]


def test_a_remark_is_as_grave_as_its_rule_and_says_what_its_facts_are() -> None:
    said = about("rule.flatline", rule="wagner", theme="pmc", severity="critical")
    assert said.severity is Severity.CRITICAL
    assert said.footer == "rule wagner · theme pmc · severity critical"
    failing = {"feed": "https://a.example/f", "next poll": "2020-07-29T11:00:00Z"}
    footer = about("source.failing", **failing).footer
    assert footer == "https://a.example/f · next poll 2020-07-29T11:00:00Z"


@pytest.mark.parametrize("pair", ["pagerduty"], indirect=True)
async def test_the_messages_about_one_feed_have_one_key(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, _ = pair
    keys = set()
    for kind, name in (("source.failing", "dlv_1"), ("source.recovered", "dlv_2")):
        remark = Remark(kind=kind, title="X", text="", facts={"feed": "https://a/f"})
        body = channel.compose_remark(remark, replace(DELIVERY, id=name), NOW)
        keys.add(json.loads(body.content)["dedup_key"])
    assert len(keys) == 1


def test_pagerduty_has_one_incident_an_alert() -> None:
    said = chat.of_notice(notice())
    one = chat.pagerduty(said, "key", "alr_1")
    assert one["dedup_key"] == "alr_1"
    assert one["payload"]["severity"] == "error"


@given(st.text(max_size=5000), st.text(max_size=5000))
def test_any_texts_stay_within_every_limit(title: str, detail: str) -> None:
    found = notice()
    made = replace(found, detail=detail, story=replace(found.story, title=title))
    said = chat.of_notice(made)
    assert not slack_checks(chat.slack(said))
    assert not discord_checks(chat.discord(said))
    assert not telegram_checks(chat.telegram(said, "@desk"))
    assert not ntfy_checks(chat.ntfy(said, "desk"))
    assert not teams_checks(chat.teams(said))
    assert not mattermost_checks(chat.mattermost(said))


def test_the_headline_is_not_repeated_and_what_is_over_shows_no_evidence() -> None:
    text = chat.telegram(chat.of_notice(notice()), "@desk")["text"]
    assert text.count("Thirty-two detained near the capital") == 1
    assert "River Post (GB)" in text
    assert "satisfies" in text
    closed = replace(notice(kind=Kind.CLOSED), changes=())
    assert "satisfies" not in chat.telegram(chat.of_notice(closed), "@desk")["text"]


@pytest.mark.parametrize("pair", ["alertmanager"], indirect=True)
async def test_a_test_of_alertmanager_ends_by_itself_within_minutes(
    pair: tuple[ServiceChannel, Server],
) -> None:
    channel, server = pair
    await channel.send(DELIVERY, channel.compose_test(DELIVERY, SystemClock().now()))
    (shown,) = server.taken[0]
    begins, ends = (
        datetime.fromisoformat(shown[one]) for one in ("startsAt", "endsAt")
    )
    assert timedelta(minutes=1) < ends - begins <= timedelta(minutes=11)
