"""What a perfect feed client does, one test a row; where peers differ, the strictest.

The numbers are those of the table of requirements that feed publishers, and the
makers of feed readers, have written down: validators 1 to 7, being asked to wait 8 to
12, addresses that move or end 13 to 15, manners 16 to 22, documents 24 to 32.
"""

import socket
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from monitor.collect import cadence
from monitor.collect.slots import HostSlots
from monitor.model import Feed
from tests.collect.conformance.server import Client, Reply, Request, rss

VALIDATED = {"ETag": 'W/"a b"', "Last-Modified": "Sometime last week"}
HOUR = timedelta(hours=1)
_SY = "xmlns:x='http://purl.org/rss/1.0/modules/syndication/'"
SYNDICATION = (
    f"<x:updatePeriod {_SY}>daily</x:updatePeriod>"
    f"<x:updateFrequency {_SY}>4</x:updateFrequency>"
)


async def test_01_both_validators_go_back_to_the_letter(client: Client) -> None:
    client.publisher.says("/f", Reply(headers=VALIDATED), Reply(304))
    client.watch()
    await client.poll()
    await client.poll()
    assert client.last.headers["if-none-match"] == 'W/"a b"'
    assert client.last.headers["if-modified-since"] == "Sometime last week"


async def test_02_validators_are_renewed_although_the_body_is_the_same(
    client: Client,
) -> None:
    client.publisher.says(
        "/f", Reply(headers={"ETag": '"1"'}), Reply(headers={"ETag": '"2"'})
    )
    client.watch()
    await client.poll()
    assert (await client.poll()).status == "unchanged"
    assert client.state().etag == '"2"'


async def test_02_a_whole_answer_without_validators_has_none(client: Client) -> None:
    client.publisher.says("/f", Reply(headers=VALIDATED), Reply())
    client.watch()
    await client.poll()
    await client.poll()
    assert "if-none-match" in client.last.headers
    await client.poll()
    assert "if-none-match" not in client.last.headers
    assert "if-modified-since" not in client.last.headers


async def test_03_a_304_renews_validators(client: Client) -> None:
    client.publisher.says(
        "/f", Reply(headers={"ETag": '"1"'}), Reply(304, headers={"ETag": '"2"'})
    )
    client.watch()
    await client.poll()
    await client.poll()
    assert client.state().etag == '"2"'


async def test_04_a_server_that_says_304_for_ever_is_asked_for_the_whole(
    client: Client,
) -> None:
    client.publisher.says("/f", Reply(headers=VALIDATED), Reply(304))
    client.watch()
    await client.poll()
    await client.poll(timedelta(days=1))
    assert "if-none-match" in client.last.headers
    client.publisher.says("/f", Reply(body=rss("one", "two"), headers=VALIDATED))
    await client.poll(timedelta(days=8))
    assert "if-none-match" not in client.last.headers
    assert "if-modified-since" not in client.last.headers
    assert client.titles() == ["one", "two"]
    await client.poll()
    assert "if-none-match" in client.last.headers


async def test_05_a_304_to_a_first_request_is_a_fault_of_the_server(
    client: Client,
) -> None:
    client.publisher.says("/f", Reply(304))
    client.watch()
    report = await client.poll()
    assert report.status == "protocol"
    assert "304" in report.problem


async def test_06_a_body_that_came_before_is_not_read_again(client: Client) -> None:
    client.publisher.says("/f", Reply())
    client.watch()
    assert (await client.poll()).items == 1
    assert (await client.poll()).items == 0


@pytest.mark.parametrize("cut", [0, 40])
async def test_07_validators_of_half_a_body_are_not_kept(
    client: Client, cut: int
) -> None:
    client.publisher.says("/f", Reply(headers=VALIDATED, cut=cut), Reply())
    client.watch()
    assert (await client.poll()).problem
    assert client.state().etag == ""
    await client.poll()
    assert "if-none-match" not in client.last.headers
    assert client.titles() == ["one"]


@pytest.mark.parametrize("end", ["</item>", "<guid>two</guid>"])
async def test_07_validators_of_a_document_that_is_cut_off_are_not_kept(
    client: Client, end: str
) -> None:
    whole = rss("one", "two", "three")
    length = whole.index(end.encode(), whole.index(b"two")) + len(end)
    bodies = [whole[:length], whole]

    def answer(request: Request) -> Reply:
        if "if-none-match" in request.headers:
            return Reply(304)
        return Reply(body=bodies.pop(0), headers=VALIDATED)

    client.publisher.scripts["/f"] = answer
    client.watch()
    assert "the document is cut off" in (await client.poll()).notes
    assert client.titles() == ["one", "two"]
    await client.poll()
    assert client.titles() == ["one", "three", "two"]
    assert client.state().etag == VALIDATED["ETag"]


