"""A notice as plain text: for mail, for a terminal, and as a subject; pure."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.model import Kind, Notice, Remark, Report, Story
from monitor.send.render.clean import line, link
from monitor.send.render.evidence import Pieces, excerpt, marked
from monitor.send.render.worth import facts, graded, heading, sentence, timing

UNTITLED = "(untitled)"
_WIDTH = 76
_SUMMARY = 1000
_SUBJECT = 180
_EVIDENCE = 6
"""How many pieces of evidence a report shows."""


def subject(notice: Notice) -> str:
    """Return `[HIGH] rule title: story title`.

    It is the same for every message about an alert, whatever changed: mail
    programs that thread by subject would otherwise start a new conversation.
    """
    rule = notice.alert.rule
    told = f"{line(rule.title) or rule.id}: {line(notice.story.title) or UNTITLED}"
    return line(f"[{rule.severity.upper()}] {told}", _SUBJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What a recipient can do about a message: addresses, "" for none."""

    silence: str = ""
    unsubscribe: str = ""


NO_WAYS = Ways()


def text(notice: Notice, ways: Ways = NO_WAYS) -> str:
    """Return a notice as text for a mail's plain part, lines of 76 and less.

    Addresses are longer where they are: they stay whole.
    """
    return "\n".join([*_text(notice), *ways_lines(ways)]) + "\n"


def ways_lines(ways: Ways) -> Iterator[str]:
    """Yield what a recipient can do about the message."""
    if ways.silence:
        yield f"\nSilence this:\n{ways.silence}"
    if ways.unsubscribe:
        yield f"\nNo more mail:\n{ways.unsubscribe}"


def console(notice: Notice) -> list[str]:
    """Return a notice as a few unstyled lines for a terminal."""
    rule = notice.alert.rule
    first = f"{rule.severity.upper()} {line(rule.theme)}: {line(notice.story.title)}"
    lines = [first, f"  {headline(notice)}: {why(notice)}"]
    lines += [f"  {line(graded(notice), 160)}"] if notice.assessment else []
    for report in notice.reports[:3]:
        lines.append(f"  {byline(report)}  {line(report.item.title, 160) or UNTITLED}")
        lines += [f"    {url}" for url in [link(report.item.url)] if url]
    if (more := notice.story.items - len(notice.reports[:3])) > 0:
        lines.append(f"  and {count(more, 'more report')}")
    return lines


def ping_text(receiver: str) -> str:
    """Return the text of a test message."""
    return (
        f"This is a test message for the receiver {line(receiver)}.\n"
        "Nothing has happened: somebody wanted to know whether it arrives.\n"
    )


def remark_text(said: Remark) -> str:
    """Return a remark about Tocsin's own work."""
    facts = "".join(f"  {name}: {line(v, 500)}\n" for name, v in said.facts.items())
    return f"{line(said.title, 300)}\n\n{line(said.text, 2000)}\n\n{facts}"


# ── words that the text and the page share ───────────────────────────────────


def headline(notice: Notice) -> str:
    """Return in a few words what kind of message this is."""
    if notice.kind is Kind.NEW:
        return "New story"
    if notice.kind is Kind.CLOSED:
        return "Closed"
    if notice.kind is Kind.CORRECTION:
        return f"Correction, message {notice.sequence} about this story"
    return f"Update, message {notice.sequence} about this story"


def why(notice: Notice) -> str:
    """Return why it was sent, with the code that `explain` uses."""
    detail = line(notice.detail, 1000)
    return f"{detail} ({notice.reason})" if detail else notice.reason


def byline(report: Report) -> str:
    """Return outlet, country, time and language of a report."""
    item = report.item
    country = line(item.country, 10)
    outlet = line(item.source, 100) or "unknown outlet"
    parts = [
        f"{outlet} ({country})" if country else outlet,
        _published(report),
        line(item.lang, 20),
    ]
    return " · ".join(part for part in parts if part)


