"""A notice as HTML for a mail: inline styles, no images, nothing remote; pure."""

import re
from collections.abc import Iterator
from html import escape

from monitor.model import Notice, Remark, Report, Severity
from monitor.send.render.clean import line, link
from monitor.send.render.evidence import Pieces, excerpt, marked, summarized
from monitor.send.render.plain import (
    NO_WAYS,
    UNTITLED,
    Ways,
    byline,
    coverage,
    evidence,
    footer,
    headline,
    omitted,
    ping_text,
    ping_title,
    remark_text,
    seen,
    severity,
    subject,
    why,
)
from monitor.send.render.voice import ENGLISH, Voice
from monitor.send.render.worth import facts, graded, heading, sentence, timing

COLOURS = {
    Severity.CRITICAL: "#7a1020",
    Severity.HIGH: "#b42318",
    Severity.MEDIUM: "#93470d",
    Severity.LOW: "#175cd3",
    Severity.INFO: "#475467",
}
"""Backgrounds on which white text has a contrast of at least 4.5 (WCAG 2.2)."""
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
SMALL = "font-size:13px;line-height:1.5;color:#475467"
TEXT = "font-size:15px;line-height:1.5;color:#1d2939"
TITLE = "font-size:16px;line-height:1.4;color:#101828"
_MARK = "background:#fef0c7;color:#1d2939;padding:0 2px"
_BUTTON = (
    "display:inline-block;margin:4px 0;padding:9px 14px;border:1px solid #98a2b3;"
    "border-radius:6px;color:#344054;text-decoration:none"
)
"""As high as a thumb needs it."""
_SUMMARY = 1000
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b(?: [A-Z+-][A-Z0-9]*)?")
_UNBROKEN = r'<span style="white-space:nowrap">\g<0></span>'
"""A phone breaks lines at hyphens; addresses hold no blank, so none is met in one."""


def page(notice: Notice, ways: Ways = NO_WAYS) -> str:
    """Return a notice as a whole HTML document with its evidence marked.

    Everything that a stranger or an analyst wrote is escaped. The layout is one
    column of tables, which mail programs and phones show alike.
    """
    rows = [*_rows(notice, ways.voice), *ways_rows(ways)]
    return (
        "\n".join(document(subject(notice, ways.voice), rows, ways.voice.lang)) + "\n"
    )


def ways_rows(ways: Ways) -> Iterator[str]:
    """Yield what a recipient can do about the message, as links."""
    known = (("Silence this", ways.silence), ("No more mail", ways.unsubscribe))
    links = " &nbsp; ".join(
        f'<a href="{escape(url)}" style="{_BUTTON}">{escape(ways.voice.say(words))}</a>'
        for words, url in known
        if url
    )
    if links:
        style = "padding:0 16px 14px;background:#f9fafb"
        yield row(f'<p style="margin:0;{SMALL}">{links}</p>', style)


def ping_page(receiver: str, voice: Voice = ENGLISH) -> str:
    """Return the HTML of a test message."""
    told = escape(ping_text(receiver, voice))
    rows = [row(f'<p style="margin:0;{TEXT}">{told}</p>')]
    return "\n".join(document(ping_title(receiver, voice), rows, voice.lang)) + "\n"


def remark_page(said: Remark) -> str:
    """Return a remark about Tocsin's own work as HTML."""
    lines = escape(remark_text(said).rstrip()).splitlines()
    # Not by a style: Outlook would show it as one line.
    rows = [row(f'<p style="margin:0;{TEXT}">{"<br>".join(lines)}</p>')]
    return "\n".join(document(line(said.title, 150), rows)) + "\n"


def document(title: str, rows: list[str], lang: str = "en") -> Iterator[str]:
    """Return a page of one column."""
    yield "<!doctype html>"
    yield f'<html lang="{lang}">'
    yield '<head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield '<meta name="color-scheme" content="light">'
    yield f"<title>{escape(title)}</title></head>"
    yield f'<body style="margin:0;padding:0;background:#f2f4f7;{_FONT}">'
    yield _table("background:#f2f4f7")
    yield '<tr><td align="center" style="padding:12px 8px">'
    yield _table("max-width:640px;background:#ffffff;border:1px solid #d0d5dd")
    yield from (_MOMENT.sub(_UNBROKEN, one) for one in rows)
    yield "</table></td></tr></table></body></html>"


def _table(style: str) -> str:
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"'
        f' style="border-collapse:collapse;text-align:left;{style}">'
    )


