"""The page at `/` as HTML; pure. It loads nothing and runs nothing.

What strangers wrote is cleaned of control characters and escaped; addresses are links only
where they are http or https. It reads well without its style, too.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from monitor.collect.health import Health
from monitor.model import Alert, Notice, Severity
from monitor.send import render
from monitor.send.render.plain import UNTITLED, coverage, why
from monitor.store.views import FeedRow, ReceiverRow

MOST_ROWS = 50
"""Feeds that are shown by name."""

_STYLE = """
:root{color-scheme:light dark;--ink:#101828;--soft:#475467;--line:#d0d5dd;--bad:#b42318;
--good:#05603a;--paper:#fff;--link:#1849a9}
@media(prefers-color-scheme:dark){:root{--ink:#f2f4f7;--soft:#b3bac7;--line:#3d4552;
--bad:#ff9c94;--good:#6ce9a6;--paper:#12161d;--link:#9ec5ff}}
*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:60rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
a{color:var(--link)}p{margin:.4rem 0}
.state{font-weight:600;border-left:.35rem solid var(--good);padding:.3rem .8rem}
.state.bad{border-color:var(--bad)}
.bad{color:var(--bad)}.soft{color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem;margin:.6rem 0}
dt{color:var(--soft)}dd{margin:0}
ul,ol{padding:0;margin:0;list-style:none}
li{border-top:1px solid var(--line);padding:.6rem 0;overflow-wrap:anywhere}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font-size:.9rem}
code{overflow-wrap:anywhere}
.tag{font-size:.8rem;font-weight:700;border:1px solid currentColor;border-radius:.25rem;
padding:0 .35rem;white-space:nowrap}
"""


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_digest(_STYLE)}';"
        " form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept, Authorization",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the page shows."""

    at: datetime
    state: Mapping[str, Any]
    """As `/-/healthy` says it."""
    feeds: Sequence[tuple[FeedRow, Health]]
    """Those that do not fare well."""
    all_feeds_seen: bool
    receivers: Sequence[ReceiverRow]
    """Those that fail or are disabled."""
    alerts: Sequence[tuple[Alert, Notice]]


def closed() -> str:
    """Return what is shown to who has no token."""
    return _whole(
        "Tocsin",
        "<h1>Tocsin</h1><p>This page shows alerts, so it asks for a token. Make one with"
        " <code>tocsin tokens add NAME</code> and give it as the password, with any"
        " user name.</p>",
    )


def unavailable(problem: str) -> str:
    """Return what is shown while the store cannot be used."""
    return _whole(
        "Tocsin: the store cannot be used",
        f'<h1>Tocsin</h1><p class="state bad">The store cannot be used now.</p>'
        f"<p>{_text(problem, 500)}</p>",
    )


def opened(front: Front) -> str:
    """Return the page."""
    problems = list(_problems(front))
    head = f"Tocsin: {problems[0]}" if problems else "Tocsin: all is well"
    return _whole(
        head,
        "".join(
            [
                "<header><h1>Tocsin</h1>",
                _summary(problems),
                f'<p class="soft">As of {_time(front.at)}. Reload the page for news.</p>',
                "</header><main>",
                _section("alerts", "Last alerts", _alerts(front)),
                _section("rules", "Rules", _rules(front.state)),
                _section("feeds", "Feeds that do not fare well", _feeds(front)),
                _section("receivers", "Receivers", _receivers(front)),
                _section("numbers", "Numbers", _numbers(front.state)),
                "</main>",
            ]
        ),
    )


# ── its parts ────────────────────────────────────────────────────────────────


def _problems(front: Front) -> Iterator[str]:
    """Yield in a few words each what a person should look at, the gravest first."""
    state = front.state
    if not state["store"].get("ok"):
        yield "the store cannot be used"
    yield from _halting(state)
    if state["rules"]["refused"]:
        yield "rules on disk were refused"
    if disabled := [one for one in front.receivers if one.disabled]:
        yield _many(len(disabled), "receiver is", "receivers are") + " disabled"
    if failing := len(front.receivers) - len(disabled):
        yield _many(failing, "receiver does", "receivers do") + " not answer"
    if state.get("network") != "reachable":
        yield str(state.get("network"))
    if front.feeds:
        yield _many(len(front.feeds), "feed does", "feeds do") + " not fare well"


def _halting(state: Mapping[str, Any]) -> Iterator[str]:
    if stalled := state.get("stalled_ticks"):
        yield f"work stands still: {', '.join(stalled)}"
    for tick, cause in state.get("failing_ticks", {}).items():
        yield f"{tick} fails: {cause}"


def _summary(problems: Sequence[str]) -> str:
    if not problems:
        return '<p class="state">All is well.</p>'
    told = "; ".join(_text(one, 300) for one in problems)
    return f'<p class="state bad">To look at: {told}.</p>'


def _alerts(front: Front) -> str:
    if not front.alerts:
        return "<p>None yet.</p>"
    return f"<ol>{''.join(_alert(*pair) for pair in front.alerts)}</ol>"


def _alert(alert: Alert, notice: Notice) -> str:
    rule, report = alert.rule, notice.reports[0] if notice.reports else None
    title = f"<bdi{_lang(notice)}>{_text(notice.story.title) or UNTITLED}</bdi>"
    if report and (url := render.link(report.item.url)):
        title = f'<a href="{escape(url)}" rel="noreferrer noopener">{title}</a>'
    standing = (
        "closed" if alert.closed else "acknowledged" if alert.acknowledged else ""
    )
    facts = [
        _text(rule.title) or escape(rule.id),
        _text(coverage(notice.story)),
        _time(alert.updated),
        *([standing] if standing else []),
    ]
    grave = (
        ' class="tag bad"'
        if rule.severity.rank >= Severity.HIGH.rank
        else ' class="tag"'
    )
    return (
        f"<li><span{grave}>{escape(rule.severity.value.upper())}</span> {title}"
        f'<p class="soft">{" · ".join(facts)}</p>'
        f'<p class="soft">{_text(why(notice), 300)}; '
        f"<code>{escape(alert.id)}</code></p></li>"
    )


def _lang(notice: Notice) -> str:
    lang = notice.story.lang
    return f' lang="{lang}"' if lang.isascii() and lang.isalpha() else ""


def _rules(state: Mapping[str, Any]) -> str:
    rules = state["rules"]
    off = len(rules.get("switched_off", ()))
    more = f"; {_many(off, 'is', 'are')} switched off" if off else ""
    told = f"<p>{_many(rules['in_force'], 'rule is', 'rules are')} in force{more}.</p>"
    if not rules["refused"]:
        return told + "<p>What is on disk is in force.</p>"
    listed = "".join(
        f"<li><pre>{_block(one)}</pre></li>" for one in rules["refused"][:MOST_ROWS]
    )
    return (
        f'{told}<p class="bad">What is on disk was refused; what ran before stays in'
        f" force.</p><ul>{listed}</ul>"
    )


def _feeds(front: Front) -> str:
    told = "" if front.feeds else "<p>None.</p>"
    rows = [_feed(*pair) for pair in front.feeds[:MOST_ROWS]]
    if rows:
        told = f"<ul>{''.join(rows)}</ul>"
    if len(front.feeds) > MOST_ROWS or not front.all_feeds_seen:
        told += "<p>There may be more: <code>tocsin feeds list --unhealthy</code></p>"
    return told


def _feed(row: FeedRow, fares: Health) -> str:
    name = _text(row.feed.name or row.feed.source or row.feed.url)
    return (
        f'<li><span class="tag bad">{escape(fares.state)}</span> <bdi>{name}</bdi>'
        f'<p class="soft">{_text(fares.reason)}; '
        f"<code>{_text(row.feed.url, 500)}</code></p></li>"
    )


def _receivers(front: Front) -> str:
    if not front.receivers:
        return "<p>All take what they are sent.</p>"
    return f"<ul>{''.join(map(_receiver, front.receivers))}</ul>"


def _receiver(one: ReceiverRow) -> str:
    if one.disabled:
        word = "disabled"
        told = f"since {_time(one.disabled)}: {_text(one.reason)};"
        told += f" <code>tocsin receivers enable {escape(one.name)}</code>"
    else:
        word = "failing"
        told = _many(one.failures, "attempt", "attempts") + " in a row failed"
        told += f", since {_time(one.failing_since)}" if one.failing_since else ""
    waiting = f"; {_many(one.pending, 'message waits', 'messages wait')}"
    return (
        f'<li><span class="tag bad">{word}</span> {escape(one.name)}'
        f'<p class="soft">{told}{waiting if one.pending else ""}</p></li>'
    )


def _numbers(state: Mapping[str, Any]) -> str:
    store = state["store"]
    shown = [
        ("Version", escape(str(state.get("version", "")))),
        ("Feeds", _number(store, "feeds")),
        ("of these failing now", _number(store, "feeds_failing")),
        ("Items kept", _number(store, "items")),
        ("Alerts", _number(store, "alerts")),
        ("Messages waiting", _number(store, "deliveries_pending")),
        ("Messages given up", _number(store, "deliveries_dead")),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in shown if value)
    return f"<dl>{rows}</dl>"


def _number(store: Mapping[str, Any], name: str) -> str:
    return f"{int(store[name]):,}" if name in store else ""


# ── words and marks ──────────────────────────────────────────────────────────


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{body}</section>'


def _many(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def _text(words: str, most: int = 300) -> str:
    return escape(render.line(words, most))


def _block(words: str) -> str:
    return "\n".join(_lines(words.splitlines()[:20]))


def _lines(lines: Iterable[str]) -> Iterator[str]:
    for one in lines:
        indent = len(one) - len(one.lstrip(" "))
        yield " " * min(indent, 20) + _text(one, 500)


def _time(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f'<time datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%Y-%m-%d %H:%M} UTC</time>'


def _whole(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{body}</body></html>"
    )
