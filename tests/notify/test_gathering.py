"""Which messages go as one: whatever waits, nothing is dropped and nothing is told twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Delivery, Gathered, Severity, Way
from monitor.notify.digests import Digest
from monitor.notify.gathering import (
    History,
    Limit,
    Plan,
    Terms,
    admit,
    bundle_of,
    plan,
    superseded,
)

NOW = datetime(2026, 6, 3, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def waiting(number: int, **changes: object) -> Delivery:
    values: dict[str, object] = {
        "id": f"dlv_{number}",
        "alert_id": f"alr_{number}",
        "sequence": 1,
        "receiver": "desk",
        "due": NOW,
        "created": NOW,
        **changes,
    }
    return Delivery(**values)  # type: ignore[arg-type] # names a test chooses


DELIVERIES = st.builds(
    waiting,
    st.integers(0, 10_000),
    due=st.integers(-600, 60).map(lambda minutes: NOW + minutes * MINUTE),
    way=st.sampled_from(Way),
    group=st.sampled_from(["route?theme=a", "route?theme=b"]),
    rank=st.integers(0, 4),
)
TERMS = st.builds(
    Terms,
    digest=st.none() | st.just(Digest(cron="0 * * * *")),
    limit=st.none() | st.builds(Limit, messages=st.integers(1, 4), per=st.just(HOUR)),
    expires_after=st.none() | st.just(2 * HOUR),
)
MOMENTS = st.integers(-180, 30).map(lambda minutes: NOW + minutes * MINUTE)
HISTORIES = st.builds(
    History,
    released=st.lists(MOMENTS, max_size=5).map(tuple),
    groups=st.dictionaries(st.just("route?theme=a"), MOMENTS),
    last_digest=st.none() | MOMENTS,
    catching_up=st.booleans(),
)
INTERVALS = {"route": 30 * MINUTE}


def ids(made: Plan) -> list[str]:
    folded = [one.id for fold in made.folds for one in fold.members]
    return [one.id for one in (*made.release, *made.put_off)] + folded


@given(
    st.lists(DELIVERIES, max_size=12, unique_by=lambda one: one.id), TERMS, HISTORIES
)
def test_whatever_waits_has_one_fate_and_the_rate_holds(
    pending: list[Delivery], terms: Terms, history: History
) -> None:
    made = plan(pending, terms, history, INTERVALS, NOW)
    found = ids(made)
    assert len(set(found)) == len(found)
    # What is not mentioned waits on: for its group, or for the catch-up before it.
    left = [one for one in pending if one.id not in set(found)]
    assert all(one.due > NOW or one.way is Way.STALE for one in left)
    assert history.catching_up or all(one.due > NOW for one in left)
    assert all(one.due > NOW or one.way is Way.STALE for one in made.put_off)
    assert all(one.note for one in made.put_off)
    if terms.limit is not None:
        lately = [at for at in history.released if NOW - HOUR < at <= NOW]
        light = [one for one in made.release if one.rank < Severity.CRITICAL.rank]
        bursts = [
            fold
            for fold in made.folds
            if fold.bundle.gathered in {Gathered.BATCH, Gathered.BURST}
            and fold.bundle.rank < Severity.CRITICAL.rank
        ]
        late = terms.expires_after is not None
        allowed = max(0, terms.limit.messages - len(lately))
        assert len(light) + len(bursts) <= allowed + late


@given(st.lists(DELIVERIES, min_size=2, max_size=8, unique_by=lambda one: one.id))
def test_the_same_members_make_the_same_delivery_in_any_order(
    members: list[Delivery],
) -> None:
    made = bundle_of(Gathered.BATCH, members, NOW)
    again = bundle_of(Gathered.BATCH, members[::-1], NOW)
    other = bundle_of(Gathered.BATCH, members[1:], NOW)
    assert made.id == again.id != other.id
    assert made.rank == max(one.rank for one in members)


def test_the_gravest_go_by_themselves_and_the_rest_is_one_burst() -> None:
    pending = [waiting(n, way=Way.LIMIT, rank=n % 4) for n in range(8)]
    terms = Terms(limit=Limit(messages=3, per=HOUR))
    made = plan(pending, terms, History(), {}, NOW)
    assert [one.rank for one in made.release] == [3, 3]
    (burst,) = made.folds
    assert len(burst.members) == 6


def test_a_lowered_interval_counts_at_once() -> None:
    pending = [waiting(1, way=Way.GROUP, group="route?theme=a")]
    history = History(groups={"route?theme=a": NOW - 10 * MINUTE})
    (put_off,) = plan(pending, Terms(), history, {"route": HOUR}, NOW).put_off
    assert put_off.due == NOW + 50 * MINUTE
    assert plan(pending, Terms(), history, {"route": 5 * MINUTE}, NOW).release


def test_a_clock_that_was_set_back_keeps_nobody_quiet() -> None:
    pending = [
        waiting(1, way=Way.GROUP, group="route?theme=a"),
        waiting(2, way=Way.DIGEST, due=NOW - MINUTE),
    ]
    later = NOW + 100 * HOUR
    history = History(
        groups={"route?theme=a": later}, last_digest=later, released=(later,)
    )
    terms = Terms(digest=Digest(cron="0 * * * *"), limit=Limit(messages=1, per=HOUR))
    made = plan(pending, terms, history, {"route": HOUR}, NOW)
    assert not made.put_off
    assert len(made.release) + len(made.folds) == 2


def test_a_new_delivery_gets_the_gate_of_its_receiver() -> None:
    fresh = waiting(1)
    digest = Terms(digest=Digest(cron="0 7 * * *"), limit=Limit(messages=1, per=HOUR))
    medium = admit(fresh, "g?theme=a", digest, Severity.MEDIUM)
    assert (medium.way, medium.due) == (Way.DIGEST, NOW.replace(hour=7))
    assert admit(fresh, "g?theme=a", digest, Severity.CRITICAL).way is Way.LIMIT
    assert admit(fresh, "g?theme=a", Terms(), Severity.HIGH).way is Way.GROUP
    assert (
        admit(fresh, "g?theme=a", Terms(), Severity.HIGH, hurried=True).way is Way.READY
    )
    assert admit(fresh, "", Terms(), Severity.HIGH).released == NOW


def test_only_what_would_come_no_sooner_to_the_same_recipient_is_superseded() -> None:
    new = waiting(9, due=NOW + HOUR)
    later = waiting(1, due=NOW + 2 * HOUR)
    sooner = waiting(2, due=NOW)
    elsewhere = waiting(3, due=NOW + 2 * HOUR, recipient="b@example.org")
    assert superseded([later, sooner, elsewhere, new], new) == (later,)