def coverage(story: Story) -> str:
    """Return how many reports there are, and by whom."""
    names = ", ".join(line(source, 60) for source in story.sources[:12])
    more = len(story.sources) - 12
    others = f" and {more} more" if more > 0 else ""
    by = f" by {count(len(story.sources), 'outlet')}: {names}{others}" if names else ""
    return f"{count(story.items, 'report')}{by}"


def seen(story: Story) -> str:
    """Return when the story was first and last seen."""
    return f"first seen {moment(story.first_seen)}, last {moment(story.last_seen)}"


def moment(when: datetime) -> str:
    """Return a moment for people, such as `2020-07-29 10:02 UTC`."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def count(number: int, noun: str) -> str:
    """Return `1 report`, `2 reports`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def evidence(report: Report) -> list[str]:
    """Return the evidence of a report, one short line a place."""
    unique = list(dict.fromkeys((s.field, s.text, s.clause) for s in report.evidence))
    lines = [
        f"{line(field, 20)}: “{line(words, 80)}” satisfies {line(clause, 120)}"
        for field, words, clause in unique[:_EVIDENCE]
    ]
    more = len(unique) - len(lines)
    return [*lines, f"and {more} more"] if more else lines


def _published(report: Report) -> str:
    item = report.item
    if item.published:
        return moment(item.published)
    return f"undated, seen {moment(item.first_seen)}" if item.first_seen else "undated"


# ── the text of a mail ───────────────────────────────────────────────────────


def _text(notice: Notice) -> Iterator[str]:
    yield from wrapped(subject(notice))
    yield ""
    yield from wrapped(f"{headline(notice)}: {why(notice)}")
    yield from _new(notice)
    for number, report in enumerate(notice.reports, start=1):
        yield ""
        yield from _report(number, report)
    if notice.omitted:
        yield ""
        yield f"{count(notice.omitted, 'more report')} of this story not shown."
    yield ""
    yield "-" * 40
    yield from wrapped(f"Story: {coverage(notice.story)}; {seen(notice.story)}")
    for words in (graded(notice), timing(notice)):
        yield from wrapped(words)
    yield from _footer(notice)


def _new(notice: Notice) -> Iterator[str]:
    """Show what is new, each sentence with its facts."""
    if not notice.changes:
        return
    yield ""
    yield f"{heading(notice)}:"
    for change in notice.changes:
        said = facts(change)
        if said:
            yield from wrapped(f"* {said}", indent="    ", first="  ")
        sign = "  " if said else "+ "
        yield from wrapped(f"{sign}{sentence(change)}", indent="    ", first="  ")


def _report(number: int, report: Report) -> Iterator[str]:
    title = line(report.item.title) or UNTITLED
    yield from wrapped(f"{number}. {title}", indent="   ", first="")
    yield from wrapped(byline(report), indent="   ")
    if url := link(report.item.url):
        yield f"   {url}"
    if summary := line(_joined(marked(report, "summary", _SUMMARY)), _SUMMARY + 1):
        yield from wrapped(summary, indent="   ")
    if passage := line(_joined(excerpt(report)), _SUMMARY):
        yield from wrapped(f"In the text: {passage}", indent="   ")
    for place in evidence(report):
        yield from wrapped(f"- {place}", indent="     ", first="   ")


def _footer(notice: Notice) -> Iterator[str]:
    rule = notice.alert.rule
    tags = ", ".join(line(tag, 60) for tag in rule.tags[:20])
    yield from wrapped(
        f"Rule: {line(rule.id, 100)}, theme {line(rule.theme, 100)}"
        + (f", tags {tags}" if tags else "")
        + (f", version {rule.version}" if rule.version else "")
    )
    yield from wrapped(f"Alert: {notice.alert.id}, message {notice.sequence}")


def _joined(parts: Pieces) -> str:
    return "".join(part for part, _ in parts)


def wrapped(words: str, *, indent: str = "", first: str | None = None) -> list[str]:
    """Return a text in lines of 76 and less."""
    return textwrap.wrap(
        words,
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
