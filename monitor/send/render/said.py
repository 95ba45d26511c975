"""What a message to a chat says, before any markup, and how much of it fits; pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import Kind, Notice, Remark, Severity, stable_id
from monitor.send.render.bundle import standing, story_title
from monitor.send.render.clean import cut, line, link
from monitor.send.render.plain import (
    UNTITLED,
    byline,
    coverage,
    evidence,
    ping_text,
    severity,
    why,
)
from monitor.send.render.voice import ENGLISH, Voice
from monitor.send.render.wire import Json, encoded
from monitor.send.render.worth import sentence

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
    """Whether the alert is closed, or a fault of our own work mended."""
    about: str = ""
    """What a remark is about; the same for a fault and its end."""
    ends: tuple[str, ...] = ()
    """The kinds of remarks that a mended fault takes back."""
    lasts: timedelta | None = None
    """How long it stands where nobody takes it back; None: as long as usual."""
    voice: Voice = ENGLISH
    """In which language a service's own buttons and links are labelled."""


def of_notice(notice: Notice, voice: Voice = ENGLISH) -> Said:
    """Return what a message about an alert says."""
    rule = notice.alert.rule
    first = notice.reports[0] if notice.reports else None
    over = notice.kind is Kind.CLOSED
    named = (line(rule.title, 120) or rule.id, standing(notice, voice))
    grade = f" · {notice.assessment.grade}" if notice.assessment else ""
    reports = tuple(
        (
            line(one.item.title) or voice.say(UNTITLED),
            link(one.item.url),
            byline(one, voice),
        )
        for one in notice.reports[:_REPORTS]
    )
    return Said(
        kicker=f"{severity(notice, voice)} · {', '.join(filter(None, named))}",
        title=story_title(notice, voice),
        url=link(first.item.url) if first else "",
        why=why(notice, voice),
        changes=tuple(sentence(one) for one in notice.changes[:_CHANGES]),
        reports=reports,
        # Why the rule fired is of no use to who hears that it is over.
        evidence=tuple(evidence(first, voice)[:_EVIDENCE])
        if first and not over
        else (),
        footer=f"{coverage(notice.story, voice)}{grade} · {line(rule.id, 100)} · {notice.alert.id}",
        severity=rule.severity,
        at=notice.at,
        labels=(
            ("alertname", rule.id),
            ("severity", rule.severity.value),
            ("theme", rule.theme),
            # Where its story was merged with another, the labels stay what they were.
            ("story", notice.alert.story_id),
            ("alert", notice.alert.id),
            ("service", "tocsin"),
        ),
        over=over,
        voice=voice,
    )


def of_remark(remark: Remark, now: datetime) -> Said:
    """Return what a message about Tocsin's own work says."""
    facts = {name: line(value, 200) for name, value in remark.facts.items() if value}
    footer = " · ".join(
        value if name in _PLAIN else f"{name} {value}" for name, value in facts.items()
    )
    grave = Severity(facts.get("severity", Severity.MEDIUM))
    ends = _ENDS.get(remark.kind, ())
    subject = next((facts[name] for name in _SUBJECTS if name in facts), "")
    family = "source.failing" if ends or remark.kind in _MENDED else remark.kind
    return Said(
        kicker=remark.kind,
        title=line(remark.title),
        why=line(remark.text, 1000),
        footer=footer or "Tocsin",
        severity=grave,
        at=now,
        labels=(
            ("alertname", remark.kind),
            ("severity", grave.value),
            *((name, facts[name]) for name in _LABELS if name in facts),
            ("service", "tocsin"),
        ),
        over=bool(ends),
        about=stable_id("rmk", family, subject) if subject else "",
        ends=ends,
        lasts=_FAULT_LASTS if remark.kind in _MENDED else None,
    )


_ENDS = {"source.recovered": ("source.failing", "source.silent")}
_MENDED = frozenset(kind for kinds in _ENDS.values() for kind in kinds)
_FAULT_LASTS = timedelta(days=7)
_TEST_LASTS = timedelta(minutes=10)
"""Long enough for an Alertmanager that waits for a group, and no longer."""
_SUBJECTS = ("feed", "receiver", "rule")
_LABELS = (*_SUBJECTS, "theme")
"""Facts that are the same in the message about the end."""
_PLAIN = {"feed", "outlet"}
"""Facts that say by themselves what they are."""


def of_ping(receiver: str, now: datetime, voice: Voice = ENGLISH) -> Said:
    """Return what a test message says."""
    title, reason = ping_text(receiver, voice).splitlines()
    return Said(
        kicker=voice.say("Test"),
        title=title,
        why=reason,
        footer=f"Tocsin · {voice.moment(now)}",
        at=now,
        labels=(("alertname", "Test"), ("severity", Severity.INFO.value)),
        lasts=_TEST_LASTS,
        voice=voice,
    )


# ── what fits ────────────────────────────────────────────────────────────────


def fitting(said: Said, make: Callable[[Said], Json], most: int) -> Json:
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
        if len(encoded(made)) <= most:
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
        footer=ended(said.footer, 300),
    )


def in_bytes(text: str, most: int) -> str:
    """Cut a text so that it has at most so many bytes."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore").rstrip() + "…"


def lines_of(said: Said, write: "Writer") -> Iterator[str]:
    """Yield what stands below the title, in a service's markup."""
    yield write.plain(said.why)
    yield from (write.plain(one) for one in said.changes)
    for title, url, outlet in said.reports:
        # The headline names and links the first report already.
        known = (title, url) == (said.title, said.url)
        yield (
            write.faint(outlet)
            if known
            else f"{write.linked(title, url)} {write.faint(outlet)}"
        )
    for one in said.evidence:
        yield write.faint(one)


@dataclass(frozen=True, slots=True)
class Writer:
    """How one service writes plain text, a link, and what matters less."""

    plain: Callable[[str], str]
    linked: Callable[[str, str], str]
    faint: Callable[[str], str]


def units(text: str) -> int:
    """Return a text's length in UTF-16, in which most chat services count."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)  # noqa: PLR2004 - its planes


def short(text: str, most: int) -> str:
    """Cut a text that has no markup to so many units of UTF-16."""
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: (most - 1) * 2].decode("utf-16-le", "ignore")
    return kept.rstrip() + "…"


_APART = " · "


def ended(footer: str, most: int) -> str:
    """Cut a footer to so many units before its end, where rule and alert are named."""
    if units(footer) <= most:
        return footer
    first, *last = footer.rsplit(_APART, 2)
    end = "".join(f"{_APART}{one}" for one in last)
    room = most - units(end)
    return f"{short(first, room)}{end}" if room > most // 4 else short(footer, most)


def within(lines: Sequence[str], most: int) -> str:
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


def headed(said: Said, write: "Writer") -> str:
    """Return the title as a link, which never takes the whole message."""
    linked = write.linked(said.title, said.url)
    if units(linked) <= _HEAD:
        return linked
    return write.plain(cut(said.title, 300))
