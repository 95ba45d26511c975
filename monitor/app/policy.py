"""Who hears of what, as the configuration and the rules say it together."""

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from monitor.app.loading import Loaded
from monitor.app.terms import wishes_of
from monitor.notify.intervals import WEEKDAYS, Interval
from monitor.notify.routes import Route
from monitor.notify.silences import Inhibition
from monitor.pipeline.policy import Policy
from monitor.send import anywhere
from monitor.settings import Configuration, RouteSettings


def policy_of(loaded: Loaded) -> Policy:
    """Return what decides who hears of what."""
    configuration = loaded.configuration
    route = route_of(configuration.route, intervals_of(configuration))
    return Policy(
        rules=loaded.rulebook,
        route=route,
        wishes=wishes_of(configuration, route),
        inhibitions=inhibitions_of(configuration),
        recipients=recipients_of(configuration),
        sources={source.name: source for source in configuration.sources},
    )


def route_of(
    written: RouteSettings, intervals: Mapping[str, Interval] = MappingProxyType({})
) -> Route:
    """Turn a route as written into the tree that notify walks."""
    match = {key: words for key, words in written.match if words}
    return Route(
        receiver=written.receiver or "",
        match=match,
        continue_=written.continue_,
        group_wait=written.group_wait,
        group_by=written.group_by,
        group_interval=written.group_interval,
        repeat_interval=written.repeat_interval,
        resolve_after=written.resolve_after,
        mute=tuple(intervals[name] for name in written.mute_time_intervals),
        active=tuple(intervals[name] for name in written.active_time_intervals),
        routes=tuple(route_of(child, intervals) for child in written.routes),
    )


def intervals_of(configuration: Configuration) -> dict[str, Interval]:
    """Return the named time intervals."""
    return {
        one.name: Interval(
            name=one.name,
            times=tuple(
                (_minutes(t.start_time), _minutes(t.end_time)) for t in one.times
            ),
            weekdays=frozenset(WEEKDAYS.index(day) for day in one.weekdays),
            days_of_month=frozenset(one.days_of_month),
            months=frozenset(one.months),
            zone=ZoneInfo(one.location),
        )
        for one in configuration.settings.time_intervals
    }


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def inhibitions_of(configuration: Configuration) -> tuple[Inhibition, ...]:
    """Return what keeps alerts from being told."""
    return tuple(
        Inhibition(
            source={key: words for key, words in one.source if words},
            target={key: words for key, words in one.target if words},
            equal=one.equal,
            lasts=one.lasts,
        )
        for one in configuration.settings.inhibit_rules
    )


def recipients_of(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    """Return whom each receiver writes to; ("",) where there are no addresses."""
    found = {}
    for receiver in configuration.receivers:
        mailed = tuple(receiver.email.recipients) if receiver.email else ("",)
        found[receiver.name] = mailed
        if receiver.apprise:
            text = configuration.service_secrets.get(receiver.name, "")
            found[receiver.name] = tuple(anywhere.targets(text))
    return found
