"""Several notices in one message, as text: a digest, a batch, a burst, a catch-up; pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from monitor.model import Bundle, Gathered, Kind, Notice
from monitor.send.render.clean import cut, line, link
from monitor.send.render.evidence import Pieces, marked
from monitor.send.render.plain import (
    NO_WAYS,
    UNTITLED,
    Ways,
    count,
    coverage,
    moment,
    ways_lines,
    wrapped,
)

SHOWN = 200
"""Alerts that a mail or a terminal shows; how many more there are stands below."""
_SUBJECT = 180
_SUMMARY = 240
_WHY = 240


def bundle_subject(bundle: Bundle) -> str:
    """Return what a mail program lists, such as `[HIGH] Rally in Minsk, and 14 more`."""
    return line(f"[{bundle.severity.upper()}] {bundle_title(bundle)}", _SUBJECT)


def bundle_title(bundle: Bundle) -> str:
    """Return the message's title."""
    number = count(len(bundle.notices), "alert")
    match bundle.why:
        case Gathered.DIGEST:
            return f"Digest: {number} since {moment(bundle.since)}"
        case Gathered.CATCH_UP:
            return f"Late: {number} since {moment(bundle.since)}"
        case Gathered.BATCH | Gathered.BURST:
            first = story_title(bundle.notices[0]) if bundle.notices else UNTITLED
            more = len(bundle.notices) - 1
            return f"{first}, and {more} more" if more > 0 else first


def lead(bundle: Bundle) -> str:
    """Return why these came together."""
    number = count(len(bundle.notices), "alert")
    match bundle.why:
        case Gathered.DIGEST:
            return f"{number}. What was told at once is not repeated here."
        case Gathered.CATCH_UP:
            return f"{number} could not be delivered in time; here they are together."
        case Gathered.BATCH:
            return f"{number} of one group, told together."
        case Gathered.BURST:
            return f"{number} came faster than this receiver takes messages."


def story_title(notice: Notice) -> str:
    """Return the title of a notice's story."""
    return line(notice.story.title) or UNTITLED


def address(notice: Notice) -> str:
    """Return where to read of a notice's story, or ""."""
    return next((url for one in notice.reports if (url := link(one.item.url))), "")


def standing(notice: Notice) -> str:
    """Return in a word or two what is told: nothing for a new story."""
    match notice.kind:
        case Kind.NEW:
            return ""
        case Kind.CLOSED:
            return "closed"
        case Kind.CORRECTION:
            return f"correction {notice.sequence}"
        case _:
            return f"update {notice.sequence}"


def kicker(notice: Notice) -> str:
    """Return severity, rule and what is told, in one line."""
    rule = notice.alert.rule
    parts = [rule.severity.upper(), line(rule.title, 120) or rule.id, standing(notice)]
    return " · ".join(part for part in parts if part)


def standing_words(notice: Notice) -> str:
    """Return how widely a story is reported and, unless it is just new, why it is told."""
    told = f"{coverage(notice.story)}."
    if notice.reason == "new-story" and notice.sequence == 1:
        return told
    why = line(notice.detail or notice.reason, _WHY)
    return f"{told} {why[:1].upper()}{why[1:]}"


def summary(notice: Notice) -> Pieces:
    """Return the beginning of the first summary that there is, with its evidence."""
    found = (marked(one, "summary", _SUMMARY) for one in notice.reports)
    return next((pieces for pieces in found if pieces), [])


def by_theme(notices: Sequence[Notice]) -> list[tuple[str, list[Notice]]]:
    """Return notices by theme, the theme of the gravest first."""
    themes: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        themes[notice.alert.rule.theme].append(notice)
    return [(line(name, 100) or "other", told) for name, told in themes.items()]


def left_out(bundle: Bundle, shown: int) -> str:
    """Return how many alerts a message does not show, and where they are; or ""."""
    more = len(bundle.notices) - shown
    return f"And {count(more, 'more alert')}: tocsin alerts list" if more > 0 else ""


def bundle_text(bundle: Bundle, ways: Ways = NO_WAYS) -> str:
    """Return it as text for a mail's plain part, lines of 76 and less."""
    return "\n".join([*_text(bundle), *ways_lines(ways)]) + "\n"


def _text(bundle: Bundle) -> Iterator[str]:
    yield from wrapped(bundle_title(bundle))
    yield ""
    yield from wrapped(lead(bundle))
    number = 0
    for theme, notices in by_theme(bundle.notices[:SHOWN]):
        yield ""
        yield from wrapped(f"== {theme} ({len(notices)}) ==")
        for notice in notices:
            number += 1
            yield ""
            yield from _entry(number, notice)
    if more := left_out(bundle, SHOWN):
        yield ""
        yield more
    yield ""
    yield "-" * 40
    yield f"From {moment(bundle.since)} to {moment(bundle.at)}."


def _entry(number: int, notice: Notice) -> Iterator[str]:
    first = f"{number}. "
    indent = " " * len(first)
    yield from wrapped(f"{first}{story_title(notice)}", indent=indent, first="")
    yield from wrapped(kicker(notice), indent=indent)
    if url := address(notice):
        yield f"{indent}{url}"
    if text := line("".join(part for part, _ in summary(notice)), _SUMMARY + 1):
        yield from wrapped(text, indent=indent)
    yield from wrapped(standing_words(notice), indent=indent)
    yield from wrapped(f"Alert {notice.alert.id}", indent=indent)


def bundle_console(bundle: Bundle) -> list[str]:
    """Return it as a few unstyled lines for a terminal."""
    lines = [f"{bundle.severity.upper()} {bundle_title(bundle)}", f"  {lead(bundle)}"]
    for notice in bundle.notices[:SHOWN]:
        lines.append(f"  {kicker(notice)}: {story_title(notice)}")
        lines += [f"    {url}" for url in [address(notice)] if url]
    if more := left_out(bundle, SHOWN):
        lines.append(f"  {more}")
    return [cut(one, 2000) for one in lines]
