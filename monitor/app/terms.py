"""How receivers and routes want messages to come, as the configuration says."""

from zoneinfo import ZoneInfo

from monitor.model import Severity
from monitor.notify.digests import Digest
from monitor.notify.gathering import Limit, Terms
from monitor.notify.routes import Route, group_intervals, hours_of
from monitor.pipeline.fallbacks import Fallback
from monitor.pipeline.gathering import Wishes
from monitor.pipeline.lanes import Handling
from monitor.send.pacing import Pace
from monitor.settings import Configuration, ReceiverSettings


def wishes_of(configuration: Configuration, route: Route) -> Wishes:
    """Return the terms of each receiver and the intervals of each route."""
    return Wishes(
        terms={one.name: _terms(one) for one in configuration.receivers},
        intervals=group_intervals(route),
        hours=hours_of(route),
    )


def _terms(written: ReceiverSettings) -> Terms:
    digest, rate = written.digest, written.rate_limit
    return Terms(
        digest=Digest(
            cron=digest.cron,
            zone=ZoneInfo(digest.timezone),
            bypass=None if digest.bypass == "none" else Severity(digest.bypass),
        )
        if digest
        else None,
        limit=Limit(messages=rate.messages, per=rate.per) if rate else None,
        expires_after=written.expires_after,
        send_closed=written.hears_of_the_end,
        apart=written.pagerduty is not None,
    )


def handling_of(configuration: Configuration) -> dict[str, Handling]:
    """Return how many go to each receiver at a time, how fast, and in which order."""
    return {
        one.name: Handling(
            concurrency=one.concurrency,
            ordered=one.ordered,
            pace=Pace(one.pace.messages, one.pace.per) if one.pace else None,
        )
        for one in configuration.receivers
    }


def fallbacks_of(configuration: Configuration) -> dict[str, Fallback]:
    """Return who is told instead of whom."""
    return {
        one.name: Fallback(receiver=one.fallback, after=one.fallback_after)
        for one in configuration.receivers
        if one.fallback
    }
