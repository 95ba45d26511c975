"""What a field of a configuration can be: addresses, networks, languages."""

import ipaddress
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from monitor import documents
from monitor.collect.languages import language
from monitor.documents import Duration


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=True)
    except ValueError:
        raise documents.wrong(
            "expected a network", "write for example 10.0.0.0/8"
        ) from None
    return value


def is_http_url(value: str) -> bool:
    """Whether a text is an address that can be asked over HTTP."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        return False
    return good and not re.search(r"[\s\x00-\x1f\x7f]", value)


def can_be_asked(value: str) -> bool:
    """Whether an address, of which `is_http_url` holds, is one that the client takes."""
    host = urlsplit(value).hostname or ""
    if _PLAIN.fullmatch(value) and re.search("[a-z]", host) and "xn--" not in host:
        return len(host) <= _LONGEST_HOST
    # Only now: most commands need no client, and its reading takes a while.
    import httpx  # noqa: PLC0415 - see above

    try:
        url = httpx.URL(value)
        host = url.host and url.raw_host.decode()
    except (httpx.InvalidURL, UnicodeError):  # the latter of a wrong xn--...
        return False
    names = host.removesuffix(".").split(".")
    # What an address of IPv6 is the client knows itself.
    good = ":" in host or all(map(_NAME.fullmatch, names))
    return good and len(host) <= _LONGEST_HOST and url.port != 0


_LONGEST_HOST = 253
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}")
_PLAIN = re.compile(
    r"https?://[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*(?::[1-9][0-9]{0,4})?(?:[/?#][!-~]*)?",
    re.IGNORECASE,
)
"""Addresses that any client takes, if their host has a letter and is not encoded."""


def _http_url(value: str) -> str:
    if not is_http_url(value):
        raise documents.wrong(
            "expected an address", "it begins with https:// or http:// and names a host"
        )
    if not can_be_asked(value):
        raise _no_host()
    return value


def _no_host() -> Exception:
    return documents.wrong(
        "there can be no such host or port",
        "check them; the host may be written as xn--...",
    )


def _bare_url(value: str) -> str:
    if urlsplit(_http_url(value)).username is not None:
        raise documents.wrong(
            "an address holds no login: it is shown in lists and logs",
            "write username and password_file, where the receiver takes them",
        )
    return value


def _public_url(value: str) -> str:
    """Return an address that others are to be appended to, as headers can hold it."""
    parts = urlsplit(_bare_url(value))
    if parts.query or parts.fragment:
        raise documents.wrong(
            "expected an address without a query",
            "such as https://alerts.example.org/tocsin; links are appended to it",
        )
    try:
        place = _ascii_host(parts.netloc)
    except UnicodeError:
        raise _no_host() from None
    return parts._replace(
        netloc=place, path=quote(parts.path, "/%:@!$&'()*+,;=~")
    ).geturl()


def _ascii_host(place: str) -> str:
    # Letters that IDNA 2003 replaces and IDNA 2008 keeps name two hosts.
    if re.search("[\u00df\u03c2\u200c\u200d]", place):
        raise UnicodeError(place)
    return place.encode("idna").decode()


def _secret_url(value: SecretStr) -> SecretStr:
    _http_url(value.get_secret_value())
    return value


def _proxy(value: SecretStr) -> SecretStr:
    written = _http_url(value.get_secret_value())
    parts = urlsplit(written)
    if parts.scheme != "http" or parts.path.strip("/") or parts.query:
        raise documents.wrong(
            "expected the address of an HTTP proxy",
            "such as http://proxy.example:3128, or http://name:password@host:port",
        )
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", value):
        raise documents.wrong("expected one email address", "such as desk@example.org")
    return value


def _host(value: str) -> str:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        if re.search(r"[\s/@:?#\[\]]", value) or not can_be_asked(f"http://{value}"):
            raise documents.wrong(
                "expected the name of a host",
                "such as smtp.example.org, without a scheme before and a port behind",
            ) from None
    return value


def _listen(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004 - TCP
        raise documents.wrong("expected host:port", "such as 127.0.0.1:8080")
    return value


def _language(value: str) -> str:
    code = language(value)  # what rules ask for, however a person writes it
    if value and not code:
        raise documents.wrong("expected a language code", "such as en, ru or be")
    return code


def written_as(pattern: str, expected: str, mend: str) -> AfterValidator:
    """Return what refuses a text that is not written so, in words."""
    known = re.compile(pattern)

    def check(value: str) -> str:
        if not known.fullmatch(value):
            raise documents.wrong(f"expected {expected}", mend)
        return value

    return AfterValidator(check)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise documents.wrong(
            f"no time zone is called {value!r}", "such as Europe/Vilnius or UTC"
        ) from None
    return value


def _timeout(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise documents.wrong("in no time nothing is done", "write for example 15s")
    return value


Timeout = Annotated[Duration, AfterValidator(_timeout)]
"""How long something may take."""
Network = Annotated[str, AfterValidator(_network)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
BareUrl = Annotated[str, AfterValidator(_bare_url)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
ProxyUrl = Annotated[SecretStr, AfterValidator(_proxy)]
SecretUrl = Annotated[SecretStr, AfterValidator(_secret_url)]
Host = Annotated[str, AfterValidator(_host)]
EmailAddress = Annotated[str, AfterValidator(_address)]
Listen = Annotated[str, AfterValidator(_listen)]
Language = Annotated[str, AfterValidator(_language)]
Zone = Annotated[str, AfterValidator(_zone)]


def check_given_once(model: BaseModel, *names: str) -> None:
    """Refuse a secret that is written and stands in a file too, as nobody sees which counts."""
    for name in names:
        written = name in model.model_fields_set and getattr(model, name)
        if written and getattr(model, f"{name}_file"):
            raise documents.wrong(
                f"its {name} is given twice", f"write {name} or {name}_file"
            )


class Strict(BaseModel):
    """No unknown fields; nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
