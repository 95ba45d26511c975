"""Evidence in the texts in which it was found; pure."""

from collections.abc import Iterable, Sequence

from monitor.model import Item, Report, Span
from monitor.send.render.clean import Clean, clean, line

_AROUND = 90
"""How many code points of the body are shown on each side of evidence."""

Pieces = list[tuple[str, bool]]
"""A text in pieces, each with whether it is evidence."""


def field_of(item: Item, name: str) -> str:
    """Return the text of an item's field as the detector read it."""
    match name:
        case "title":
            return item.title
        case "summary":
            return item.summary
        case "body":
            return item.body
        case _:
            return ""


def pieces(text: str, spans: Iterable[tuple[int, int]]) -> Pieces:
    """Split a text at evidence; overlapping evidence becomes one piece."""
    out: Pieces = []
    done = 0
    for start, end in _merged(spans, len(text)):
        if start > done:
            out.append((text[done:start], False))
        out.append((text[start:end], True))
        done = end
    if done < len(text):
        out.append((text[done:], False))
    return out


def marked(report: Report, field: str, limit: int) -> Pieces:
    """Return a report's title or summary, cleaned and cut, with its evidence."""
    cleaned = clean(field_of(report.item, field))
    whole = cleaned.text
    shown = whole[:limit].rstrip() if len(whole) > limit else whole
    found = pieces(shown, _places(cleaned, report.evidence, field))
    return [*found, ("…", False)] if len(shown) < len(whole.rstrip()) else found


def summarized(report: Report, limit: int) -> Pieces:
    """Return a report's summary, unless it only repeats the title, as short posts do."""
    item = report.item
    if line(item.summary) == line(item.title):
        return []
    return marked(report, "summary", limit)


def excerpt(report: Report) -> Pieces:
    """Return the passage of the body around its first evidence, if any."""
    body = report.item.body
    places = [
        (span.start, span.end)
        for span in report.evidence
        if span.field == "body" and 0 <= span.start < span.end <= len(body)
    ]
    if not places:
        return []
    first, last = min(places)
    begin = _word_after(body, max(0, first - _AROUND), first)
    end = _word_before(body, min(len(body), last + _AROUND), last)
    end = min(end, begin + 4 * _AROUND)
    cleaned = clean(body[begin:end])
    inside = [(cleaned.at(s - begin), cleaned.at(e - begin)) for s, e in places]
    found = pieces(cleaned.text, inside)
    before: Pieces = [("… ", False)] if begin > 0 else []
    after: Pieces = [(" …", False)] if end < len(body) else []
    return [*before, *found, *after]


def _places(
    cleaned: Clean, evidence: Sequence[Span], field: str
) -> list[tuple[int, int]]:
    return [
        (cleaned.at(span.start), cleaned.at(span.end))
        for span in evidence
        if span.field == field
    ]


def _merged(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        first, last = max(0, start), min(end, length)
        if first >= last:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _word_after(text: str, place: int, limit: int) -> int:
    """Return the next beginning of a word, so that no half word is shown."""
    if place == 0:
        return 0
    blank = text.find(" ", place, limit)
    return blank + 1 if blank >= 0 else place


def _word_before(text: str, place: int, limit: int) -> int:
    if place == len(text):
        return place
    blank = text.rfind(" ", limit, place)
    return blank if blank >= 0 else place
