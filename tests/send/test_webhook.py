"""The webhook receiver, at the wire and against real servers on loopback."""

import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx
import trustme
from cloudevents.http import from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from monitor.clock import Clock, SystemClock
from monitor.collect.addresses import AddressGuard
from monitor.collect.transport import guarded_client
from monitor.errors import InputRefused
from monitor.model import Body, Remark
from monitor.send import asymmetric
from monitor.send.deliveries import Receipt
from monitor.send.links import Claim, Links
from monitor.send.signatures import Verified, verify
from monitor.send.templates import Form, Template
from monitor.send.webhook import WebhookChannel
from tests.send.examples import (
    NOW,
    OTHER_SECRET,
    SECRET,
    delivery,
    hostile_notice,
    notice,
)
from tests.send.servers import HANG, Request, WebhookServer, answer, webhook_server

URL = "https://soc.example/hook"


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as made:
        yield made


def channel(
    client: httpx.AsyncClient,
    url: str = URL,
    *secrets: str,
    clock: Clock | None = None,
    timeout: float = 5,
) -> WebhookChannel:
    return WebhookChannel(
        name="desk",
        url=url,
        client=client,
        clock=clock or Noon(),
        secrets=secrets,
        user_agent="Tocsin/0",
        timeout=timedelta(seconds=timeout),
    )


async def receipt_for(client: httpx.AsyncClient, raw: bytes) -> Receipt:
    """Return what is made of a raw answer."""
    async with webhook_server(raw) as receiver:
        to = channel(client, receiver.url, SECRET, timeout=1)
        return await to.send(delivery(), to.compose(notice(), delivery()))


@pytest.mark.parametrize("own", [False, True], ids=["tocsin", "a body of its own"])
async def test_the_link_to_silence_an_alert_is_in_the_payload_and_for_templates(
    client: httpx.AsyncClient,
    own: bool,  # noqa: FBT001 - one of two ways
) -> None:
    links = Links(base="https://alerts.example", secret="s" * 24)
    made = replace(channel(client), links=links)
    if own:
        body = Template('{"silence": {{ data.silence_url | tojson }}}', "json")
        made = replace(made, form=Form(body=body))
    told = json.loads(made.compose(notice(), delivery()).content)
    url = told["silence"] if own else told["data"]["silence_url"]
    token = url.removeprefix("https://alerts.example/links/silence/")
    claim = links.read("silence", token, NOW)
    assert isinstance(claim, Claim)
    assert (claim.alert, claim.who) == (notice().alert.id, delivery().receiver)


async def test_without_a_public_address_there_is_no_link(
    client: httpx.AsyncClient,
) -> None:
    told = json.loads(channel(client).compose(notice(), delivery()).content)
    assert told["data"]["silence_url"] == ""


async def test_an_independent_library_accepts_the_signature(
    client: httpx.AsyncClient,
) -> None:
    async with webhook_server(answer("204 No Content")) as receiver:
        to = channel(client, receiver.url, SECRET, clock=SystemClock())
        body = to.compose(notice(), delivery())
        receipt = await to.send(delivery(), body)

    assert receipt == Receipt(outcome="accepted", status="204")
    [request] = receiver.requests
    assert (request.method, request.path) == ("POST", "/hook?token=t0p")
    assert request.body == body.content
    event = Webhook(SECRET).verify(request.body, request.headers)
    assert event["data"]["rule"]["id"] == "detained-fighters"
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER_SECRET).verify(request.body, request.headers)


async def test_while_rotating_each_secret_verifies_the_same_message(
    client: httpx.AsyncClient,
) -> None:
    async with webhook_server(answer("200 OK")) as receiver:
        to = channel(client, receiver.url, SECRET, OTHER_SECRET, clock=SystemClock())
        await to.send(delivery(), to.compose(notice(), delivery()))

    [request] = receiver.requests
    for secret in (SECRET, OTHER_SECRET):
        assert Webhook(secret).verify(request.body, request.headers)


@respx.mock
async def test_the_headers_are_those_that_are_documented(
    client: httpx.AsyncClient,
) -> None:
    route = respx.post(URL).respond(200)
    to = channel(client, URL, SECRET)

    again = delivery(attempts=2, replays=1)
    await to.send(again, to.compose(notice(), again))

    headers = route.calls.last.request.headers
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "Tocsin/0"
    assert headers["webhook-id"] == headers["idempotency-key"] == "dlv_0123456789"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["webhook-signature"].startswith("v1,")
    assert headers["x-tocsin-attempt"] == "3"
    assert headers["x-tocsin-replay"] == "1"


