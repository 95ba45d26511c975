"""Feeds that are pushed: a real hub, the running daemon, and each alert once."""

import socket
from collections.abc import Iterator

import pytest

from tests.acceptance.harness import (
    Entry,
    FeedServer,
    Installation,
    WebhookServer,
    rss,
    wait_for,
)
from tests.acceptance.hub import Hub, fetch

QUIET = Entry("Weather stays fine")
DETAINED = Entry("33 fighters detained near Minsk", "A group of armed men.")
MORE = Entry(
    "Eleven smugglers detained at Minsk airport", "Cigarettes worth a million."
)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        yield server


def free_port() -> int:
    """A port that nobody listens on; below those that the system hands out."""
    for port in range(21_000, 22_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


def document(hub: Hub, topic: str, *entries: Entry) -> bytes:
    links = "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='{}' href='{}'/>"
    both = links.format("hub", hub.url) + links.format("self", topic)
    return rss("/f", list(entries)).replace(b"<description/>", both.encode(), 1)


def publish(feeds: FeedServer, hub: Hub, *entries: Entry) -> None:
    body = document(hub, feeds.url("/f"), *entries)
    feeds.raw["/f"] = (200, body, {"Content_Type": "application/rss+xml"})


def start(tocsin: Installation, feeds: FeedServer, webhook: WebhookServer) -> None:
    port = free_port()
    server = {
        "listen": f"127.0.0.1:{port}",
        "public_url": f"http://127.0.0.1:{port}",
    }
    tocsin.write([feeds.url("/f")], webhook.url, server=server)
    tocsin.start()


def shown(tocsin: Installation, feeds: FeedServer) -> dict[str, object]:
    (subscription,) = tocsin.json("feeds", "show", feeds.url("/f"))["hubs"]
    return dict(subscription)


def is_slow(tocsin: Installation, feeds: FeedServer) -> bool:
    told = tocsin.command("feeds", "show", feeds.url("/f"))
    return "its hub tells of news" in told


def test_news_that_a_hub_pushes_are_alerted_once_and_polled_for_slowly(
    feeds: FeedServer, webhook: WebhookServer, hub: Hub, tocsin: Installation
) -> None:
    publish(feeds, hub, QUIET)
    start(tocsin, feeds, webhook)
    topic = feeds.url("/f")
    wait_for(lambda: topic in hub.subscribed, "the hub is subscribed to")
    assert hub.confirmed == [("subscribe", 200, True)]
    (form,) = hub.asked
    assert len(form["hub.secret"]) > 30
    assert form["hub.secret"] not in form["hub.callback"]

    # The feed shows it and the hub pushes it: one alert, whoever comes first.
    body = document(hub, topic, DETAINED, QUIET)
    assert hub.push(topic, body) == 202
    wait_for(lambda: webhook.accepted, "the pushed report is alerted")
    publish(feeds, hub, DETAINED, QUIET)
    wait_for(
        lambda: shown(tocsin, feeds)["relied_until"] is not None, "the hub is relied on"
    )
    wait_for(lambda: is_slow(tocsin, feeds), "it is polled slowly")
    polls = len(feeds.requests)

    # A second push, of which no poll can know: a part of the feed is enough.
    assert hub.push(topic, document(hub, topic, MORE), "sha1") == 202
    wait_for(lambda: len(webhook.accepted) == 2, "the second push is alerted")
    assert webhook.titles() == [DETAINED.title, MORE.title]
    assert len(feeds.requests) == polls
    assert len(set(webhook.ids)) == 2
    assert shown(tocsin, feeds)["pushes"] == 2
    assert "pushes" in tocsin.command("feeds", "show", topic)


def test_a_push_with_a_wrong_signature_is_ignored_and_counted(
    feeds: FeedServer, webhook: WebhookServer, hub: Hub, tocsin: Installation
) -> None:
    publish(feeds, hub, QUIET)
    start(tocsin, feeds, webhook)
    topic = feeds.url("/f")
    wait_for(lambda: topic in hub.subscribed, "the hub is subscribed to")
    forged = document(hub, topic, MORE)
    assert hub.push(topic, forged, secret="guessed") == 202
    callback = hub.subscribed[topic]["hub.callback"]
    assert fetch(callback, forged)[0] == 202
    assert fetch(f"{callback}x", forged)[0] == 410
    assert hub.push(topic, document(hub, topic, DETAINED)) == 202
    wait_for(lambda: webhook.accepted, "the true push is alerted")
    assert webhook.titles() == [DETAINED.title]
    assert shown(tocsin, feeds)["bad_signatures"] == 2
    web = callback.partition("/websub/")[0]
    metrics = fetch(f"{web}/metrics")[1].decode()
    assert 'tocsin_hub_pushes_total{outcome="bad-signature"} 2.0' in metrics


def test_a_hub_at_a_forbidden_address_is_never_asked(
    feeds: FeedServer, webhook: WebhookServer, hub: Hub, tocsin: Installation
) -> None:
    publish(feeds, hub, QUIET)
    status, body, headers = feeds.raw["/f"]
    inside = body.replace(hub.url.encode(), b"http://169.254.169.254/latest")
    feeds.raw["/f"] = (status, inside, headers)
    start(tocsin, feeds, webhook)
    wait_for(lambda: "asked a hub" in tocsin.log, "the hub is tried")
    facts = shown(tocsin, feeds)
    assert facts["state"] == "asking"
    assert "169.254.169.254" in str(facts["problem"])


def test_a_feed_that_leaves_its_hub_is_unsubscribed(
    feeds: FeedServer, webhook: WebhookServer, hub: Hub, tocsin: Installation
) -> None:
    publish(feeds, hub, QUIET)
    start(tocsin, feeds, webhook)
    wait_for(lambda: hub.subscribed, "the hub is subscribed to")
    feeds.raw["/f"] = (200, rss("/f", [QUIET]), {"Content_Type": "text/xml"})
    wait_for(lambda: not hub.subscribed, "the subscription is taken back")
    assert ("unsubscribe", 200, True) in hub.confirmed
    assert hub.verify(hub.asked[0]) == 404


def test_without_a_public_address_no_hub_is_asked(
    feeds: FeedServer, webhook: WebhookServer, hub: Hub, tocsin: Installation
) -> None:
    publish(feeds, hub, QUIET)
    tocsin.write([feeds.url("/f")], webhook.url)
    tocsin.start()
    wait_for(lambda: len(feeds.requests) > 1, "the feed is polled twice")
    assert hub.asked == []
    told = tocsin.command("feeds", "show", feeds.url("/f"))
    assert "none is asked: server.public_url is not set" in told


def test_hubs_are_asked_anew_where_the_public_address_has_changed(
    feeds: FeedServer, webhook: WebhookServer, hub: Hub, tocsin: Installation
) -> None:
    publish(feeds, hub, QUIET)
    start(tocsin, feeds, webhook)
    topic = feeds.url("/f")
    wait_for(lambda: topic in hub.subscribed, "the hub is subscribed to")
    assert hub.push(topic, document(hub, topic, DETAINED)) == 202
    wait_for(lambda: webhook.accepted, "the pushed report is alerted")
    before = hub.subscribed.pop(topic)["hub.callback"]
    tocsin.stop()

    port = free_port()
    server = {"listen": f"127.0.0.1:{port}", "public_url": f"http://localhost:{port}"}
    tocsin.write([topic], webhook.url, server=server)
    tocsin.start()
    wait_for(lambda: topic in hub.subscribed, "the hub is subscribed to again")
    assert hub.subscribed[topic]["hub.callback"].startswith(server["public_url"])
    assert hub.subscribed[topic]["hub.callback"] != before
    assert hub.push(topic, document(hub, topic, MORE)) == 202
    wait_for(lambda: len(webhook.accepted) == 2, "the next push is alerted")
    assert shown(tocsin, feeds)["pushes"] == 2
