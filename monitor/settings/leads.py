"""Whether the names in routes, receivers and health lead anywhere."""

import difflib
from collections.abc import Iterator
from typing import Any

from monitor.documents import Document, Location
from monitor.errors import Problem
from monitor.settings.secrets import Receivers
from monitor.settings.shape import RouteSettings, Settings


class Leads:
    """Checks them; what leads nowhere joins the problems."""

    def __init__(self, document: Document, problems: list[Problem]) -> None:
        """Check what stands in `document`."""
        self._document, self._problems = document, problems

    def check(
        self, receivers: Receivers, route: RouteSettings | None, data: dict[str, Any]
    ) -> None:
        """Check the receivers, those of health, the intervals and the routes.

        `data` is what is in force, of the file and of variables, see `in_force`.
        """
        names = [receiver.name for _, receiver in receivers]
        self._check_receivers(receivers)
        self._check_health(names, data)
        self._check_names_of_intervals(data)
        self._check_routes(route, names, data)

    def _check_receivers(self, receivers: Receivers) -> None:
        """Complain about names that stand twice, and fallbacks that lead nowhere."""
        names: set[str] = set()
        for index, receiver in receivers:
            if receiver.name in names:
                message = f"the receiver {receiver.name!r} stands twice"
                self._at(("receivers", index, "name"), message, mend="rename one")
            names.add(receiver.name)
        for index, receiver in receivers:
            other = receiver.fallback
            if other is not None and (other not in names or other == receiver.name):
                message = f"no other receiver is called {other!r}"
                mend = f"one of {', '.join(sorted(names - {receiver.name}))}"
                self._at(("receivers", index, "fallback"), message, mend=mend)

    def _check_health(self, names: list[str], data: dict[str, Any]) -> None:
        """Complain about receivers of health that do not exist."""
        for index, name in enumerate(_told_of_health(data)):
            self._check_name(("health", "receivers", index), name, names)

    def _check_names_of_intervals(self, data: dict[str, Any]) -> None:
        """Complain about intervals that stand twice: routes mean one of them."""
        names = _intervals(data)
        for index, name in enumerate(names):
            if name is not None and name in names[:index]:
                message = f"the time interval {name!r} stands twice"
                place: Location = ("time_intervals", index, "name")
                self._at(
                    place, message, mend="rename one, or write all its times in one"
                )

    def _check_routes(
        self, route: RouteSettings | None, names: list[str], data: dict[str, Any]
    ) -> None:
        """Complain about routes that lead nowhere, and receivers that none leads to."""
        if route is None:
            if len(names) > 1 and "route" not in data:
                mend = "add route: {receiver: NAME}"
                self._at(("receivers",), "several receivers need a route", mend=mend)
            return
        if route.receiver is None:
            self._at(
                ("route",), "the first route needs a receiver", mend="add receiver:"
            )
        if any(words for _, words in route.match):
            mend = "move it to a route of its own under routes:"
            message = "the first route takes every alert, whatever its match"
            self._at(("route", "match"), message, mend=mend)
        intervals = _intervals(data)
        self._check_intervals(("route",), route, intervals)
        used = set(self._route_receivers(("route",), route, names))
        used |= set(_told_of_health(data))
        used |= {
            str(one.get("fallback"))
            for one in data.get("receivers") or ()
            if isinstance(one, dict)
        }
        for index, name in enumerate(names):
            if name not in used:
                self._at(
                    ("receivers", index, "name"),
                    f"no route leads to the receiver {name!r}",
                    mend="only rules that name it will reach it",
                    severity="warning",
                )

    def _route_receivers(
        self, place: Location, route: RouteSettings, names: list[str]
    ) -> Iterator[str]:
        if route.receiver is not None:
            yield route.receiver
            self._check_name((*place, "receiver"), route.receiver, names)
        for index, child in enumerate(route.routes):
            yield from self._route_receivers((*place, "routes", index), child, names)

    def _check_intervals(
        self, place: Location, route: RouteSettings, known: list[Any]
    ) -> None:
        """Complain about intervals that a route names and nobody has defined."""
        for index, child in enumerate(route.routes):
            self._check_intervals((*place, "routes", index), child, known)
        for key in ("mute_time_intervals", "active_time_intervals"):
            for index, name in enumerate(getattr(route, key)):
                if name not in known:
                    message = f"no time interval is called {name!r}"
                    mend = "define it under time_intervals"
                    self._at((*place, key, index), message, mend=mend)

    def _check_name(self, place: Location, name: str, names: list[str]) -> None:
        if name not in (names or ["console"]):
            near = difflib.get_close_matches(name, names, n=1)
            mend = f"did you mean {near[0]}?" if near else "add it to receivers"
            self._at(place, f"no receiver is called {name!r}", mend=mend)

    def _at(self, location: Location, message: str, **more: str) -> None:
        self._problems.append(self._document.problem(location, message, **more))


def in_force(settings: Settings | None, data: dict[str, Any]) -> dict[str, Any]:
    """Return what names lead to and from, with what variables say of it."""
    if settings is None:
        return data
    return {
        **data,
        "health": {"receivers": list(settings.health.receivers)},
        "receivers": [{"fallback": one.fallback} for one in settings.receivers],
        "time_intervals": [{"name": one.name} for one in settings.time_intervals],
    }


def _intervals(data: dict[str, Any]) -> list[Any]:
    """Return the names of time intervals, as far as they are written as they should be."""
    found = data.get("time_intervals")
    return [
        one.get("name") if isinstance(one, dict) else None
        for one in (found if isinstance(found, list) else ())
    ]


def _told_of_health(data: dict[str, Any]) -> list[str]:
    """Return who is told of sources, as far as it is written as it should be."""
    health = data.get("health")
    told = health.get("receivers") if isinstance(health, dict) else None
    return [n for n in told if isinstance(n, str)] if isinstance(told, list) else []
