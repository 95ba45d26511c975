"""The tree of routes, walked as Alertmanager walks it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Alert, Item, Rule, Severity
from monitor.notify.intervals import Interval
from monitor.notify.routes import Route, deliveries_for, receivers_for

NOW = datetime(2020, 7, 29, 12, tzinfo=UTC)
RULE = Rule(
    id="r",
    title="R",
    theme="wagner",
    match="gas",
    severity=Severity.HIGH,
    tags=("belarus",),
)
ITEM = Item(id="i", feed="f", key="k", title="Gas", lang="ru", source="S", country="BY")


def heard(root: Route, rule: Rule = RULE) -> list[str]:
    return [routing.receiver for routing in receivers_for(root, rule, ITEM)]


def child(receiver: str, *, go_on: bool = False, **match: tuple[str, ...]) -> Route:
    return Route(receiver=receiver, match=match, continue_=go_on)


def test_what_no_route_wants_goes_to_the_root() -> None:
    root = Route(receiver="all", routes=(child("gas", theme=("gas",)),))
    assert heard(root) == ["all"]


def test_the_first_route_that_wants_it_has_it() -> None:
    root = Route(
        receiver="all",
        routes=(child("one", theme=("wagner",)), child("two", theme=("wagner",))),
    )
    assert heard(root) == ["one"]


def test_with_continue_the_next_ones_are_asked_too() -> None:
    root = Route(
        receiver="all",
        routes=(child("one", go_on=True), child("no", lang=("en",)), child("two")),
    )
    assert heard(root) == ["one", "two"]


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("theme", "wagner", "gas"),
        ("severity", "high", "low"),
        ("rule", "r", "q"),
        ("tag", "belarus", "mali"),
        ("lang", "ru", "en"),
        ("source", "S", "T"),
        ("country", "BY", "PL"),
    ],
)
def test_each_key_matches_one_of_its_words(key: str, good: str, bad: str) -> None:
    assert heard(
        Route(receiver="all", routes=(Route(receiver="x", match={key: (good, bad)}),))
    ) == ["x"]
    assert heard(
        Route(receiver="all", routes=(Route(receiver="x", match={key: (bad,)}),))
    ) == ["all"]


def test_all_keys_of_a_route_must_match() -> None:
    both = child("x", theme=("wagner",), lang=("en",))
    assert heard(Route(receiver="all", routes=(both,))) == ["all"]


def test_children_inherit_receiver_and_wait() -> None:
    root = Route(
        receiver="all",
        group_wait=timedelta(seconds=30),
        routes=(Route(match={"theme": ("wagner",)}),),
    )
    (routing,) = receivers_for(root, RULE, ITEM)
    assert routing.receiver == "all"
    assert routing.group_wait == timedelta(seconds=30)
    assert routing.because == "route.routes[0]"


def test_a_rule_that_names_its_receivers_asks_no_route() -> None:
    rule = replace(RULE, receivers=("desk", "night"))
    assert heard(Route(receiver="all"), rule) == ["desk", "night"]


def test_what_a_rule_names_hears_when_the_first_route_speaks() -> None:
    night = Interval(name="night", times=((0, 7 * 60),))
    root = Route(receiver="all", mute=(night,), group_wait=timedelta(minutes=1))
    (way,) = receivers_for(root, replace(RULE, receivers=("desk",)), ITEM)
    assert way.group_wait == timedelta(minutes=1)
    at = NOW.replace(hour=3)
    assert way.due(at, Severity.HIGH) == NOW.replace(hour=7)
    assert way.due(at, Severity.CRITICAL) == at


def test_a_key_that_no_alert_has_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        Route(receiver="all", match={"colour": ("red",)})


routes = st.recursive(
    st.builds(
        Route,
        receiver=st.sampled_from(["", "a", "b"]),
        match=st.dictionaries(
            st.sampled_from(["theme", "lang"]),
            st.sampled_from([("wagner",), ("ru",), ("x",)]),
            max_size=1,
        ),
        continue_=st.booleans(),
    ),
    lambda inner: st.builds(
        Route, receiver=st.just("a"), routes=st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


@given(routes)
def test_somebody_always_hears_and_nobody_twice(tree: Route) -> None:
    found = heard(replace(tree, receiver="root", match={}))
    assert found
    assert "" not in found
    assert len(found) == len(set(found))


def test_each_recipient_has_a_delivery_whose_id_never_changes() -> None:
    alert = Alert(id="a", rule=RULE, story_id="s", opened=NOW, updated=NOW)
    route = Route(receiver="mail", group_wait=timedelta(seconds=30))
    routings = receivers_for(route, RULE, ITEM)
    people = {"mail": ("x@example.org", "y@example.org")}
    first = deliveries_for(alert, routings, people, NOW)
    again = deliveries_for(alert, routings, people, NOW + timedelta(minutes=5))
    assert [d.id for d in first] == [d.id for d in again]
    assert len({d.id for d in first}) == 2
    assert [d.due for d in first] == [NOW + timedelta(seconds=30)] * 2


def test_an_update_does_not_wait_again() -> None:
    alert = Alert(id="a", rule=RULE, story_id="s", opened=NOW, updated=NOW, sequence=2)
    routings = receivers_for(
        Route(receiver="hook", group_wait=timedelta(seconds=30)), RULE, ITEM
    )
    later = NOW + timedelta(hours=1)
    (delivery,) = deliveries_for(alert, routings, {}, later)
    assert (delivery.due, delivery.recipient) == (later, "")
