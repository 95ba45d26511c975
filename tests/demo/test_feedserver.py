"""The feed server over real sockets, at moments that a test chooses."""

from calendar import timegm
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import feedparser
import httpx
import pytest

from monitor.demo.content import BEGIN, END, DemoItem, Outlet, load
from monitor.demo.feedserver import BUSY_EVERY, LONGEST_FEED, FeedServer
from monitor.model import Feed

OUTLETS, ITEMS = load()
BY_KEY = {outlet.key: outlet for outlet in OUTLETS}
AFTERNOON = datetime(2020, 7, 29, 12, tzinfo=UTC)


@dataclass
class SetClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


@dataclass
class Stand:
    server: FeedServer
    clock: SetClock
    client: httpx.AsyncClient
    feeds: dict[str, Feed]

    async def get(self, key: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(self.feeds[key].url, headers=named)

    async def read(self, key: str) -> Any:
        response = await self.get(key)
        parsed = feedparser.parse(
            BytesIO(response.content), response_headers=dict(response.headers)
        )
        assert not parsed.bozo, parsed.get("bozo_exception")
        return parsed


@asynccontextmanager
async def stand(moment: datetime, items: tuple[DemoItem, ...]) -> AsyncIterator[Stand]:
    clock = SetClock(moment)
    server = FeedServer(items, OUTLETS, clock)
    await server.start()
    feeds = dict(zip(BY_KEY, server.feeds(), strict=True))
    try:
        async with httpx.AsyncClient(follow_redirects=True) as client:
            yield Stand(server, clock, client, feeds)
    finally:
        await server.stop()


@pytest.fixture
async def played() -> AsyncIterator[Stand]:
    async with stand(END, ITEMS) as made:
        yield made


def expected(outlet: Outlet) -> dict[str, DemoItem]:
    return {item.guid: item for item in ITEMS if item.outlet == outlet.key}


async def test_each_feed_says_what_its_outlet_published(played: Stand) -> None:
    for outlet in OUTLETS:
        parsed = await played.read(outlet.key)

        wanted = expected(outlet)
        assert parsed.feed.title == outlet.name
        assert {entry.id for entry in parsed.entries} == set(wanted)
        for entry in parsed.entries:
            item = wanted[entry.id]
            assert entry.title == item.title
            text = entry.summary.removeprefix("<p>").removesuffix("</p>")
            assert text == item.summary
            assert entry.link.partition("?")[0] == item.url
            assert entry.link.partition("?")[2] == outlet.tracking


async def test_dates_are_those_of_the_first_publication(played: Stand) -> None:
    for outlet in OUTLETS:
        for entry in (await played.read(outlet.key)).entries:
            # RSS 1.0 has one date, which feedparser takes for an update's.
            stated = entry.get("published_parsed") or entry.updated_parsed
            said = datetime.fromtimestamp(timegm(stated), UTC)
            assert said == played.server.published(entry.link)


@pytest.mark.parametrize(
    ("key", "version"),
    [("courier", "rss20"), ("baltic", "atom10"), ("depesza", "rss10")],
)
async def test_the_three_formats_are_what_they_claim(
    played: Stand, key: str, version: str
) -> None:
    assert (await played.read(key)).version == version


async def test_one_feed_is_in_windows_1251_and_says_so(played: Stand) -> None:
    response = await played.get("vestnik")

    assert b"encoding='windows-1251'" in response.content[:60]
    assert "Вестник столицы" in response.content.decode("windows-1251")


async def test_languages_are_stated_for_the_feed_for_the_item_or_not_at_all(
    played: Stand,
) -> None:
    assert (await played.read("baltic")).feed.language == "en"
    assert "language" not in (await played.read("oderbote")).feed
    mixed = await played.read("inform")
    assert "language" not in mixed.feed
    assert {entry.language for entry in mixed.entries} == {"ru", "be"}


async def test_before_the_first_item_a_feed_is_empty_and_valid() -> None:
    async with stand(BEGIN, ITEMS) as made:
        for key in BY_KEY:
            assert (await made.read(key)).entries == []


async def test_an_item_appears_when_its_moment_comes() -> None:
    item = next(item for item in ITEMS if item.id == "council-baltic")
    async with stand(item.published - timedelta(seconds=1), ITEMS) as made:
        before = await made.read("baltic")
        made.clock.moment = item.published
        after = await made.read("baltic")

    assert item.guid not in {entry.id for entry in before.entries}
    assert after.entries[0].id == item.guid


async def test_an_update_takes_the_place_of_the_item_under_the_same_guid() -> None:
    first = next(item for item in ITEMS if item.id == "detained-courier")
    second = next(item for item in ITEMS if item.replaces == first.id)
    async with stand(first.published, ITEMS) as made:
        before = await made.read("courier")
        made.clock.moment = second.published
        after = await made.read("courier")

    titles = {entry.id: entry.title for entry in before.entries}
    assert titles[first.guid] == first.title
    titles = {entry.id: entry.title for entry in after.entries}
    assert titles[first.guid] == second.title
    assert first.title not in titles.values()


async def test_a_feed_shows_the_newest_thirty() -> None:
    sample = ITEMS[0]
    many = tuple(
        DemoItem(
            id=f"n{number}",
            outlet="baltic",
            published=BEGIN + timedelta(minutes=number),
            title=f"Report {number}",
            summary="",
            lang="en",
            kind=sample.kind,
            theme="",
            event="many",
            guid=f"tag:n{number}",
            url=f"https://baltic-wire.example/n{number}",
        )
        for number in range(40)
    )
    async with stand(END, many) as made:
        parsed = await made.read("baltic")

    assert len(parsed.entries) == LONGEST_FEED
    assert parsed.entries[0].title == "Report 39"
    assert parsed.entries[-1].title == "Report 10"


# ── conditional requests ─────────────────────────────────────────────────────


@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_what_is_known_is_answered_304_without_a_body(
    played: Stand, coding: str
) -> None:
    first = await played.get("baltic", accept_encoding=coding)
    etag = first.headers["etag"]

    again = await played.get("baltic", accept_encoding=coding, if_none_match=etag)

    assert not etag.startswith("W/")
    assert first.headers.get("content-encoding", "identity") == coding
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == etag
    assert played.server.counts.not_modified == 1


async def test_the_two_encodings_carry_one_text_and_different_tags(
    played: Stand,
) -> None:
    zipped = await played.get("baltic", accept_encoding="gzip")
    plain = await played.get("baltic", accept_encoding="identity")

    assert zipped.content == plain.content
    assert zipped.headers["etag"] != plain.headers["etag"]
    assert zipped.headers["vary"] == "accept-encoding"


async def test_last_modified_is_understood_when_it_comes_alone(played: Stand) -> None:
    since = (await played.get("goniec")).headers["last-modified"]

    again = await played.get("goniec", if_modified_since=since)
    older = await played.get(
        "goniec", if_modified_since="Wed, 29 Jul 2020 00:00:00 GMT"
    )

    assert again.status_code == 304
    assert older.status_code == 200


async def test_the_tag_decides_where_both_are_sent(played: Stand) -> None:
    since = (await played.get("goniec")).headers["last-modified"]

    answer = await played.get(
        "goniec", if_none_match='"another"', if_modified_since=since
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("since", ["yesterday", "", "Wed, 99 Foo 2020"])
async def test_a_date_that_cannot_be_read_counts_as_none(
    played: Stand, since: str
) -> None:
    assert (await played.get("goniec", if_modified_since=since)).status_code == 200


async def test_a_new_item_makes_a_new_tag() -> None:
    async with stand(AFTERNOON, ITEMS) as made:
        etag = (await made.get("baltic")).headers["etag"]
        unchanged = await made.get("baltic", if_none_match=etag)
        made.clock.moment = END
        changed = await made.get("baltic", if_none_match=etag)

    assert unchanged.status_code == 304
    assert changed.status_code == 200


# ── mishaps ──────────────────────────────────────────────────────────────────


async def test_a_busy_outlet_says_now_and_then_when_to_come_back(
    played: Stand,
) -> None:
    answers = [await played.get("harbour") for _ in range(BUSY_EVERY * 2)]

    busy = [answer for answer in answers if answer.status_code == 503]
    assert len(busy) == 2
    assert answers[BUSY_EVERY - 1] is busy[0]
    assert busy[0].headers["retry-after"] == "600"
    assert played.server.counts.busy == 2


async def test_a_moved_outlet_redirects_once_and_for_good(played: Stand) -> None:
    answer = await played.get("verasen")

    assert [(hop.status_code) for hop in answer.history] == [301]
    assert answer.status_code == 200
    assert played.server.counts.redirected == 1


@pytest.mark.parametrize("path", ["/", "/baltic/other", "/nobody/rss", "/moved/baltic"])
async def test_anything_else_is_not_there(played: Stand, path: str) -> None:
    base = str(httpx.URL(played.feeds["baltic"].url).join("/")).rstrip("/")

    assert (await played.client.get(base + path)).status_code == 404
    assert played.server.counts.unknown == 1


async def test_the_feeds_and_sources_fit_together(played: Stand) -> None:
    sources = {source.name for source in played.server.sources()}

    assert {feed.source for feed in played.server.feeds()} == sources
    assert len(sources) == len(OUTLETS)


def test_an_address_that_nobody_published_has_no_moment() -> None:
    server = FeedServer(ITEMS, OUTLETS, SetClock(END))

    assert server.published("https://baltic-wire.example/never") is None
