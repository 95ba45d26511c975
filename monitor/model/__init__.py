"""The values that flow through Tocsin, in the order in which they flow.

    Source, Feed -> Exchange -> Item -> Rule, Match -> Grouping, Story
        -> Decision, Alert, Notice -> Delivery, Attempt

All are frozen; all moments are aware datetimes in UTC; all durations are
timedeltas. A text that is not known is "", a moment that is not known is None.
"""

from monitor.model.alerts import (
    Alert,
    Assessment,
    Bundle,
    Change,
    Decision,
    Gathered,
    Kind,
    Message,
    Notice,
    Remark,
    Report,
    Silence,
    Standing,
    Verdict,
)
from monitor.model.copies import (
    Marks,
    is_copy,
    marks_of,
)
from monitor.model.deliveries import (
    Apart,
    Attempt,
    Body,
    Circuit,
    Delivery,
    DeliveryState,
    Settled,
    Stranded,
    Way,
)
from monitor.model.feeds import (
    BY_HAND,
    Exchange,
    Feed,
    FeedLease,
    FeedState,
    Fetched,
    Finished,
    Polled,
    Source,
)
from monitor.model.ids import (
    stable_id,
)
from monitor.model.items import (
    EARLIEST,
    MOST_AHEAD,
    RECURS,
    Item,
    KnownItem,
    NamedItem,
)
from monitor.model.rules import (
    Corroboration,
    Escalation,
    Happening,
    Match,
    Rule,
    Severity,
    Span,
    Trigger,
    Updates,
)
from monitor.model.stories import (
    GroupedItem,
    Grouping,
    Relation,
    Story,
    merge_from_words,
    merge_in_words,
)
from monitor.model.websub import (
    Push,
    Subscribed,
    Subscription,
)

__all__ = [
    "BY_HAND",
    "EARLIEST",
    "MOST_AHEAD",
    "RECURS",
    "Alert",
    "Apart",
    "Assessment",
    "Attempt",
    "Body",
    "Bundle",
    "Change",
    "Circuit",
    "Corroboration",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Escalation",
    "Exchange",
    "Feed",
    "FeedLease",
    "FeedState",
    "Fetched",
    "Finished",
    "Gathered",
    "GroupedItem",
    "Grouping",
    "Happening",
    "Item",
    "Kind",
    "KnownItem",
    "Marks",
    "Match",
    "Message",
    "NamedItem",
    "Notice",
    "Polled",
    "Push",
    "Relation",
    "Remark",
    "Report",
    "Rule",
    "Settled",
    "Severity",
    "Silence",
    "Source",
    "Span",
    "Standing",
    "Story",
    "Stranded",
    "Subscribed",
    "Subscription",
    "Trigger",
    "Updates",
    "Verdict",
    "Way",
    "is_copy",
    "marks_of",
    "merge_from_words",
    "merge_in_words",
    "stable_id",
]
