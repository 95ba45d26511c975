"""Texts of feeds, which may be HTML, plain text or either twice escaped, as text.

Nothing is rendered or executed and no tree is built (`markup`). Whoever shows the result must still escape it for the place where it
is shown; what comes out is text, not safe HTML.
"""

import html
import re
from html.entities import html5
from itertools import groupby

from monitor.collect.parse.markup import ANY, OF_HTML, without_tags

_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_MOST_ENTITIES = 4096
"""Entities remembered; there are some 2,000 names and few numbers that matter."""

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
    if len(markup) <= limit and _is_plain(markup):
        return markup.strip()
    text = _plain(markup[: limit * 20], is_html=is_html)
    if not text.isprintable():
        text = _UNWANTED.sub(_wanted, text)
    return shortened(" ".join(text.split()), limit)


def paragraphs(markup: str, limit: int, *, is_html: bool = True) -> str:
    r"""Return a text whose paragraphs stand apart by one `\n`: a summary, a body."""
    if len(markup) <= limit and _is_plain(markup):
        return markup.strip()
    text = _plain(markup[: limit * 20], is_html=is_html)
    # Unwanted characters and white space other than " " are not printable.
    if not text.replace("\n", "").isprintable():
        text = _UNWANTED.sub(_wanted, text)
        lines = [" ".join(line.split()) for line in text.split("\n")]
    else:
        lines = list(map(str.strip, filter(None, text.split("\n"))))
        if "  " in text:
            lines = [" ".join(o.split()) if "  " in o else o for o in lines]
    return shortened("\n".join(filter(None, lines)), limit)


def _is_plain(markup: str) -> bool:
    """Return whether there is nothing to undo; it makes no difference but to the time."""
    return (
        "<" not in markup
        and "&" not in markup
        and "  " not in markup
        and markup.isprintable()
    )


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
    if "<" not in markup and "&" not in markup:
        return _unwrapped(markup).replace("\xa0", " ")
    markup = without_sections(markup)
    if is_html and "<" in markup:
        text = without_tags(_one_row(markup), ANY)
    else:
        text = _unwrapped(markup)
        if "<" in text:
            text = without_tags(text, OF_HTML)
    text = _without_entities(text)
    if "<" in text:
        text = without_tags(without_sections(text), OF_HTML)
    return _without_entities(text).replace("\xa0", " ")


def without_sections(text: str) -> str:
    """Return a text without marks of CDATA, which publishers escape, or put into each other.

    HTML takes them for a comment that holds the text.
    """
    if _SECTION not in text:
        return text
    return text.replace(_SECTION, "").replace("]]>", "")


_SECTION = "<![CDATA["


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


def _without_entities(text: str) -> str:
    if "&" not in text:
        return text
    pieces = _ENTITY.split(text)
    pieces[1::2] = map(_CHARACTERS.__getitem__, pieces[1::2])
    return "".join(pieces)


class _Characters(dict[str, str]):
    """What an entity stands for, by its name between & and ;. Learns names."""

    def __missing__(self, name: str) -> str:
        if name.startswith("#"):
            shown = html.unescape(f"&{name};")
        else:
            shown = html5.get(f"{name};", f"&{name};")
        if len(self) < _MOST_ENTITIES:
            self[name] = shown
        return shown


_CHARACTERS = _Characters()


def _wanted(unwanted: re.Match[str]) -> str:
    return _CP1252.get(unwanted[0], "")
