"""Several notices in one message, as text: a digest, a batch, a burst, a catch-up; pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from monitor.model import Bundle, Gathered, Kind, Notice
from monitor.send.render.clean import cut, line, link
from monitor.send.render.evidence import Pieces, summarized
from monitor.send.render.plain import (
    NO_WAYS,
    UNTITLED,
    Ways,
    because,
    coverage,
    severity,
    ways_lines,
    wrapped,
)
from monitor.send.render.voice import ENGLISH, Voice

SHOWN = 200
"""Alerts that a mail or a terminal shows; how many more there are stands below."""
_SUBJECT = 180
_SUMMARY = 240
_WHY = 240


def bundle_subject(bundle: Bundle, voice: Voice = ENGLISH) -> str:
    """Return what a mail program lists, such as `[HIGH] Rally in Minsk, and 14 more`."""
    grave = voice.say(bundle.severity.upper())
    return line(f"[{grave}] {bundle_title(bundle, voice)}", _SUBJECT)


def bundle_title(bundle: Bundle, voice: Voice = ENGLISH) -> str:
    """Return the message's title."""
    if phrase := _TITLES.get(bundle.why):
        number = voice.count(len(bundle.notices), "alert")
        return voice.say(phrase, alerts=number, moment=voice.moment(bundle.since))
    told, more = bundle.notices[:1], len(bundle.notices) - 1
    first = story_title(told[0], voice) if told else voice.say(UNTITLED)
    if more < 1:
        return first
    return voice.say("{first}, and {more} more", first=first, more=more)


_TITLES = {
    Gathered.DIGEST: "Digest: {alerts} since {moment}",
    Gathered.CATCH_UP: "Late: {alerts} since {moment}",
}
_LEADS = {
    Gathered.DIGEST: "{alerts}. What was told at once is not repeated here.",
    Gathered.CATCH_UP: (
        "{alerts} could not be delivered in time; here they are together."
    ),
    Gathered.BATCH: "{alerts} of one group, told together.",
    Gathered.BURST: "{alerts} came faster than this receiver takes messages.",
}


def lead(bundle: Bundle, voice: Voice = ENGLISH) -> str:
    """Return why these came together."""
    number = voice.count(len(bundle.notices), "alert")
    return voice.say(_LEADS[bundle.why], alerts=number)


def story_title(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return the title of a notice's story."""
    return line(notice.story.title) or voice.say(UNTITLED)


def address(notice: Notice) -> str:
    """Return where to read of a notice's story, or ""."""
    return next((url for one in notice.reports if (url := link(one.item.url))), "")


def standing(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return in a word or two what is told: nothing for a new story."""
    match notice.kind:
        case Kind.NEW:
            return ""
        case Kind.CLOSED:
            return voice.say("closed")
        case Kind.CORRECTION:
            return voice.say("correction {number}", number=notice.sequence)
        case _:
            return voice.say("update {number}", number=notice.sequence)


def kicker(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return severity, rule and what is told, in one line."""
    title = line(notice.alert.rule.title, 120) or notice.alert.rule.id
    parts = [severity(notice, voice), title, standing(notice, voice)]
    return " · ".join(part for part in parts if part)


def standing_words(notice: Notice, voice: Voice = ENGLISH) -> str:
    """Return how widely a story is reported and, unless it is just new, why it is told."""
    told = f"{coverage(notice.story, voice)}."
    if notice.reason == "new-story" and notice.sequence == 1:
        return told
    why = because(notice, voice, _WHY)
    return f"{told} {why[:1].upper()}{why[1:]}"


def summary(notice: Notice) -> Pieces:
    """Return the beginning of the first summary that there is, with its evidence."""
    found = (summarized(one, _SUMMARY) for one in notice.reports)
    return next((pieces for pieces in found if pieces), [])


def by_theme(
    notices: Sequence[Notice], voice: Voice = ENGLISH
) -> list[tuple[str, list[Notice]]]:
    """Return notices by theme, the theme of the gravest first."""
    themes: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        themes[notice.alert.rule.theme].append(notice)
    other = voice.say("other")
    return [(line(name, 100) or other, told) for name, told in themes.items()]


def left_out(bundle: Bundle, shown: int, voice: Voice = ENGLISH) -> str:
    """Return how many alerts a message does not show, and where they are; or ""."""
    more = len(bundle.notices) - shown
    if more < 1:
        return ""
    number = voice.count(more, "more alert")
    return voice.say("And {alerts}: tocsin alerts list", alerts=number)


def span(bundle: Bundle, voice: Voice = ENGLISH) -> str:
    """Return from when to when it tells."""
    since, until = voice.moment(bundle.since), voice.moment(bundle.at)
    return voice.say("From {since} to {until}.", since=since, until=until)


def bundle_text(bundle: Bundle, ways: Ways = NO_WAYS) -> str:
    """Return it as text for a mail's plain part, lines of 76 and less."""
    return "\n".join([*_text(bundle, ways.voice), *ways_lines(ways)]) + "\n"


def _text(bundle: Bundle, voice: Voice) -> Iterator[str]:
    yield from wrapped(bundle_title(bundle, voice))
    yield ""
    yield from wrapped(lead(bundle, voice))
    number = 0
    for theme, notices in by_theme(bundle.notices[:SHOWN], voice):
        yield ""
        yield from wrapped(f"== {theme} ({len(notices)}) ==")
        for notice in notices:
            number += 1
            yield ""
            yield from _entry(number, notice, voice)
    if more := left_out(bundle, SHOWN, voice):
        yield ""
        yield more
    yield ""
    yield "-" * 40
    yield span(bundle, voice)


def _entry(number: int, notice: Notice, voice: Voice) -> Iterator[str]:
    first = f"{number}. "
    indent = " " * len(first)
    title = story_title(notice, voice)
    yield from wrapped(f"{first}{title}", indent=indent, first="")
    when = f"{kicker(notice, voice)} · {voice.moment(notice.at)}"
    yield from wrapped(when, indent=indent)
    if url := address(notice):
        yield f"{indent}{url}"
    if text := line("".join(part for part, _ in summary(notice)), _SUMMARY + 1):
        yield from wrapped(text, indent=indent)
    yield from wrapped(standing_words(notice, voice), indent=indent)
    alert = voice.say("Alert {alert}", alert=notice.alert.id)
    yield from wrapped(alert, indent=indent)


def bundle_console(bundle: Bundle) -> list[str]:
    """Return it as a few unstyled lines for a terminal."""
    lines = [f"{bundle.severity.upper()} {bundle_title(bundle)}", f"  {lead(bundle)}"]
    for notice in bundle.notices[:SHOWN]:
        lines.append(f"  {kicker(notice)}: {story_title(notice)}")
        lines += [f"    {url}" for url in [address(notice)] if url]
    if more := left_out(bundle, SHOWN):
        lines.append(f"  {more}")
    return [cut(one, 2000) for one in lines]