def row(content: str, style: str = "padding:14px 16px") -> str:
    """Return one row of the column, which no long word makes wider."""
    return f'<tr><td style="{style};word-break:break-word">{content}</td></tr>'


def _rows(notice: Notice, voice: Voice) -> Iterator[str]:
    rule = notice.alert.rule
    head = (
        f"{escape(severity(notice, voice))} · {escape(line(rule.title) or rule.id)}"
        f" · {escape(headline(notice, voice))}"
    )
    colour = COLOURS[rule.severity]
    style = f"padding:10px 16px;background:{colour};color:#ffffff"
    yield row(f'<b style="font-size:14px;color:#ffffff">{head}</b>', style)
    title = escape(line(notice.story.title) or voice.say(UNTITLED))
    words = "" if _is_shown_below(notice) else why(notice, voice)
    yield row(
        f'<h1{language(notice.story.lang)} style="margin:0 0 8px;font-size:20px;line-height:1.3;'
        f'color:#101828">{title}</h1>'
        + (f'<p style="margin:0;{TEXT}">{escape(words)}</p>' if words else "")
    )
    if notice.changes:
        yield row(_new(notice, voice), f"padding:0 16px 14px;{TEXT}")
    for report in notice.reports:
        yield row(
            _report(report, voice), "padding:14px 16px;border-top:1px solid #d0d5dd"
        )
    if more := omitted(notice, voice):
        more = escape(more)
        yield row(f'<p style="margin:0;{SMALL}">{more}</p>', "padding:0 16px 14px")
    yield row(_footer(notice, voice), "padding:14px 16px;background:#f9fafb")


def _is_shown_below(notice: Notice) -> bool:
    """Whether what is new says all that the reason says."""
    told = {fact for change in notice.changes for fact in change.facts}
    return notice.reason == "news" and set(notice.detail.split("; ")) <= told


def _new(notice: Notice, voice: Voice) -> str:
    """Show what is new, each sentence with its facts marked above it."""
    parts = [
        f'<p style="margin:0 0 4px;{SMALL}"><b>{escape(heading(notice, voice))}</b></p>'
    ]
    for change in notice.changes:
        said = facts(change)
        if said:
            parts.append(
                f'<p style="margin:6px 0 0"><mark style="{_MARK}">{escape(said)}</mark></p>'
            )
        parts.append(
            f'<p dir="auto" style="margin:2px 0 0;padding:0 0 0 10px;'
            f'border-left:3px solid #d0d5dd">{escape(sentence(change))}</p>'
        )
    return "".join(parts)


def _report(report: Report, voice: Voice) -> str:
    title = html_of(marked(report, "title", 300)) or escape(voice.say(UNTITLED))
    if url := link(report.item.url):
        title = f'<a href="{escape(url)}" style="color:#175cd3">{title}</a>'
    words = language(report.item.lang)
    parts = [
        f'<p{words} style="margin:0;{TITLE}"><b>{title}</b></p>',
        f'<p style="margin:2px 0 0;{SMALL}">{escape(byline(report, voice))}</p>',
    ]
    passages = (summarized(report, _SUMMARY), excerpt(report))
    parts += [
        f'<p{words} style="margin:8px 0 0;{TEXT}">{html_of(passage)}</p>'
        for passage in passages
        if passage
    ]
    if found := evidence(report, voice):
        places = "<br>".join(escape(place) for place in found)
        parts.append(f'<p style="margin:8px 0 0;{SMALL}">{places}</p>')
    return "".join(parts)


def language(lang: str) -> str:
    """Return attributes for a text in a stranger's language and direction."""
    known = lang.isascii() and lang.replace("-", "").isalnum()
    return f' dir="auto" lang="{escape(lang)}"' if known else ' dir="auto"'


def _footer(notice: Notice, voice: Voice) -> str:
    worth = (graded(notice, voice), timing(notice, voice))
    lines = [
        f"{coverage(notice.story, voice)}; {seen(notice.story, voice)}",
        *(words for words in worth if words),
        *footer(notice, voice),
    ]
    told = "<br>".join(escape(told) for told in lines)
    return f'<p style="margin:0;{SMALL}">{told}</p>'


def html_of(parts: Pieces) -> str:
    """Return a text with its evidence marked."""
    return "".join(
        f'<mark style="{_MARK}">{escape(part)}</mark>' if is_evidence else escape(part)
        for part, is_evidence in parts
    )
