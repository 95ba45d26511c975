"""A notice as an email message, text and HTML, ready to be handed to a server.

The bytes depend on the notice and the delivery alone: `Message-ID` stays the
same over all attempts, so that a server or reader that got it twice can tell.
"""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from monitor.model import Bundle, Notice, Remark, stable_id
from monitor.send import render

_LINE = 78
"""Characters of a header's line (RFC 5322, 2.1.1)."""
_ENCODED_LINE = 76
"""Characters of a line in which an encoded word stands (RFC 2047, 2)."""
_FRAME = len(" =?utf-8?b??=")


class _Policy(EmailPolicy):
    """Writes subjects and headers of our own itself, as the plain texts that they are.

    The library's folding loses spaces between words, as white space between two encoded
    words means nothing (RFC 2047, 6.2): each space must stand inside of one. And it reads
    encoded words in what it is given: a title of theirs could end its header and begin
    another one.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Keep a plain text as it is."""
        if _is_plain(name) and len(str(value).splitlines()) <= 1:
            return name, str(value)
        stored: tuple[str, Any] = super().header_store_parse(name, value)
        return stored

    def fold(self, name: str, value: Any) -> str:
        """Return a header's lines."""
        if name.lower() == "list-unsubscribe":
            # An address is not to be broken into encoded words, however long.
            return f"{name}:{self.linesep} {value}{self.linesep}"
        if _is_plain(name):
            text = str(value)
            if text.isascii() and "=?" not in text:
                return self.linesep.join(_broken(name, text)) + self.linesep
            return f"{name}:{_encoded_words(text, len(name) + 1)}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header's lines as bytes."""
        return self.fold(name, value).encode("ascii")


def _is_plain(name: str) -> bool:
    """Whether a header's value is a text, in which nothing is a sign of its syntax."""
    return name.lower() == "subject" or name.lower().startswith("x-tocsin-")


