"""Invented notices, deliveries and hostile texts for the tests of sending."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.model import (
    Alert,
    Assessment,
    Change,
    Delivery,
    Item,
    Kind,
    Notice,
    Report,
    Rule,
    Severity,
    Span,
    Story,
    Updates,
)

NOW = datetime(2020, 7, 29, 10, 2, 3, 456_000, tzinfo=UTC)
SECRET = "whsec_" + "dG9jc2luLXRlc3Qtc2VjcmV0LW9uZS4uLi4="
OTHER_SECRET = "whsec_" + "dG9jc2luLXRlc3Qtc2VjcmV0LXR3by4uLi4="

HOSTILE = (
    "<script>alert(1)</script>\x1b[31mred\x1b[0m\x1b]0;title\x07"
    "\r\nBcc: thief@example.net\r\n\u202egnihtyna\u2066\x00\x9b2J & \"quoted\" 'too'"
)
"""A title that attacks pages, terminals, mail headers and readers at once."""

RULE = Rule(
    id="detained-fighters",
    title="Foreign fighters detained",
    theme="mercenaries",
    match='(detain* OR задерж*) AND ("private army" OR ЧВК)',
    severity=Severity.HIGH,
    tags=("belarus", "pmc"),
    updates=Updates.SOURCE,
    version="sha256:0123456789ab",
)


def span(field: str, text: str, within: str, clause: str) -> Span:
    """Return evidence where `text` first stands in `within`."""
    start = within.index(text)
    return Span(
        field=field, start=start, end=start + len(text), text=text, clause=clause
    )


def _first() -> Report:
    item = Item(
        id="itm_1",
        feed="https://news.river-post.example/rss",
        key="a1",
        title="Thirty-two detained near the capital, private army suspected",
        url="https://news.river-post.example/detained?id=1&from=rss",
        canonical_url="https://news.river-post.example/detained?id=1",
        summary="The committee said the men had arrived five days before & hid.",
        body="A long introduction. " * 12
        + "According to the ministry, the private army has not commented. "
        + "A long ending. " * 12,
        lang="en",
        source="River Post",
        country="GB",
        published=NOW - timedelta(minutes=11),
        first_seen=NOW - timedelta(seconds=2),
    )
    return Report(
        item=item,
        evidence=(
            span("title", "detained", item.title, "detain*"),
            span("title", "private army", item.title, '"private army"'),
            span("body", "private army", item.body, '"private army"'),
        ),
    )


def _second() -> Report:
    item = Item(
        id="itm_2",
        feed="https://ozero.example/feed.xml",
        key="b2",
        title="Под столицей задержаны бойцы ЧВК",
        url="https://ozero.example/2020/07/29/chvk",
        summary="Следствие пока не отвечает на вопросы.",
        lang="ru",
        source="Озеро",
        country="BY",
        first_seen=NOW - timedelta(minutes=5),
        date_note="absent",
    )
    return Report(
        item=item,
        evidence=(
            span("title", "задержаны", item.title, "задерж*"),
            span("title", "ЧВК", item.title, "ЧВК"),
        ),
    )


def notice(*, kind: Kind = Kind.NEW) -> Notice:
    """Return a notice with two reports of five."""
    first, second = _first(), _second()
    sequence = 1 if kind is Kind.NEW else 3
    story = Story(
        id="sto_1",
        title=first.item.title,
        lang="en",
        first_seen=NOW - timedelta(minutes=5),
        last_seen=NOW,
        items=5,
        sources=("River Post", "Озеро", "Kurier Wschodni"),
    )
    return Notice(
        alert=Alert(
            id="alr_1",
            rule=RULE,
            story_id="sto_1",
            opened=NOW,
            updated=NOW,
            sequence=sequence,
        ),
        kind=kind,
        sequence=sequence,
        reason=_REASONS[kind][0],
        detail=_REASONS[kind][1],
        at=NOW,
        story=story,
        reports=(first, second),
        feed_names={"https://news.river-post.example/rss": "River Post, world"},
        changes=() if kind is Kind.NEW else CHANGES,
        assessment=ASSESSMENT,
    )


_REASONS = {
    Kind.NEW: ("new-story", "first report of this story by River Post"),
    Kind.UPDATE: ("news", "detained: 14 before, 32 now"),
    Kind.CORRECTION: ("retraction", "an outlet takes its report back"),
    Kind.CLOSED: ("quiet", "no report for 24 h"),
}
CHANGES = (
    Change(
        sentence="Thirty-two detained near the capital, private army suspected",
        field="title",
        facts=("detained: 14 before, 32 now",),
    ),
    Change(
        sentence="The committee said the men had arrived five days before & hid.",
        field="summary",
    ),
)
ASSESSMENT = Assessment(
    grade="B2",
    because="best source River Post (B); 3 independent voices, 2 of them graded C or better",
    voices=("River Post", "Озеро", "Kurier Wschodni"),
    first_by="Озеро",
    first_at=NOW - timedelta(minutes=36),
    state=1,
    others=4,
    state_lag=timedelta(minutes=-25),
)


def hostile_notice() -> Notice:
    """Return a notice in which everything a stranger can write attacks."""
    base = notice()
    item = replace(
        base.reports[0].item,
        title=HOSTILE,
        summary=f"{HOSTILE} once more",
        body=HOSTILE,
        source=HOSTILE,
        country=HOSTILE,
        lang=HOSTILE,
        url="javascript:alert(1)",
        feed=HOSTILE,
    )
    place = HOSTILE.index("red")
    evidence = tuple(
        Span(field=field, start=place, end=place + 3, text=HOSTILE, clause=HOSTILE)
        for field in ("title", "summary", "body")
    )
    rule = replace(base.alert.rule, title=HOSTILE, theme=HOSTILE, tags=(HOSTILE,))
    return replace(
        base,
        alert=replace(base.alert, rule=rule),
        story=replace(base.story, title=HOSTILE, sources=(HOSTILE,), lang=HOSTILE),
        reports=(Report(item=item, evidence=evidence),),
        feed_names={HOSTILE: HOSTILE},
        detail=HOSTILE,
        changes=(Change(sentence=HOSTILE, field="title", facts=(HOSTILE,)),),
        assessment=replace(
            ASSESSMENT, because=HOSTILE, first_by=HOSTILE, voices=(HOSTILE,)
        ),
    )


def delivery(**changes: object) -> Delivery:
    """Return a pending delivery that was never attempted."""
    fresh = Delivery(
        id="dlv_0123456789",
        alert_id="alr_1",
        sequence=1,
        receiver="desk",
        due=NOW,
        created=NOW,
    )
    return replace(fresh, **changes)  # type: ignore[arg-type] # any field by name