async def test_07_validators_of_a_body_that_is_no_feed_are_not_kept(
    client: Client,
) -> None:
    client.publisher.says("/f", Reply(body=b"<html></html>", headers=VALIDATED))
    client.watch()
    assert (await client.poll()).status == "not-a-feed"
    assert client.state().etag == ""


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("date", [False, True])
async def test_08_retry_after_is_kept_in_both_forms(
    client: Client,
    status: int,
    date: bool,  # noqa: FBT001
) -> None:
    until = client.world.clock.now() + 5 * HOUR
    asked = format_datetime(until, usegmt=True) if date else "18000"
    client.publisher.says("/f", Reply(status, b"", {"Retry-After": asked}))
    client.watch()
    await client.poll()
    assert client.wait() == 5 * HOUR


async def test_09_a_private_aggregator_speaks_for_one_feed_only(client: Client) -> None:
    client.publisher.says("/f", Reply(429, b"", {"Retry-After": "18000"}))
    client.publisher.says("/g", Reply())
    client.watch("/f")
    client.watch("/g")
    await client.poll(path="/f")
    assert client.wait("/g") < HOUR


async def test_09_a_public_host_speaks_for_all_its_feeds(client: Client) -> None:
    store, now = client.world.store, client.world.clock.now()
    feeds = [Feed(url=f"https://news.example/{name}") for name in "ab"]
    store.sync_feeds([*feeds, Feed(url="https://other.example/")], now)
    (lease, *rest) = store.lease_feeds(now, now + HOUR, 9, "t")
    with store.poll(lease, beside=lease.feed.url) as transaction:
        transaction.pause_host(lease.feed.url, now + 5 * HOUR, "it asks for 5h")
        transaction.finish(replace(lease.state, poll_after=now + 5 * HOUR))
    store.release_feeds(rest)
    waits = {row.feed.url: row.state.poll_after for row in store.feeds()}
    assert waits["https://news.example/b"] == now + 5 * HOUR
    assert waits["https://other.example/"] == now


async def test_09_after_a_redirect_it_is_the_other_host_that_wants_to_be_left_alone(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", on_this_machine)
    port, store = client.publisher.port, client.world.store
    now = client.world.clock.now()
    busy = f"http://busy.example:{port}/g"
    client.publisher.says("/f", Reply(302, b"", {"Location": busy}))
    client.publisher.says("/g", Reply(429, b"", {"Retry-After": "18000"}))
    urls = [f"http://moved.example:{port}/{name}" for name in ("f", "other")]
    store.sync_feeds([Feed(url=url) for url in (*urls, busy)], now)
    leases = store.lease_feeds(now, now + HOUR, 9, "t")
    (lease,) = [one for one in leases if one.feed.url == urls[0]]
    store.release_feeds([one for one in leases if one is not lease])
    await client.world.poller.poll(lease)
    due = {row.feed.url: row.state.poll_after for row in store.feeds()}
    assert due == {
        urls[0]: now + 5 * HOUR,
        urls[1]: now,
        busy: now + 5 * HOUR,
    }


def on_this_machine(host: str, port: int, *_: Any, flags: int = 0, **__: Any) -> Any:
    """Resolve every name to this machine."""
    if flags & socket.AI_NUMERICHOST and not host[0].isdigit():
        raise socket.gaierror(socket.EAI_NONAME, "a name, not a number")
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Cache-Control": "max-age=7200"}, 2 * HOUR),
        ({"Cache-Control": "max-age=7200, no-cache"}, HOUR / 4),
        ({"Cache-Control": "max-age=315360000"}, cadence.LONGEST_ASKED),
        ({"Cache-Control": "max-age=7200", "Age": "3600"}, HOUR),
        ({"Expires": "0"}, HOUR / 4),
        (
            # Both by the server's clock, which is a day behind.
            {
                "Date": "Tue, 28 Jul 2020 09:00:00 GMT",
                "Expires": "Tue, 28 Jul 2020 12:00:00 GMT",
            },
            3 * HOUR,
        ),
    ],
)
async def test_10_freshness_is_the_earliest_next_poll(
    client: Client, headers: dict[str, str], wait: timedelta
) -> None:
    client.publisher.says("/f", Reply(headers=headers))
    client.watch()
    await client.poll()
    assert client.wait() == wait


