"""The index of words: which stories share the most weight with a report."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.group.postings import Postings

WORDS = [f"word{number}" for number in range(12)]
weighed = st.dictionaries(
    st.sampled_from(WORDS), st.floats(0.1, 9.0), min_size=1, max_size=8
)
filed = st.lists(
    st.tuples(st.sampled_from("abcdefghij"), st.sets(st.sampled_from(WORDS))),
    max_size=30,
)


Reports = list[tuple[str, set[str]]]


def index(reports: Reports | list[tuple[str, list[str]]]) -> Postings:
    postings = Postings()
    for story, words in reports:
        postings.file(story, sorted(words))
    return postings


def words_by_story(reports: Reports) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for story, words in reports:
        found.setdefault(story, set()).update(words)
    return found


@given(filed, weighed, st.integers(1, 12))
def test_the_stories_that_share_most_come_first(
    reports: Reports, weights: dict[str, float], many: int
) -> None:
    told = index(reports).sharing(weights, many)

    shares = {
        story: sum(weights[word] for word in words & weights.keys())
        for story, words in words_by_story(reports).items()
    }
    expected = sorted((round(s, 9) for s in shares.values() if s), reverse=True)
    assert [round(shares[story], 9) for story in told] == expected[:many]


@given(filed, st.sampled_from("abcdefghij"), weighed)
def test_a_story_that_ended_is_not_found_and_leaves_nothing(
    reports: Reports, ended: str, weights: dict[str, float]
) -> None:
    postings = index(reports)
    known = words_by_story(reports)

    postings.end(ended)
    known.pop(ended, None)

    assert ended not in postings.sharing(weights, 10)
    assert len(postings) == len(set().union(*known.values()))


def test_a_word_leads_to_the_stories_that_were_last_reported_of() -> None:
    postings = index([(f"story{number:03}", ["gas"]) for number in range(250)])
    postings.file("story100", ["gas"])
    postings.file("story250", ["gas"])

    found = postings.sharing({"gas": 1.0}, 1000)

    assert len(found) == 200
    assert {"story100", "story250"} <= set(found)
    assert "story050" not in found


def test_a_word_that_is_everywhere_finds_nothing_beside_what_rarer_words_found() -> (
    None
):
    postings = index([(f"crowd{number:02}", ["says"]) for number in range(60)])
    for name in "abc":
        postings.file(name, ["kolpino", "says"])

    assert postings.sharing({"kolpino": 9.0, "says": 0.5}, 3) == ["a", "b", "c"]
    assert len(postings.sharing({"kolpino": 9.0, "says": 0.5}, 20)) == 20
