"""A notice as chat services take it: within their limits, escaped for their markup; pure.

slack         blocks (api.slack.com/reference/block-kit): 150 in a header, 3,000 in a section
discord       an embed (discord.com/developers/docs): 256, 4,096, 6,000 in all
teams         an adaptive card 1.4 for a workflow: 28 kB
telegram      HTML (core.telegram.org/bots/api#html-style): 4,096
ntfy          JSON (docs.ntfy.sh/publish): 4,096 bytes
mattermost    Markdown (developers.mattermost.com): 16,383
pagerduty     Events API v2: 1,024 in the summary, 512 kB
alertmanager  API v2: labels and annotations
"""

import html
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import Kind, Notice, Remark, Severity
from monitor.send.render.clean import cut, line, link
from monitor.send.render.plain import UNTITLED, byline, coverage, evidence, why
from monitor.send.render.worth import sentence

Json = dict[str, Any]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-!|~<>])")
_COLOURS = {
    Severity.INFO: 0x667085,
    Severity.LOW: 0x1570EF,
    Severity.MEDIUM: 0xDC6803,
    Severity.HIGH: 0xD92D20,
    Severity.CRITICAL: 0x7A271A,
}
SILENCE = "Silence this"
_REPORTS = 5
_EVIDENCE = 4
_CHANGES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a chat message says, before any markup."""

    kicker: str
    """Severity and rule, in one line."""
    title: str
    url: str = ""
    why: str
    changes: tuple[str, ...] = ()
    """Sentences that are new, as published."""
    reports: tuple[tuple[str, str, str], ...] = ()
    """Title, address and outlet of each."""
    evidence: tuple[str, ...] = ()
    footer: str
    severity: Severity = Severity.INFO
    at: datetime
    silence: str = ""
    """Where the alert can be silenced; "" for nowhere."""
    labels: tuple[tuple[str, str], ...] = ()
    """What routes of a receiver's own can ask for."""
    whole: bool = False
    """Whether the reports were chosen so that all of them fit."""
    over: bool = False
    """Whether the alert is closed."""


def of_notice(notice: Notice) -> Said:
    """Return what a message about an alert says."""
    rule = notice.alert.rule
    first = notice.reports[0] if notice.reports else None
    word = "correction" if notice.kind is Kind.CORRECTION else "update"
    update = "" if notice.kind is Kind.NEW else f", {word} {notice.sequence}"
    update = ", closed" if notice.kind is Kind.CLOSED else update
    grade = f" · {notice.assessment.grade}" if notice.assessment else ""
    reports = tuple(
        (line(one.item.title) or UNTITLED, link(one.item.url), byline(one))
        for one in notice.reports[:_REPORTS]
    )
    return Said(
        kicker=f"{rule.severity.value.upper()} · {line(rule.title, 120)}{update}",
        title=line(notice.story.title) or UNTITLED,
        url=link(first.item.url) if first else "",
        why=why(notice),
        changes=tuple(sentence(one) for one in notice.changes[:_CHANGES]),
        reports=reports,
        evidence=tuple(evidence(first)[:_EVIDENCE]) if first else (),
        footer=f"{coverage(notice.story)}{grade} · {line(rule.id, 100)} · {notice.alert.id}",
        severity=rule.severity,
        at=notice.at,
        labels=(
            ("alertname", rule.id),
            ("severity", rule.severity.value),
            ("theme", rule.theme),
            ("story", notice.story.id),
            ("alert", notice.alert.id),
            ("service", "tocsin"),
        ),
        over=notice.kind is Kind.CLOSED,
    )


def of_remark(remark: Remark, now: datetime) -> Said:
    """Return what a message about Tocsin's own work says."""
    facts = " · ".join(line(value, 200) for value in remark.facts.values() if value)
    return Said(
        kicker=remark.kind,
        title=line(remark.title),
        why=line(remark.text, 1000),
        footer=facts or "Tocsin",
        severity=Severity.MEDIUM,
        at=now,
    )


def of_ping(receiver: str, now: datetime) -> Said:
    """Return what a test message says."""
    return Said(
        kicker="Test",
        title=f"A test message for {line(receiver, 100)}",
        why="Nothing has happened: somebody wanted to know whether it arrives.",
        footer="Tocsin",
        at=now,
    )


# ── what fits ────────────────────────────────────────────────────────────────


def _fitting(said: Said, make: Callable[[Said], Json], most: int) -> Json:
    """Return the message with as much as fits into `most` bytes; the title always."""
    if said.whole:
        return make(said)
    shorter = [
        said,
        _less(said, reports=3, evidence=2),
        _less(said, reports=1, evidence=0),
        _less(said, reports=0, evidence=0),
    ]
    made = make(said)
    for one in shorter:
        made = make(one)
        if len(_encoded(made)) <= most:
            break
    return made