def _broken(name: str, text: str) -> list[str]:
    """Return a header broken between words; its first line is never empty."""
    first, *words = text.split(" ")
    lines = [f"{name}: {first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return lines


def _encoded_words(text: str, begun: int) -> str:
    """Return a text as encoded words (RFC 2047), none with half a character.

    `begun` is how much of the first line is taken already.
    """
    words, room = [b""], _room(begun)
    for character in text:
        encoded = character.encode()
        if len(words[-1]) + len(encoded) > room:
            words.append(b"")
            room = _room(0)
        words[-1] += encoded
    return "\r\n".join(f" =?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _room(begun: int) -> int:
    """Return how many bytes an encoded word holds on a line; each four of base64 hold three."""
    return (_ENCODED_LINE - begun - _FRAME) // 4 * 3


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")
"""Bodies as quoted-printable or base64: not every server takes 8 bits, and
lines stay under the 998 octets of RFC 5321, 4.5.3.1.6."""
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What the message says about its delivery."""

    sender: str
    recipient: str
    delivery_id: str
    date: datetime
    silence: str = ""
    """Where the recipient can silence the alert; "" for nowhere."""
    voice: render.Voice = field(default_factory=render.Voice)
    """The recipient's language and time zone."""
    unsubscribe: str = ""
    """Where the recipient can unsubscribe by one click (RFC 8058)."""

    @property
    def domain(self) -> str:
        """The sender's domain, in ASCII."""
        return ascii_address(self.sender).rpartition("@")[2]


def ascii_address(address: str) -> str:
    """Return an address with its domain in ASCII (IDNA); ValueError otherwise.

    A local part beyond ASCII would need SMTPUTF8 (RFC 6531) on every server on
    the way, so it is refused; and so is what no header can hold as it is written.
    """
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or not local.isascii():
        raise _no_address(address)
    if any(character.isspace() or not character.isprintable() for character in address):
        raise _no_address(address)
    if not _TWO_DOMAINS.isdisjoint(domain):
        raise ValueError(
            f"{address!r} names one domain by the older rules of IDNA and another one by"
            " the newer; write its domain as xn--..."
        )
    written = (
        f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    )
    try:
        read = Address(addr_spec=written).addr_spec
    except (ValueError, MessageError, IndexError):
        raise _no_address(address) from None
    if read != written:  # such as a comment in brackets
        raise _no_address(address)
    return written


_TWO_DOMAINS = frozenset("\u00df\u03c2\u200c\u200d")
"""Letters that IDNA 2003 replaces and IDNA 2008 keeps (RFC 5894, 7.2)."""


def _no_address(address: str) -> ValueError:
    return ValueError(f"{address!r} is not an address that mail can be sent to")


def alert_message(notice: Notice, envelope: Envelope) -> bytes:
    """Return a notice as an RFC 5322 message.

    All messages about one alert refer to a message that is never sent,
    `<alert-id@domain>`: mail programs then show them as one conversation,
    whichever of them arrived.
    """
    message = _message(envelope, render.subject(notice, envelope.voice))
    alert, rule = notice.alert, notice.alert.rule
    root = f"<{alert.id}@{envelope.domain}>"
    message["In-Reply-To"] = root
    message["References"] = root
    message["List-Id"] = f"<{_label(rule.id)}.tocsin.{envelope.domain}>"
    for name, value in (
        ("X-Tocsin-Rule", rule.id),
        ("X-Tocsin-Theme", rule.theme),
        ("X-Tocsin-Severity", rule.severity.value),
        ("X-Tocsin-Story", notice.story.id),
        ("X-Tocsin-Alert", alert.id),
        ("X-Tocsin-Sequence", str(notice.sequence)),
    ):
        message[name] = render.line(value, 100)
    ways = render.Ways(
        silence=envelope.silence,
        unsubscribe=envelope.unsubscribe,
        voice=envelope.voice,
    )
    text, page = render.text(notice, ways), render.html(notice, ways)
    return _bytes(message, envelope, text, page)


def bundle_message(bundle: Bundle, envelope: Envelope) -> bytes:
    """Return several notices as one message; digests are threads of their own."""
    message = _message(envelope, render.bundle_subject(bundle, envelope.voice))
    name = _label(f"{bundle.receiver}-{bundle.why.value}")
    message["List-Id"] = f"<{name}.tocsin.{envelope.domain}>"
    for header, value in (
        ("X-Tocsin-Kind", bundle.why.value),
        ("X-Tocsin-Severity", bundle.severity.value),
        ("X-Tocsin-Alerts", str(len(bundle.notices))),
    ):
        message[header] = render.line(value, 100)
    ways = render.Ways(unsubscribe=envelope.unsubscribe, voice=envelope.voice)
    text, page = render.bundle_text(bundle, ways), render.bundle_page(bundle, ways)
    return _bytes(message, envelope, text, page)


def ping_message(receiver: str, envelope: Envelope) -> bytes:
    """Return a test message, which says that it is one."""
    voice = envelope.voice
    message = _message(envelope, f"Tocsin: {render.ping_title(receiver, voice)}")
    text, page = render.ping_text(receiver, voice), render.ping_html(receiver, voice)
    return _bytes(message, envelope, text, page)


def remark_message(remark: Remark, envelope: Envelope) -> bytes:
    """Return what Tocsin says about its own work; one thread a source."""
    message = _message(envelope, f"Tocsin: {render.line(remark.title, 150)}")
    about = remark.facts.get("feed", remark.kind)
    root = f"<{stable_id('src', about)}@{envelope.domain}>"
    message["In-Reply-To"] = root
    message["References"] = root
    text, page = render.remark_text(remark), render.remark_html(remark)
    return _bytes(message, envelope, text, page)


def _message(envelope: Envelope, subject: str) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(addr_spec=ascii_address(envelope.sender))
    message["To"] = Address(addr_spec=ascii_address(envelope.recipient))
    message["Subject"] = subject
    message["Date"] = format_datetime(envelope.date)
    message["Message-ID"] = f"<{envelope.delivery_id}@{envelope.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: answer nobody
    message["Precedence"] = "bulk"
    message["X-Auto-Response-Suppress"] = "All"
    if envelope.unsubscribe:
        message["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
        if envelope.unsubscribe.startswith("https:"):  # RFC 8058, 3.1
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def _bytes(message: EmailMessage, envelope: Envelope, text: str, page: str) -> bytes:
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    # A boundary drawn at random would give other bytes for the same message.
    message.set_boundary(f"=_{envelope.delivery_id}")
    return message.as_bytes()


def _label(text: str) -> str:
    """Return a text as a label of a List-Id (RFC 2919)."""
    return _NOT_IN_LABEL.sub("-", text.lower()).strip("-")[:63] or "rule"
