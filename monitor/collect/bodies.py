"""The body of an answer, undone from its content coding within bounds.

The wire is read raw and decoded here in small steps: 200 kB of gzip can stand
for hundreds of megabytes, and a decoder that hands out whole chunks has used the
memory before anybody can count it. Only gzip and deflate (RFC 9110, 8.4.1) are
offered to servers, because only these can be decoded in bounded steps.
"""

import re
import zlib

from monitor.errors import FeedProblem

_MOST_MEMBERS = 64
"""Concatenated gzip members are legal; thousands of tiny ones are an attack."""
_GZIP = b"\x1f\x8b"
_ROOT_END = re.compile(
    rb"</(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE
)
_TAIL = 16 * 1024
"""In which a document's end stands, though proxies put remarks and scripts after it."""
_NAMES = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


def is_cut_off(body: bytes) -> bool:
    """Say whether a body that came to its end is an XML feed that did not.

    A server that breaks down in the middle, or has no other way to say where a body ends
    than to close the connection, sends the beginning of a feed, with the whole one's
    validators.
    """
    start = body[:100].lstrip(b"\xef\xbb\xbf \t\r\n")
    is_xml = start.startswith(b"<") and b"\0" not in start  # UTF-16 is not looked into
    return is_xml and _ROOT_END.search(body, max(0, len(body) - _TAIL)) is None


class BodyReader:
    """Takes a body in pieces and never holds more than `limit` bytes of it.

    Raises FeedProblem of kind `too-large` (on the wire or decoded) or `encoding`.
    """

    def __init__(self, content_encoding: str, limit: int) -> None:
        """Prepare for the Content-Encoding that the answer states; "" is plain."""
        self._limit = limit
        self._wire = 0
        self._text = bytearray()
        self._start = b""
        self._coding = _coding(content_encoding)
        self._decoder: zlib._Decompress | None = None
        self._members = 0
        self._ended = False

    @property
    def received(self) -> int:
        """Bytes that came over the wire so far."""
        return self._wire

    def feed(self, raw: bytes) -> None:
        """Take the next piece as it came over the wire."""
        self._wire += len(raw)
        if self._wire > self._limit:
            self._too_large()
        if not self._coding:
            self._text += raw
        else:
            self._decode(raw)

    def finish(self) -> bytes:
        """Return the whole body; a compressed one must have reached its end.

        A gzip stream that was cut off looks like a shorter feed: if it passed, the
        items in the lost part would be gone with the next 304. What is gzip still, since
        the server packs twice or serves a file `feed.xml.gz`, is undone once more.
        """
        body = self._whole()
        if body.startswith(_GZIP):
            inner = BodyReader("gzip", self._limit)
            inner.feed(body)
            return inner._whole()
        return body

    def _whole(self) -> bytes:
        if self._decoder is not None or (self._start and not self._members):
            raise FeedProblem("encoding", f"the {self._coding} body is cut off")
        return bytes(self._text)

    def _decode(self, raw: bytes) -> None:
        while raw and not self._ended:
            if self._decoder is None:
                raw = self._between_members(raw)
            else:
                raw = self._inside_member(self._decoder, raw)

    def _between_members(self, raw: bytes) -> bytes:
        """Begin the next member as soon as two bytes tell of which form it is."""
        raw, self._start = self._start + raw, b""
        if len(raw) < len(_GZIP):
            self._start = raw
            return b""
        if self._members and not (self._coding == "gzip" and raw.startswith(_GZIP)):
            # Padding after the last member is common and means nothing.
            self._ended = True
            return b""
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise FeedProblem(
                "encoding", f"the gzip body has more than {_MOST_MEMBERS} members"
            )
        self._decoder = zlib.decompressobj(_window(self._coding, raw))
        return raw

    def _inside_member(self, decoder: "zlib._Decompress", raw: bytes) -> bytes:
        """Decode to the limit or the member's end; return what is left of `raw`."""
        room = self._limit - len(self._text) + 1
        try:
            self._text += decoder.decompress(raw, room)
        except zlib.error as error:
            raise FeedProblem(
                "encoding", f"the body is not the {self._coding} that its header states"
            ) from error
        if len(self._text) > self._limit:
            self._too_large()
        if decoder.eof:
            self._decoder = None
            return decoder.unused_data
        return decoder.unconsumed_tail

    def _too_large(self) -> None:
        raise FeedProblem(
            "too-large", f"the body is larger than {self._limit / 2**20:g} MiB"
        )


def _coding(content_encoding: str) -> str:
    """Return the coding to undo, "" for none.

    Charsets and `none` are no codings, though servers state them here. One that is
    stated twice, by a site and what stands before it, may have been applied once or
    twice: what is gzip still is undone at the end.
    """
    stated = [name.strip().lower() for name in content_encoding.split(",")]
    codings = [name for name in stated if not _NO_CODING.fullmatch(name)]
    if not codings:
        return ""
    names = {_NAMES.get(name, "") for name in codings}
    if len(codings) > 1 and (names != {"gzip"} or len(codings) > _MOST_CODINGS):
        names = {""}
    if "" in names:
        said = content_encoding[:60]
        raise FeedProblem("encoding", f"the body is coded as {said!r}, not asked for")
    return names.pop()


_MOST_CODINGS = 2
_NO_CODING = re.compile(
    r"|identity|none|null|plain|binary|[78]bit|us-ascii|utf-?(?:8|16)|"
    r"iso-8859-\d{1,2}|windows-\d{3,4}|koi8-[ru]"
)


def _window(coding: str, raw: bytes) -> int:
    """Return zlib's window bits; `deflate` comes with and without a zlib header."""
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    wrapped = raw[0] & 0x0F == zlib.DEFLATED and (raw[0] << 8 | raw[1]) % 31 == 0
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
