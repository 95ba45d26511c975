"""The receiver email against maildev, a mail server that shows what it took as JSON.

`make maildev` fetches it from npm; elsewhere these tests are skipped. What it says of a
message is what another parser, nodemailer's, read from the bytes that we sent.
"""

import asyncio
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from monitor.send import render
from monitor.send.links import Links
from monitor.send.smtp import EmailChannel, Server
from tests.send.examples import delivery, hostile_notice, notice
from tests.send.render.test_bundle import bundle
from tests.send.test_broker import free_port

PROGRAM = Path(__file__).parents[2] / ".maildev/node_modules/maildev/bin/maildev"
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no node here: maildev runs on it"),
    pytest.mark.skipif(
        not PROGRAM.exists(), reason="no maildev here: make maildev fetches it"
    ),
]
USER, PASSWORD = "desk", "c0rrect horse: ünïcode"


@dataclass(frozen=True)
class MailDev:
    """A maildev that runs."""

    smtp: int
    api: httpx.AsyncClient
    trusting: ssl.SSLContext | None = None
    """Who trusts its certificate; None: it has none."""

    async def read(self, delivery_id: str) -> dict[str, Any]:
        """Wait for a message and return what maildev read in it."""
        for _ in range(200):
            listed: list[dict[str, Any]] = (await self.api.get("/email")).json()
            for one in listed:
                if one["messageId"].startswith(f"{delivery_id}@"):
                    return one
            await asyncio.sleep(0.05)
        raise AssertionError(f"{delivery_id} never came")

    async def source(self, message: dict[str, Any]) -> str:
        """Return a message as it came."""
        return (await self.api.get(f"/email/{message['id']}/source")).text

    def channel(self, username: str = "", password: str = "") -> EmailChannel:
        return EmailChannel(
            name="night",
            sender="tocsin@example.org",
            recipients=("desk@example.org",),
            server=Server(
                host="127.0.0.1",
                port=self.smtp,
                security="tls" if self.trusting else "none",
                context=self.trusting,
                username=username,
                password=password,
                timeout=timedelta(seconds=20),
            ),
            links=Links(base="https://alerts.example.org", secret="s" * 24),
        )


@contextmanager
def running(folder: Path, *options: str) -> Iterator[tuple[int, int]]:
    """Run maildev; yield the ports of its SMTP and of its API."""
    smtp = free_port()
    web = free_port(above=smtp)
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [
                str(NODE),
                str(PROGRAM),
                *("--ip", "127.0.0.1", "--smtp", str(smtp), "--web", str(web)),
                *("--mail-directory", str(folder / "mail")),
                *options,
            ],
            stdout=out,
            stderr=out,
        )
        try:
            _wait_for(process, folder / "out")
            yield smtp, web
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait_for(process: subprocess.Popen[bytes], told: Path) -> None:
    """Wait until it says that it listens: a bare knock at its TLS port would end it."""
    for _ in range(400):
        if "SMTP Server running" in told.read_text() or process.poll() is not None:
            break
        time.sleep(0.05)  # noqa: TID251 - another program starts
    if process.poll() is not None:
        raise AssertionError(told.read_text())


@asynccontextmanager
async def reached(
    ports: tuple[int, int], trusting: ssl.SSLContext | None = None
) -> AsyncIterator[MailDev]:
    smtp, web = ports
    base = f"http://127.0.0.1:{web}"
    async with httpx.AsyncClient(base_url=base, trust_env=False) as api:
        yield MailDev(smtp=smtp, api=api, trusting=trusting)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    with running(tmp_path_factory.mktemp("maildev")) as ports:
        yield ports