@respx.mock
async def test_a_retry_sends_the_same_bytes_under_the_same_id(
    client: httpx.AsyncClient,
) -> None:
    route = respx.post(URL).respond(503)
    to = channel(client, URL, SECRET)
    body = to.compose(notice(), delivery())

    await to.send(delivery(), body)
    await to.send(delivery(attempts=1), body)

    first, second = (call.request for call in route.calls)
    assert first.content == second.content
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert "x-tocsin-replay" not in first.headers


@respx.mock
async def test_without_a_secret_there_is_no_signature(
    client: httpx.AsyncClient,
) -> None:
    route = respx.post(URL).respond(200)
    to = channel(client)

    await to.send(delivery(), to.compose(notice(), delivery()))

    assert "webhook-signature" not in route.calls.last.request.headers
    assert "webhook-id" in route.calls.last.request.headers


async def test_a_redirect_is_a_refusal_and_is_not_followed(
    client: httpx.AsyncClient,
) -> None:
    async with webhook_server(answer("200 OK")) as elsewhere:
        moved = answer("302 Found", f"Location: {elsewhere.url}")
        receipt = await receipt_for(client, moved)

    assert (receipt.outcome, receipt.status) == ("refused", "302")
    assert "redirects are not followed" in receipt.problem
    assert elsewhere.requests == []


async def test_gone_disables_the_receiver(client: httpx.AsyncClient) -> None:
    receipt = await receipt_for(client, answer("410 Gone"))

    assert receipt.outcome == "permanent"
    assert receipt.disable == "it answered 410 Gone"


async def test_too_many_requests_say_when_to_come_back(
    client: httpx.AsyncClient,
) -> None:
    busy = answer("429 Too Many Requests", "Retry-After: 90")
    receipt = await receipt_for(client, busy)

    assert receipt.outcome == "temporary"
    assert receipt.retry_after == timedelta(seconds=90)
    assert receipt.disable == ""


async def test_a_retry_after_may_be_a_date(client: httpx.AsyncClient) -> None:
    moment = (NOW + timedelta(minutes=2)).astimezone(UTC)
    date = f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
    receipt = await receipt_for(client, answer("503 Busy", f"Retry-After: {date}"))

    assert receipt.retry_after == moment.replace(microsecond=0) - NOW


async def test_a_server_error_is_temporary_and_its_words_are_kept(
    client: httpx.AsyncClient,
) -> None:
    body = "\x1b[31mout of\r\ncheese\x1b[0m"
    receipt = await receipt_for(client, answer("500 Oops", body=body))

    assert (receipt.outcome, receipt.status) == ("temporary", "500")
    assert receipt.problem == "answered 500 Oops"
    assert receipt.response == "out of cheese"


async def test_of_a_long_answer_two_kilobytes_are_kept(
    client: httpx.AsyncClient,
) -> None:
    long = b"HTTP/1.1 500 Oops\r\n\r\n" + b"x" * 100_000 + HANG
    receipt = await receipt_for(client, long)

    assert receipt.status == "500"
    assert 1900 < len(receipt.response) <= 2048


async def test_a_compressed_answer_is_not_unpacked(client: httpx.AsyncClient) -> None:
    packed = answer("500 Oops", "Content-Encoding: gzip", body="bomb")
    receipt = await receipt_for(client, packed)

    assert receipt.response == "(compressed)"


@pytest.mark.parametrize("raw", [HANG, b"HTTP/1.1 200 OK\r\nX-Slow: " + HANG])
async def test_a_receiver_that_never_answers_is_left_after_the_time_limit(
    client: httpx.AsyncClient, raw: bytes
) -> None:
    async with webhook_server(raw) as receiver:
        to = channel(client, receiver.url, timeout=0.2)
        receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert receipt == Receipt(
        outcome="temporary", problem="127.0.0.1 did not answer within 0.2 s"
    )


async def test_an_answer_that_stalls_after_200_was_an_answer(
    client: httpx.AsyncClient,
) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntaken" + HANG
    async with webhook_server(raw) as receiver:
        to = channel(client, receiver.url, timeout=0.2)
        receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert (receipt.outcome, receipt.response) == ("accepted", "taken")


