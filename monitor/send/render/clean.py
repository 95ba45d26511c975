"""What strangers wrote, made safe to show; pure.

Removed: terminal escape sequences (ECMA-48), C0 and C1 controls, bidi
embeddings, overrides and isolates (which let a title rearrange the line around
it, "Trojan Source"), interlinear annotation and invisible tag characters.
Characters that scripts need stay: joiners, direction marks, combining marks.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_REMOVED = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movement
    "|(?:\x1b[PX\\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[@-Z\\\\-_]"
    "|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]"
    "|[\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff\ufffe\uffff]"
    "|[\U000e0000-\U000e007f]"
)
_BLANKS = re.compile("[\t\v\f\r\x85\u2028\u2029]")
_HALVES = re.compile("[\ud800-\udfff]")
"""Half a surrogate pair, which cannot be written as UTF-8."""
_SPACES = re.compile(r"\s+")
_URL_LIMIT = 2000
_TO_QUOTE = re.compile(r"""[\s"'<>]|%(?![0-9A-Fa-f]{2})""")
_NO_HOST = re.compile(r"[\s%^|`{}\\]")


@dataclass(frozen=True, slots=True)
class Clean:
    """A cleaned text that still knows where the original's characters went."""

    text: str
    cuts: tuple[tuple[int, int], ...] = ()
    """Where in the original something was removed, and how many code points."""

    def at(self, offset: int) -> int:
        """Return where a place in the original is in the cleaned text."""
        gone = sum(min(length, max(0, offset - place)) for place, length in self.cuts)
        return min(max(0, offset - gone), len(self.text))


def clean(text: str) -> Clean:
    """Return a text without what could harm a terminal, a page or a reader.

    Line feeds stay; other white space becomes a blank, one for one.
    """
    cuts = tuple((m.start(), m.end() - m.start()) for m in _REMOVED.finditer(text))
    kept = _REMOVED.sub("", text) if cuts else text
    return Clean(_HALVES.sub("\ufffd", _BLANKS.sub(" ", kept)), cuts)


def line(text: str, limit: int = 300) -> str:
    """Return a cleaned text as one line of at most `limit` code points."""
    head = text[: limit * 8]  # room for what is taken out; a megabyte is not cleaned
    shown = _SPACES.sub(" ", clean(head).text).strip()
    return cut(shown + "…" if len(head) < len(text) else shown, limit)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` code points, the last an ellipsis where more was."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + "…" if limit > 0 else ""


def link(url: str) -> str:
    """Return an address that is safe to link to, or "".

    Only http and https with a host; no user names (`https://bank@evil.example`),
    no controls, nothing that a browser reads differently from us. Quotes, angle
    brackets, blanks of all scripts and a percent sign that encodes nothing are
    percent-encoded: Alertmanager refuses an alert for the address in it.
    """
    url = url.strip()
    if len(url) > _URL_LIMIT or clean(url).text != url or "\n" in url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    before, _, place = parts.netloc.rpartition("@")
    if _NO_HOST.search(place) or _TO_QUOTE.search(place):
        return ""
    if any(c.isspace() or c == "\\" for c in before):
        return ""
    whole = parts._replace(netloc=place).geturl()
    safe = _TO_QUOTE.sub(lambda found: quote(found[0], safe=""), whole)
    return safe if len(safe.encode()) <= _URL_LIMIT else ""