@pytest.fixture
async def maildev(plain: tuple[int, int]) -> AsyncIterator[MailDev]:
    """One that takes whatever comes."""
    async with reached(plain) as made:
        yield made


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[MailDev]:
    """One that wants a login, over TLS."""
    authority, chain = trustme.CA(), tmp_path / "chain.pem"
    issued = authority.issue_cert("127.0.0.1")
    chain.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    options = ("--incoming-user", USER, "--incoming-pass", PASSWORD)
    files = ("--incoming-cert", str(chain), "--incoming-key", str(chain))
    with running(tmp_path, *options, "--incoming-secure", *files) as ports:
        async with reached(ports, trusting) as made:
            yield made


# ── what is read there ───────────────────────────────────────────────────────


async def test_an_alert_reads_there_as_it_was_written(maildev: MailDev) -> None:
    mail = maildev.channel()
    to = delivery(id="dlv_read", recipient="desk@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert (receipt.outcome, receipt.status) == ("accepted", "250"), receipt
    read = await maildev.read("dlv_read")
    assert [one["address"] for one in read["to"]] == ["desk@example.org"]
    assert [one["address"] for one in read["from"]] == ["tocsin@example.org"]
    assert "private army suspected" in read["subject"]
    assert "private army suspected" in read["text"]
    assert "<mark" in read["html"]
    assert "https://alerts.example.org/" in read["text"]
    assert not read.get("attachments")
    headers = read["headers"]
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert headers["auto-submitted"] == "auto-generated"


async def test_every_language_arrives_as_it_was_written(maildev: MailDev) -> None:
    for lang in sorted(render.LANGUAGES):
        mail = maildev.channel()
        address = "desk@example.org"
        mail = replace(mail, voices={address: render.Voice(lang=lang)})
        to = delivery(id=f"dlv_in_{lang}", recipient=address)
        made = mail.compose(notice(), to)
        assert (await mail.send(to, made)).outcome == "accepted"
        read = await maildev.read(f"dlv_in_{lang}")
        assert f'lang="{lang}"' in read["html"], lang
        assert "\N{REPLACEMENT CHARACTER}" not in read["text"] + read["subject"]


async def test_a_digest_is_one_message(maildev: MailDev) -> None:
    mail = maildev.channel()
    to = delivery(id="dlv_digest", recipient="desk@example.org")
    assert (
        await mail.send(to, mail.compose_bundle(bundle(12), to))
    ).outcome == "accepted"
    read = await maildev.read("dlv_digest")
    assert read["text"]
    assert read["html"]


async def test_what_strangers_write_stays_in_its_place(maildev: MailDev) -> None:
    mail = maildev.channel()
    to = delivery(id="dlv_evil", recipient="desk@example.org")
    assert (
        await mail.send(to, mail.compose(hostile_notice(), to))
    ).outcome == "accepted"
    read = await maildev.read("dlv_evil")
    assert [one["address"] for one in read["to"]] == ["desk@example.org"]
    assert not read.get("bcc")
    assert not read.get("cc")
    assert "<script" not in read["html"]


async def test_the_bytes_are_the_ones_that_are_kept(maildev: MailDev) -> None:
    mail = maildev.channel()
    to = delivery(id="dlv_bytes", recipient="desk@example.org")
    body = mail.compose(notice(), to)
    assert (await mail.send(to, body)).outcome == "accepted"
    source = await maildev.source(await maildev.read("dlv_bytes"))
    assert source.splitlines() == body.content.decode().splitlines()


# ── logins ───────────────────────────────────────────────────────────────────


async def test_a_login_over_tls_opens_it(strict: MailDev) -> None:
    mail = strict.channel(USER, PASSWORD)
    to = delivery(id="dlv_login", recipient="desk@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert receipt.outcome == "accepted", receipt
    assert (await strict.read("dlv_login"))["subject"]


async def test_a_wrong_password_is_told_with_its_mend(strict: MailDev) -> None:
    mail = strict.channel(USER, "wrong horse")
    to = delivery(recipient="desk@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert (receipt.outcome, receipt.status) == ("temporary", "535")
    assert "check username and password" in receipt.problem
    assert "wrong horse" not in f"{receipt}{mail}"
