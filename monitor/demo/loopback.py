"""A small web app on this machine, in the running event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

HOST = "127.0.0.1"


class LoopbackServer:
    """Serves one app on a loopback port until it is stopped."""

    def __init__(self, app: Starlette) -> None:
        """Prepare to serve; nothing listens yet."""
        self._app = app
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self, port: int = 0) -> str:
        """Listen and return the base address; 0 takes any free port."""
        listening = _listen(port)
        self._server = _Server(
            uvicorn.Config(
                self._app,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
        )
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]))
        return f"http://{HOST}:{listening.getsockname()[1]}"

    async def stop(self) -> None:
        """Finish what is being answered and stop listening."""
        server, serving = self._server, self._serving
        self._server = self._serving = None
        if server is not None and serving is not None:
            server.should_exit = True
            await serving


def _listen(port: int) -> socket.socket:
    """Open a listening socket that names its protocol.

    asyncio switches Nagle's algorithm off only where the protocol is named, as
    `socket.create_server` does not; each answer would take 40 ms.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: Ctrl-C belongs to the demo."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield
