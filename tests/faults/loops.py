"""Lives that are killed and stopped at random moments, and what is left of them."""

import asyncio
import os
import random
import signal
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from monitor.detect.language import item_language
from monitor.model import Feed
from monitor.store.records import Store, open_store
from monitor.store.views import DeliveryFilter
from tests.faults.life import FEED, FastClock, Setting, live, receive


@dataclass(frozen=True)
class Found:
    """What a loop left behind."""

    events: int
    lost: int
    """Events whose message never arrived."""
    twice: int
    """Messages that arrived more than once, under the same id and with the same bytes."""
    foreign: int
    """Messages told twice under different ids, or with different bytes."""
    late: int
    """Acknowledgements that were refused because the lease was somebody else's."""
    kills: int
    stops: int
    whole: bool
    """Whether the database and the ledger are whole."""
    seconds: float

    @property
    def good(self) -> bool:
        return not self.lost and not self.foreign and self.whole


def child(work: Callable[[], Any]) -> int:
    """Run something in a forked process; it never returns here."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - it ends here whatever it was
        traceback.print_exc()
    finally:
        os._exit(status)


def end(pid: int, number: int = signal.SIGKILL) -> None:
    """End a process that we started and wait for it."""
    os.kill(pid, number)
    os.waitpid(pid, 0)


@contextmanager
def receiver(folder: Path, failing: float) -> Iterator[int]:
    """A receiver in a process of its own; yields its port."""
    port_file = folder / "port"
    pid = child(lambda: asyncio.run(receive(port_file, folder / "journal", failing)))
    try:
        while not port_file.exists() or not port_file.read_text():
            time.sleep(0.02)  # noqa: TID251 - another process
        yield int(port_file.read_text())
    finally:
        end(pid)


@dataclass
class Loop:
    """So many processes on one database, killed or stopped again and again."""

    url: str
    folder: Path
    events: int
    kills: int
    workers: int = 1
    stopping: float = 0.0
    """The share of blows that stop a process for longer than its lease."""
    failing: float = 0.1
    seed: int = 1
    patience: float = 600.0
    wall: bool = False
    """Whether the lives go by the wall's clock."""

    def run(self) -> Found:
        began = time.monotonic()
        item_language("", "A model is loaded once, not once a life")
        store = open_store(self.url)
        clock = time.time if self.wall else time.monotonic  # noqa: TID251 - a fault sets it
        zero = clock()
        published = time.monotonic()
        now = FastClock(zero, wall=self.wall).now()
        store.add_feed(Feed(url=FEED, source="events", lang="en"), now)
        store.close()
        with receiver(self.folder, self.failing) as port:
            setting = Setting(
                url=self.url,
                folder=self.folder,
                port=port,
                events=self.events,
                zero=zero,
                wall=self.wall,
                published=published,
            )
            killed, stopped = self._blows(setting)
            self._finish(setting)
        return self._found(killed, stopped, time.monotonic() - began)

    def _blows(self, setting: Setting) -> tuple[int, int]:
        chance, killed, stopped = random.Random(self.seed), 0, 0
        alive = [self._born(setting) for _ in range(self.workers)]
        try:
            while killed + stopped < self.kills:
                time.sleep(chance.uniform(0.1, 2.0))  # noqa: TID251 - that is the fault
                which = chance.randrange(len(alive))
                if chance.random() < self.stopping:
                    os.kill(alive[which], signal.SIGSTOP)
                    lease = setting.lease.total_seconds() / 60
                    time.sleep(lease * 1.5)  # noqa: TID251 - longer than the lease
                    os.kill(alive[which], signal.SIGCONT)
                    stopped += 1
                else:
                    end(alive[which])
                    killed += 1
                    alive[which] = self._born(setting)
        finally:
            for pid in alive:
                end(pid)
        return killed, stopped

    @staticmethod
    def _born(
        setting: Setting,
        life: Callable[[Setting], Coroutine[Any, Any, None]] = live,
    ) -> int:
        """Start a life, and return when it has come to its work."""
        born = setting.folder / "born"
        before = born.stat().st_size if born.exists() else 0
        pid = child(lambda: asyncio.run(life(setting)))
        while not born.exists() or born.stat().st_size == before:
            time.sleep(0.01)  # noqa: TID251 - another process
        return pid

    def _finish(self, setting: Setting) -> None:
        """Let one more life end what is left, without anybody doing anything."""
        pid = self._born(setting)
        store = open_store(self.url, migrate=False)
        until = time.monotonic() + self.patience
        try:
            while time.monotonic() < until:
                counts = store.counts()
                told = counts["deliveries_delivered"] + counts["deliveries_dead"]
                if told >= self.events and not counts["deliveries_pending"]:
                    break
                time.sleep(0.2)  # noqa: TID251 - another process
        finally:
            store.close()
            end(pid, signal.SIGKILL)

    def _found(self, killed: int, stopped: int, seconds: float) -> Found:
        store = open_store(self.url)
        accepted: Counter[str] = Counter()
        bodies: defaultdict[str, set[str]] = defaultdict(set)
        for line in (self.folder / "journal").read_text().splitlines():
            identity, status, body = line.split(" ")
            bodies[identity].add(body)
            accepted[identity] += status == "204"
        alerts: Counter[str] = Counter(
            one.alert_id
            for one in store.deliveries(DeliveryFilter())
            if accepted[one.id]
        )
        late = self.folder / "late"
        clock = FastClock(0.0)
        store.ledger.seal(clock.now() + timedelta(days=9999))
        found = Found(
            events=self.events,
            lost=self.events - self._told(store, accepted),
            twice=sum(1 for times in accepted.values() if times > 1),
            foreign=sum(1 for times in alerts.values() if times > 1)
            + sum(1 for one in bodies.values() if len(one) > 1),
            late=len(late.read_bytes()) if late.exists() else 0,
            kills=killed,
            stops=stopped,
            whole=_intact(store) and store.ledger.verify().broken is None,
            seconds=seconds,
        )
        store.close()
        return found

    @staticmethod
    def _told(store: Store, accepted: Counter[str]) -> int:
        """Return of how many events the message arrived."""
        alerts = {
            one.alert_id
            for one in store.deliveries(DeliveryFilter())
            if accepted[one.id]
        }
        return sum(
            1
            for item in store.items()
            for story in [store.explained(item.id).grouping]
            if story is not None
            and any(
                alert.id in alerts
                for view in [store.story(story.grouping.story_id)]
                if view is not None
                for alert in view.alerts
            )
        )


def _intact(store: Store) -> bool:
    if not store._database.is_sqlite:
        return True
    with store._database.read() as connection:
        return bool(connection.scalar(sa.text("PRAGMA integrity_check")) == "ok")
