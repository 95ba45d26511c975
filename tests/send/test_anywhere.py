"""The receiver apprise, through Apprise itself to a server on the loopback."""

import asyncio
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.send import anywhere
from monitor.send.anywhere import AppriseChannel, hidden, label, targets
from tests.send.examples import NOW, delivery, hostile_notice, notice
from tests.send.servers import HANG, answer, webhook_server


def channel(*urls: str, seconds: float = 10) -> AppriseChannel:
    return AppriseChannel(name="rest", urls=urls, timeout=timedelta(seconds=seconds))


async def test_each_target_is_a_delivery_of_its_own() -> None:
    async with (
        webhook_server(answer("200 OK")) as one,
        webhook_server(answer("500 Oops")) as two,
    ):
        urls = [f"json://127.0.0.1:{s.port}/hook-s3cret" for s in (one, two)]
        to = channel(*urls)
        first, second = to.recipients
        assert "s3cret" not in f"{to!r}{to.recipients}"
        body = to.compose(notice(), delivery(recipient=first))
        receipts = [
            await to.send(delivery(recipient=name), body) for name in (first, second)
        ]
        assert [r.outcome for r in receipts] == ["accepted", "temporary"]
        assert "hook-s3cret" not in receipts[1].problem
        sent = json.loads(one.requests[0].body)
    assert sent["title"].startswith("[HIGH] Thirty-two detained near")
    assert "Под столицей задержаны бойцы ЧВК" in sent["message"]
    assert sent["type"] == "warning"


async def test_a_test_message_and_a_hostile_one_go_through() -> None:
    async with webhook_server(answer("200 OK")) as server:
        to = channel(f"json://127.0.0.1:{server.port}/x")
        one = delivery(recipient=to.recipients[0])
        for body in (to.compose_test(one, NOW), to.compose(hostile_notice(), one)):
            assert (await to.send(one, body)).outcome == "accepted"
        shown = server.requests[1].body.decode()
    assert "\\u001b" not in shown


async def test_a_target_that_hangs_or_is_gone_is_tried_again_or_given_up() -> None:
    async with webhook_server(HANG) as server:
        url = f"json://127.0.0.1:{server.port}/x?rto=1&cto=1"
        to = channel(url, seconds=0.2)
        one = delivery(recipient=to.recipients[0])
        receipt = await to.send(one, to.compose(notice(), one))
        assert receipt.outcome == "temporary"
        assert "0.2 s" in receipt.problem
        # Let the thread of Apprise's end before the server does.
        await asyncio.sleep(1.5)
    gone = delivery(recipient="json:00000000")
    receipt = await to.send(gone, to.compose(notice(), gone))
    assert receipt.outcome == "permanent"


async def test_a_message_that_was_taken_late_is_not_sent_again() -> None:
    released, taken = asyncio.Event(), 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        taken += 1
        await released.wait()
        writer.write(answer("200 OK"))
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening, asyncio.timeout(20):
        port = listening.sockets[0].getsockname()[1]
        to = channel(f"json://127.0.0.1:{port}/x?rto=60", seconds=0.05)
        one = delivery(recipient=to.recipients[0])
        body = to.compose(notice(), one)
        for _ in range(3):
            assert (await to.send(one, body)).outcome == "temporary"
        released.set()
        while (await to.send(one, body)).outcome != "accepted":
            pass
    assert taken == 1


async def test_targets_that_hang_keep_nobody_else_from_work() -> None:
    async with webhook_server(HANG) as server:
        to = channel(f"json://127.0.0.1:{server.port}/x?rto=60", seconds=0.01)
        name = to.recipients[0]
        body = to.compose(notice(), delivery())
        receipts = [
            await to.send(delivery(id=f"dlv_{n}", recipient=name), body)
            for n in range(40)
        ]
        async with asyncio.timeout(5):
            assert await asyncio.to_thread(lambda: "done") == "done"
        assert len(server.requests) <= 16
    assert {one.outcome for one in receipts} == {"temporary"}
    assert "did not finish" in receipts[0].problem
    assert receipts[-1].problem == "16 messages before it hang"


def test_targets_are_lines_and_comments_are_none() -> None:
    found = targets("# mine\njson://a/b\n\n  json://c/d  \n")
    assert list(found.values()) == ["json://a/b", "json://c/d"]
    assert all(name.startswith("json:") for name in found)
    assert label("json://a/b") == label("json://a/b") != label("json://a/c")


def test_an_address_that_apprise_cannot_read_is_named_without_its_secret() -> None:
    assert anywhere.problem_of("json://127.0.0.1/x") == ""
    problem = anywhere.problem_of("nosuch://s3cret-token")
    assert "nosuch://" in problem
    assert "s3cret" not in problem


@given(st.text(max_size=60), st.text(min_size=5, max_size=20, alphabet="abcxyz0123"))
def test_no_part_of_an_address_stands_in_what_is_recorded(
    around: str, secret: str
) -> None:
    url = f"json://user:{secret}@host/{secret}?key={secret}"
    assert secret not in hidden(f"{around}{secret} at /{secret}/", url)


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_message_is_cut(size: int) -> None:
    made = anywhere._body("t" * size, "x" * size, "info")
    said = json.loads(made.content)
    assert len(said["title"]) <= 250
    assert len(said["text"]) <= 3500
