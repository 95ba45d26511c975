"""Messages as receivers get them: golden files, hostile texts, and their size."""

import json
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import (
    Item,
    Kind,
    Notice,
    Remark,
    Report,
    Rule,
    Severity,
    Span,
    Story,
)
from monitor.send import render, schema
from tests.send.examples import HOSTILE, NOW, hostile_notice, notice
from tests.send.golden import FOLDER, rendered

SCHEMA = jsonschema.Draft202012Validator(json.loads(schema.webhook()))
GOLDEN = rendered()
TOO_MUCH = "Ж" * 20_000


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_messages_are_as_they_were_read_and_found_good(name: str) -> None:
    """After a wanted change: `python -m tests.send.golden`, and read the diff."""
    assert GOLDEN[name].decode() == (FOLDER / name).read_bytes().decode()


def test_every_golden_file_is_still_made() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(GOLDEN)


# ── the payload and its schema ───────────────────────────────────────────────


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema.webhook()))


def test_the_published_schema_is_the_packaged_one() -> None:
    published = Path(__file__).parents[3] / "docs/schema/webhook.schema.json"

    assert published.read_text() == schema.webhook()


@pytest.mark.parametrize(
    "made", [*(notice(kind=kind) for kind in Kind), hostile_notice()]
)
def test_payloads_satisfy_the_schema(made: Notice) -> None:
    SCHEMA.validate(render.event(made, "dlv_1"))


def test_a_test_payload_satisfies_the_schema() -> None:
    SCHEMA.validate(json.loads(render.ping("desk", "dlv_1", NOW)))


def test_the_schema_names_every_field_that_is_sent() -> None:
    def closed(node: object) -> object:
        if isinstance(node, dict):
            shut = {key: closed(value) for key, value in node.items()}
            return {**shut, "additionalProperties": False} if is_object(node) else shut
        return [closed(part) for part in node] if isinstance(node, list) else node

    def is_object(node: dict[str, object]) -> bool:
        return node.get("type") == "object" and "properties" in node

    strict = closed(json.loads(schema.webhook()))
    assert isinstance(strict, dict)
    validator = jsonschema.Draft202012Validator(strict)
    validator.validate(render.event(notice(), "dlv_1"))
    validator.validate(json.loads(render.ping("desk", "dlv_1", NOW)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("type",), "alert.exploded"),
        (("timestamp",), "yesterday"),
        (("data", "schema_version"), 2),
        (("data", "sequence"), 0),
        (("data", "rule", "severity"), "grave"),
        (("data", "story", "title"), "two\nlines"),
        (("data", "items", 0, "url"), "javascript:alert(1)"),
        (("data", "items", 0, "title"), "\x1b[31m"),
        (("data", "items", 0, "summary"), "\u202e"),
        (("data", "items", 0, "matched", 0, "start"), -1),
    ],
)
def test_the_schema_refuses_what_must_not_be_sent(
    path: tuple[str | int, ...], value: object
) -> None:
    event = render.event(notice(), "dlv_1")
    place = event
    for step in path[:-1]:
        place = place[step]  # type: ignore[index] # walks into lists too
    place[path[-1]] = value  # type: ignore[index] # the same

    assert not SCHEMA.is_valid(event)


def test_offsets_hold_in_the_texts_that_are_sent() -> None:
    for item in render.event(notice(), "dlv_1")["data"]["items"]:
        for found in item["matched"]:
            if found["field"] != "body":
                text = item[found["field"]]
                assert text[found["start"] : found["end"]] == found["text"]


def test_offsets_hold_where_escapes_were_taken_out() -> None:
    [item] = render.event(hostile_notice(), "dlv_1")["data"]["items"]
    for found in item["matched"][:2]:
        assert item[found["field"]][found["start"] : found["end"]] == "red"


def test_the_payload_is_one_line_of_utf8() -> None:
    payload = render.payload(hostile_notice(), "dlv_1")

    assert payload.count(b"\n") == 0
    assert "Озеро".encode() in render.payload(notice(), "dlv_1")


# ── size ─────────────────────────────────────────────────────────────────────


def crowded(reports: int, summary: str) -> Notice:
    base = notice()
    first = base.reports[0]
    made = [
        replace(first, item=replace(first.item, id=f"itm_{n}", summary=summary))
        for n in range(reports)
    ]
    story = replace(base.story, items=reports + 4)
    return replace(base, reports=tuple(made), story=story)


def test_summaries_are_cut_at_a_thousand_code_points() -> None:
    [item] = render.event(crowded(1, "x" * 1500), "dlv_1")["data"]["items"]

    assert len(item["summary"]) == 1000
    assert item["summary"].endswith("x…")
    assert item["truncated_summary"] == 500


