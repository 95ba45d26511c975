"""Lets deliveries go, puts several into one message, or puts them off; before each lease."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from monitor.model import Delivery
from monitor.notify.digests import Digest
from monitor.notify.gathering import PLAIN, History, Plan, Terms, plan
from monitor.notify.intervals import Hours, kept_quiet


class Before(Protocol):
    """What was let go before for one receiver and recipient."""

    @property
    def released(self) -> tuple[datetime, ...]:
        """When."""
        ...

    @property
    def groups(self) -> Mapping[str, datetime]:
        """When each group was last told of."""
        ...

    @property
    def last_digest(self) -> datetime | None:
        """When the last digest was made."""
        ...

    @property
    def catching_up(self) -> bool:
        """Whether a catch-up is on its way."""
        ...


class Gathering(Protocol):
    """One transaction in which nobody else writes."""

    def waiting(
        self,
        now: datetime,
        expiries: Mapping[str, timedelta],
        digests: Mapping[str, datetime] | None,
    ) -> Sequence[Delivery]:
        """Return what is due and waits at a gate, whole groups, and what is overdue."""
        ...

    def before(self, receiver: str, recipient: str, since: datetime) -> Before:
        """Return what was let go for a receiver since."""
        ...

    def release(self, these: Sequence[Delivery], now: datetime) -> None:
        """Let deliveries go."""
        ...

    def fold(
        self, bundle: Delivery, members: Sequence[Delivery], now: datetime
    ) -> None:
        """Store a delivery that tells what its members would have told."""
        ...

    def put_off(self, these: Sequence[Delivery]) -> None:
        """Store that deliveries wait on."""
        ...


class GatheringStore(Protocol):
    """What gathering needs of the store."""

    def gathering_needed(
        self,
        now: datetime,
        expiries: Mapping[str, timedelta],
        digests: Mapping[str, datetime] | None,
    ) -> bool:
        """Say whether anything that is due waits at a gate."""
        ...

    def gathering(self) -> AbstractContextManager[Gathering]:
        """Begin the transaction."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How receivers and routes want messages to come; replaced whole on reload."""

    terms: Mapping[str, Terms]
    """By receiver; one that is not in it is told plainly."""
    intervals: Mapping[str, timedelta]
    """How often a group is told of, by its route's place."""
    hours: Mapping[str, Hours] = field(default_factory=dict)
    """When those routes speak that do not always, by their places."""


_IN_VAIN = timedelta(minutes=5)
"""How often it is asked who waits for a digest that is no more, or not when it was."""
PLAINLY = Wishes(terms={}, intervals={})
"""Of each alert by itself, when it is due."""


class Gatherer:
    """Decides what goes as one message."""

    def __init__(self, store: GatheringStore, wishes: Callable[[], Wishes]) -> None:
        """`wishes` are asked for each time: a reload replaces them."""
        self._store = store
        self._wishes = wishes
        self._looked: tuple[Mapping[str, Digest], datetime] | None = None

    def decide(self, now: datetime) -> int:
        """Decide on all that is due; return how many messages were let go."""
        wishes = self._wishes()
        expiries = {
            name: terms.expires_after
            for name, terms in wishes.terms.items()
            if terms.expires_after is not None
        }
        digests = self._digests(wishes, now)
        if not self._store.gathering_needed(now, expiries, digests):
            return 0
        gone = 0
        with self._store.gathering() as gathering:
            places: defaultdict[tuple[str, str], list[Delivery]] = defaultdict(list)
            for one in gathering.waiting(now, expiries, digests):
                places[one.receiver, one.recipient].append(one)
            for waiting in places.values():
                made = _planned(gathering, waiting, wishes, now)
                gathering.release(made.release, now)
                gathering.put_off(made.put_off)
                for fold in made.folds:
                    gathering.fold(fold.bundle, fold.members, now)
                gone += len(made.release) + len(made.folds)
        return gone

    def quiet(
        self, due: Sequence[Delivery], ordered: Collection[str], now: datetime
    ) -> list[Delivery]:
        """Return those of what is due whose routes keep quiet now, as they wait on."""
        hours = self._wishes().hours
        return kept_quiet(due, hours, ordered, now) if hours else []

    def _digests(self, wishes: Wishes, now: datetime) -> Mapping[str, datetime] | None:
        """Return whose digest comes when, where it is to be asked who waits in vain.

        That is after a reload, and now and then: another process may go by older wishes.
        """
        digests = {name: one.digest for name, one in wishes.terms.items() if one.digest}
        if self._looked is not None:
            before, at = self._looked
            if before == digests and timedelta() <= now - at < _IN_VAIN:
                return None
        self._looked = (digests, now)
        return {name: digest.after(now) for name, digest in digests.items()}


def _planned(
    gathering: Gathering, waiting: Sequence[Delivery], wishes: Wishes, now: datetime
) -> Plan:
    first = waiting[0]
    terms = wishes.terms.get(first.receiver, PLAIN)
    reach = max(
        [timedelta(), *wishes.intervals.values()]
        + ([terms.limit.per] if terms.limit else [])
    )
    before = gathering.before(first.receiver, first.recipient, now - reach)
    history = History(
        released=before.released,
        groups=before.groups,
        last_digest=before.last_digest,
        catching_up=before.catching_up,
    )
    return plan(waiting, terms, history, wishes.intervals, now, hours=wishes.hours)
