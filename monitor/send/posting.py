"""One POST over HTTP, and what its answer means for a delivery."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from monitor.clock import Clock
from monitor.send import backoff, render
from monitor.send.deliveries import RESPONSE_LIMIT, Receipt, failed, http_answer

_HALF = 2
"""Characters of a secret that tell nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where to POST, and how long to wait; redirects are not followed."""

    client: httpx.AsyncClient
    url: str = field(repr=False)
    clock: Clock
    timeout: timedelta
    """For the whole exchange."""
    mends: Mapping[int, str] = field(default_factory=dict)
    """What to do about a status, in a few words."""
    hide: tuple[str, ...] = field(default=(), repr=False)
    """Secrets that must not stand in what is recorded, such as a path's token."""

    async def send(self, headers: Mapping[str, str], content: bytes) -> Receipt:
        """POST once; a failure is a Receipt too, not an exception."""
        host = urlsplit(self.url).hostname or "the receiver"
        deadline = asyncio.get_running_loop().time() + self.timeout.total_seconds()
        try:
            async with asyncio.timeout_at(deadline):
                response = await self._post(headers, content)
        except (TimeoutError, httpx.TimeoutException):
            seconds = f"{self.timeout.total_seconds():g}"
            return self._failed(f"{host} did not answer within {seconds} s")
        except httpx.ConnectError as error:
            return self._failed(f"cannot connect to {host}: {_said(error)}")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return self._failed(f"{host} broke the exchange off: {_said(error)}")
        try:
            return self._receipt(response, await _beginning(response, deadline))
        finally:
            await response.aclose()

    async def _post(self, headers: Mapping[str, str], content: bytes) -> httpx.Response:
        request = self.client.build_request(
            "POST",
            self.url,
            content=content,
            headers=dict(headers),
            timeout=self.timeout.total_seconds(),
        )
        return await self.client.send(request, stream=True, follow_redirects=False)

    def _receipt(self, response: httpx.Response, told: str) -> Receipt:
        status = response.status_code
        return Receipt(
            outcome=http_answer(status),
            status=str(status),
            problem=self._shown(self._problem(response)),
            response=render.line(self._shown(self._without_half(told)), 2000),
            retry_after=self._asked(response, told),
            disable="it answered 410 Gone" if status == HTTPStatus.GONE else "",
        )

    def _asked(self, response: httpx.Response, told: str) -> timedelta | None:
        """Return the wait that the receiver asks for, in the header or in the body.

        Discord and Telegram say it in the JSON, with fractions of a second.
        """
        asked = response.headers.get("retry-after", "")
        if asked:
            return backoff.retry_after(asked, self.clock.now())
        if response.status_code != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        try:
            found = json.loads(told)
            inner = found.get("parameters", found)
            return backoff.retry_after(str(inner["retry_after"]), self.clock.now())
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            return None

    def _problem(self, response: httpx.Response) -> str:
        status = response.status_code
        if response.is_success:
            return ""
        answer = render.line(f"answered {status} {response.reason_phrase}", 80)
        if response.is_redirect:
            target = render.link(response.headers.get("location", ""))
            mend = "redirects are not followed; configure the target"
            return f"{answer} to {target or 'another address'}: {mend}"
        mend = self.mends.get(status, "")
        return f"{answer}: {mend}" if mend else answer

    def _without_half(self, text: str) -> str:
        """Return what was read of an answer without half a secret at its end."""
        for secret in self.hide:
            halves = (secret[:size] for size in range(len(secret) - 1, _HALF, -1))
            half = next((one for one in halves if text.endswith(one)), "")
            text = text.removesuffix(half)
        return text

    def _failed(self, problem: str) -> Receipt:
        return failed(self._shown(problem))

    def _shown(self, text: str) -> str:
        for secret in self.hide:
            text = text.replace(secret, "***")
        return text


def _said(error: Exception) -> str:
    return render.line(str(error)) or type(error).__name__


async def _beginning(response: httpx.Response, deadline: float) -> str:
    """Return the first 2 KiB of the answer's text.

    The status has already decided; an answer that stalls or breaks off here
    does not change what became of the message.
    """
    if response.headers.get("content-encoding", "identity") != "identity":
        return "(compressed)"
    read = bytearray()
    try:
        async with asyncio.timeout_at(deadline):
            async for chunk in response.aiter_raw():
                read += chunk
                if len(read) >= RESPONSE_LIMIT:
                    break
    except (TimeoutError, httpx.HTTPError, OSError):
        pass
    text = bytes(read[:RESPONSE_LIMIT]).decode(errors="replace")
    return render.line(text, RESPONSE_LIMIT)
