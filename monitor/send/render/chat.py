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
import re
from datetime import timedelta
from typing import Any

from monitor.model import Severity
from monitor.send.render.clean import cut, line
from monitor.send.render.said import (
    Said,
    Writer,
    ended,
    fitting,
    headed,
    in_bytes,
    lines_of,
    of_notice,
    of_ping,
    of_remark,
    short,
    units,
    within,
)
from monitor.send.render.wire import Json, moment

__all__ = [
    "Said",
    "alertmanager",
    "discord",
    "marked_down",
    "mattermost",
    "ntfy",
    "of_notice",
    "of_ping",
    "of_remark",
    "pagerduty",
    "slack",
    "teams",
    "telegram",
    "units",
]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-!|~<>]|&(?=#?\w+;))")
_NUMBER = re.compile(r"^(\s*\d{1,9})\.(?=\s|$)")
"""What begins a list; behind a backslash it is a number."""
_CARD = re.compile(
    r"([\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_])|<(?=[a-z/!?])|&(?=#?\w+;))", re.IGNORECASE
)
"""What Markdown in a card knows: phones show backslashes before anything else."""
_CARD_BLOCK = re.compile(r"^(?=\s*(?:[-+#>=]|\d{1,9}[.)](?:\s|$)))")
_COLOURS = {
    Severity.INFO: 0x667085,
    Severity.LOW: 0x1570EF,
    Severity.MEDIUM: 0xDC6803,
    Severity.HIGH: 0xD92D20,
    Severity.CRITICAL: 0x7A271A,
}
_SILENCE = "Silence this"
_EMBED_TITLE = 256
"""Characters of an embed's title, and of its author's name."""


# ── the services ─────────────────────────────────────────────────────────────


def _mrkdwn(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mrkdwn_object(text: str) -> Json:
    """Return a text in which Slack links and mentions nothing by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _slack_link(title: str, url: str) -> str:
    shown = _mrkdwn(cut(title, 300)).replace("|", "¦")
    return f"<{_mrkdwn(url).replace('|', '%7C')}|{shown}>" if url else shown


_SLACK = Writer(_mrkdwn, _slack_link, lambda text: f"_{_mrkdwn(text)}_")


_SLACK_TEXT = 3000
"""Characters of a text; an ampersand has five."""


def _slack_footer(said: Said) -> str:
    """Return the footer, and where to silence the alert, within what a text may have."""
    silence = ""
    if said.silence:
        silence = f" · {_slack_link(said.voice.say(_SILENCE), said.silence)}"
    whole = f"{_mrkdwn(ended(said.footer, 1500))}{silence}"
    if units(whole) <= _SLACK_TEXT:
        return whole
    return f"{_mrkdwn(ended(said.footer, 200))}{silence}"


def slack(said: Said) -> Json:
    """Return a message for a Slack incoming webhook."""

    def make(one: Said) -> Json:
        blocks: list[Json] = [
            {
                "type": "header",
                "text": {"type": "plain_text", "text": short(one.kicker, 150)},
            }
        ]
        head = f"*{headed(one, _SLACK)}*"
        text = within([head, *lines_of(one, _SLACK)], _SLACK_TEXT)
        blocks.append({"type": "section", "text": _mrkdwn_object(text)})
        elements = [_mrkdwn_object(_slack_footer(one))]
        blocks.append({"type": "context", "elements": elements})
        fallback = _mrkdwn(cut(f"{one.kicker}: {one.title}", 300))
        return {"text": fallback, "blocks": blocks, "unfurl_links": False}

    return fitting(said, make, 12_000)


def marked_down(text: str) -> str:
    """Return a text that Markdown shows as it is, and that calls nobody."""
    escaped = _NUMBER.sub(r"\1\\.", _MARKDOWN.sub(r"\\\1", text))
    return _calling_nobody(escaped)


def _calling_nobody(text: str) -> str:
    """Return a text in which a zero-width space keeps @everyone from being a mention."""
    return text.replace("@", "@\u200b")


def _markdown_link(title: str, url: str) -> str:
    shown = marked_down(cut(title, 300))
    return f"[{shown}]({_destination(url)})" if url else shown


def _destination(url: str) -> str:
    """Return an address that no character of its own ends too early."""
    return url.replace("(", "%28").replace(")", "%29").replace("\\", "%5C")


_MARKED = Writer(marked_down, _markdown_link, lambda text: f"*{marked_down(text)}*")


def _silence(said: Said) -> list[str]:
    label = said.voice.say(_SILENCE)
    return [_markdown_link(label, said.silence)] if said.silence else []


def discord(said: Said) -> Json:
    """Return a message for a Discord webhook: one embed that mentions nobody."""

    def make(one: Said) -> Json:
        embed: Json = {
            "title": _discord_title(one.title),
            "description": within([*lines_of(one, _MARKED), *_silence(one)], 4096),
            "color": _COLOURS[one.severity],
            "author": {"name": short(one.kicker, _EMBED_TITLE)},
            "footer": {"text": ended(one.footer, 1000)},
            "timestamp": moment(one.at),
        }
        if one.url:
            embed["url"] = one.url
        return {"embeds": [embed], "allowed_mentions": {"parse": []}}

    return fitting(said, make, 6_000)


def _discord_title(title: str) -> str:
    """Return a title of an embed, in which Markdown works too: at most 256."""
    for most in (_EMBED_TITLE, 200, 160):
        if units(made := marked_down(cut(title, most))) <= _EMBED_TITLE:
            return made
    return marked_down(cut(title, 128))


def _card(text: str) -> str:
    """Return a text that a card shows as it is."""
    return _calling_nobody(_CARD_BLOCK.sub("\u200b", _CARD.sub(r"\\\1", text)))


def _card_link(title: str, url: str) -> str:
    shown = _card(cut(title, 300))
    return f"[{shown}]({_destination(url)})" if url else shown


_CARDED = Writer(_card, _card_link, lambda text: f"_{_card(text)}_")


_EMPHASES = {
    Severity.INFO: "Default",
    Severity.LOW: "Accent",
    Severity.MEDIUM: "Warning",
    Severity.HIGH: "Attention",
    Severity.CRITICAL: "Attention",
}


def teams(said: Said) -> Json:
    """Return an adaptive card for a Microsoft Teams workflow."""

    def block(text: str, **more: Any) -> Json:
        return {"type": "TextBlock", "text": text, "wrap": True, **more}

    def make(one: Said) -> Json:
        body = [
            block(_card(one.kicker), weight="Bolder", color=_EMPHASES[one.severity]),
            block(_card(one.title), size="Large", weight="Bolder"),
            *(block(text) for text in lines_of(one, _CARDED)),
            block(_card(one.footer), isSubtle=True, size="Small"),
        ]
        card: Json = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        }
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": one.voice.say(label), "url": url}
            for label, url in (("Read it", one.url), (_SILENCE, one.silence))
            if url
        ]
        kind = "application/vnd.microsoft.card.adaptive"
        return {
            "type": "message",
            "attachments": [{"contentType": kind, "content": card}],
        }

    return fitting(said, make, 27_000)


def _telegram(text: str) -> str:
    return _calling_nobody(html.escape(text))


def _html_link(title: str, url: str) -> str:
    shown = _telegram(cut(title, 300))
    return f'<a href="{html.escape(url)}">{shown}</a>' if url else shown


_HTML = Writer(_telegram, _html_link, lambda text: f"<i>{_telegram(text)}</i>")


def telegram(said: Said, chat: str) -> Json:
    """Return a `sendMessage` for a Telegram bot."""
    head = [
        f"<b>{_telegram(cut(said.kicker, 300))}</b>",
        f"<b>{headed(said, _HTML)}</b>",
    ]
    foot = _telegram(ended(said.footer, 250))
    if said.silence:
        foot += f" · {_html_link(said.voice.say(_SILENCE), said.silence)}"
    text = within([*head, *lines_of(said, _HTML)], 4096 - units(foot) - 2)
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
_BARE = Writer(str, lambda title, _: cut(title, 300), str)


def ntfy(said: Said, topic: str) -> Json:
    """Return a message for an ntfy server, published as JSON."""
    lines = [said.title, *lines_of(said, _BARE)]
    made: Json = {
        "topic": topic,
        "title": in_bytes(said.kicker, 250),
        "message": in_bytes(within(lines, 3500), 3500),
        "priority": _PRIORITIES[said.severity],
        "tags": ["bell", said.severity.value],
    }
    if said.url:
        made["click"] = said.url
    if said.silence:
        label = said.voice.say(_SILENCE)
        made["actions"] = [{"action": "view", "label": label, "url": said.silence}]
    return made


def mattermost(said: Said) -> Json:
    """Return a message for a Mattermost incoming webhook."""
    head = (
        f"#### {marked_down(said.kicker)}\n**{_markdown_link(said.title, said.url)}**"
    )
    lines = [head, *lines_of(said, _MARKED), *_silence(said)]
    lines.append(marked_down(said.footer))
    return {"text": within(lines, 16_000)}


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
        links.append({"href": said.silence, "text": said.voice.say(_SILENCE)})
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": dedup_key[:255],
        "payload": {
            "summary": short(f"{said.kicker}: {said.title}", 1024),
            "source": "tocsin",
            "severity": _PAGERDUTY[said.severity],
            "timestamp": moment(said.at),
            "custom_details": details,
        },
        "links": links,
    }


def alertmanager(said: Said, lasts: timedelta) -> list[Json]:
    """Return alerts for Alertmanager's API v2; its own routes do the rest."""
    plain = (("alertname", said.kicker), ("severity", said.severity.value))
    labels = {name: cut(line(v), 200) for name, v in said.labels or plain if v}
    shown: Json = {
        "labels": labels,
        "annotations": {
            "summary": said.title,
            "description": said.why,
            "coverage": said.footer,
        },
        "startsAt": moment(said.at),
        "endsAt": moment(said.at if said.over else said.at + (said.lasts or lasts)),
    }
    if said.silence:
        shown["annotations"]["silence"] = said.silence
    if said.url:
        shown["generatorURL"] = said.url
    ended = [{**labels, "alertname": kind} for kind in said.ends]
    return [{**shown, "labels": one} for one in ended] or [shown]
