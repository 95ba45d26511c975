"""Levels of grouping: with an encoder, reports meet by what they mean."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.app import levels
from monitor.errors import InputRefused
from monitor.group import stories
from monitor.group.levels import Level, LevelName, base, scale, with_encoder
from monitor.group.meaning import Floats, Nearby, meanings
from monitor.group.scorer import probability
from monitor.group.stories import HORIZON, Window
from monitor.group.trial import Trial
from monitor.model import Item, Relation

NOW = datetime(2020, 7, 29, 12, tzinfo=UTC)
WORDS = ("quake", "flood", "vote", "gas", "court", "strike", "talks", "fire")


def item(number: int, title: str, lang: str = "en", *, hours: float = 0) -> Item:
    moment = NOW + timedelta(hours=hours)
    return Item(
        id=f"itm_{number}",
        feed="f",
        key=str(number),
        title=title,
        lang=lang,
        published=moment,
        first_seen=moment,
    )


class FakeEncoder:
    """A text means the concepts whose names it holds; it counts its batches."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode(self, texts: Sequence[str]) -> Floats:
        self.batches.append(len(texts))
        rows = np.zeros((len(texts), len(WORDS) + 1), np.float32)
        for number, text in enumerate(texts):
            known = [float(word in text.lower()) for word in WORDS]
            rows[number] = [*known, 0.0 if any(known) else 1.0]
        unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@pytest.fixture(scope="module")
def multilingual() -> Level:
    return levels.level("multilingual")


@pytest.fixture
def fake() -> Level:
    return with_encoder(LevelName.MULTILINGUAL, FakeEncoder())


def play(
    level: Level, titles: Sequence[str], batch: int, langs: Sequence[str] = ()
) -> list[tuple[str, str]]:
    trial, found = Trial(level), list[tuple[str, str]]()
    items = [
        item(n, title, langs[n] if langs else "en", hours=n / 60)
        for n, title in enumerate(titles)
    ]
    for start in range(0, len(items), batch):
        trial.prepare(items[start : start + batch])
        for one in items[start : start + batch]:
            made = trial.place(one)
            found.append((made.story_id, made.outcome.value))
    return found


# ── the encoders ─────────────────────────────────────────────────────────────


SAME_EVENT = (
    "Strong earthquake in Morocco kills more than a thousand people",
    "Сильное землетрясение в Марокко: погибли более тысячи человек",
    "Séisme au Maroc : plus de mille morts",
)


LANGS = ("en", "ru", "fr")


def test_across_languages_the_same_event_is_nearer_than_another(
    multilingual: Level,
) -> None:
    assert multilingual.encoder is not None
    other = "Football club signs a young striker for a record fee"
    rows = multilingual.encoder.encode([*SAME_EVENT, other])
    alike = rows @ rows[0]
    assert min(alike[1], alike[2]) > alike[3] + 0.2
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-4)


def test_a_report_in_another_language_is_told_as_belonging_to_the_story(
    multilingual: Level,
) -> None:
    outcomes = [outcome for _, outcome in play(multilingual, SAME_EVENT, 3, LANGS)]
    assert outcomes[0] == "new"
    assert "new" not in outcomes[1:]


def test_in_batches_or_one_by_one_the_stories_are_the_same(
    multilingual: Level,
) -> None:
    titles = [*SAME_EVENT, "Gas talks held in Minsk", "Talks on gas in Minsk end"] * 2
    assert play(multilingual, titles, 4) == play(multilingual, titles, 1)
    assert play(multilingual, titles, 4) == play(multilingual, titles, 4)


@pytest.mark.parametrize("title", ["", "\ud800", "x" * 100_000, "\x00", "\u202e!"])
def test_no_text_is_too_strange_for_an_encoder(multilingual: Level, title: str) -> None:
    window = Window(multilingual)
    window.add(item(1, "Gas talks held in Minsk"), "sto_1")
    strange = replace(item(2, title), summary=title)
    assert 0 <= window.decide(strange).score <= 1


def test_the_stronger_pair_says_how_alike_two_texts_are() -> None:
    level = levels.level("quality")
    assert level.encoder is not None
    rows = level.encoder.encode([SAME_EVENT[0], "A quake struck Morocco", "Tea"])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-3)


def test_a_level_whose_extra_is_missing_is_refused_with_the_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(levels, "find_spec", lambda _name: None)
    levels.level.cache_clear()
    with pytest.raises(InputRefused, match=r'pip install "tocsin\[multilingual\]"'):
        levels.level("multilingual")
    assert levels.level("auto").name is LevelName.BASE
    levels.level.cache_clear()


def test_the_best_level_that_is_installed_is_chosen() -> None:
    assert levels.best() is LevelName.QUALITY


# ── meanings in the window ───────────────────────────────────────────────────


def test_a_poll_is_encoded_in_one_batch(fake: Level) -> None:
    assert isinstance(fake.encoder, FakeEncoder)
    items = [item(n, f"{word} in town {n}") for n, word in enumerate(WORDS)]
    window = Window(fake)
    window.prepare(items)
    for one in items:
        made = window.decide(one)
        window.add(one, made.story_id, made.related_to)
    assert fake.encoder.batches == [len(items)]


