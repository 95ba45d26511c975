"""A notice as plain text: for mail, for a terminal, and as a subject; pure."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.model import Kind, Notice, Remark, Report, Story
from monitor.send.render.clean import line, link
from monitor.send.render.evidence import Pieces, excerpt, summarized
from monitor.send.render.voice import ENGLISH, Voice
from monitor.send.render.worth import facts, graded, heading, sentence, timing

UNTITLED = "(untitled)"
_WIDTH = 76
_SUMMARY = 1000
_SUBJECT = 180
_HEADLINE = 120
"""Characters of a story's title in a subject; the rest is the rule's."""
_SAY_MORE = {
    *("closed", "correction", "denial", "escalated", "reopened", "retraction"),
    *("cardinality", "first_seen", "frequency", "sequence", "spike"),
}
"""Reasons whose detail a translation does not stand for."""
_EVIDENCE = 6
"""How many pieces of evidence a report shows."""


def subject(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return `[HIGH] story title | rule title`.

    What happened comes first: lists of mail show forty characters or so. It is the same for every message about an alert, whatever changed: mail
    programs that thread by subject would otherwise start a new conversation.
    """
    rule = notice.alert.rule
    title = line(notice.story.title, _HEADLINE) or voice.say(UNTITLED)
    told = f"{title} | {line(rule.title) or rule.id}"
    return line(f"[{severity(notice, voice)}] {told}", _SUBJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What a recipient can do about a message: addresses, "" for none."""

    silence: str = ""
    unsubscribe: str = ""
    voice: Voice = ENGLISH
    """In which language and time zone it is told."""


NO_WAYS = Ways()


def text(notice: Notice, ways: Ways = NO_WAYS) -> str:
    """Return a notice as text for a mail's plain part, lines of 76 and less.

    Addresses are longer where they are: they stay whole.
    """
    return "\n".join([*_text(notice, ways.voice), *ways_lines(ways)]) + "\n"


def ways_lines(ways: Ways) -> Iterator[str]:
    """Yield what a recipient can do about the message."""
    if ways.silence:
        yield f"\n{ways.voice.say('Silence this')}:\n{ways.silence}"
    if ways.unsubscribe:
        yield f"\n{ways.voice.say('No more mail')}:\n{ways.unsubscribe}"


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


def ping_text(receiver: str, voice: Voice = ENGLISH) -> str:
    """Return the text of a test message."""
    name = line(receiver)
    said = voice.say(
        "This is a test message for the receiver {receiver}.", receiver=name
    )
    why = voice.say("Nothing has happened: somebody wanted to know whether it arrives.")
    return f"{said}\n{why}\n"


def ping_title(receiver: str, voice: Voice = ENGLISH) -> str:
    """Return the title of a test message."""
    return voice.say("test message for {receiver}", receiver=line(receiver))


def remark_text(said: Remark) -> str:
    """Return a remark about Tocsin's own work."""
    facts = "".join(f"  {name}: {line(v, 500)}\n" for name, v in said.facts.items())
    return f"{line(said.title, 300)}\n\n{line(said.text, 2000)}\n\n{facts}"


# ── words that the text and the page share ───────────────────────────────────


def headline(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return in a few words what kind of message this is."""
    number = notice.sequence
    if notice.kind is Kind.NEW:
        return voice.say("New story")
    if notice.kind is Kind.CLOSED:
        return voice.say("Closed")
    if notice.kind is Kind.CORRECTION:
        return voice.say("Correction, message {number} about this story", number=number)
    return voice.say("Update, message {number} about this story", number=number)


def why(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return why it was sent, with the code that `explain` uses."""
    words = because(notice, voice, 1000)
    return notice.reason if words == notice.reason else f"{words} ({notice.reason})"


def because(notice: Notice, voice: Voice = ENGLISH, most: int = 240) -> str:
    """Return why it was sent, for people alone."""
    detail = line(notice.detail, most)
    if not voice.knows(notice.reason):
        return detail or notice.reason
    words = voice.say(notice.reason)
    return f"{words}: {detail}" if detail and notice.reason in _SAY_MORE else words


def severity(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return how grave the alert is, in capitals."""
    return voice.say(notice.alert.rule.severity.upper())


def byline(report: Report, voice: Voice = ENGLISH) -> str:
    """Return outlet, country, time and language of a report."""
    item = report.item
    country = line(item.country, 10)
    outlet = line(item.source, 100) or voice.say("unknown outlet")
    parts = [
        f"{outlet} ({country})" if country else outlet,
        _published(report, voice),
        line(item.lang, 20),
    ]
    return " · ".join(part for part in parts if part)


def coverage(story: Story, voice: Voice = ENGLISH) -> str:
    """Return how many reports there are, and by whom."""
    reports = voice.count(story.items, "report")
    names = ", ".join(line(source, 60) for source in story.sources[:12])
    if not names:
        return reports
    if (more := len(story.sources) - 12) > 0:
        names = voice.say("{names} and {more} more", names=names, more=more)
    outlets = voice.count(len(story.sources), "outlet")
    return voice.say(
        "{reports} by {outlets}: {names}", reports=reports, outlets=outlets, names=names
    )


def seen(story: Story, voice: Voice = ENGLISH) -> str:
    """Return when the story was first and last seen."""
    first, last = voice.moment(story.first_seen), voice.moment(story.last_seen)
    return voice.say("first seen {first}, last {last}", first=first, last=last)


def moment(when: datetime) -> str:
    """Return a moment for people, such as `2020-07-29 10:02 UTC`."""
    return ENGLISH.moment(when)


def count(number: int, noun: str) -> str:
    """Return `1 report`, `2 reports`."""
    return ENGLISH.count(number, noun)


def evidence(report: Report, voice: Voice = ENGLISH) -> list[str]:
    """Return the evidence of a report, one short line a place."""
    unique = list(dict.fromkeys((s.field, s.text, s.clause) for s in report.evidence))
    lines = [
        voice.say(
            "{field}: “{words}” satisfies {clause}",
            field=voice.say(line(field, 20)),
            words=line(words, 80),
            clause=line(clause, 120),
        )
        for field, words, clause in unique[:_EVIDENCE]
    ]
    more = len(unique) - len(lines)
    return [*lines, voice.say("and {more} more", more=more)] if more else lines


def footer(notice: Notice, voice: Voice = ENGLISH) -> tuple[str, str]:
    """Return the rule and the alert, each in a line."""
    rule = notice.alert.rule
    tags = ", ".join(line(tag, 60) for tag in rule.tags[:20])
    name, theme = line(rule.id, 100), line(rule.theme, 100)
    parts = [
        voice.say("Rule: {rule}, theme {theme}", rule=name, theme=theme),
        voice.say("tags {tags}", tags=tags) if tags else "",
        voice.say("version {version}", version=rule.version) if rule.version else "",
    ]
    said = voice.say(
        "Alert: {alert}, message {number}",
        alert=notice.alert.id,
        number=notice.sequence,
    )
    return ", ".join(part for part in parts if part), said


def omitted(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return how many reports are not shown; "" for none."""
    if not notice.omitted:
        return ""
    more = voice.count(notice.omitted, "more report")
    return voice.say("{more} of this story not shown.", more=more)


def _published(report: Report, voice: Voice) -> str:
    item = report.item
    if item.published:
        return voice.moment(item.published)
    if item.first_seen:
        return voice.say("undated, seen {moment}", moment=voice.moment(item.first_seen))
    return voice.say("undated")


# ── the text of a mail ───────────────────────────────────────────────────────


def _text(notice: Notice, voice: Voice) -> Iterator[str]:
    yield from wrapped(subject(notice, voice))
    yield ""
    yield from wrapped(f"{headline(notice, voice)}: {why(notice, voice)}")
    yield from _new(notice, voice)
    for number, report in enumerate(notice.reports, start=1):
        yield ""
        yield from _report(number, report, voice)
    if more := omitted(notice, voice):
        yield ""
        yield more
    yield ""
    yield "-" * 40
    told, when = coverage(notice.story, voice), seen(notice.story, voice)
    yield from wrapped(voice.say("Story: {coverage}; {seen}", coverage=told, seen=when))
    for words in (graded(notice, voice), timing(notice, voice)):
        yield from wrapped(words)
    for words in footer(notice, voice):
        yield from wrapped(words)


def _new(notice: Notice, voice: Voice) -> Iterator[str]:
    """Show what is new, each sentence with its facts."""
    if not notice.changes:
        return
    yield ""
    yield f"{heading(notice, voice)}:"
    for change in notice.changes:
        said = facts(change)
        if said:
            yield from wrapped(f"* {said}", indent="    ", first="  ")
        sign = "  " if said else "+ "
        yield from wrapped(f"{sign}{sentence(change)}", indent="    ", first="  ")


def _report(number: int, report: Report, voice: Voice) -> Iterator[str]:
    title = line(report.item.title) or voice.say(UNTITLED)
    yield from wrapped(f"{number}. {title}", indent="   ", first="")
    yield from wrapped(byline(report, voice), indent="   ")
    if url := link(report.item.url):
        yield f"   {url}"
    if summary := line(_joined(summarized(report, _SUMMARY)), _SUMMARY + 1):
        yield from wrapped(summary, indent="   ")
    if passage := line(_joined(excerpt(report)), _SUMMARY):
        passage = voice.say("In the text: {passage}", passage=passage)
        yield from wrapped(passage, indent="   ")
    for place in evidence(report, voice):
        yield from wrapped(f"- {place}", indent="     ", first="   ")


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
