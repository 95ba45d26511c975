"""Asks a hub: one form posted through the guarded client, and what came of it."""

import asyncio
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode

import httpx

_REDIRECTS = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
_MOST_HOPS = 3
_DOWNGRADED = "the hub redirects from https to http, where others can read along"
_MOST_READ = 2048
_MOST_SAID = 200


class HubClient:
    """Posts to hubs; satisfies the pipeline's HubAsker."""

    def __init__(self, client: httpx.AsyncClient, *, deadline: float = 20.0) -> None:
        """Use a client made by `transport.guarded_client`; `deadline` is in seconds."""
        self._client = client
        self._deadline = deadline

    async def ask(self, hub: str, form: Mapping[str, str]) -> str:
        """Post the form; return "" where the hub took it, else why not."""
        try:
            async with asyncio.timeout(self._deadline):
                return await self._post(hub, urlencode(form).encode())
        except TimeoutError:
            return f"the hub did not answer within {self._deadline:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            said = "its TLS broke" if isinstance(error, ssl.SSLError) else str(error)
            return f"the hub cannot be asked: {said or type(error).__name__}"

    async def _post(self, hub: str, content: bytes) -> str:
        for _ in range(_MOST_HOPS):
            request = self._client.build_request(
                "POST",
                hub,
                content=content,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            response = await self._client.send(request, stream=True)
            try:
                target = response.headers.get("location", "")
                if response.status_code not in _REDIRECTS or not target:
                    return await _outcome(response)
                there = response.url.join(target)
                if (response.url.scheme, there.scheme) == ("https", "http"):
                    return _DOWNGRADED  # the form has the secret that signs its pushes
                hub = str(there)
            finally:
                await response.aclose()
        return f"the hub redirects more than {_MOST_HOPS} times"


async def _outcome(response: httpx.Response) -> str:
    if response.is_success:
        return ""
    read = b""
    async for part in response.aiter_raw():
        read += part
        if len(read) >= _MOST_READ:
            break
    said = " ".join(read[:_MOST_READ].decode("utf-8", "replace").split())[:_MOST_SAID]
    return f"the hub answered {response.status_code}" + (f": {said}" if said else "")