@pytest.mark.parametrize(
    ("channel", "wait"),
    [
        ("<ttl>180</ttl>", 3 * HOUR),
        (
            SYNDICATION,
            6 * HOUR,
        ),
        # The world's clock stands at nine on a Wednesday.
        ("<skipHours><hour>9</hour><hour>10</hour></skipHours>", 2 * HOUR),
        ("<skipHours><hour>09</hour><hour>10</hour></skipHours>", 2 * HOUR),
        ("<skipDays><day>Wednesday</day></skipDays>", 15 * HOUR),
    ],
)
async def test_11_the_wishes_of_the_feed_itself_are_kept_also_when_it_is_unchanged(
    client: Client, channel: str, wait: timedelta
) -> None:
    body = rss("one", channel=channel)
    client.publisher.says("/f", Reply(body=body, headers=VALIDATED), Reply(304))
    client.watch()
    await client.poll()
    assert client.wait() == wait
    await client.poll()
    assert client.wait() >= HOUR / 4
    assert client.state().ttl or client.state().skip


async def test_12_a_quiet_feed_is_asked_less_often_and_news_bring_it_back(
    client: Client,
) -> None:
    client.publisher.says("/f", Reply())
    client.watch()
    await client.poll()
    for _ in range(20):
        await client.poll()
    assert client.wait() == cadence.LONGEST_QUIET
    client.publisher.says("/f", Reply(body=rss("one", "two")))
    await client.poll()
    assert client.wait() < cadence.LONGEST_QUIET


async def test_13_a_permanent_move_is_adopted_after_ten_times_and_no_sooner(
    client: Client,
) -> None:
    client.publisher.says("/f", Reply(301, b"", {"Location": "/g"}))
    client.publisher.says("/g", Reply())
    client.watch()
    for _ in range(cadence.MOVED_AFTER):
        await client.poll()
        assert [one.path for one in client.publisher.asked[-2:]] == ["/f", "/g"]
    await client.poll()
    assert [one.path for one in client.publisher.asked[-2:]] == ["/g", "/g"]
    # Where the new place fails, the old one is asked again.
    client.publisher.says("/g", Reply(404, b""))
    await client.poll()
    await client.poll()
    assert client.publisher.asked[-2].path == "/f"


async def test_13_a_place_that_is_gone_is_given_up_and_the_old_one_asked(
    client: Client,
) -> None:
    client.publisher.says("/f", Reply(301, b"", {"Location": "/g"}))
    client.publisher.says("/g", Reply())
    client.watch()
    for _ in range(cadence.MOVED_AFTER):
        await client.poll()
    client.publisher.says("/f", Reply(301, b"", {"Location": "/h"}))
    client.publisher.says("/g", Reply(410, b""))
    client.publisher.says("/h", Reply())
    await client.poll()
    assert client.wait() < cadence.LONGEST_QUIET
    await client.poll()
    assert [one.path for one in client.publisher.asked[-3:]] == ["/g", "/f", "/h"]


async def test_13_a_move_counts_anew_where_it_leads_elsewhere(client: Client) -> None:
    for path in ("/g", "/h"):
        client.publisher.says(path, Reply())
    client.watch()
    for turn in range(3 * cadence.MOVED_AFTER):
        there = "/g" if turn % 2 else "/h"
        client.publisher.says("/f", Reply(301, b"", {"Location": there}))
        await client.poll()
        assert [one.path for one in client.publisher.asked[-2:]] == ["/f", there]


@pytest.mark.parametrize("status", [302, 303, 307])
async def test_13_a_temporary_move_is_never_adopted(
    client: Client, status: int
) -> None:
    client.publisher.says("/f", Reply(status, b"", {"Location": "/g"}))
    client.publisher.says("/g", Reply())
    client.watch()
    for _ in range(cadence.MOVED_AFTER + 2):
        await client.poll()
    assert client.publisher.asked[-2].path == "/f"


async def test_13_a_move_to_what_is_no_feed_is_never_adopted(client: Client) -> None:
    client.publisher.says("/f", Reply(301, b"", {"Location": "/g"}))
    client.publisher.says("/g", Reply(body=b"<html>log in</html>"))
    client.watch()
    for _ in range(cadence.MOVED_AFTER + 2):
        await client.poll()
    assert client.publisher.asked[-2].path == "/f"
    assert client.state().moved_count == 0


async def test_14_gone_is_asked_once_a_week(client: Client) -> None:
    client.publisher.says("/f", Reply(410, b""))
    client.watch()
    await client.poll()
    assert client.wait() == cadence.GONE


async def test_15_failures_double_the_wait_and_a_success_forgets_them(
    client: Client,
) -> None:
    client.publisher.says("/f", Reply(500, b""))
    client.watch()
    waits = []
    for _ in range(4):
        await client.poll()
        waits.append(client.wait())
    assert waits == [HOUR / 4, HOUR / 2, HOUR, 2 * HOUR]
    client.publisher.says("/f", Reply())
    await client.poll()
    assert client.wait() == HOUR / 4