def test_without_an_encoder_nothing_is_encoded() -> None:
    window = Window(base())
    window.prepare([item(1, "Vote in Minsk")])
    assert window.read(item(1, "Vote in Minsk")).meaning is None


def test_a_text_without_words_means_nothing() -> None:
    (one,) = meanings([item(1, "")], FakeEncoder())
    assert not one.title.any()
    assert not one.text.any()


def test_each_decision_says_which_level_made_it(fake: Level) -> None:
    window = Window(fake)
    assert (
        window.decide(item(1, "Flood")).level == scale(LevelName.MULTILINGUAL).version
    )
    assert Window().decide(item(1, "Flood")).level == scale(LevelName.BASE).version


@pytest.mark.parametrize("name", list(LevelName))
def test_weights_are_sane_and_complete(name: LevelName) -> None:
    weights = scale(name)
    assert 0 < weights.related < weights.same < 1
    assert weights.version.startswith(name)
    assert probability({}, weights) < weights.related


VECTORS = st.lists(
    st.integers(0, len(WORDS) - 1).map(lambda n: np.eye(len(WORDS), dtype="f")[n]),
    min_size=1,
    max_size=20,
)


@given(VECTORS, st.integers(1, 6))
def test_only_the_stories_touched_last_are_near(rows: list[Floats], most: int) -> None:
    nearby = Nearby(most)
    for number, row in enumerate(rows):
        nearby.put(f"sto_{number}", row)
    kept = {f"sto_{n}": row for n, row in list(enumerate(rows))[-most:]}
    found = nearby.most_alike(rows[-1], most)
    assert set(found) == set(kept)
    alike = [float(kept[story] @ rows[-1]) for story in found]
    assert alike == sorted(alike, reverse=True)


@pytest.mark.parametrize("most", [5, 200])
def test_vectors_that_were_expected_meet_the_stories_as_they_are_when_asked(
    most: int,
) -> None:
    rows = np.random.default_rng(1).integers(0, 4, (150, 8)).astype(np.float32)
    asked = list(rows)
    expecting, plain = Nearby(most), Nearby(most)
    expecting.expect(asked)

    for number, row in enumerate(asked):
        assert expecting.most_alike(row, 5) == plain.most_alike(row, 5)
        for nearby in (expecting, plain):
            nearby.put(f"sto_{number}", row)
            nearby.put(f"sto_{number // 2}", row)
            nearby.drop(f"sto_{number - 3}")


def test_a_story_that_ended_is_near_to_nothing() -> None:
    nearby = Nearby()
    nearby.put("sto_1", np.ones(3, np.float32))
    nearby.put("sto_1", np.ones(3, np.float32))
    nearby.drop("sto_1")
    nearby.drop("sto_1")
    assert nearby.most_alike(np.ones(3, np.float32), 5) == []


def test_the_window_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "MOST_REPORTS", 5)
    window = Window()
    for number in range(9):
        window.add(item(number, f"{WORDS[number % 8]} {number}"), f"sto_{number}")
    assert len(window) == 5
    assert window.decide(item(99, "quake 0")).related_to != "sto_0"


def test_a_story_ends_also_where_all_that_is_compared_of_it_was_split_off() -> None:
    window = Window()
    for number in range(14):
        window.add(item(number, f"Court in Minsk jails blogger {number}"), "sto_1")
    # Of fourteen reports twelve are kept, the first and the last ones.
    for number in (0, *range(3, 14)):
        title = f"Court in Minsk jails blogger {number}"
        window.add(item(number, title), f"sto_{number + 2}", "sto_1")
    assert "sto_1" not in window.stories
    window.evict(NOW + HORIZON + timedelta(days=1))
    late = NOW + timedelta(days=5)
    window.add(replace(item(20, "Another one jailed"), published=late), "sto_1")
    window.evict(late + HORIZON + timedelta(days=1))
    assert set(window.stories) == set()


def test_stories_that_are_threaded_are_no_rivals_of_each_other() -> None:
    window = Window()
    window.add(item(1, "Court in Minsk jails a blogger"), "sto_1")
    window.add(item(2, "Blogger jailed by Minsk court"), "sto_2", "sto_1")
    kin = {one.kin for one in window.candidates(window.read(item(3, "Minsk blogger")))}
    assert kin == {"sto_1"}


def test_what_was_threaded_to_a_story_follows_it_into_another() -> None:
    window = Window()
    window.add(item(1, "Court in Minsk jails a blogger"), "sto_1")
    window.add(item(2, "Blogger jailed by Minsk court"), "sto_2")
    window.add(item(3, "Minsk blogger on hunger strike"), "sto_3", "sto_2")
    window.add(item(2, "Blogger jailed by Minsk court"), "sto_1")
    assert set(window.stories) == {"sto_1", "sto_3"}
    kin = {one.kin for one in window.candidates(window.read(item(4, "Minsk blogger")))}
    assert kin == {"sto_1"}


def test_a_replay_gives_the_same_stories_at_this_level(fake: Level) -> None:
    titles = [f"{word} in town" for word in WORDS] * 3
    first = play(fake, titles, 5)
    assert first == play(fake, titles, 5)
    assert {outcome for _, outcome in first} >= {Relation.SAME.value}
