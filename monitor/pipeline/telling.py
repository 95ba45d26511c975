"""From matches to alerts, inside a poll's transaction: group, decide, route."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from monitor.group.levels import Level, base
from monitor.group.merging import Rival, rivals
from monitor.group.stories import HORIZON, Window, read_ahead
from monitor.model import FeedLease, GroupedItem, Grouping, Item, Match
from monitor.pipeline.deciding import Deciding, Fired, Telling
from monitor.pipeline.policy import Policy
from monitor.pipeline.ports import PollTransaction

_BATCH = 256
"""Items that are encoded together when the window is read."""
_SET_BACK = timedelta(minutes=15)
"""A clock that is behind by more was set back; polls side by side differ by less."""


class Teller:
    """Groups matched items into stories and decides on alerts.

    It keeps the active window of stories in memory. The window follows the
    store: it reads what joined stories since its cursor, also through other
    replicas, and after a transaction that failed it is read anew.
    """

    def __init__(self, policy: Policy, level: Level | None = None) -> None:
        """Start with an empty window; the first telling fills it.

        A story keeps what was decided at another level; its reports of the window
        are read anew at this one.
        """
        self.policy = policy
        self.level = level or base()
        self._lock = threading.Lock()
        self._window = Window(self.level)
        self._cursor = 0
        self._as_of: datetime | None = None

    @contextmanager
    def session(self, now: datetime) -> Iterator["Session"]:
        """Surround one poll's transaction; ends after it has committed or failed.

        The window belongs to the session from its first telling on, so that no
        other poll sees stories that are not committed yet. The policy is the one
        in force at the beginning, whatever is reloaded meanwhile.
        """
        session = Session(self, self.policy, now)
        try:
            yield session
        except BaseException:
            if session.holds_window:
                self._forget()
            raise
        finally:
            if session.holds_window:
                self._lock.release()

    def acquire(
        self, transaction: PollTransaction, now: datetime, items: Sequence[Item]
    ) -> None:
        """Take the window, and take in what joined stories since it was last used.

        `items` are those that will be grouped: encoded before anybody has to wait.
        """
        ahead = read_ahead(items, self.level)
        transaction.lock_stories()
        self._lock.acquire()
        try:
            self._catch_up(transaction, now)
            self._window.expect(ahead)
        except BaseException:
            # It is nobody's yet: kept, it would block every poll from now on.
            self._forget()
            self._lock.release()
            raise

    def _catch_up(self, transaction: PollTransaction, now: datetime) -> None:
        if self._as_of is not None and self._as_of - now > _SET_BACK:
            # While the clock was ahead, stories of today were given up as old.
            self._forget()
        self._as_of = now
        rows = transaction.grouped_since(self._cursor, now - HORIZON)
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            self._window.prepare([row.item for row in batch])
            self._take(batch)
        self._window.evict(now)

    def _take(self, rows: Sequence[GroupedItem]) -> None:
        for row in rows:
            self._window.add(row.item, row.story_id, row.related_to)
            self._cursor = row.cursor

    def _forget(self) -> None:
        """Let the next session read the window anew."""
        self._window, self._cursor = Window(self.level), 0

    def group(self, item: Item, twin_story: str) -> Grouping:
        """Return which story an item belongs to."""
        return self._window.decide(item, twin_story=twin_story)

    def rivals(self, item: Item, grouping: Grouping) -> Sequence[Rival]:
        """Return the other stories that an item shows to be one with its own."""
        return rivals(self._window, item, grouping)

    def grouped(self, item: Item, grouping: Grouping, cursor: int) -> None:
        """Take a grouping of our own into the window."""
        self._window.add(item, grouping.story_id, grouping.related_to)
        self._cursor = cursor

    def follow(self, transaction: PollTransaction, now: datetime) -> None:
        """Take in what a merge of our own has moved since."""
        self._take(transaction.grouped_since(self._cursor, now - HORIZON))


class Session:
    """One poll's use of the teller."""

    def __init__(self, teller: Teller, policy: Policy, now: datetime) -> None:
        """Begin without the window; most polls never need it."""
        self._teller = teller
        self.policy = policy
        self._now = now
        self.holds_window = False

    def tell(
        self,
        transaction: PollTransaction,
        lease: FeedLease,
        fired: "Fired",
        twins: Mapping[str, str],
    ) -> Telling:
        """Group, decide and write what a poll's matches lead to."""
        self._teller.acquire(transaction, self._now, [item for item, _ in fired.all])
        self.holds_window = True
        poll = Deciding(self._teller, self.policy, transaction, lease, self._now)
        known = dict(
            transaction.story_of(
                [*(item.id for item, _ in fired.all), *set(twins.values())]
            )
        )
        for item, matches in fired.first:
            own = known.get(item.id, "")
            twin = known.get(twins.get(item.id, ""), "")
            placed = poll.place(item, own, twin)
            known[item.id] = placed.story.id
            # The gravest first: once it is told, it may keep a lighter one from being.
            for match in sorted(matches, key=self._gravity):
                poll.decide(placed, match)
        for item, matches in fired.again:
            if known.get(item.id):
                placed = poll.place(item, known[item.id], "")
                for match in matches:
                    poll.decide(placed, match, again=True)
        return poll.done

    def _gravity(self, match: Match) -> int:
        return -self.policy.rules.rules[match.rule_id].severity.rank