def test_too_much_shortens_summaries_before_it_leaves_out_items() -> None:
    payload = render.payload(crowded(10, "Ж" * 1000), "dlv_1")
    data = json.loads(payload)["data"]

    assert len(payload) <= render.TARGET
    assert len(data["items"]) == 10
    assert data["truncated_items"] == 4
    assert {len(item["summary"]) for item in data["items"]} <= {500, 250, 100}


def test_far_too_much_leaves_out_items_and_counts_them() -> None:
    base = crowded(10, TOO_MUCH)
    wide = replace(
        base,
        reports=tuple(
            Report(
                item=replace(report.item, title=TOO_MUCH),
                evidence=tuple(
                    replace(report.evidence[0], text=TOO_MUCH, start=n)
                    for n in range(20)
                ),
            )
            for report in base.reports
        ),
    )
    payload = render.payload(wide, "dlv_1")
    data = json.loads(payload)["data"]

    assert len(payload) <= render.TARGET
    assert 1 <= len(data["items"]) < 10
    assert data["truncated_items"] == 14 - len(data["items"])


def test_whatever_the_texts_the_payload_stays_under_its_cap() -> None:
    wide, url = "💥" * 5000, "https://a.example/" + "é" * 980
    base = notice()
    item = Item(
        id="itm_1",
        feed=url,
        key="k",
        title=wide,
        url=url,
        summary=wide,
        body=wide,
        lang=wide,
        source=wide,
        country=wide,
    )
    evidence = Span(field="title", start=0, end=3, text=wide, clause=wide)
    rule = replace(base.alert.rule, title=wide, theme=wide, tags=(wide,) * 500)
    worst = replace(
        base,
        alert=replace(base.alert, rule=rule),
        story=replace(base.story, title=wide, sources=(wide,) * 500),
        reports=(Report(item=item, evidence=(evidence,) * 500),) * 10,
        feed_names={url: wide},
        detail=wide,
    )
    payload = render.payload(worst, "dlv_1")
    data = json.loads(payload)["data"]

    assert render.TARGET < len(payload) < render.HARD_CAP
    assert data["items"][0]["truncated_matched"] == 495
    assert data["story"]["truncated_sources"] == 490
    assert len(render.html(worst).encode()) < 262_144
    assert len(render.text(worst).encode()) < 262_144


# ── subjects, text, page, terminal ───────────────────────────────────────────


def test_the_subject_is_the_same_for_every_message_about_an_alert() -> None:
    first, later = notice(), notice(kind=Kind.UPDATE)
    grown = replace(later, story=replace(later.story, items=90, last_seen=later.at))

    assert render.subject(first) == render.subject(grown)
    assert render.subject(first) == (
        "[HIGH] Thirty-two detained near the capital, private army suspected"
        " | Foreign fighters detained"
    )


def test_a_story_without_a_title_has_a_subject() -> None:
    bare = replace(notice(), story=replace(notice().story, title="\x00 "))

    assert render.subject(bare) == "[HIGH] (untitled) | Foreign fighters detained"


def test_a_long_title_leaves_the_rule_its_place_in_the_subject() -> None:
    long = replace(notice(), story=replace(notice().story, title="Ceasefire " * 40))

    told = render.subject(long)
    assert told.startswith("[HIGH] Ceasefire Ceasefire")
    assert told.endswith("… | Foreign fighters detained")


