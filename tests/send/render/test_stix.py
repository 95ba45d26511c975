"""STIX 2.1, as an independent library reads it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import stix2
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Kind, Remark
from monitor.send import messages, render
from monitor.send.messages import body_of
from monitor.send.render import stix
from monitor.send.render.wire import encoded
from tests.send.examples import NOW, hostile_notice, notice


def read(made: Any) -> Any:
    """Parse with `stix2`, which refuses whatever the standard does not have."""
    return stix2.parse(json.dumps(made), allow_custom=False)


def of_type(made: Any, kind: str) -> list[Any]:
    return [one for one in made["objects"] if one["type"] == kind]


def test_an_alert_is_a_report_of_its_outlets_and_articles() -> None:
    made = stix.bundle([notice()])
    bundle = read(made)
    (report,) = of_type(bundle, "report")
    assert report.name == "Thirty-two detained near the capital, private army suspected"
    assert {"theme:mercenaries", "severity:high", "pmc"} <= set(report.labels)
    urls = [getattr(one, "url", None) for one in report.external_references]
    assert "https://ozero.example/2020/07/29/chvk" in urls
    notes = of_type(bundle, "note")
    assert [one.lang for one in notes] == ["en", "ru"]
    assert "задержаны" in notes[1].content
    known = {one["id"] for one in made["objects"]}
    assert set(report.object_refs) <= known


def test_ids_depend_on_the_alert_alone_and_an_update_is_a_newer_version() -> None:
    first = stix.bundle([notice()])
    assert first == stix.bundle([notice()])
    update = replace(notice(kind=Kind.UPDATE), at=NOW + timedelta(hours=2))
    (before,), (after,) = (
        of_type(one, "report") for one in (first, stix.bundle([update]))
    )
    assert before["id"] == after["id"]
    assert before["created"] == after["created"]
    assert before["modified"] < after["modified"]


def test_an_article_that_was_edited_is_a_newer_version_of_its_note() -> None:
    later = replace(notice(kind=Kind.UPDATE), at=NOW + timedelta(hours=2))
    item = replace(later.reports[0].item, title="Edited", first_seen=None)
    later = replace(later, reports=(replace(later.reports[0], item=item),))
    again = replace(later, at=NOW + timedelta(hours=3))
    before, edited, after = (
        of_type(stix.bundle([one]), "note")[0] for one in (notice(), later, again)
    )
    assert before["id"] == edited["id"] == after["id"]
    assert before["abstract"] != edited["abstract"]
    assert before["modified"] < edited["modified"] < after["modified"]
    assert edited["created"] == after["created"]


def test_what_several_alerts_share_is_there_once() -> None:
    other = replace(notice(), alert=replace(notice().alert, id="alr_2"))
    made = stix.bundle([notice(), other])
    ids = [one["id"] for one in made["objects"]]
    assert len(ids) == len(set(ids))
    assert len(of_type(read(made), "report")) == 2


def test_of_many_alerts_those_without_room_are_named() -> None:
    alerts = [replace(notice().alert, id=f"alr_{n:026}") for n in range(500)]
    notices = [replace(notice(), alert=one) for one in alerts]
    body = body_of("stix", b"", notices)
    made = json.loads(body.content)
    reports = of_type(read(made), "report")
    told = {one.external_references[0].external_id for one in reports}
    (note,) = of_type(read(made), "note")
    named = set(note.content.splitlines())
    assert told | named == {one.id for one in alerts}
    assert told.isdisjoint(named)
    assert "alr_" + "0" * 26 in told
    assert note.abstract == f"And {len(named)} more alerts: tocsin alerts list"
    assert 40_000 < len(body.content) <= stix.LIMIT
    assert body == body_of("stix", b"", notices)


def test_tests_and_remarks_are_notes() -> None:
    remark = Remark(kind="source.failing", title="X cannot be read", text="Why.")
    for payload in (render.ping("desk", "dlv_1", NOW), render.remark(remark, "d", NOW)):
        body = body_of("stix", payload)
        assert body.content_type == "application/stix+json;version=2.1"
        assert of_type(read(json.loads(body.content)), "note")


def test_an_empty_export_is_a_bundle_too() -> None:
    assert of_type(read(stix.bundle([])), "identity")


def test_a_hostile_alert_is_read_and_stays_text() -> None:
    made = stix.bundle([hostile_notice()])
    assert read(made)
    shown = encoded(made).decode()
    for bad in ("\\u001b", "\x1b", "\u202e", "javascript:"):
        assert bad not in shown


def test_a_bundle_is_cut_to_its_limit() -> None:
    long = replace(notice(), detail="ж" * 5000)
    long = replace(long, reports=tuple(long.reports[0] for _ in range(10)))
    many = [replace(long, alert=replace(long.alert, id=f"alr_{n}")) for n in range(40)]
    body = body_of("stix", b"{}", many)
    assert len(body.content) <= stix.LIMIT
    assert read(json.loads(body.content))


@given(st.text(max_size=400), st.text(max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_texts_make_a_valid_bundle(title: str, source: str) -> None:
    found = notice()
    story = replace(found.story, title=title, sources=(source,))
    item = replace(found.reports[0].item, title=title, source=source, lang=source)
    report = replace(found.reports[0], item=item)
    assert read(stix.bundle([replace(found, story=story, reports=(report,))]))


def test_formats_of_one_message_have_one_id() -> None:
    payload = render.payload(notice(), "dlv_1")
    event = json.loads(messages.cloudevent(payload))
    assert event["id"] == json.loads(payload)["id"] == "dlv_1"
