"""Texts of feeds, which may be HTML, plain text or either twice escaped, as text.

Nothing is rendered or executed and no tree is built: tags are cut out by one
linear scan. Whoever shows the result must still escape it for the place where it
is shown; what comes out is text, not safe HTML.
"""

import html
import re
from html.entities import html5
from itertools import groupby

# Each alternative stops at the next "<", so that the scans stay linear whatever
# quotes and brackets an attacker leaves open.
_ATTRIBUTES = r"(?:(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>|[^<>]*+>)"
_TAG = re.compile(rf"<(?:/?([A-Za-z][\w:.-]{{0,40}}){_ATTRIBUTES}|[!?][^<>]*+>)")
_HIDDEN_NAMES = (
    "head|iframe|math|noscript|object|script|select|style|svg|template|textarea|title"
)
_HIDDEN = re.compile(rf"<(?:!--|({_HIDDEN_NAMES})\b{_ATTRIBUTES})", re.IGNORECASE)
_ENDS = {
    name: re.compile(rf"</{name}\b[^<>]*+>?", re.IGNORECASE)
    for name in _HIDDEN_NAMES.split("|")
}
_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_BLOCK_NAMES = (
    "address article aside blockquote br caption center dd details div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main "
    "nav ol option p pre section summary table tbody tfoot thead tr ul"
)
_GAP_NAMES = "audio button embed img input picture td th video"
_INLINE_NAMES = (
    "a abbr acronym amp b base bdi bdo big blink body canvas cite code col colgroup "
    "data del dfn em font frame frameset html i ins kbd label legend link map mark "
    "marquee meta meter nobr param progress q rp rt ruby s samp small source span "
    "strike strong sub sup time track tt u var wbr " + _HIDDEN_NAMES.replace("|", " ")
)
_GAPS = {
    **dict.fromkeys(_INLINE_NAMES.split(), ""),
    **dict.fromkeys(_GAP_NAMES.split(), " "),
    **dict.fromkeys(_BLOCK_NAMES.split(), "\n"),
}
"""What an HTML element leaves behind in the text."""

# The commonest tags go in three scans without a call for each; what is left, such as
# names in capitals, takes the general way. It makes no difference but to the time.
_TAIL = r"(?:[\s/](?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)?>"
_COMMON = (
    (
        re.compile(
            "</?(?:p|br|div|li|ul|ol|h[1-6]|tr|figure|figcaption|blockquote|table"
            f"|tbody|thead|section|article|header|footer|dd|dt|dl|hr|pre){_TAIL}"
        ),
        "\n",
    ),
    (
        re.compile(
            "</?(?:a|span|strong|em|b|i|u|font|sup|sub|small|code|cite|source|time|s"
            f"|col|colgroup|wbr|label|mark|tt|del|ins|abbr){_TAIL}"
        ),
        "",
    ),
    (re.compile(f"</?(?:img|td|th|picture|video|audio|input){_TAIL}"), " "),
)
_UNEVEN = re.compile(r"[^\S\n ][^\S\n]*+| [^\S\n]++")

# Control characters, bidirectional overrides and isolates, zero-width spaces,
# lone surrogates, non-characters, invisible tags: none is part of a text, and
# each is used to hide or reorder one. U+200C to U+200F stay: Persian and Hebrew
# need them, and so do emoji.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_CP1252 = {
    chr(byte): bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)
}
"""C1 controls are what is left of windows-1252; HTML reads them so too."""


def one_line(markup: str, limit: int, *, is_html: bool = False) -> str:
    """Return a text on one line: a title, a name, a label."""
    text = _plain(markup[: limit * 20], is_html=is_html)
    return shortened(" ".join(text.split()), limit)


def paragraphs(markup: str, limit: int, *, is_html: bool = True) -> str:
    r"""Return a text whose paragraphs stand apart by one `\n`: a summary, a body."""
    text = _plain(markup[: limit * 20], is_html=is_html)
    lines = (line.strip(" ") for line in _UNEVEN.sub(" ", text).split("\n"))
    return shortened("\n".join(filter(None, lines)), limit)


def shortened(text: str, limit: int) -> str:
    """Return the text, cut at a space and ended by an ellipsis where too long."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ", limit // 2)
    return (cut[:space] if space > 0 else cut).rstrip() + "…"


def _plain(markup: str, *, is_html: bool) -> str:
    """Undo markup, then undo it once more where the first pass uncovers some.

    The second pass, and the first one of a text that is not said to be HTML, takes
    only names of HTML elements for tags: `Vec<T>` stays, `<b>` and `<script>` go.
    """
    wrapped = is_html and "<" in markup
    text = _one_row(markup) if wrapped else _unwrapped(markup)
    if wrapped:
        for common, gap in _COMMON:
            text = common.sub(gap, text)
    if "<" in text or "&" in text:
        text = _undo(text, is_html=is_html)
    if "<" in text or "&" in text:
        text = _undo(text, is_html=False)
    return _UNWANTED.sub(_wanted, text)


def _one_row(markup: str) -> str:
    """Join the lines of HTML; where they break means nothing."""
    for wrap in "\n\r\t\f\v\x85\u2028\u2029":
        if wrap in markup:
            markup = markup.replace(wrap, " ")
    return markup


def _unwrapped(text: str) -> str:
    """Join wrapped lines of plain text; a blank line ends a paragraph."""
    if "\n" not in text:
        return text
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(" ".join(group) for full, group in groupby(lines, bool) if full)


def _undo(text: str, *, is_html: bool) -> str:
    if "<" in text:
        text = _TAG.sub(_any_gap if is_html else _html_gap, _without_hidden(text))
    return _ENTITY.sub(_character, text) if "&" in text else text


def _any_gap(tag: re.Match[str]) -> str:
    name = tag[1]
    gap = _GAPS.get(name) if name else ""
    return _GAPS.get(_local(name), "") if gap is None else gap


def _html_gap(tag: re.Match[str]) -> str:
    """Leave what is no HTML as it stands."""
    return _GAPS.get(_local(tag[1]), tag[0]) if tag[1] else ""


def _local(name: str) -> str:
    return name.lower().rpartition(":")[2]


def _without_hidden(text: str) -> str:
    """Cut out comments, scripts and whatever else a browser shows nobody.

    One that is never closed loses only its opening tag, so that an attacker, or a
    publisher who cut his own text short, cannot make the rest disappear.
    """
    pieces: list[str] = []
    unclosed: set[str] = set()
    start = position = 0
    while (found := _HIDDEN.search(text, position)) is not None:
        position = found.end()
        name = (found[1] or "").lower()
        end = -1 if name in unclosed else _end_of(name, text, position)
        if end < 0:
            unclosed.add(name)
            continue
        pieces.append(text[start : found.start()])
        start = position = end
    if "" in unclosed:
        return "".join([*pieces, text[start:].replace("<!--", "")])
    return "".join([*pieces, text[start:]])


def _end_of(name: str, text: str, position: int) -> int:
    """Return where a hidden element, or without name a comment, ends; -1 if nowhere."""
    if not name:
        end = text.find("-->", position)
        return end + len("-->") if end >= 0 else -1
    found = _ENDS[name].search(text, position)
    return found.end() if found else -1


def _character(entity: re.Match[str]) -> str:
    reference = entity[1]
    if reference.startswith("#"):
        return html.unescape(entity[0])
    return html5.get(f"{reference};", entity[0])


def _wanted(unwanted: re.Match[str]) -> str:
    return _CP1252.get(unwanted[0], "")