class Page(HTMLParser):
    """What a browser would see in a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.marks: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "mark":
            self.marks.append(data)
            self.tags.append("")


ALLOWED_TAGS = set(
    "html head meta title body table tr td b h1 p a br mark span".split()  # noqa: SIM905 - reads best
)
ALLOWED_ATTRIBUTES = {
    *("lang", "charset", "name", "content", "style", "role", "width", "align"),
    *("cellpadding", "cellspacing", "dir", "href"),
}


@pytest.mark.parametrize(
    "page",
    [
        render.html(notice()),
        render.html(hostile_notice()),
        render.ping_html(HOSTILE),
    ],
)
def test_a_page_has_no_scripts_no_images_and_nothing_remote(page: str) -> None:
    seen = Page(page)

    assert set(seen.tags) - {""} <= ALLOWED_TAGS
    assert seen.attributes <= ALLOWED_ATTRIBUTES
    assert "url(" not in page
    assert "@import" not in page


def test_a_page_marks_the_evidence_and_links_the_reports() -> None:
    seen = Page(render.html(notice()))

    assert seen.marks == [
        "detained",
        "private army",
        "private army",
        "задержаны",
        "ЧВК",
    ]
    assert seen.links == [report.item.url for report in notice().reports]


def test_a_hostile_address_is_no_link() -> None:
    assert Page(render.html(hostile_notice())).links == []


@pytest.mark.parametrize("made", [notice(), hostile_notice()])
def test_nothing_that_is_shown_carries_controls(made: Notice) -> None:
    shown = [
        render.subject(made),
        render.text(made),
        render.html(made),
        *render.console(made),
        render.ping_text(HOSTILE),
    ]
    for words in shown:
        assert not set(words) & set("\x00\x07\x1b\x9b\r\u202e\u2066")
    assert "\n" not in "".join([shown[0], *shown[3:-1]])


def test_reports_that_are_not_shown_are_counted() -> None:
    assert "3 more reports of this story not shown." in render.text(notice())
    assert "3 more reports of this story not shown." in render.html(notice())
    assert render.console(notice())[-1] == "  and 3 more reports"


# ── any notice at all ────────────────────────────────────────────────────────

WORDS = st.text(max_size=60) | st.sampled_from([HOSTILE, TOO_MUCH])
MOMENTS = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis wants naive bounds
    datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
IDS = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=40)
SPANS = st.builds(
    Span,
    field=st.sampled_from(["title", "summary", "body"]),
    start=st.integers(0, 100),
    end=st.integers(0, 100),
    text=WORDS,
    clause=WORDS,
)
ITEMS = st.builds(
    Item,
    id=IDS,
    feed=WORDS,
    key=WORDS,
    title=WORDS,
    url=WORDS | st.just("https://ozero.example/x"),
    summary=WORDS,
    body=WORDS,
    lang=WORDS,
    source=WORDS,
    country=WORDS,
    published=st.none() | MOMENTS,
    first_seen=st.none() | MOMENTS,
)
REPORTS = st.builds(
    Report, item=ITEMS, evidence=st.lists(SPANS, max_size=30).map(tuple)
)
RULES = st.builds(
    Rule,
    id=IDS,
    title=WORDS,
    theme=WORDS,
    match=st.just("x"),
    severity=st.sampled_from(Severity),
    tags=st.lists(WORDS, max_size=60).map(tuple),
)
STORIES = st.builds(
    Story,
    id=IDS,
    title=WORDS,
    lang=WORDS,
    first_seen=MOMENTS,
    last_seen=MOMENTS,
    items=st.integers(1, 10_000),
    sources=st.lists(WORDS, max_size=60).map(tuple),
)


@st.composite
def notices(draw: st.DrawFn) -> Notice:
    base = notice()
    alert = replace(base.alert, rule=draw(RULES))
    return replace(
        base,
        alert=alert,
        kind=draw(st.sampled_from(Kind)),
        sequence=draw(st.integers(1, 1000)),
        detail=draw(WORDS),
        story=draw(STORIES),
        reports=tuple(draw(st.lists(REPORTS, min_size=1, max_size=10))),
    )


def texts(value: object) -> Iterator[str]:
    """Return every text within a JSON value."""
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from texts(part)
        case list():
            for part in value:
                yield from texts(part)
        case _:
            return


@settings(max_examples=60, deadline=timedelta(seconds=5))
@given(made=notices())
def test_any_notice_renders_within_its_caps_and_satisfies_the_schema(
    made: Notice,
) -> None:
    payload = render.payload(made, "dlv_1")
    event = json.loads(payload)

    SCHEMA.validate(event)
    assert len(payload) <= render.HARD_CAP
    shown = len(event["data"]["items"])
    assert 1 <= shown <= len(made.reports)
    assert event["data"]["truncated_items"] >= len(made.reports) - shown
    for words in texts(event):
        assert "\x1b" not in words
    assert len(render.subject(made)) <= 180
    assert set(Page(render.html(made)).tags) - {""} <= ALLOWED_TAGS
    assert render.text(made).isprintable() or "\n" in render.text(made)
    assert all("\n" not in words for words in render.console(made))


def test_a_post_without_a_title_is_not_told_twice() -> None:
    # Feeds of short posts have no titles: the text stands for it.
    made = notice()
    item = replace(
        made.reports[0].item, title="Men led away.", summary="Men  led\naway."
    )
    report = replace(made.reports[0], item=item, evidence=())
    for text in (
        render.text(replace(made, reports=(report,))),
        render.html(replace(made, reports=(report,))),
    ):
        assert text.count("Men led away.") == 1


def test_no_long_word_makes_a_mail_wider_than_a_phone() -> None:
    cells = re.findall(r"<td[^>]*>", render.html(notice()))[1:]
    assert cells
    assert all("word-break:break-word" in cell for cell in cells)


def test_a_remark_keeps_its_lines_in_a_client_that_knows_no_styles() -> None:
    facts = {"feed": "https://a.example/f", "since": "two days"}
    said = Remark(kind="source.failing", title="A & B", text="Why.", facts=facts)
    page = re.sub(r' style="[^"]*"', "", render.remark_html(said))
    shown = page.partition("<p>")[2].partition("</p>")[0].split("<br>")
    assert [one.strip() for one in shown] == [
        *("A &amp; B", "", "Why.", ""),
        *("feed: https://a.example/f", "since: two days"),
    ]
