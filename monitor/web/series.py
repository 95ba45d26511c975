"""The label values that are known beforehand: their series are there from the start.

A counter that appears at its first event has no rise that `rate()` sees, and an alarm on
what never happens has nothing to go by. Rules are not among them: those in force change,
and there may be thousands.
"""

from monitor.model import Verdict

CHANGES = ("new", "revised")
"""What happens to items."""

POLLS = (
    "connect",
    "dns",
    "empty-body",
    "encoding",
    "forbidden-address",
    "not-a-feed",
    "offline",
    "ok",
    "protocol",
    "pushed",
    "redirect",
    "status",
    "timeout",
    "tls",
    "too-large",
    "unchanged",
    "unreadable",
)
"""How polls end."""

ATTEMPTS = ("delivered", "gave-up", "retry")
"""How attempts of deliveries end, for each receiver."""

PUSHES = (
    "bad-signature",
    "broken-off",
    "store-unavailable",
    "taken",
    "too-large",
    "too-many-waiting",
    "unknown",
)
"""What becomes of what hubs push."""

RELOADS = ("applied", "postponed", "refused")

_TRIGGERS = ("cardinality", "first_seen", "frequency", "sequence", "spike")
"""Those that decide on reports; their name is the reason."""

DECISIONS: dict[Verdict, tuple[str, ...]] = {
    Verdict.RAISE: ("corroborated", "new-story", *_TRIGGERS),
    Verdict.HOLD: (
        "backfill",
        "capped",
        "flatline",
        "inhibited",
        "silenced",
        "uncorroborated",
        "undated-first-poll",
        *_TRIGGERS,
    ),
    Verdict.UPDATE: ("escalated", "further-report", "new-source", "news", "reopened"),
    Verdict.CORRECT: ("correction", "denial", "retraction"),
    Verdict.JOIN: ("closed", "known-story"),
}
"""What may be decided on an item that a rule fired on, and why."""
