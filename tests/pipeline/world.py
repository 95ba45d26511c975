"""A whole pipeline on a real SQLite store, with a scripted outside world."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from monitor.model import (
    Body,
    Bundle,
    Delivery,
    Exchange,
    Feed,
    FeedState,
    Fetched,
    Item,
    Match,
    Notice,
    Remark,
    Rule,
    Severity,
    Source,
    Span,
)
from monitor.notify.routes import Route
from monitor.pipeline.courier import Courier
from monitor.pipeline.crew import Crew
from monitor.pipeline.gathering import PLAINLY, Gatherer, Wishes
from monitor.pipeline.policy import Policy
from monitor.pipeline.polls import Poller
from monitor.pipeline.reports import DeliveryReport, PollReport
from monitor.pipeline.sender import Sender
from monitor.pipeline.telling import Teller
from monitor.send.deliveries import Policy as DeliveryPolicy
from monitor.send.deliveries import Receipt
from monitor.store.records import Store, open_store

START = datetime(2020, 7, 29, 9, tzinfo=UTC)
ACCEPTED = Receipt(outcome="accepted", status="204")
DOWN = Receipt(outcome="temporary", status="503", problem="down")


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def sleep(self, duration: timedelta) -> None:
        self.time += duration


@dataclass
class Server:
    """Answers polls: a feed is a list of items, or an exchange."""

    clock: Clock
    pages: dict[str, list[str] | Exchange] = field(default_factory=dict)
    states: list[FeedState] = field(default_factory=list)

    async def fetch(self, feed: Feed, state: FeedState) -> Exchange:
        self.states.append(state)
        page = self.pages.get(feed.url, [])
        if isinstance(page, Exchange):
            return page
        text = "".join(page)
        etag = f'"{hash(text)}"'
        if state.etag == etag:
            return Exchange(
                outcome=Fetched.NOT_MODIFIED,
                url=feed.url,
                final_url=feed.url,
                status=304,
                headers={"etag": etag},
            )
        body = f"<rss version='2.0'><channel><title>t</title>{text}</channel></rss>"
        return Exchange(
            outcome=Fetched.BODY,
            url=feed.url,
            final_url=feed.url,
            status=200,
            headers={
                "etag": etag,
                "content-type": "application/rss+xml; charset=utf-8",
            },
            body=body.encode(),
        )


def entry(
    title: str,
    summary: str = "",
    *,
    guid: str = "",
    link: str = "",
    at: datetime | None = START,
) -> str:
    """Render one RSS item; `at=None` leaves the date out."""
    date = f"<pubDate>{format_datetime(at)}</pubDate>" if at else ""
    return (
        f"<item><title>{escape(title)}</title><guid>{escape(guid or title)}</guid>"
        f"<link>{escape(link)}</link><description>{escape(summary)}</description>"
        f"{date}</item>"
    )


def failure(kind: str = "status", status: int = 500) -> Exchange:
    return Exchange(
        outcome=Fetched.FAILED,
        url="",
        final_url="",
        status=status,
        kind=kind,
        problem=f"{kind} {status}",
    )


@dataclass
class WordRules:
    """A rule fires when its word is in the title or summary."""

    rules: Mapping[str, Rule]

    def match_all(self, items: Sequence[Item]) -> list[tuple[Match, ...]]:
        return [self._match(item) for item in items]

    def _match(self, item: Item) -> tuple[Match, ...]:
        text = f"{item.title} {item.summary}".lower()
        return tuple(
            Match(
                item_id=item.id,
                rule_id=rule.id,
                rule_version=rule.version,
                evidence=(
                    Span(field="title", start=0, end=1, text="x", clause=rule.match),
                ),
            )
            for rule in self.rules.values()
            if rule.match in text
        )


def rule(name: str = "minsk", **more: object) -> Rule:
    made = Rule(
        id=name,
        title=name.title(),
        theme="test",
        match=name,
        severity=Severity.HIGH,
        version="sha256:1",
    )
    return replace(made, **more)  # type: ignore[arg-type]


@dataclass
class FakeChannel:
    """Keeps what it was sent; answers from a script, then accepts."""

    name: str = "desk"
    kind: str = "fake"
    recipients: tuple[str, ...] = ("",)
    script: list[Receipt | Exception] = field(default_factory=list)
    sent: list[tuple[Delivery, Body]] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    composed: int = 0

    def compose(self, notice: Notice, delivery: Delivery) -> Body:
        self.composed += 1
        reports = ", ".join(r.item.title for r in notice.reports)
        text = (
            f"{notice.kind.value} {notice.sequence}: {notice.story.title} [{reports}]"
        )
        return Body(content_type="text/plain", content=text.encode())

    def compose_bundle(self, bundle: Bundle, delivery: Delivery) -> Body:
        self.composed += 1
        told = ", ".join(
            f"{one.kind.value} {one.sequence}: {one.story.title}"
            for one in bundle.notices
        )
        text = f"{bundle.why.value} of {len(bundle.notices)} [{told}]"
        return Body(content_type="text/plain", content=text.encode())

    def compose_test(self, delivery: Delivery, now: datetime) -> Body:
        return Body(content_type="text/plain", content=b"test")

    def compose_remark(self, remark: Remark, delivery: Delivery, now: datetime) -> Body:
        text = f"{remark.kind}: {remark.title}"
        return Body(content_type="text/plain", content=text.encode())

    async def send(self, delivery: Delivery, body: Body) -> Receipt:
        self.sent.append((delivery, body))
        answer = self.script.pop(0) if self.script else ACCEPTED
        if isinstance(answer, Exception):
            raise answer
        if answer.outcome == "accepted":
            self.accepted.append(body.content.decode())
        return answer


@dataclass
class Recorder:
    polls: list[PollReport] = field(default_factory=list)
    deliveries: list[DeliveryReport] = field(default_factory=list)

    def polled(self, report: PollReport) -> None:
        self.polls.append(report)

    def delivered(self, report: DeliveryReport) -> None:
        self.deliveries.append(report)


@dataclass
class World:
    """Everything a scenario touches."""

    folder: Path
    rules: Sequence[Rule] = (rule(),)
    route: Route = field(default_factory=lambda: Route(receiver="desk"))
    sources: Sequence[Source] = ()
    wishes: Wishes = PLAINLY
    clock: Clock = field(default_factory=Clock)
    channel: FakeChannel = field(default_factory=FakeChannel)
    seen: Recorder = field(default_factory=Recorder)

    def __post_init__(self) -> None:
        self.store: Store = open_store(f"sqlite:///{self.folder}/t.db")
        self.server = Server(self.clock)
        self.feeds: list[Feed] = []
        self.restart()

    def restart(self) -> None:
        """Begin a new life on the same store, as after a crash."""
        self.teller = Teller(
            Policy(
                rules=WordRules({r.id: r for r in self.rules}),
                route=self.route,
                recipients={"desk": self.channel.recipients},
                sources={s.name: s for s in self.sources},
                wishes=self.wishes,
            )
        )
        self.poller = Poller(
            store=self.store,
            fetcher=self.server,
            teller=self.teller,
            clock=self.clock,
            chance=lambda: 0.5,
        )
        self.courier = Courier(
            store=self.store,
            clock=self.clock,
            chance=lambda: 0.5,
            policy=DeliveryPolicy(),
        )
        self.courier.channels = {"desk": self.channel}
        self.sender = Sender(
            store=self.store,
            courier=self.courier,
            clock=self.clock,
            observer=self.seen,
            owner="test",
            lease=timedelta(seconds=60),
            margin=timedelta(seconds=15),
            gatherer=Gatherer(self.store, lambda: self.teller.policy.wishes),
        )
        self.crew = Crew(
            store=self.store,
            poller=self.poller,
            sender=self.sender,
            clock=self.clock,
            observer=self.seen,
            owner="test",
            concurrency=8,
            lease=timedelta(seconds=60),
        )

    def publish(
        self, url: str, *entries: str, source: str = "", every: str = ""
    ) -> None:
        """Put entries on top of a feed; the feed is watched from now on."""
        del every
        page = self.server.pages.get(url)
        before = page if isinstance(page, list) else []
        self.server.pages[url] = [*entries, *before]
        if url not in {feed.url for feed in self.feeds}:
            self.feeds.append(Feed(url=url, source=source or url))
            self.store.sync_feeds(self.feeds, self.clock.now())

    async def cycle(self, after: timedelta = timedelta(hours=1)) -> list[str]:
        """Let time pass, poll everything, deliver; return what was accepted."""
        self.clock.sleep(after)
        before = len(self.channel.accepted)
        self.store.make_due(None, self.clock.now())
        await self.crew.run_until_idle()
        return self.channel.accepted[before:]

    async def deliver(self, after: timedelta) -> list[str]:
        """Let time pass and deliver only."""
        self.clock.sleep(after)
        before = len(self.channel.accepted)
        while await self.crew.claim_deliveries():
            await asyncio.gather(*self.sender.tasks)
        return self.channel.accepted[before:]
