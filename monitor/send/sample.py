"""An invented message, for templates to be tried on and receivers to be shown; pure."""

from datetime import UTC, datetime, timedelta

from monitor.model import (
    Alert,
    Assessment,
    Change,
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
_FEED = "https://news.example.org/feed.xml"
_TITLE = "Pumping stopped on the northern branch after a “leak” at kilometre 42"


def sample_notice() -> Notice:
    """Return a notice in which nothing is empty."""
    clause = "pump* NEAR stop*"
    item = Item(
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
    rule = Rule(
        id="pipeline-outage",
        title="Pipeline outage",
        theme="energy",
        match=clause,
        severity=Severity.HIGH,
        tags=("oil",),
        version="sha256:000000000000",
    )
    story = Story(
        id="sto_00000000000000000000000000",
        title=_TITLE,
        lang="en",
        first_seen=AT - timedelta(seconds=3),
        last_seen=AT,
        items=2,
        sources=("Example Courier", "Sample Post"),
    )
    return Notice(
        alert=Alert(
            id="alr_00000000000000000000000000",
            rule=rule,
            story_id=story.id,
            opened=AT,
            updated=AT,
        ),
        kind=Kind.NEW,
        sequence=1,
        reason="new-story",
        detail="first report of this story by Example Courier",
        at=AT,
        story=story,
        reports=(
            Report(
                item=item,
                evidence=(
                    Span(
                        field="title",
                        start=0,
                        end=7,
                        text=_TITLE[:7],
                        clause=clause,
                    ),
                ),
            ),
        ),
        feed_names={_FEED: "Example Courier, world"},
        changes=(
            Change(sentence=_TITLE, field="title", facts=("flowing, then halted",)),
        ),
        assessment=Assessment(
            grade="C3",
            because="best source Example Courier (C); 1 independent voice",
            voices=("Example Courier",),
            first_by="Example Courier",
            first_at=item.published,
            others=1,
            state_lag=timedelta(minutes=25),
        ),
    )
