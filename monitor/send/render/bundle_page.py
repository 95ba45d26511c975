"""Several notices as one HTML page for a mail: one column, inline styles, nothing remote; pure."""

from collections.abc import Iterator
from html import escape

from monitor.model import Bundle, Notice
from monitor.send.render.bundle import (
    SHOWN,
    address,
    bundle_subject,
    bundle_title,
    by_theme,
    lead,
    left_out,
    span,
    standing,
    standing_words,
    story_title,
    summary,
)
from monitor.send.render.clean import line
from monitor.send.render.evidence import Pieces, marked
from monitor.send.render.page import (
    COLOURS,
    SMALL,
    TEXT,
    TITLE,
    document,
    html_of,
    language,
    row,
    ways_rows,
)
from monitor.send.render.plain import NO_WAYS, Ways, severity
from monitor.send.render.voice import Voice

_RULE = "padding:14px 16px;border-top:1px solid #d0d5dd"
_CHIP = (
    "display:inline-block;padding:1px 8px;border-radius:3px;font-size:12px;"
    "line-height:1.6;font-weight:bold;color:#ffffff"
)


def bundle_page(bundle: Bundle, ways: Ways = NO_WAYS) -> str:
    """Return several notices as a whole HTML document.

    A column of one entry an alert, by theme, which phones and text-only readers show in
    the same order.
    """
    voice = ways.voice
    rows = [*_rows(bundle, voice), *ways_rows(ways)]
    title = bundle_subject(bundle, voice)
    return "\n".join(document(title, rows, voice.lang)) + "\n"


def _rows(bundle: Bundle, voice: Voice) -> Iterator[str]:
    style = f"padding:14px 16px;background:{COLOURS[bundle.severity]};color:#ffffff"
    yield row(
        '<h1 style="margin:0;font-size:19px;line-height:1.3;color:#ffffff">'
        f"{escape(bundle_title(bundle, voice))}</h1>",
        style,
    )
    yield row(f'<p style="margin:0;{TEXT}">{escape(lead(bundle, voice))}</p>')
    for theme, notices in by_theme(bundle.notices[:SHOWN], voice):
        yield row(
            f'<h2 style="margin:0;font-size:14px;line-height:1.4;color:#344054">'
            f"{escape(theme)} · {len(notices)}</h2>",
            "padding:8px 16px;background:#f2f4f7;border-top:1px solid #d0d5dd",
        )
        for notice in notices:
            yield row(_entry(notice, voice), _RULE)
    more = left_out(bundle, SHOWN, voice)
    words = " ".join(part for part in (more, span(bundle, voice)) if part)
    yield row(
        f'<p style="margin:0;{SMALL}">{escape(words)}</p>',
        f"{_RULE};background:#f9fafb",
    )


def _entry(notice: Notice, voice: Voice) -> str:
    rule = notice.alert.rule
    title = html_of(_title(notice, voice))
    if url := address(notice):
        title = f'<a href="{escape(url)}" style="color:#175cd3">{title}</a>'
    colour = f"{_CHIP};background:{COLOURS[rule.severity]}"
    chip = f'<span style="{colour}">{escape(severity(notice, voice))}</span>'
    title_of_rule = line(rule.title, 120) or rule.id
    named = (title_of_rule, standing(notice, voice), voice.moment(notice.at))
    words = " · ".join(part for part in named if part)
    attributes = language(notice.story.lang)
    parts = [
        f'<p style="margin:0 0 4px;{SMALL}">{chip} {escape(words)}</p>',
        f'<p{attributes} style="margin:0;{TITLE}"><b>{title}</b></p>',
    ]
    if text := summary(notice):
        spoken = language(notice.reports[0].item.lang) if notice.reports else ""
        parts.append(f'<p{spoken} style="margin:4px 0 0;{TEXT}">{html_of(text)}</p>')
    told = escape(standing_words(notice, voice))
    parts.append(f'<p style="margin:4px 0 0;{SMALL}">{told}</p>')
    return "".join(parts)


def _title(notice: Notice, voice: Voice) -> Pieces:
    """Return the story's title; with the evidence in it where a report has the same."""
    title = story_title(notice, voice)
    for report in notice.reports:
        if line(report.item.title) == title:
            return marked(report, "title", 300)
    return [(title, False)]
