"""Alerts as STIX 2.1, for platforms of threat intelligence; pure.

An alert is a `report` that refers to the outlets (`identity`) and to one `note` for each
article, whose address is its external reference. Ids depend on the alert alone, so that
an update is a newer version of the same objects and nothing is there twice.
https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from monitor.model import Notice, Report
from monitor.model.counts import counted
from monitor.send.render.clean import clean, cut, line, link
from monitor.send.render.plain import UNTITLED, coverage, evidence, why
from monitor.send.render.wire import Json, moment

CONTENT_TYPE = "application/stix+json;version=2.1"
LIMIT = 65_536
"""Bytes of a bundle about one alert."""

_NAMESPACE = uuid.UUID("6f0c1f0e-6d0b-5b3f-9d6a-7c1f5a1e2d43")
_BEGINNING = "2020-01-01T00:00:00.000Z"
"""When identities were created, which nothing else says."""


def bundle(notices: Sequence[Notice], left_out: Sequence[Notice] = ()) -> Json:
    """Return alerts as one bundle; an object that several share is there once.

    Those that are left out for want of room are named in a note.
    """
    objects: dict[str, Json] = {}
    for notice in notices:
        for made in _objects(notice):
            known = objects.get(made["id"])
            if known is None or known["modified"] < made["modified"]:
                objects[made["id"]] = made
    if not objects or left_out:
        us = _ours()
        objects[us["id"]] = us
    name = ",".join(f"{n.alert.id}/{n.sequence}" for n in (*notices, *left_out))
    if left_out:
        made = _names(left_out, name)
        objects[made["id"]] = made
    return {
        "type": "bundle",
        "id": _id("bundle", name),
        "objects": list(objects.values()),
    }


def note(subject: str, text: str, name: str, at: datetime) -> Json:
    """Return a bundle of one note about Tocsin itself: a test, or a remark."""
    us = _ours()
    said = _sdo("note", name, at, at)
    said |= {
        "abstract": line(subject),
        "content": clean(text[:4000]).text,
        "object_refs": [us["id"]],
    }
    return {"type": "bundle", "id": _id("bundle", name), "objects": [us, said]}


def _names(notices: Sequence[Notice], name: str) -> Json:
    at = max(one.at for one in notices)
    made = _sdo("note", f"more/{name}", at, at)
    return made | {
        "abstract": f"And {counted(len(notices), 'more alert')}: tocsin alerts list",
        "content": "\n".join(one.alert.id for one in notices),
        "object_refs": [_ours()["id"]],
    }


def _objects(notice: Notice) -> Iterator[Json]:
    alert, rule = notice.alert, notice.alert.rule
    yield _ours()
    outlets = [_outlet(name) for name in notice.story.sources[:20]]
    yield from outlets
    name = f"alert/{alert.id}"
    report = _sdo("report", name, alert.opened, max(notice.at, alert.opened))
    notes = [_note(one, report["id"], notice) for one in notice.reports]
    yield from notes
    report |= {
        "name": line(notice.story.title) or UNTITLED,
        "description": "\n".join([why(notice), coverage(notice.story)]),
        "report_types": ["observed-data"],
        "published": moment(alert.opened),
        "labels": _labels(
            "tocsin",
            f"rule:{rule.id}",
            f"theme:{rule.theme}",
            f"severity:{rule.severity.value}",
            *rule.tags[:20],
        ),
        "object_refs": [one["id"] for one in (*outlets, *notes)] or [_ours()["id"]],
        "external_references": [
            {"source_name": "tocsin", "external_id": alert.id},
            *_references(notice.reports),
        ],
    }
    yield report


def _note(report: Report, about: str, notice: Notice) -> Json:
    item = report.item
    first = item.first_seen or notice.alert.opened
    # What its publisher has edited since is a newer version.
    made = _sdo(
        "note", f"note/{notice.alert.id}/{item.id}", first, max(notice.at, first)
    )
    text = [line(item.title) or UNTITLED, cut(clean(item.summary).text, 500)]
    made |= {
        "abstract": line(item.title) or UNTITLED,
        "content": "\n".join(part for part in (*text, *evidence(report)) if part),
        "object_refs": [about],
    }
    if item.lang.isascii() and item.lang.isalpha():
        made["lang"] = item.lang
    if references := _references([report]):
        made["external_references"] = references
    return made


def _references(reports: Sequence[Report]) -> list[Json]:
    return [
        {"source_name": line(one.item.source, 100) or "feed", "url": url}
        for one in reports
        if (url := link(one.item.url))
    ]


def _outlet(name: str) -> Json:
    shown = line(name, 100) or "unknown outlet"
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": _id("identity", f"outlet/{shown}"),
        "created": _BEGINNING,
        "modified": _BEGINNING,
        "name": shown,
        "identity_class": "organization",
    }


def _ours() -> Json:
    return {**_outlet("Tocsin"), "identity_class": "system"}


def _sdo(kind: str, name: str, created: datetime, modified: datetime) -> Json:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": _id(kind, name),
        "created_by_ref": _ours()["id"],
        "created": moment(created),
        "modified": moment(modified),
    }


def _labels(*labels: str) -> list[str]:
    return [shown for label in labels if (shown := line(label, 100))]


def _id(kind: str, name: str) -> str:
    return f"{kind}--{uuid.uuid5(_NAMESPACE, name.encode('utf-8', 'replace').decode())}"