async def test_16_requests_to_one_host_begin_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 1))

    monkeypatch.setattr("monitor.collect.feeds.asyncio.sleep", sleep)
    slots = HostSlots(2, spacing=1.0)
    for host in ("news.example", "news.example", "other.example", "news.example"):
        async with slots.hold(host):
            pass
    assert slept == [1.0, 2.0]


async def test_17_chance_spreads_the_polls(client: Client) -> None:
    client.publisher.says("/f", Reply())
    client.watch()
    client.world.poller._chance = lambda: 0.999
    await client.poll()
    assert HOUR / 4 < client.wait() <= HOUR / 4 * 1.1


async def test_18_we_say_who_we_are_and_carry_nothing_along(client: Client) -> None:
    client.publisher.says(
        "/f", Reply(headers={"Set-Cookie": "id=1; Path=/", **VALIDATED})
    )
    client.watch()
    await client.poll()
    await client.poll()
    headers = client.last.headers
    assert headers["user-agent"] == "Tocsin-test (+https://example.org)"
    assert not {"cookie", "referer", "authorization"} & set(headers)
    assert client.last.path == "/f"


async def test_19_only_what_can_be_bounded_is_accepted(client: Client) -> None:
    client.publisher.says("/f", Reply())
    client.watch()
    await client.poll()
    assert client.last.headers["accept-encoding"] == "gzip, deflate"


async def test_22_new_entries_alone_are_asked_for_and_taken(client: Client) -> None:
    client.publisher.says(
        "/f",
        Reply(headers=VALIDATED),
        Reply(226, rss("two"), {"IM": "feed", "ETag": '"2"'}),
    )
    client.watch()
    await client.poll()
    await client.poll()
    assert client.last.headers["a-im"] == "feed"
    assert client.titles() == ["one", "two"]
    # It is not the whole feed, so it does not put off the next whole one.
    full = client.state().last_full
    assert full is not None
    assert full < client.world.clock.now()


@pytest.mark.parametrize(
    ("first", "second", "items"),
    [
        (rss("one", "two"), rss("two", "one"), 2),
        (rss("one"), rss("one").replace(b"<title>one", b"<title>One, edited"), 1),
        (rss("one", "two"), rss("two"), 2),
    ],
    ids=["reordered", "edited", "shortened"],
)
async def test_29_what_is_known_is_never_news_again(
    client: Client, first: bytes, second: bytes, items: int
) -> None:
    client.publisher.says("/f", Reply(body=first), Reply(body=second))
    client.watch()
    await client.poll()
    assert (await client.poll()).new_items == 0
    assert len(client.titles()) == items


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(403, b"", {"cf-mitigated": "challenge"}), "status"),
        (Reply(body=b"<html><title>Just a moment...</title></html>"), "not-a-feed"),
        (Reply(body=b"<html><body>Soon here</body></html>"), "not-a-feed"),
        (Reply(body=b"   "), "empty-body"),
    ],
)
async def test_34_what_is_no_feed_is_told_and_not_taken_for_quiet(
    client: Client, reply: Reply, status: str
) -> None:
    client.publisher.says("/f", reply)
    client.watch()
    report = await client.poll()
    assert report.status == status
    assert report.problem
    assert client.state().failures == 1


async def test_every_poll_is_remembered_and_none_came_early(client: Client) -> None:
    client.publisher.says(
        "/f", Reply(headers={**VALIDATED, "Cache-Control": "max-age=3600"}), Reply(304)
    )
    client.watch()
    for _ in range(4):
        await client.poll()
    last, first = client.remembered()
    assert (first.new_items, first.conditional, first.asked) == (1, False, HOUR)
    assert (last.outcome, last.times, last.conditional) == ("unchanged", 3, True)
    (host,) = client.world.store.politeness(client.world.clock.now() - 99 * HOUR)
    assert (host.requests, host.conditional, host.first) == (4, 3, 1)
    assert host.early == 0


async def test_a_poll_before_the_publisher_wants_it_is_counted(client: Client) -> None:
    client.publisher.says("/f", Reply(headers={"Cache-Control": "max-age=36000"}))
    client.watch()
    await client.poll()
    client.world.clock.sleep(HOUR)
    client.world.store.make_due(None, client.world.clock.now())
    await client.poll(timedelta())
    # A person asked for it, so it is none of ours.
    (host,) = client.world.store.politeness(client.world.clock.now() - 99 * HOUR)
    assert (host.requests, host.early) == (2, 0)
