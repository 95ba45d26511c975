"""What a message told that was new, and what its story was worth: into JSON and back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.model import Assessment, Change
from monitor.store.columns import clean
from monitor.store.statements import Values


def changes_document(changes: Sequence[Change]) -> list[Values] | None:
    """Return the column `messages.changes`."""
    return [
        {
            "sentence": clean(one.sentence),
            "field": one.field,
            "facts": [clean(fact) for fact in one.facts],
        }
        for one in changes
    ] or None


def to_changes(document: Sequence[Mapping[str, Any]] | None) -> tuple[Change, ...]:
    """Read the column `messages.changes`; NULL is none."""
    return tuple(
        Change(sentence=one["sentence"], field=one["field"], facts=tuple(one["facts"]))
        for one in document or ()
    )


def assessment_document(made: Assessment | None) -> Values | None:
    """Return the column `messages.assessment`."""
    if made is None:
        return None
    return {
        "grade": made.grade,
        "because": clean(made.because),
        "voices": [clean(one) for one in made.voices],
        "first_by": clean(made.first_by),
        "first_at": made.first_at.isoformat() if made.first_at else None,
        "state": made.state,
        "others": made.others,
        "state_lag_seconds": None
        if made.state_lag is None
        else made.state_lag.total_seconds(),
    }


def to_assessment(document: Mapping[str, Any] | None) -> Assessment | None:
    """Read the column `messages.assessment`; messages of older versions have none."""
    if document is None:
        return None
    first_at, lag = document["first_at"], document["state_lag_seconds"]
    return Assessment(
        grade=document["grade"],
        because=document["because"],
        voices=tuple(document["voices"]),
        first_by=document["first_by"],
        first_at=datetime.fromisoformat(first_at) if first_at else None,
        state=document["state"],
        others=document["others"],
        state_lag=None if lag is None else timedelta(seconds=lag),
    )
