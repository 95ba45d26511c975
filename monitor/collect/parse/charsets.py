"""Bytes of a feed to text: BOM, then HTTP, then the XML declaration, then a guess.

The order is that of RFC 7303, with one exception that only ever helps: bytes that
are UTF-8 beyond ASCII, but for a broken letter here and there, are UTF-8, whatever a
header says. Servers send `charset=iso-8859-1` or windows-1251 with everything; texts in
those charsets that happen to be valid UTF-8 do not occur.
"""

import re
from dataclasses import dataclass

import chardet

from monitor.model.counts import counted

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_NO_BOM = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_HTTP = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]{2,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:+-]{2,40})[\"']")
# Python has codecs that are no charsets, and some that cost quadratic time.
_CHARSET = re.compile(
    r"(us-)?ascii|utf-?(8|16|32)(-?[lb]e)?|iso-?8859-?\d{1,2}|windows-?\d{3,4}|"
    r"cp\d{3,5}|koi8-[rtu]|mac-?\w+|x-mac-\w+|big5(-?hkscs)?|gb\w+|euc-?\w+|"
    r"shift_?jis|sjis|iso-2022-\w+|hz(-gb-2312)?|tis-620|latin-?\d{1,2}|ptcp154|kz1048"
)
_SUPERSETS = {
    "ascii": "windows-1252",
    "us-ascii": "windows-1252",
    "iso-8859-1": "windows-1252",
    "latin1": "windows-1252",
    "latin-1": "windows-1252",
    "iso-8859-9": "windows-1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "shift_jis": "cp932",
    "x-mac-cyrillic": "mac-cyrillic",
}
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTER = re.compile(rb"[A-Za-z\x80-\xff]")
_SAMPLE = 64 * 1024
_BROKEN_UTF_8 = 4
"""Valid sequences for each broken one that no other charset comes near to by chance."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A document's text, and what had to be done to get it."""

    text: str
    charset: str
    note: str = ""


def decode(body: bytes, content_type: str) -> Decoded:
    """Return the document as text; undecodable bytes become U+FFFD, with a note."""
    for start, charset in (*_BOMS, *_NO_BOM):
        if body.startswith(start):
            return _forced(body, charset)
    stated = _stated(body, content_type)
    if any(name.startswith(("iso-2022", "hz")) for name in stated):
        return _first(body, stated) or _forced(body, "utf-8")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(body, stated)
    wrong = [name for name in stated if not name.startswith("utf")]
    if wrong and not text.isascii():
        return Decoded(text, "utf-8", f"stated as {wrong[0]}, is utf-8")
    return Decoded(text, "utf-8")


def may_be_utf8(body: bytes, content_type: str) -> bool:
    """Return whether nothing states another charset, and no byte order does."""
    if body.startswith(tuple(start for start, _ in _NO_BOM)):
        return False
    return all(name.startswith("utf-8") for name in _stated(body, content_type))


def _stated(body: bytes, content_type: str) -> list[str]:
    """Return the charsets that HTTP and the XML declaration state, in that order."""
    names = [found[1] for found in [_HTTP.search(content_type)] if found]
    declared = _DECLARED.search(body[:1024])
    if declared is not None:
        names.append(declared[1].decode("ascii", "replace"))
    return [name for name in map(str.lower, names) if _CHARSET.fullmatch(name)]


def _not_utf8(body: bytes, stated: list[str]) -> Decoded:
    """Decode what is not UTF-8: as stated, unless what is stated cannot be true."""
    legacy = [name for name in stated if not name.startswith("utf")]
    believable = [name for name in legacy if not _is_lazy(name, body)]
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for character in text if character > "\x7f") - bad
    if good > bad * _BROKEN_UTF_8:
        # A title that was cut in the middle of a letter, say, under a server's default.
        label = f"stated as {legacy[0]}, is utf-8; " if legacy else ""
        return Decoded(text, "utf-8", label + _invalid(bad, "utf-8"))
    decoded = _first(body, believable)
    if decoded is not None:
        return decoded
    if good > bad:
        return Decoded(text, "utf-8", _invalid(bad, "utf-8"))
    first = _HIGH.search(body)
    start = max(0, first.start() - 1024) if first else 0
    sample = body[start : start + _SAMPLE]
    if believable != legacy:  # the guess would believe the declaration, which lies
        sample = _words(body)
    guess = chardet.detect(sample)["encoding"] or ""
    decoded = _first(body, [guess.lower(), *legacy, "windows-1252"])
    if decoded is None:
        return _forced(body, "windows-1252")
    said = f"stated as {stated[0]}" if stated else "not stated"
    return Decoded(
        decoded.text, decoded.charset, f"charset {said}, read as {decoded.charset}"
    )


def _is_lazy(name: str, body: bytes) -> bool:
    """Return whether Latin-1 is stated for a text that is mostly beyond ASCII.

    No Western language is: it is Cyrillic or Greek on a server with defaults.
    """
    if _SUPERSETS.get(name, name) not in {"windows-1252", "iso-8859-15"}:
        return False
    words = _words(body)
    letters = len(_LETTER.findall(words))
    return len(_HIGH.findall(words)) > letters * 0.4


def _words(body: bytes) -> bytes:
    """Return a sample without markup, which is ASCII in every language."""
    first = _HIGH.search(body)
    start = max(0, first.start() - 1024) if first else 0
    return re.sub(rb"<[^<>]{0,500}>", b" ", body[start : start + _SAMPLE])


def _first(body: bytes, names: list[str]) -> Decoded | None:
    for name in names:
        charset = _SUPERSETS.get(name, name)
        if not _CHARSET.fullmatch(charset):
            continue
        try:
            return Decoded(body.decode(charset), charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def _invalid(count: int, charset: str) -> str:
    sequences = counted(count, "byte sequence is", "byte sequences are")
    return f"{sequences} not valid {charset}"


def _forced(body: bytes, charset: str) -> Decoded:
    text = body.decode(charset, "replace")
    bad = text.count("\ufffd")
    note = _invalid(bad, charset) if bad else ""
    return Decoded(text, charset, note)
