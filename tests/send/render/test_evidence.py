"""Evidence in the texts in which it was found."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Report
from monitor.send.render.evidence import excerpt, marked, pieces
from tests.send.examples import notice, span

REPORT = notice().reports[0]


def test_evidence_is_marked_in_place() -> None:
    assert pieces("one two three", [(4, 7)]) == [
        ("one ", False),
        ("two", True),
        (" three", False),
    ]


def test_overlapping_evidence_is_one_mark() -> None:
    assert pieces("abcdef", [(3, 5), (1, 3), (2, 4)]) == [
        ("a", False),
        ("bcde", True),
        ("f", False),
    ]


@given(
    text=st.text(max_size=20),
    spans=st.lists(st.tuples(st.integers(-5, 30), st.integers(-5, 30))),
)
def test_no_evidence_changes_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    found = pieces(text, spans)

    assert "".join(part for part, _ in found) == text
    assert all(part for part, _ in found)


def test_marks_hold_where_escapes_were_taken_out_before_them() -> None:
    item = replace(REPORT.item, title="\x1b[31mred\x1b[0m army")
    report = Report(item=item, evidence=(span("title", "army", item.title, "army"),))

    assert marked(report, "title", 100) == [("red ", False), ("army", True)]


def test_a_text_that_is_cut_says_so() -> None:
    assert marked(REPORT, "title", 19) == [
        ("Thirty-two ", False),
        ("detained", True),
        ("…", False),
    ]


def test_the_passage_around_evidence_in_the_body_is_shown() -> None:
    found = excerpt(REPORT)

    assert ("private army", True) in found
    assert (found[0], found[-1]) == (("… ", False), (" …", False))
    words = "".join(part for part, _ in found)
    assert "According to the ministry" in words
    assert len(words) < 300


def test_without_evidence_in_the_body_there_is_no_passage() -> None:
    assert excerpt(notice().reports[1]) == []


@given(
    body=st.text(max_size=1000),
    start=st.integers(-5, 1010),
    length=st.integers(-5, 1010),
)
def test_evidence_that_lies_about_its_place_does_no_harm(
    body: str, start: int, length: int
) -> None:
    item = replace(REPORT.item, body=body)
    lying = replace(REPORT.evidence[2], start=start, end=start + length)

    words = "".join(part for part, _ in excerpt(Report(item=item, evidence=(lying,))))

    assert len(words) <= 4 * 90 + 4