def _less(said: Said, *, reports: int, evidence: int) -> Said:
    return replace(
        said,
        title=cut(said.title, 300),
        why=cut(said.why, 300),
        changes=said.changes[:reports],
        reports=said.reports[:reports],
        evidence=said.evidence[:evidence],
        footer=cut(said.footer, 300),
    )


def _encoded(value: Json | list[Json]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def encoded(value: Json | list[Json]) -> bytes:
    """Return a message as the bytes that are sent."""
    return _encoded(value)


def _bytes(text: str, most: int) -> str:
    """Cut a text so that it has at most so many bytes."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore").rstrip() + "…"


def _lines(said: Said, write: "_Writer") -> Iterator[str]:
    yield write.plain(said.why)
    yield from (write.plain(one) for one in said.changes)
    for title, url, outlet in said.reports:
        yield f"{write.linked(title, url)} {write.faint(outlet)}"
    for one in said.evidence:
        yield write.faint(one)


@dataclass(frozen=True, slots=True)
class _Writer:
    """How one service writes plain text, a link, and what matters less."""

    plain: Callable[[str], str]
    linked: Callable[[str, str], str]
    faint: Callable[[str], str]


def units(text: str) -> int:
    """Return a text's length in UTF-16, in which most chat services count."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)  # noqa: PLR2004 - its planes


def _short(text: str, most: int) -> str:
    """Cut a text that has no markup to so many units of UTF-16."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", "ignore")
    return kept.rstrip() + "…"


def _within(lines: Sequence[str], most: int) -> str:
    """Join whole lines while they fit: markup is never cut in two."""
    kept: list[str] = []
    room = most
    for one in lines:
        if units(one) + 1 > room:
            break
        kept.append(one)
        room -= units(one) + 1
    return "\n".join(kept)


_HEAD = 2500
"""Units that a linked title may have; it loses its address before it is cut."""


def _head(said: Said, write: "_Writer") -> str:
    """Return the title as a link, which never takes the whole message."""
    linked = write.linked(said.title, said.url)
    if units(linked) <= _HEAD:
        return linked
    return write.plain(cut(said.title, 300))


# ── the services ─────────────────────────────────────────────────────────────


def _mrkdwn(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack_link(title: str, url: str) -> str:
    shown = _mrkdwn(cut(title, 300)).replace("|", "¦")
    return f"<{url.replace('|', '%7C')}|{shown}>" if url else shown


_SLACK = _Writer(_mrkdwn, _slack_link, lambda text: f"_{_mrkdwn(text)}_")


def slack(said: Said) -> Json:
    """Return a message for a Slack incoming webhook."""

    def make(one: Said) -> Json:
        blocks: list[Json] = [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": _short(one.kicker, 150)},
            }
        ]
        head = f"*{_head(one, _SLACK)}*"
        text = _within([head, *_lines(one, _SLACK)], 3000)
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
        footer = _mrkdwn(cut(one.footer, 1500))
        if one.silence:
            footer += f" · {_slack_link(SILENCE, one.silence)}"
        elements = [{"type": "mrkdwn", "text": footer}]
        blocks.append({"type": "context", "elements": elements})
        fallback = _mrkdwn(cut(f"{one.kicker}: {one.title}", 300))
        return {"text": fallback, "blocks": blocks, "unfurl_links": False}

    return _fitting(said, make, 12_000)


def marked_down(text: str) -> str:
    """Return a text that Markdown shows as it is, and that calls nobody."""
    # A zero-width space keeps @everyone from calling everybody.
    return _MARKDOWN.sub(r"\\\1", text).replace("@", "@\u200b")


def _markdown_link(title: str, url: str) -> str:
    shown = marked_down(cut(title, 300))
    safe = url.replace("(", "%28").replace(")", "%29")
    return f"[{shown}]({safe})" if url else shown


_MARKED = _Writer(marked_down, _markdown_link, lambda text: f"*{marked_down(text)}*")


def _silence(said: Said) -> list[str]:
    return [_markdown_link(SILENCE, said.silence)] if said.silence else []


def discord(said: Said) -> Json:
    """Return a message for a Discord webhook: one embed that mentions nobody."""

    def make(one: Said) -> Json:
        embed: Json = {
            "title": _discord_title(one.title),
            "description": _within([*_lines(one, _MARKED), *_silence(one)], 4096),
            "color": _COLOURS[one.severity],
            "author": {"name": _short(one.kicker, 256)},
            "footer": {"text": _short(one.footer, 1000)},
            "timestamp": _moment(one.at),
        }
        if one.url:
            embed["url"] = one.url
        return {"embeds": [embed], "allowed_mentions": {"parse": []}}

    return _fitting(said, make, 6_000)


def _discord_title(title: str) -> str:
    """Return a title of an embed, in which Markdown works too: at most 256."""
    for most in (256, 200, 160):
        if units(made := marked_down(cut(title, most))) <= 256:  # noqa: PLR2004
            return made
    return marked_down(cut(title, 128))


def teams(said: Said) -> Json:
    """Return an adaptive card for a Microsoft Teams workflow."""

    def block(text: str, **more: Any) -> Json:
        return {"type": "TextBlock", "text": text, "wrap": True, **more}

    def make(one: Said) -> Json:
        body = [
            block(marked_down(one.kicker), weight="Bolder", color="Attention"),
            block(marked_down(one.title), size="Large", weight="Bolder"),
            *(block(text) for text in _lines(one, _MARKED)),
            block(marked_down(one.footer), isSubtle=True, size="Small"),
        ]
        card: Json = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        }
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": title, "url": url}
            for title, url in (("Read it", one.url), (SILENCE, one.silence))
            if url
        ]
        kind = "application/vnd.microsoft.card.adaptive"
        return {
            "type": "message",
            "attachments": [{"contentType": kind, "content": card}],
        }

    return _fitting(said, make, 27_000)


def _html_link(title: str, url: str) -> str:
    shown = html.escape(cut(title, 300))
    return f'<a href="{html.escape(url)}">{shown}</a>' if url else shown


_HTML = _Writer(html.escape, _html_link, lambda text: f"<i>{html.escape(text)}</i>")


def telegram(said: Said, chat: str) -> Json:
    """Return a `sendMessage` for a Telegram bot."""
    head = [
        f"<b>{html.escape(cut(said.kicker, 300))}</b>",
        f"<b>{_head(said, _HTML)}</b>",
    ]
    foot = html.escape(_short(said.footer, 250))
    if said.silence:
        foot += f" · {_html_link(SILENCE, said.silence)}"
    text = _within([*head, *_lines(said, _HTML)], 4096 - units(foot) - 2)
    return {
        "chat_id": chat,
        "text": f"{text}\n{foot}",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }


_PRIORITIES = {
    Severity.INFO: 2,
    Severity.LOW: 2,
    Severity.MEDIUM: 3,
    Severity.HIGH: 4,
    Severity.CRITICAL: 5,
}
_BARE = _Writer(str, lambda title, _: cut(title, 300), str)


def ntfy(said: Said, topic: str) -> Json:
    """Return a message for an ntfy server, published as JSON."""
    lines = [said.title, *_lines(said, _BARE)]
    made: Json = {
        "topic": topic,
        "title": _bytes(said.kicker, 250),
        "message": _bytes(_within(lines, 3500), 3500),
        "priority": _PRIORITIES[said.severity],
        "tags": ["bell", said.severity.value],
    }
    if said.url:
        made["click"] = said.url
    if said.silence:
        made["actions"] = [{"action": "view", "label": SILENCE, "url": said.silence}]
    return made


def mattermost(said: Said) -> Json:
    """Return a message for a Mattermost incoming webhook."""
    head = (
        f"#### {marked_down(said.kicker)}\n**{_markdown_link(said.title, said.url)}**"
    )
    lines = [head, *_lines(said, _MARKED), *_silence(said)]
    lines.append(marked_down(said.footer))
    return {"text": _within(lines, 16_000)}


_PAGERDUTY = {
    Severity.INFO: "info",
    Severity.LOW: "info",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "critical",
}


def pagerduty(said: Said, routing_key: str, dedup_key: str) -> Json:
    """Return an event for PagerDuty's Events API v2; one incident an alert."""
    if said.over:
        return {
            "routing_key": routing_key,
            "event_action": "resolve",
            "dedup_key": dedup_key[:255],
        }
    details = {"why": said.why, "coverage": said.footer}
    details |= {f"report {n}": t for n, (t, _, _) in enumerate(said.reports, 1)}
    links = [{"href": url, "text": title} for title, url, _ in said.reports if url]
    if said.silence:
        links.append({"href": said.silence, "text": SILENCE})
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": dedup_key[:255],
        "payload": {
            "summary": _short(f"{said.kicker}: {said.title}", 1024),
            "source": "tocsin",
            "severity": _PAGERDUTY[said.severity],
            "timestamp": _moment(said.at),
            "custom_details": details,
        },
        "links": links,
    }


def alertmanager(said: Said, lasts: timedelta) -> list[Json]:
    """Return alerts for Alertmanager's API v2; its own routes do the rest."""
    plain = (("alertname", said.kicker), ("severity", said.severity.value))
    labels = said.labels or plain
    shown: Json = {
        "labels": {name: cut(line(value), 200) for name, value in labels if value},
        "annotations": {
            "summary": said.title,
            "description": said.why,
            "coverage": said.footer,
        },
        "startsAt": _moment(said.at),
        "endsAt": _moment(said.at if said.over else said.at + lasts),
    }
    if said.silence:
        shown["annotations"]["silence"] = said.silence
    if said.url:
        shown["generatorURL"] = said.url
    return [shown]


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
