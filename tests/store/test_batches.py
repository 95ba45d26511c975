"""Polls that changed nothing but their feeds, many in one transaction."""

from dataclasses import replace

from monitor.model import Feed, FeedLease, Finished, Polled
from monitor.store.records import Store
from tests.store.samples import DAY, HOUR, MINUTE, NOW, polled

FEEDS = [Feed(url=f"https://h{number}.example/") for number in range(5)]


def leases(store: Store) -> list[FeedLease]:
    store.sync_feeds(FEEDS, NOW)
    return list(store.lease_feeds(NOW, NOW + MINUTE, 10, "test"))


def unchanged(lease: FeedLease, **more: object) -> Finished:
    state = replace(polled(NOW), status="unchanged", poll_after=NOW + HOUR)
    past = Polled(at=NOW, status=304, outcome="unchanged", conditional=True)
    past = replace(past, **more)  # type: ignore[arg-type]
    return Finished(lease=lease, state=state, polled=past)


def test_many_polls_end_at_once(store: Store) -> None:
    assert store.finish([unchanged(lease) for lease in leases(store)]) == set()
    for row in store.feeds():
        assert (row.state.status, row.state.poll_after) == ("unchanged", NOW + HOUR)
        assert [one.outcome for one in store.polled(row.feed.url)] == ["unchanged"]
    assert store.lease_feeds(NOW, NOW + MINUTE, 10, "test") == []
    assert len(store.lease_feeds(NOW + DAY, NOW + DAY + MINUTE, 10, "test")) == 5


def test_polls_that_went_alike_are_counted_and_others_get_a_row(store: Store) -> None:
    first = FEEDS[0].url
    for hours in range(3):
        now = NOW + hours * HOUR
        held = leases(store) if not hours else []
        held = held or list(store.lease_feeds(now, now + MINUTE, 10, "test"))
        done = [unchanged(lease, at=now) for lease in held]
        done = [
            replace(one, state=replace(one.state, poll_after=now + HOUR))
            for one in done
        ]
        store.finish(
            [
                replace(one, polled=replace(one.polled, status=200 + hours))
                if one.lease.feed.url == first
                else one
                for one in done
            ]
        )
    counted = store.polled(FEEDS[1].url)
    assert [(one.times, one.at, one.last) for one in counted] == [
        (3, NOW, NOW + 2 * HOUR)
    ]
    assert [one.status for one in store.polled(first)] == [202, 201, 200]


def test_a_lease_that_was_lost_is_named_and_nothing_of_its_poll_is_stored(
    store: Store,
) -> None:
    first, *others = leases(store)
    store.release_feeds([first])
    (now_held,) = store.lease_feeds(NOW, NOW + MINUTE, 1, "other")
    late = [unchanged(first), *(unchanged(lease) for lease in others)]
    assert store.finish(late) == {first.feed.url}
    assert store.polled(first.feed.url) == []
    assert store.finish([unchanged(now_held)]) == set()
    assert store.finish([unchanged(now_held)]) == {first.feed.url}, "it is used up"


def test_a_renewed_lease_holds_longer_and_a_lost_one_is_not_renewed(
    store: Store,
) -> None:
    first, second, *_ = leases(store)
    store.release_feeds([second])
    store.renew_feeds([first, second], NOW + DAY)
    later = NOW + 2 * MINUTE
    found = store.lease_feeds(later, later + MINUTE, 10, "other")
    urls = {lease.feed.url for lease in found}
    assert first.feed.url not in urls
    assert second.feed.url in urls
