"""An invented message, for templates to be tried on and receivers to be shown; pure."""

from datetime import UTC, datetime, timedelta

from monitor.model import (
    Alert,
    Assessment,
    Bundle,
    Change,
    Gathered,
    Item,
    Kind,
    Notice,
    Report,
    Rule,
    Severity,
    Span,
    Story,
)

AT = datetime(2020, 7, 29, 10, 2, 3, tzinfo=UTC)
DELIVERY = "dlv_00000000000000000000000000"
SILENCE = "https://alerts.example.org/links/silence/sample"
_FEED = "https://news.example.org/feed.xml"
_TITLE = "Pumping stopped on the northern branch after a “leak” at kilometre 42"
_CLAUSE = "pump* NEAR stop*"
_ITEM = Item(
    id="itm_00000000000000000000000000",
    feed=_FEED,
    key="42",
    title=_TITLE,
    url="https://news.example.org/2020/07/29/branch",
    canonical_url="https://news.example.org/2020/07/29/branch",
    summary="The operator speaks of days, the ministry of weeks.",
    lang="en",
    source="Example Courier",
    country="NO",
    published=AT - timedelta(minutes=9),
    first_seen=AT - timedelta(seconds=3),
)
_EVIDENCE = Span(field="title", start=0, end=7, text=_TITLE[:7], clause=_CLAUSE)
_RULE = Rule(
    id="pipeline-outage",
    title="Pipeline outage",
    theme="energy",
    match=_CLAUSE,
    severity=Severity.HIGH,
    tags=("oil",),
    version="sha256:000000000000",
)
_STORY = Story(
    id="sto_00000000000000000000000000",
    title=_TITLE,
    lang="en",
    first_seen=AT - timedelta(seconds=3),
    last_seen=AT,
    items=2,
    sources=("Example Courier", "Sample Post"),
)
_ALERT = Alert(
    id="alr_00000000000000000000000000",
    rule=_RULE,
    story_id=_STORY.id,
    opened=AT,
    updated=AT,
)
_ASSESSMENT = Assessment(
    grade="C3",
    because="best source Example Courier (C); 1 independent voice",
    voices=("Example Courier",),
    first_by="Example Courier",
    first_at=_ITEM.published,
    others=1,
    state_lag=timedelta(minutes=25),
)


def sample_notice() -> Notice:
    """Return a notice in which nothing is empty."""
    return Notice(
        alert=_ALERT,
        kind=Kind.NEW,
        sequence=1,
        reason="new-story",
        detail="first report of this story by Example Courier",
        at=AT,
        story=_STORY,
        reports=(Report(item=_ITEM, evidence=(_EVIDENCE,)),),
        feed_names={_FEED: "Example Courier, world"},
        changes=(
            Change(sentence=_TITLE, field="title", facts=("flowing, then halted",)),
        ),
        assessment=_ASSESSMENT,
    )


def sample_bundle() -> Bundle:
    """Return a digest of one alert."""
    return Bundle(
        why=Gathered.DIGEST,
        receiver="desk",
        notices=(sample_notice(),),
        since=AT,
        at=AT,
    )
