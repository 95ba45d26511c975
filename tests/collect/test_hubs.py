"""Hubs (WebSub): what is offered, asked, answered, signed and relied on."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect import hubs
from monitor.collect.parse import parse
from monitor.model import Feed, Subscribed, Subscription

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
URL = "https://a.example/feed"
HUB = "https://hub.example/"
OFFERED = Subscription(
    id=1, feed=URL, hub=HUB, topic=URL, state=Subscribed.OFFERED, due=NOW
)
ASKING = hubs.begun(OFFERED, "token", "s3cret", NOW)
ASKED = hubs.accepted(ASKING, NOW)


def question(mode: str = "subscribe", **more: str) -> dict[str, str]:
    asked = {"mode": mode, "topic": URL, "challenge": "xyz", "lease_seconds": "86400"}
    return {f"hub.{name}": value for name, value in {**asked, **more}.items()}


def active(until: timedelta = timedelta(days=1)) -> Subscription:
    lease = str(int(until.total_seconds()))
    found, _ = hubs.answered(ASKED, question(lease_seconds=lease), NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://h.example/>; rel="hub"', ("https://h.example/",)),
        ("<https://h.example/>; rel=hub, <https://a.example/x>; rel=self", ("https://h.example/",)),
        ('<https://h.example/>; title="a, b"; rel="next HUB"', ("https://h.example/",)),
        ("<https://h.example/>; title='a; b'; rel='hub self'", ("https://h.example/",)),
        ('</hub>; rel="hub"', ("https://a.example/hub",)),
        ('<javascript:x>; rel="hub"', ()),
        ('<https://h.example/>; rel="next"', ()),
        ("<https://h.example/", ()),
    ],
)  # fmt: skip
def test_the_link_header_names_hubs(header: str, found: tuple[str, ...]) -> None:
    offer = hubs.named({"link": header}, (), "", URL)
    assert (offer.hubs if offer else ()) == found


@pytest.mark.parametrize("itself", ["", "/feed", URL])
def test_a_login_in_an_address_is_told_to_no_hub(itself: str) -> None:
    url = "https://bob:secret@a.example/feed"
    offer = hubs.named({"link": '</hub>; rel="hub"'}, (), itself, url)
    assert offer == hubs.Offer(("https://a.example/hub",), URL)
    stated = hubs.named({}, (HUB,), itself, url)
    assert stated == hubs.Offer((HUB,), URL)


def test_the_link_header_goes_before_the_document() -> None:
    header = {"link": '<https://1.example/>; rel="hub", </self>; rel="self"'}
    offer = hubs.named(header, ("https://2.example/",), "https://b.example/f", URL)
    assert offer == hubs.Offer(("https://1.example/",), "https://a.example/self")


ATOM_LINKS = f"<link rel='hub' href='{HUB}'/><link rel='self' href='{URL}?x'/>"
DOCUMENTS = {
    "atom": f"<feed xmlns='http://www.w3.org/2005/Atom'>{ATOM_LINKS}<title>N</title></feed>",
    "rss": "<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel><title>N"
    f"</title>{ATOM_LINKS.replace('<link', '<a:link')}</channel></rss>",
    "broken": f"<feed xmlns='http://www.w3.org/2005/Atom'>{ATOM_LINKS}<title>N</title>"
    "<entry><title>x<b></title></entry>",
    "json": '{"version": "https://jsonfeed.org/version/1.1", "title": "N", "items": [],'
    f'"feed_url": "{URL}?x", "hubs": [{{"type": "WebSub", "url": "{HUB}"}}]}}',
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_every_format_can_name_its_hub_and_itself(kind: str) -> None:
    found = parse(DOCUMENTS[kind].encode(), {}, Feed(url=URL), NOW)
    assert (found.hubs, found.itself) == ((HUB,), f"{URL}?x")
    assert hubs.named({}, found.hubs, found.itself, URL) == hubs.Offer(
        (HUB,), f"{URL}?x"
    )


@pytest.mark.parametrize("said", ["https://h.example/\ud800", "https://h.example/\x00"])
def test_a_hub_that_no_database_could_hold_is_none(said: str) -> None:
    assert hubs.named({}, (said,), "", URL) is None
    found = hubs.named({}, (HUB,), said, URL)
    assert found == hubs.Offer((HUB,), URL)


def test_a_request_holds_what_a_hub_needs() -> None:
    form = hubs.request(ASKING, "https://t.example/websub/token")
    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": URL,
        "hub.callback": "https://t.example/websub/token",
        "hub.secret": "s3cret",
        "hub.lease_seconds": "864000",
    }
    ending = hubs.request(replace(ASKING, state=Subscribed.ENDING), "https://t/x")
    assert ending["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in ending


def test_a_verified_subscription_is_renewed_before_its_lease_ends() -> None:
    found = active()
    assert found.state is Subscribed.ACTIVE
    assert found.lease_until == NOW + timedelta(days=1)
    assert found.due is not None
    assert NOW < found.due < found.lease_until


@pytest.mark.parametrize(
    "query",
    [
        question(topic="https://b.example/"),
        question(challenge=""),
        question("unsubscribe"),
        question("publish"),
        {},
    ],
)
def test_what_was_not_meant_is_not_confirmed(query: dict[str, str]) -> None:
    assert hubs.answered(ASKED, query, NOW) == (None, None)


def test_nobody_can_prolong_a_lease_that_we_did_not_ask_to_renew() -> None:
    later = NOW + timedelta(hours=1)
    assert hubs.answered(active(), question(lease_seconds="999999"), later)[0] is None
    renewing = hubs.accepted(active(), later)
    found, _ = hubs.answered(renewing, question(), later)
    assert found is not None
    assert found.lease_until == later + timedelta(days=1)


@pytest.mark.parametrize(
    ("stated", "lasts"),
    [
        ("1", hubs.SHORTEST),
        ("999999999", hubs.LONGEST),
        ("", hubs.LEASE),
        ("-5", hubs.LEASE),
    ],
)
def test_leases_stay_within_reason(stated: str, lasts: timedelta) -> None:
    found, _ = hubs.answered(ASKED, question(lease_seconds=stated), NOW)
    assert found is not None
    assert found.lease_until == NOW + lasts


def test_an_unsubscription_is_confirmed_only_where_it_is_wanted() -> None:
    ending = replace(active(), state=Subscribed.ENDING)
    found, said = hubs.answered(ending, question("unsubscribe"), NOW)
    assert found is not None
    assert (found.state, said) == (Subscribed.ENDED, "xyz")
    assert hubs.answered(ending, question(), NOW) == (None, None)


def test_a_denial_is_kept_with_its_reason_and_tried_again_after_a_week() -> None:
    found, said = hubs.answered(active(), question("denied", reason="too \n many"), NOW)
    assert found is not None
    assert said == ""
    assert found.problem.endswith(": too many")
    assert found.due == NOW + timedelta(days=7)
    assert hubs.lapsed(found, NOW).state is Subscribed.ASKING


@pytest.mark.parametrize("state", [Subscribed.ENDING, Subscribed.ENDED])
def test_a_denial_of_what_is_to_end_ends_it(state: Subscribed) -> None:
    """A hub that closes down denies all: also what its feed has left, or a removed one."""
    ending = replace(active(), state=state)
    found, said = hubs.answered(ending, question("denied"), NOW)
    assert found is not None
    assert (found.state, found.due, said) == (Subscribed.ENDED, NOW, "")


def test_a_hub_that_fails_is_asked_ever_later_and_at_least_daily() -> None:
    one, waits = ASKING, []
    for _ in range(12):
        one = hubs.failed(one, "down", NOW)
        assert one.due is not None
        waits.append(one.due - NOW)
    assert waits[:3] == [timedelta(minutes=5 * 2**n) for n in range(3)]
    assert waits[-1] == timedelta(days=1)
    assert waits == sorted(waits)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
@given(st.binary(max_size=50))
def test_signatures_of_every_method_hold_and_others_do_not(
    method: str, body: bytes
) -> None:
    made = hmac.new(b"s3cret", body, getattr(hashlib, method)).hexdigest()
    assert hubs.is_signed(ASKED, f"{method}={made}", body)
    assert hubs.is_signed(ASKED, f" {method.upper()}={made.upper()} ", body)
    assert not hubs.is_signed(ASKED, f"{method}={made}", body + b"x")
    assert not hubs.is_signed(ASKED, f"{method}={made[:-1]}", body)
    assert not hubs.is_signed(replace(ASKED, secret="other"), f"{method}={made}", body)


@pytest.mark.parametrize(
    "header", ["", "sha1", "md5=00", "sha256=", "sha256=é", "sha256=\udc8d", "=x"]
)
def test_what_is_not_signed_is_not_taken(header: str) -> None:
    assert not hubs.is_signed(ASKED, header, b"")
    assert not hubs.is_signed(replace(ASKED, secret=""), header, b"")


def test_a_hub_is_relied_on_from_its_first_push_until_it_misses_something() -> None:
    later = NOW + timedelta(hours=1)
    assert hubs.relied_until(active()) is None
    pushed = replace(active(), last_push=NOW)
    assert hubs.relied_until(pushed) == NOW + timedelta(days=1)
    assert hubs.relied_until(replace(pushed, missed=later)) is None
    mended = replace(pushed, missed=later, last_push=later + timedelta(hours=1))
    assert hubs.relied_until(mended) is not None
    assert hubs.relied_until(replace(pushed, state=Subscribed.ENDING)) is None


def test_a_lease_that_ran_out_is_asked_for_anew() -> None:
    found = hubs.lapsed(active(), NOW + timedelta(days=2))
    assert (found.state, found.lease_until) == (Subscribed.ASKING, None)
    assert hubs.lapsed(active(), NOW) == active()


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_a_feed_says_only_web_addresses_are_asked(
    header: str, said: list[str]
) -> None:
    found = hubs.named({"link": header}, tuple(said), "", URL)
    for hub in found.hubs if found else ():
        assert hub.startswith(("http://", "https://"))
