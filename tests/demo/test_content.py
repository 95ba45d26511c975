"""What the demo tells: enough of it, in six languages, and consistent."""

from collections import Counter, defaultdict

import pytest

from monitor.demo.content import BEGIN, END, DemoItem, Kind, Outlet, load

LANGUAGES = {"en", "ru", "be", "uk", "pl", "de"}
OUTLETS, ITEMS = load()
BY_ID = {item.id: item for item in ITEMS}
KINDS = Counter(item.kind for item in ITEMS)


def by_event() -> dict[str, list[DemoItem]]:
    found: dict[str, list[DemoItem]] = defaultdict(list)
    for item in ITEMS:
        found[item.event].append(item)
    return found


@pytest.mark.parametrize(
    ("what", "at_least"),
    [
        pytest.param(len(ITEMS), 90, id="items"),
        pytest.param(len(OUTLETS), 12, id="outlets"),
        pytest.param(KINDS[Kind.SYNDICATED], 15, id="copies to the letter"),
        pytest.param(KINDS[Kind.REWRITE], 20, id="rewritten reports"),
        pytest.param(KINDS[Kind.CORRECTION], 3, id="corrections"),
        pytest.param(KINDS[Kind.UPDATE], 3, id="updates"),
        pytest.param(KINDS[Kind.DECOY], 12, id="decoys"),
    ],
)
def test_there_is_enough_of_everything(what: int, at_least: int) -> None:
    assert what >= at_least


def test_all_six_languages_are_spoken_often() -> None:
    spoken = Counter(item.lang for item in ITEMS)

    assert set(spoken) == LANGUAGES
    assert min(spoken.values()) >= 15


def test_each_outlet_publishes_something_and_hides_nothing_below_the_feed() -> None:
    published = Counter(item.outlet for item in ITEMS)

    assert set(published) == {outlet.key for outlet in OUTLETS}
    assert max(published.values()) <= 30


def test_every_feed_format_an_old_encoding_and_both_mishaps_occur() -> None:
    assert {outlet.format for outlet in OUTLETS} == {"rss", "atom", "rdf"}
    assert "windows-1251" in {outlet.encoding for outlet in OUTLETS}
    assert {outlet.mishap for outlet in OUTLETS} == {"", "busy", "moved"}


def test_every_address_is_reserved_for_examples() -> None:
    assert all(outlet.domain.endswith(".example") for outlet in OUTLETS)


def test_items_lie_between_29_july_and_14_august_in_order() -> None:
    moments = [item.published for item in ITEMS]

    assert moments == sorted(moments)
    assert moments[0] >= BEGIN
    assert moments[-1] < END
    assert moments[0].date().isoformat() == "2020-07-29"
    assert moments[-1].date().isoformat() == "2020-08-14"


def test_a_guid_and_an_address_are_used_twice_only_by_what_replaces_an_item() -> None:
    fresh = [item for item in ITEMS if not item.replaces]

    assert len({item.guid for item in fresh}) == len(fresh)
    assert len({item.url for item in fresh}) == len(fresh)
    for item in ITEMS:
        if item.replaces:
            first = BY_ID[item.replaces]
            assert (item.guid, item.url) == (first.guid, first.url)
            assert (item.title, item.summary) != (first.title, first.summary)


def test_updates_all_replace_an_item() -> None:
    assert all(item.replaces for item in ITEMS if item.kind is Kind.UPDATE)


def test_a_syndicated_item_is_another_outlets_text_to_the_letter() -> None:
    for item in ITEMS:
        if item.kind is Kind.SYNDICATED:
            original = BY_ID[item.copy_of]
            assert (item.title, item.summary) == (original.title, original.summary)
            assert item.outlet != original.outlet
            assert item.url != original.url
            assert (item.event, item.lang) == (original.event, original.lang)


def test_only_syndicated_items_repeat_a_text() -> None:
    texts = Counter(
        (item.title, item.summary) for item in ITEMS if item.kind is not Kind.SYNDICATED
    )
    assert texts.most_common(1)[0][1] == 1


def test_rewrites_and_corrections_have_an_earlier_report_of_their_event() -> None:
    told: set[tuple[str, str]] = set()
    for item in ITEMS:
        if item.kind in {Kind.REWRITE, Kind.CORRECTION}:
            assert (item.event, item.lang) in told, item.id
        told.add((item.event, item.lang))


def test_an_event_belongs_to_one_theme_and_decoys_to_none() -> None:
    for event, items in by_event().items():
        assert len({item.theme for item in items}) == 1, event
        decoys = {item.kind is Kind.DECOY for item in items}
        assert decoys == {items[0].theme == ""}, event


def test_every_event_is_reported_in_two_languages_or_more() -> None:
    for event, items in by_event().items():
        if items[0].theme:
            assert len({item.lang for item in items}) >= 2, event


def test_each_theme_is_told_in_all_six_languages() -> None:
    for theme in ("wagner", "belarus-election", "russia-energy"):
        assert {item.lang for item in ITEMS if item.theme == theme} == LANGUAGES


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        ("detained", "32"),
        ("detained", "33"),
        ("council-200", "200"),
        ("russia-denial", "Istanbul|Стамбул|Stambu"),
        ("ukraine-asks", "28"),
        ("zelensky-call", "Zelensk|Зеленськ|Зеленск|Zełensk"),
        ("medvedev", "Medvedev|Медведев|Medwedew|Мядзведзе"),
        ("second-group", "south|юг|поўдн|півд|Süden|поўдзень"),
        ("extradition-request", "28"),
        ("returned", "32"),
        ("result-80", "80"),
        ("final-result", "80,10|80.10"),
        ("gas-price", "127"),
        ("gas-debt", "165"),
    ],
)
def test_the_facts_of_public_record_are_told_in_two_languages_or_more(
    event: str, fact: str
) -> None:
    words = fact.split("|")
    telling = [
        item
        for item in by_event()[event]
        if any(word in f"{item.title} {item.summary}" for word in words)
    ]

    assert len({item.lang for item in telling}) >= 2


def test_the_number_of_the_detained_is_corrected_after_the_first_reports() -> None:
    first = BY_ID["detained-courier"]
    second = BY_ID["detained-courier-2"]

    assert "32" in first.title
    assert "33" in second.title
    assert second.published > first.published
    assert second.guid == first.guid


def test_an_outlet_becomes_a_source() -> None:
    outlet = next(outlet for outlet in OUTLETS if outlet.key == "zarnitsa")

    source = outlet.source()

    assert isinstance(outlet, Outlet)
    assert (source.name, source.country, source.langs) == (
        "Зарница-Пресс",
        "RU",
        ("ru",),
    )
    assert (source.grade, source.state) == ("D", True)
