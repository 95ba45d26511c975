"""What makes two entries one item: nothing is told twice, and no event is taken for another.

Guids vanish, repeat, or change at every fetch; entries are listed anew, elsewhere, or in
another order. Each is a poll through the whole pipeline.
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.pipeline.world import START, World, entry

A = "https://a.example/f"
B = "https://b.example/f"
NEWS = "Fighters detained near Minsk"
TEXT = "Thirty-three men were detained at a sanatorium in the night, officials say."
OTHER = "Minsk factory workers walk out"
MORE = "Workers of the tractor plant left their shifts over the count of the votes."
STRIKE = "Storm cuts power in Minsk region"
WIND = "Wind tore down lines; forty villages are without electricity since the morning."


def plain(title: str, text: str = "", link: str = "", days: int = 0) -> str:
    """Render an entry without a guid."""
    at = START + timedelta(days=days)
    made = entry(title, text, guid="-", link=link, at=at)
    return made.replace("<guid>-</guid>", "")


async def listed(world: World, *pages: Sequence[str]) -> list[str]:
    """Let a feed list one page after the other; return all that was told."""
    told: list[str] = []
    for number, page in enumerate(pages):
        if not number:
            world.publish(A, *page)
        world.server.pages[A] = list(page)
        told += await world.cycle()
    return told


def stored(world: World) -> int:
    return int(world.store.counts()["items"])


PAGE = "https://a.example/2020/07/fighters"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(
            entry(NEWS, TEXT, guid="1", link=PAGE),
            plain(NEWS, TEXT, PAGE),
            id="its guid vanishes",
        ),
        pytest.param(
            plain(NEWS, TEXT, PAGE),
            entry(NEWS, TEXT, guid="1", link=PAGE),
            id="it gets a guid",
        ),
        pytest.param(
            entry(NEWS, TEXT, guid="1", link=PAGE),
            entry(NEWS, TEXT, guid="2", link=PAGE),
            id="it is published again under a new guid",
        ),
        pytest.param(
            entry(NEWS, TEXT, guid="1", link=PAGE),
            entry(NEWS, TEXT + " More follows.", guid="2", link=PAGE),
            id="it is published again with more text",
        ),
        pytest.param(
            plain(NEWS, TEXT, f"{PAGE}?utm_source=rss1"),
            plain(NEWS, TEXT, f"{PAGE}?utm_source=rss2"),
            id="its address is counted anew",
        ),
        pytest.param(
            plain(NEWS, TEXT, "http://a.example/2020/07/fighters"),
            plain(NEWS, TEXT, "https://www.a.example/2020/07/fighters/"),
            id="the site moves to https",
        ),
    ],
)
async def test_an_entry_under_another_key_is_the_same_item(
    world: World, first: str, then: str
) -> None:
    told = await listed(world, [first], [then], [first], [then])
    assert len(told) == 1
    assert stored(world) == 1


async def test_one_with_neither_address_nor_date_is_known_by_its_words(
    world: World,
) -> None:
    weather = entry("Weather", guid="0")
    pages = [[entry(NEWS, TEXT, guid=str(n), at=None), weather] for n in range(1, 4)]
    assert len(await listed(world, [weather], *pages)) == 1
    assert stored(world) == 2


async def test_guids_that_change_at_every_fetch_fill_no_database(world: World) -> None:
    def page(fetch: int) -> list[str]:
        return [
            entry(title, text, guid=f"{fetch}-{n}", link=f"https://a.example/{n}")
            for n, (title, text) in enumerate([(NEWS, TEXT), (OTHER, MORE)])
        ]

    told = await listed(world, *(page(fetch) for fetch in range(12)))
    assert len(told) == 2
    assert stored(world) == 2
    assert world.seen.polls[-1].new_items == 0


async def test_a_guid_that_begins_to_repeat_makes_no_item_twice(world: World) -> None:
    entries = [(NEWS, TEXT, "/1"), (OTHER, MORE, "/2")]

    def page(guid: str) -> list[str]:
        return [
            entry(title, text, guid=guid or link, link=f"https://a.example{link}")
            for title, text, link in entries
        ]

    told = await listed(world, page(""), page("https://a.example/"), page(""))
    assert len(told) == 2
    assert stored(world) == 2


async def test_one_guid_and_one_address_for_all_hide_no_event(world: World) -> None:
    home = "https://a.example/"
    page = [
        entry(NEWS, TEXT, guid=home, link=home),
        entry(OTHER, MORE, guid=home, link=home),
        entry(STRIKE, WIND, guid=home, link=home),
    ]
    assert len(await listed(world, page, page)) == 3
    assert stored(world) == 3


async def test_a_page_that_all_entries_share_hides_no_event(world: World) -> None:
    board = "https://a.example/live/board"
    told = await listed(
        world,
        [entry(NEWS, TEXT, guid="1", link=board)],
        [entry(OTHER, MORE, guid="2", link=board)],
        [entry(STRIKE, WIND, guid="3", link=board)],
    )
    assert len(told) == 3


async def test_a_home_page_is_the_address_of_no_item(world: World) -> None:
    world.publish(A, entry(NEWS, TEXT, guid="1", link="https://outlet.example/"))
    assert len(await world.cycle()) == 1
    world.publish(B, entry(OTHER, MORE, guid="2", link="https://outlet.example"))
    assert len(await world.cycle()) == 1


async def test_the_same_words_days_later_are_another_report(world: World) -> None:
    """A notice in fixed words, as of a storm, says again what is new again."""
    first = entry(STRIKE, WIND, guid="1", link=PAGE)
    told = await listed(world, [first])
    world.clock.sleep(timedelta(days=40))
    later = entry(STRIKE, WIND, guid="2", link=PAGE, at=world.clock.now())
    world.server.pages[A] = [later]
    told += await world.cycle()
    assert len(told) == 2
    assert stored(world) == 2


async def test_an_old_entry_that_is_listed_anew_is_not_told(world: World) -> None:
    first = entry(NEWS, TEXT, guid="1", link=PAGE)
    told = await listed(world, [first])
    world.clock.sleep(timedelta(days=40))
    world.server.pages[A] = [entry(NEWS, TEXT, guid="2", link=PAGE)]
    assert len(told) == 1
    assert await world.cycle() == []
    assert stored(world) == 1


async def test_an_entry_that_is_listed_twice_is_one(world: World) -> None:
    one = plain(NEWS, TEXT, PAGE)
    other = plain(OTHER, MORE, "https://a.example/2")
    told = await listed(world, [one, other], [one, other, one], [other, one])
    assert len(told) == 2
    assert stored(world) == 2


async def test_another_order_changes_nothing(world: World) -> None:
    page = [
        entry(NEWS, TEXT, guid="1"),
        entry(OTHER, MORE, guid="2"),
        entry(STRIKE, WIND, guid="3"),
    ]
    assert len(await listed(world, page, page[::-1], page[1:] + page[:1])) == 3
    assert [report.revised_items for report in world.seen.polls] == [0, 0, 0]


async def test_guids_that_number_the_places_hide_no_event(world: World) -> None:
    """The first entry is `1`, whatever it is: another report takes its guid."""
    reports = [(STRIKE, WIND, 3), (OTHER, MORE, 2), (NEWS, TEXT, 1), ("Weather", "", 0)]

    def page(first: int) -> list[str]:
        return [
            entry(
                title,
                text,
                guid=str(place),
                link=f"https://a.example/{number}",
                at=START + timedelta(minutes=number),
            )
            for place, (title, text, number) in enumerate(reports[first : first + 2])
        ]

    told = await listed(world, page(2), page(1), page(0), page(0), page(0))
    assert len(told) == 3
    assert sorted(one.title for one in world.store.items()) == sorted(
        title for title, *_ in reports
    )
    assert [one.revised_items for one in world.seen.polls] == [0] * 5


@pytest.mark.parametrize("link", ["https://a.example/live/board", ""])
async def test_nor_do_they_where_all_entries_have_one_address(
    world: World, link: str
) -> None:
    reports = [
        ("Weather", ""),
        ("Sport", ""),
        (NEWS, TEXT),
        (OTHER, MORE),
        (STRIKE, WIND),
    ]

    def page(last: int) -> list[str]:
        shown = range(last, last - 2, -1)
        return [
            entry(
                *reports[number],
                guid=str(place),
                link=link,
                at=START + timedelta(minutes=number),
            )
            for place, number in enumerate(shown, 1)
        ]

    told = await listed(world, *(page(last) for last in (1, 2, 3, 4, 4, 4)))
    assert len(told) == 3
    assert sorted(one.title for one in world.store.items()) == sorted(
        title for title, _ in reports
    )
    assert [one.revised_items for one in world.seen.polls] == [0] * 6


async def test_an_edit_of_what_shares_its_address_is_no_other_report(
    world: World,
) -> None:
    board = "https://a.example/live/board"
    other = entry("Weather", guid="2", link=board)
    first = entry(NEWS, TEXT, guid="1", link=board)
    later = START + timedelta(minutes=9)
    edited = entry(f"{NEWS} freed", TEXT, guid="1", link=board, at=later)
    assert len(await listed(world, [first, other], [edited, other])) == 1
    assert stored(world) == 2


@pytest.mark.parametrize(
    ("title", "link", "minutes"),
    [
        pytest.param(OTHER, PAGE, 9, id="the page is the same"),
        pytest.param(OTHER, f"{PAGE}-freed", 0, id="the date is the same"),
        pytest.param(f"{NEWS} freed", f"{PAGE}-freed", 9, id="so are most words"),
    ],
)
async def test_a_report_that_is_edited_stays_one(
    world: World, title: str, link: str, minutes: int
) -> None:
    at = START + timedelta(minutes=minutes)
    edited = entry(title, TEXT, guid="1", link=link, at=at)
    await listed(world, [entry(NEWS, TEXT, guid="1", link=PAGE)], [edited])
    assert stored(world) == 1
    assert world.seen.polls[-1].revised_items == 1


async def test_an_entry_that_comes_and_goes_is_told_once(world: World) -> None:
    one, other = entry(NEWS, TEXT, guid="1"), entry("Weather", guid="2")
    pages = [[one, other] if n % 2 else [other] for n in range(9)]
    assert len(await listed(world, *pages)) == 1
    assert stored(world) == 2


async def test_a_date_that_moves_at_every_fetch_is_no_news(world: World) -> None:
    pages = [
        [entry(NEWS, TEXT, guid="1", at=START + timedelta(hours=n))] for n in range(5)
    ]
    assert len(await listed(world, *pages)) == 1
    assert stored(world) == 1


async def test_an_item_under_another_key_is_kept_while_its_feed_lists_it(
    world: World,
) -> None:
    """Deleted meanwhile, it would come back as a new one, and be told again."""
    told = await listed(world, [entry(NEWS, TEXT, guid="0", link=PAGE)])
    for day in range(1, 12):
        world.clock.sleep(timedelta(days=1))
        world.server.pages[A] = [entry(NEWS, TEXT, guid=str(day), link=PAGE)]
        told += await world.cycle()
        world.store.retain(world.clock.now(), timedelta(days=3), timedelta(days=3))
    assert len(told) == 1
    assert stored(world) == 1