@pytest.mark.parametrize("raw", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 2"])
async def test_what_is_no_answer_is_a_temporary_failure(
    client: httpx.AsyncClient, raw: bytes
) -> None:
    receipt = await receipt_for(client, raw)

    assert (receipt.outcome, receipt.status) == ("temporary", "")
    assert receipt.problem.startswith("127.0.0.1 broke the exchange off: ")


async def test_nobody_listening_is_a_temporary_failure(
    client: httpx.AsyncClient,
) -> None:
    async with webhook_server(answer("200 OK")) as receiver:
        url = receiver.url
    to = channel(client, url)

    receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert receipt.outcome == "temporary"
    assert receipt.problem.startswith("cannot connect to 127.0.0.1: ")


@respx.mock
async def test_a_guard_that_forbids_the_address_says_so_in_the_receipt(
    client: httpx.AsyncClient,
) -> None:
    respx.post(URL).mock(side_effect=httpx.ConnectError("10.0.0.7 is private"))
    to = channel(client)

    receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert receipt.outcome == "temporary"
    assert receipt.problem == "cannot connect to soc.example: 10.0.0.7 is private"


async def test_no_problem_repeats_the_address_s_secrets(
    client: httpx.AsyncClient,
) -> None:
    for raw in (answer("404 Not Found"), answer("500 Oops"), b"", HANG):
        receipt = await receipt_for(client, raw)
        assert "t0p" not in repr(receipt)


def test_a_channel_does_not_show_its_secrets() -> None:
    to = channel(httpx.AsyncClient(), URL, SECRET)

    assert SECRET not in repr(to)
    assert repr(to._keys[0]) not in repr(to)


def test_a_wrong_secret_is_refused_by_name() -> None:
    with pytest.raises(InputRefused, match=r"receiver desk: error: webhook\.secret"):
        channel(httpx.AsyncClient(), URL, "whsec_short")


async def test_a_hostile_title_stays_text(client: httpx.AsyncClient) -> None:
    async with webhook_server(answer("200 OK")) as receiver:
        to = channel(client, receiver.url, SECRET, clock=SystemClock())
        await to.send(delivery(), to.compose(hostile_notice(), delivery()))

    [request] = receiver.requests
    event = Webhook(SECRET).verify(request.body, request.headers)
    assert event["data"]["items"][0]["url"] == ""
    for bad in ("\x1b", "\u202e", "\x00", "\r", "\x9b"):
        assert bad not in json.dumps(event, ensure_ascii=False)


async def test_a_test_message_is_a_ping(client: httpx.AsyncClient) -> None:
    async with webhook_server(answer("200 OK")) as receiver:
        to = channel(client, receiver.url, SECRET, clock=SystemClock())
        await to.send(delivery(), to.compose_test(delivery(), NOW))

    [request] = receiver.requests
    event = Webhook(SECRET).verify(request.body, request.headers)
    assert event["type"] == "test.ping"
    assert event["data"]["receiver"] == "desk"


def test_the_same_notice_gives_the_same_bytes() -> None:
    to = channel(httpx.AsyncClient())

    assert to.compose(notice(), delivery()) == to.compose(notice(), delivery())
    assert isinstance(to.compose(notice(), delivery()), Body)


# ── forms ────────────────────────────────────────────────────────────────────


async def sent_by(to: WebhookChannel, receiver: WebhookServer) -> Request:
    body = to.compose(notice(), delivery())
    receipt = await to.send(delivery(), body)
    assert receipt.outcome == "accepted"
    return receiver.requests[-1]


async def test_an_independent_library_reads_the_cloudevent(
    client: httpx.AsyncClient,
) -> None:
    async with webhook_server(answer("204 No Content")) as receiver:
        to = replace(
            channel(client, receiver.url, SECRET, clock=SystemClock()),
            format="cloudevents",
        )
        request = await sent_by(to, receiver)
    event = from_http(request.headers, request.body)
    attributes = event.get_attributes()
    assert attributes["specversion"] == "1.0"
    assert attributes["id"] == request.headers["webhook-id"] == "dlv_0123456789"
    assert attributes["type"] == "tocsin.alert.matched"
    assert attributes["subject"] == "alr_1"
    assert attributes["source"] == "urn:tocsin"
    data: Any = event.get_data()
    assert data["rule"]["id"] == "detained-fighters"
    assert Webhook(SECRET).verify(request.body, request.headers)


async def test_cloudevents_of_tests_and_remarks_are_read_too(
    client: httpx.AsyncClient,
) -> None:
    to = replace(channel(client), format="cloudevents")
    remark = Remark(kind="source.failing", title="X", text="Why.")
    for body, kind in (
        (to.compose_test(delivery(), NOW), "tocsin.test.ping"),
        (to.compose_remark(remark, delivery(), NOW), "tocsin.source.failing"),
    ):
        event = from_http({"content-type": body.content_type}, body.content)
        assert event.get_attributes()["type"] == kind


async def test_a_body_and_headers_of_the_operator_s_are_sent_and_signed(
    client: httpx.AsyncClient,
) -> None:
    form = Form(
        body=Template('{"text": "{{ data.story.title }}"}', "json"),
        headers={"X-Theme": Template("{{ data.rule.theme }}\r\nX-Evil: 1", "text")},
        fixed={"Authorization": "Bearer t0ken"},
    )
    async with webhook_server(answer("200 OK")) as receiver:
        plain = channel(client, receiver.url, SECRET, clock=SystemClock())
        to = replace(plain, form=form)
        request = await sent_by(to, receiver)
    assert json.loads(request.body) == {
        "text": "Thirty-two detained near the capital, private army suspected"
    }
    assert request.headers["x-theme"] == "mercenaries X-Evil: 1"
    assert "x-evil" not in request.headers
    assert request.headers["authorization"] == "Bearer t0ken"
    assert Webhook(SECRET).verify(request.body, request.headers)


async def test_the_operator_s_own_user_agent_is_sent(
    client: httpx.AsyncClient,
) -> None:
    async with webhook_server(answer("200 OK")) as receiver:
        plain = channel(client, receiver.url, SECRET, clock=SystemClock())
        usual = await sent_by(plain, receiver)
        own = replace(plain, form=Form(fixed={"User-Agent": "desk/1"}))
        request = await sent_by(own, receiver)
    assert usual.headers["user-agent"] == plain.user_agent
    assert request.headers["user-agent"] == "desk/1"


async def test_a_header_cannot_stand_for_a_signature(
    client: httpx.AsyncClient,
) -> None:
    async with webhook_server(answer("200 OK")) as receiver:
        plain = channel(client, receiver.url, SECRET, clock=SystemClock())
        to = replace(plain, form=Form(fixed={"Webhook-Signature": "v1,forged"}))
        request = await sent_by(to, receiver)
    assert "forged" not in request.headers["webhook-signature"]


async def test_an_ed25519_key_signs_beside_a_shared_secret(
    client: httpx.AsyncClient,
) -> None:
    private = asymmetric.PrivateKey(b"k" * 32)
    async with webhook_server(answer("200 OK")) as receiver:
        keys = (private.written, SECRET)
        to = channel(client, receiver.url, *keys, clock=SystemClock())
        request = await sent_by(to, receiver)
    given = request.headers["webhook-signature"].split(" ")
    assert [one.partition(",")[0] for one in given] == ["v1a", "v1"]
    assert Webhook(SECRET).verify(request.body, request.headers)
    for known in (private.public.written, SECRET):
        found = verify(request.headers, request.body, [known], SystemClock().now())
        assert isinstance(found, Verified)


async def test_a_receiver_that_asks_for_a_certificate_is_shown_one() -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    authority.configure_trust(server_side)
    server_side.verify_mode = ssl.CERT_REQUIRED
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    showing = ssl.create_default_context()
    authority.configure_trust(showing)
    authority.issue_cert("tocsin@example.org").configure_cert(showing)
    outcomes = []
    for context in (showing, trusting):
        async with (
            webhook_server(answer("200 OK"), tls=server_side) as receiver,
            guarded_client(
                AddressGuard(["127.0.0.0/8"]), user_agent="t", verify=context
            ) as client,
        ):
            url = receiver.url.replace("http:", "https:")
            to = channel(client, url, SECRET)
            receipt = await to.send(delivery(), to.compose(notice(), delivery()))
            outcomes.append(receipt.outcome)
    assert outcomes == ["accepted", "temporary"]
