"""Tags of HTML cut out of texts, and what each leaves behind: a gap, a line, nothing.

No tree is built: the text is cut at all tags by one linear scan, and what each leaves
behind is looked up.
"""

import re
from contextlib import suppress

# Each alternative stops at the next "<", so that the scans stay linear whatever
# quotes and brackets an attacker leaves open. Most tags have no attributes, or some in
# double quotes: those are tried first, which makes no difference but to the time.
_ATTRIBUTES = (
    r"(?:>|[^<>\"']*+(?:\"[^\"<]*+\"[^<>\"']*+)*+"
    r"(?:>|(?:(?:'[^'<]*+'|\"[^\"<]*+\")[^<>\"']*+)*+>)|[^<>]*+>)"
)
_COMMENT = r"!--(?=[^<>]*+(?<=--)>)"
# All that is not ASCII counts for a letter here, as it does in HTML: that is a table's
# work, and \w a function's. `Gaps` looks at what it does not know.
_LETTERS = r"[A-Za-z][^\x00-,/;-@\[-^`{-\x7f]{0,40}+"
_CUT = re.compile(rf"<({_LETTERS}|/{_LETTERS}|{_COMMENT}|[!?](?!--)){_ATTRIBUTES}")
_NAME = re.compile(r"/?[A-Za-z][\w:.-]*")
_TAG = re.compile(rf"<(?:/?([A-Za-z][\w:.-]{{0,40}}){_ATTRIBUTES}|[!?][^<>]*+>)")
_HIDDEN_NAMES = (
    "head|iframe|math|noscript|object|script|select|style|svg|template|textarea|title"
)
_HIDDEN = re.compile(rf"<(?:!--|({_HIDDEN_NAMES})\b{_ATTRIBUTES})", re.IGNORECASE)
# XHTML: it hides nothing, though HTML would hide all up to the next end of its name.
_EMPTY = re.compile(
    rf"<(?:{_HIDDEN_NAMES})(?:/|\s[^<>]*+(?<=[\s\"']/))>", re.IGNORECASE
)
_ENDS = {
    name: re.compile(rf"</{name}\b[^<>]*+>?", re.IGNORECASE)
    for name in _HIDDEN_NAMES.split("|")
}

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

_MOST_NAMES = 4096
"""Names of tags that are remembered."""
_MARK, _END = "\0", "\0/"
"""What hides: its name follows."""
_PLAIN_GAPS = frozenset(_GAPS.values())


def without_tags(text: str, gaps: "Gaps") -> str:
    """Return a text without tags and without what a browser shows nobody."""
    with suppress(_CarefullyError):
        pieces, left, marks = _cut(text, gaps)
        if marks and (opened := _EMPTY.sub("", text)) != text:
            pieces, left, marks = _cut(opened, gaps)
        if marks:
            _hide(pieces, left, marks)
        pieces[1::2] = left
        shown = "".join(pieces)
        if "<!--" not in shown:  # a comment with tags in it
            return shown
    return _TAG.sub(gaps.one_by_one, _without_hidden(_EMPTY.sub("", text)))


def _cut(text: str, gaps: "Gaps") -> tuple[list[str], list[str], set[str]]:
    """Return a text cut at its tags, what each leaves behind, and what hides."""
    pieces = _CUT.split(text)
    left = list(map(gaps.__getitem__, pieces[1::2]))
    return pieces, left, set(left).difference(_PLAIN_GAPS)


def _hide(pieces: list[str], left: list[str], marks: set[str]) -> None:
    """Empty what lies between the marks; _CarefullyError where one has no end."""
    pending, start = "", 0
    for at in [at for at, gap in enumerate(left) if gap in marks]:
        mark, left[at] = left[at], ""
        if not pending and not mark.startswith(_END):
            pending, start = mark[1:], at
        elif mark == _END + pending:
            left[start : at + 1] = [""] * (at + 1 - start)
            pieces[2 * start + 2 : 2 * at + 1 : 2] = [""] * (at - start)
            pending = ""
    if pending:
        raise _CarefullyError


class _CarefullyError(Exception):
    """Something has no end, or only a look at the whole tag can tell what it is."""


class Gaps(dict[str, str]):
    """What a tag leaves behind in a text, by its name; learns names."""

    def __init__(self, *, any_name: bool) -> None:
        """`any_name`: whatever looks like a tag is one, not HTML's elements alone."""
        super().__init__(
            (written, gap)
            for name, gap in _GAPS.items()
            if name not in _ENDS
            for written in (name, f"/{name}")
        )
        self._any_name = any_name

    def __missing__(self, name: str) -> str:
        found = _NAME.match(name)
        plain = found[0].lower() if found else name
        if plain.removeprefix("/") in _ENDS:
            gap: str | None = _MARK + plain
        else:
            gap = _GAPS.get(_local(plain.removeprefix("/")))
        if gap is None and not self._any_name and name[0] not in "!?":
            raise _CarefullyError
        if len(self) < _MOST_NAMES:
            self[name] = gap or ""
        return gap or ""

    def one_by_one(self, tag: re.Match[str]) -> str:
        """Return the same for a whole tag; what is no HTML may stand as it is."""
        otherwise = "" if self._any_name else tag[0]
        return _GAPS.get(_local(tag[1].lower()), otherwise) if tag[1] else ""


def _local(name: str) -> str:
    return name.rpartition(":")[2]


ANY = Gaps(any_name=True)
"""In HTML: whatever looks like a tag is one."""
OF_HTML = Gaps(any_name=False)
"""In a text that may be HTML or not: names of HTML's elements alone."""


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
        # `<!-->` is a whole comment, in HTML too.
        end = text.find("-->", position - len("--"))
        return end + len("-->") if end >= 0 else -1
    found = _ENDS[name].search(text, position)
    return found.end() if found else -1
