"""Which story a report belongs to: near-identical ones join, others do not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.group.corroboration import independent
from monitor.group.fingerprints import canonical_url, content_hash
from monitor.group.stories import Window
from monitor.model import Item, Relation, Source

NOW = datetime(2020, 7, 29, 12, tzinfo=UTC)


def item(number: int, title: str, summary: str = "", *, hours: float = 0) -> Item:
    return Item(
        id=f"itm_{number}",
        feed="f",
        key=str(number),
        title=title,
        summary=summary,
        published=NOW + timedelta(hours=hours),
        first_seen=NOW + timedelta(hours=hours),
    )


FIRST = item(
    1,
    "Belarus detains 33 Russian mercenaries near Minsk",
    "The men were held at a sanatorium outside the capital, state media say.",
)


def after(*items: Item) -> Window:
    window = Window()
    for one in items:
        window.add(one, f"sto_{one.id}")
    return window


@pytest.mark.parametrize(
    "title",
    [
        "Belarus detains 33 Russian mercenaries near Minsk",
        "BELARUS DETAINS 33 RUSSIAN MERCENARIES NEAR MINSK",
        "Belarus: 33 Russian mercenaries detained near Minsk",
    ],
)
def test_a_near_identical_report_joins(title: str) -> None:
    grouping = after(FIRST).decide(item(2, title, FIRST.summary, hours=2))
    assert grouping.outcome is Relation.SAME
    assert grouping.story_id == "sto_itm_1"
    assert grouping.nearest == "itm_1"
    assert grouping.because


@pytest.mark.parametrize(
    "title",
    [
        "Gazprom wants Belarus to settle its gas debt",
        "Police detain 33 after brawl at a campsite in Poland",
        "Women form chains across Minsk against police violence",
    ],
)
def test_another_event_is_another_story(title: str) -> None:
    grouping = after(FIRST).decide(item(2, title, hours=2))
    assert grouping.outcome is not Relation.SAME
    assert grouping.story_id not in {"", "sto_itm_1"}


def test_three_arrests_in_one_town_are_three_stories() -> None:
    window = after(item(1, "33 fighters detained near Minsk", "Armed men in a hotel."))
    for number, title, summary in (
        (2, "Protesters detained in Minsk after the vote", "Hundreds, say observers."),
        (3, "Minsk: journalist detained at the border", "Her editors ask why."),
    ):
        report = item(number, title, summary)
        made = window.decide(report)
        assert made.outcome is not Relation.SAME, title
        window.add(report, made.story_id)


def test_after_the_horizon_the_same_words_are_a_new_story() -> None:
    window = after(FIRST)
    late = item(2, FIRST.title, FIRST.summary, hours=80)
    window.evict(NOW + timedelta(hours=80))
    assert len(window) == 0
    assert window.decide(late).outcome is Relation.NEW


def test_what_came_or_went_since_a_report_was_weighed_counts() -> None:
    window = after(FIRST)
    asked = item(2, FIRST.title)
    report = window.read(asked)
    assert [one.cluster.story_id for one in window.weigh(report)] == ["sto_itm_1"]

    window.add(item(3, FIRST.title, hours=70), "sto_itm_3")
    both = {one.cluster.story_id for one in window.weigh(report)}
    window.evict(NOW + timedelta(hours=80))
    left = {one.cluster.story_id for one in window.weigh(report)}

    assert both == {"sto_itm_1", "sto_itm_3"}
    assert left == {"sto_itm_3"}


def test_of_a_story_that_ended_no_word_is_left_however_many_it_had() -> None:
    window = Window()
    for number in range(12):
        said = " ".join(f"w{70 * number + place}" for place in range(70))
        window.add(item(number, f"Flood in Kolpino, hour {number}", said), "sto_flood")

    later = item(99, "Quite another one", "w3 w357 w779", hours=80)
    window.evict(NOW + timedelta(hours=80))

    assert window.decide(later).outcome is Relation.NEW


def test_a_word_that_only_a_split_report_had_leads_to_no_ended_story() -> None:
    window = after(FIRST)
    split = item(2, "Kolpino bakery burns")
    window.add(split, "sto_itm_1")
    window.add(split, "sto_itm_2")

    later = item(3, "Kolpino bakery rebuilt", hours=80)
    window.evict(NOW + timedelta(hours=80))

    assert window.decide(later).outcome is Relation.NEW


def test_an_exact_copy_follows_its_twin_whatever_the_words() -> None:
    grouping = Window().decide(item(2, "Anything"), twin_story="sto_x")
    assert (grouping.outcome, grouping.story_id) == (Relation.SAME, "sto_x")
    assert grouping.level == "identity"


TITLES = st.lists(
    st.sampled_from(
        [
            "belarus",
            "detains",
            "mercenaries",
            "minsk",
            "gas",
            "debt",
            "talks",
            "vote",
            "protest",
            "33",
            "wagner",
        ]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)


@given(st.lists(TITLES, min_size=1, max_size=12))
@settings(deadline=None, max_examples=60)
def test_a_replay_gives_the_same_stories(titles: list[str]) -> None:
    def play() -> list[str]:
        window, stories = Window(), []
        for number, title in enumerate(titles):
            one = item(number, title, hours=number / 10)
            grouping = window.decide(one)
            window.add(one, grouping.story_id)
            stories.append(grouping.story_id)
            assert 0 <= grouping.score <= 1
        return stories

    assert play() == play()


# ── identity ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("https://a.example/x?utm_source=rss&id=1", "https://a.example/x?id=1"),
        ("https://A.example/x#top", "https://a.example/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("https://www.a.example/x/", "https://a.example/x"),
    ],
)
def test_noise_in_an_address_is_no_identity(one: str, two: str) -> None:
    assert canonical_url(one) == canonical_url(two)


def test_what_chooses_the_article_is() -> None:
    assert canonical_url("https://a.example/x?id=1") != canonical_url(
        "https://a.example/x?id=2"
    )


@pytest.mark.parametrize("place", ["{}", "x?tag={}"])
def test_escaped_bytes_of_an_older_encoding_choose_the_article_too(place: str) -> None:
    oil, gas = (
        f"https://a.example/{place.format(name)}" for name in ("%ED%E5", "%E3%E0")
    )
    assert canonical_url(oil) != canonical_url(gas)
    assert canonical_url(oil.lower()) == canonical_url(oil)
    assert canonical_url(canonical_url(oil)) == canonical_url(oil)


@pytest.mark.parametrize("place", ["\ud800", "x?id=\ud800"])
def test_an_address_with_half_a_character_is_none(place: str) -> None:
    assert canonical_url(f"https://a.example/{place}") == ""


@given(st.text(max_size=60))
def test_a_canonical_address_is_canonical(text: str) -> None:
    once = canonical_url(f"https://a.example/{text}")
    assert canonical_url(once) == once


def test_content_is_its_words_not_its_markup_or_case() -> None:
    assert content_hash("Gas Talks", "Held in  Minsk", "") == content_hash(
        "gas talks", "held in Minsk", ""
    )
    assert content_hash("Gas", "", "") != content_hash("Oil", "", "")


# ── voices ───────────────────────────────────────────────────────────────────


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "x", "y"]))))
def test_outlets_of_one_owner_are_one_voice(pairs: list[tuple[str, str]]) -> None:
    sources = [Source(name=name, owner=owner) for name, owner in pairs]
    voices = independent(sources)
    assert len(voices) == len(set(voices))
    assert set(voices) == {owner or name for name, owner in pairs}


STRANGE = st.text(
    st.sampled_from(
        "\u044a\u042a\u044c\u042c'\u2019\u0301@#0\u1369%.,- \u00df\u0130\ud800aB\u0410\u4e2d"
    ),
    max_size=12,
)


@given(st.lists(st.tuples(STRANGE, STRANGE, st.sampled_from(["", "ru", "fr"]))))
def test_no_text_is_too_strange_to_be_compared(
    texts: list[tuple[str, str, str]],
) -> None:
    window = after(FIRST)
    for number, (title, summary, lang) in enumerate(texts, 2):
        one = replace(item(number, title, summary, hours=1), lang=lang)
        grouping = window.decide(one)
        window.add(one, grouping.story_id, grouping.related_to)
        assert 0.0 <= grouping.score <= 1.0


def test_a_sign_without_a_letter_of_its_own_is_no_word_in_common() -> None:
    one = item(2, "\u042a \u0448\u0438\u0444\u0440", hours=1)
    other = item(3, "\u044a \u0434\u0440\u043e\u043d", hours=2)
    assert after(one).decide(other).outcome is Relation.NEW
