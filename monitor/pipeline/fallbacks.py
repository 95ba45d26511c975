"""Tells a fallback receiver what its own receiver has not taken for too long.

While a receiver rests, one message goes as a probe or none at all; the others are told by
how the receiver fares, not by attempts of their own. Each is told once: a delivery to the
fallback carries the id of the one that it stands in for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.errors import StoreUnavailable
from monitor.model import Delivery, Stranded, stable_id
from monitor.pipeline.ports import Store
from monitor.send.deliveries import Channel

PAGE = 200
"""Messages that one transaction hands over: others have to write too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Who is told instead of a receiver that takes nothing."""

    receiver: str
    after: timedelta = timedelta(hours=1)
    """How long a message may wait for its own receiver."""


@dataclass(frozen=True, slots=True)
class Instead:
    """One receiver's fallback, with the channel that it is."""

    store: Store
    failing: str
    after: timedelta
    channel: Channel

    def tell(self, now: datetime) -> int:
        """Hand over all that has waited for too long; return how many messages."""
        which = Stranded(
            receiver=self.failing, instead=self.channel.name, until=now - self.after
        )
        told, last = 0, None
        while True:
            page = self.store.stranded(which, last, PAGE)
            self._hand_over(page, now)
            told += len(page)
            if len(page) < PAGE:
                return told
            last = page[-1]

    def of(self, given_up: Delivery, now: datetime) -> tuple[Delivery, ...]:
        """Return what tells of one message that was given up, however short it waited."""
        if not can_be_anew(given_up) or self._is_told(given_up):
            return ()
        return tuple(self._stand_ins(given_up, now))

    def _is_told(self, given_up: Delivery) -> bool:
        try:
            return self.store.is_told(given_up, self.channel.name)
        except StoreUnavailable:
            return False  # rather twice than never

    def _hand_over(self, these: Sequence[Delivery], now: datetime) -> None:
        stand_ins = [made for one in these for made in self._stand_ins(one, now)]
        if stand_ins:
            self.store.add_deliveries(stand_ins)

    def _stand_ins(self, one: Delivery, now: datetime) -> Iterator[Delivery]:
        for to in self.channel.recipients:
            yield Delivery(
                id=stable_id("dlv", one.id, "instead", self.channel.name, to),
                alert_id=one.alert_id,
                sequence=one.sequence,
                receiver=self.channel.name,
                recipient=to,
                due=now,
                created=now,
                rank=one.rank,
                group=one.group.partition("?")[0],
                released=now,
                gathered=one.gathered,
                carries=one.carries or one.id,
                note=f"instead of {self.failing}",
            )


def can_be_anew(one: Delivery) -> bool:
    """Whether its message can be rendered again: tests and remarks are kept nowhere."""
    return bool(one.alert_id or one.gathered)


def instead_of(
    failing: str,
    store: Store,
    fallbacks: Mapping[str, Fallback],
    channels: Mapping[str, Channel],
) -> Instead | None:
    """Return who is told instead of a receiver; None: nobody."""
    fallback = fallbacks.get(failing)
    channel = channels.get(fallback.receiver) if fallback else None
    if fallback is None or channel is None:
        return None
    return Instead(store, failing, fallback.after, channel)
