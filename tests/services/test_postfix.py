"""The receiver email against a real mail server, where there is one: Debian's Postfix.

`make services-test` fetches it; elsewhere these tests are skipped. It runs from files of
its own and delivers into a mail folder, from which each message is read back. Logins are
those of Cyrus SASL's password file (`sasldb`).
"""

import os
import shutil
import smtplib
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from monitor.model import Body, Delivery
from monitor.send.deliveries import Receipt, Retry, decide
from monitor.send.links import Links
from monitor.send.smtp import EmailChannel, Security, Server
from tests.send.examples import delivery, hostile_notice, notice
from tests.send.test_broker import free_port

PROGRAM = shutil.which("postfix") or shutil.which("/usr/sbin/postfix")
SASLPASSWD = shutil.which("saslpasswd2") or shutil.which("/usr/sbin/saslpasswd2")
pytestmark = [
    pytest.mark.skipif(
        PROGRAM is None, reason="no Postfix here: make services-test fetches it"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix is started by root only"),
]

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
message_size_limit = 61440
smtpd_tls_chain_files = {folder}/chain.pem
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_recipient_restrictions =
    check_recipient_access inline:{{{{gone@example.org=550 5.1.1 No such user}}}},
    check_policy_service inet:127.0.0.1:{grey},
    permit_mynetworks, reject
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/box
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:65534
cyrus_sasl_config_path = {folder}/conf/sasl
smtpd_sasl_local_domain = mail.example.org
virtual_gid_maps = static:65534
alias_maps =
local_recipient_maps =
"""
SASL = """
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/users
mech_list: PLAIN LOGIN
"""
PASSWORD = "c0rrect horse: ünïcode"
MASTER = """
127.0.0.1:{plain} inet n - n - - smtpd
127.0.0.1:{secure} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:{login} inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_auth_only=yes
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
tlsmgr unix - - n 1000? 1 tlsmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
"""


class Greylist(socketserver.StreamRequestHandler):
    """Postfix's policy protocol: who writes to slow@ for the first time waits."""

    seen: set[str]

    def handle(self) -> None:
        lines: list[str] = []
        for raw in self.rfile:
            line = raw.decode().strip()
            lines.append(line)
            if line:
                continue
            known = "recipient=slow@example.org" not in lines or bool(self.seen)
            self.seen.update(one for one in lines if one.startswith("recipient=slow"))
            action = "DUNNO" if known else "451 4.7.1 Greylisted, try again later"
            self.wfile.write(f"action={action}\n\n".encode())
            lines = []


@contextmanager
def greylisting() -> Iterator[int]:
    handler = type("Fresh", (Greylist,), {"seen": set()})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Post:
    """The mail server that runs."""

    plain: int
    """The port that offers STARTTLS."""
    secure: int
    """The port of TLS."""
    login: int
    """The port that takes mail of those who log in alone, once STARTTLS was said."""
    folder: Path
    trusting: ssl.SSLContext

    def read(self, delivery_id: str) -> EmailMessage:
        """Wait for a message in the mail folder and read it."""
        for _ in range(400):
            for file in self.folder.glob("box/all/new/*"):
                content = file.read_bytes()
                if f"<{delivery_id}@".encode() in content:
                    return message_from_bytes(content, policy=policy.default)
            time.sleep(0.05)  # noqa: TID251 - another program delivers it
        raise AssertionError(f"{delivery_id} never came")


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    folder = tmp_path_factory.mktemp("postfix")
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)  # it has users of its own
    conf = folder / "conf"
    for name in ("conf", "conf/sasl", "queue", "data", "box"):
        (folder / name).mkdir(mode=0o755)
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "box", "nobody")
    context = _certified(folder / "chain.pem")
    _enrolled(folder)
    plain = free_port()
    secure = free_port(above=plain)
    login = free_port(above=secure)
    made = Post(
        plain=plain, secure=secure, login=login, folder=folder, trusting=context
    )
    with greylisting() as grey:
        (conf / "main.cf").write_text(MAIN.format(folder=folder, grey=grey))
        (conf / "master.cf").write_text(
            MASTER.format(plain=plain, secure=secure, login=login)
        )
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(
                [str(PROGRAM), "-c", str(conf), "start-fg"], stdout=out, stderr=out
            )
        try:
            _wait_for(plain, process, folder)
            yield made
        finally:
            subprocess.run([str(PROGRAM), "-c", str(conf), "stop"], check=False)
            process.wait(20)


def _certified(chain: Path) -> ssl.SSLContext:
    """Write a key and its certificate for the server; return who trusts it."""
    authority = trustme.CA()
    chain.touch(0o600)
    issued = authority.issue_cert("127.0.0.1")
    chain.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def _enrolled(folder: Path) -> None:
    """Give desk@mail.example.org a password, where Cyrus SASL's tools are here."""
    # Debian's Postfix looks there whatever cyrus_sasl_config_path says.
    (folder / "conf/sasl/smtpd.conf").write_text(SASL.format(folder=folder))
    if SASLPASSWD is None:
        return
    users = folder / "users"
    subprocess.run(
        [SASLPASSWD, "-p", "-c", "-f", str(users), "-u", "mail.example.org", "desk"],
        input=PASSWORD.encode(),
        check=True,
    )
    shutil.chown(users, "postfix")


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(400):
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
                client.noop()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)  # noqa: TID251 - another program starts
        else:
            return
    raise AssertionError((folder / "out").read_text())


def channel(
    post: Post, security: Security = "starttls", *, trusting: bool = True
) -> EmailChannel:
    return EmailChannel(
        name="night",
        sender="tocsin@example.org",
        recipients=tuple(f"{one}@example.org" for one in ("desk", "slow", "gone", "a")),
        server=Server(
            host="127.0.0.1",
            port=post.secure if security == "tls" else post.plain,
            security=security,
            context=post.trusting if trusting else None,
            timeout=timedelta(seconds=20),
        ),
        links=Links(base="https://alerts.example.org", secret="s" * 24),
    )


async def test_what_is_read_from_the_mail_folder_is_what_was_stored(
    post: Post,
) -> None:
    mail, to = channel(post), delivery(id="dlv_read", recipient="desk@example.org")
    body = mail.compose(notice(), to)
    receipt = await mail.send(to, body)
    assert (receipt.outcome, receipt.status) == ("accepted", "250"), receipt
    read = post.read("dlv_read")
    stored = message_from_bytes(body.content, policy=policy.default)
    assert read["Delivered-To"] == "desk@example.org"
    assert "using TLSv1.3" in read["Received"]
    for name in stored:
        assert str(read[name]) == str(stored[name]), name
    for here, there in zip(read.iter_parts(), stored.iter_parts(), strict=True):
        lines = there.get_content().splitlines()
        assert here.get_content().splitlines() == lines
    assert read["Message-ID"] == "<dlv_read@example.org>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["List-Unsubscribe"].strip().startswith("<https://alerts.example.org/")
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, page = read.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == (
        "text/plain",
        "text/html",
    )
    assert "private army suspected" in text.get_content()
    assert "private army suspected" in page.get_content()


async def test_what_strangers_write_stays_in_its_place(post: Post) -> None:
    mail, to = channel(post), delivery(id="dlv_evil", recipient="desk@example.org")
    body = mail.compose(hostile_notice(), to)
    assert (await mail.send(to, body)).outcome == "accepted"
    read = post.read("dlv_evil")
    assert read["Bcc"] is None
    assert read["To"] == "desk@example.org"
    assert len(list(read.iter_parts())) == 2


async def test_a_greylisted_message_arrives_later_as_the_same_bytes(
    post: Post,
) -> None:
    mail, to = channel(post), delivery(id="dlv_grey", recipient="slow@example.org")
    body = mail.compose(notice(), to)
    receipt = await mail.send(to, body)
    assert (receipt.outcome, receipt.status) == ("temporary", "451")
    assert "Greylisted" in receipt.problem
    assert (await mail.send(to, body)).outcome == "accepted"
    assert post.read("dlv_grey")["Message-ID"] == "<dlv_grey@example.org>"


async def test_an_unknown_recipient_is_refused_for_good(post: Post) -> None:
    mail, to = channel(post), delivery(recipient="gone@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert (receipt.outcome, receipt.status) == ("permanent", "550")
    assert "gone@example.org was refused" in receipt.problem


async def test_a_message_over_the_server_s_size_is_refused_for_good(
    post: Post,
) -> None:
    mail, to = channel(post), delivery(id="dlv_big", recipient="desk@example.org")
    large = mail.compose(notice(), to).content + b"x" * 70 * 10 + b"\r\n" * 40_000
    receipt = await mail.send(to, Body(content_type="message/rfc822", content=large))
    assert receipt.outcome == "permanent", receipt
    assert receipt.status == "552"


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    post: Post,
) -> None:
    mail = channel(post, trusting=False)
    to = delivery(recipient="desk@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert receipt.outcome == "temporary"
    assert "ca_file" in receipt.problem


async def test_tls_from_the_first_byte(post: Post) -> None:
    mail, to = channel(post, "tls"), delivery(id="dlv_tls", recipient="a@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert receipt.outcome == "accepted", receipt
    assert "using TLSv1.3" in post.read("dlv_tls")["Received"]


async def test_without_encryption_only_where_that_was_asked_for(post: Post) -> None:
    mail, to = channel(post, "none"), delivery(id="dlv_bare", recipient="a@example.org")
    assert (await mail.send(to, mail.compose(notice(), to))).outcome == "accepted"
    assert "TLS" not in post.read("dlv_bare")["Received"]


# ── logins ───────────────────────────────────────────────────────────────────


def logged_in(post: Post, password: str, username: str = "desk") -> EmailChannel:
    mail = channel(post)
    server = replace(mail.server, port=post.login, username=username, password=password)
    return replace(mail, server=server)


with_logins = pytest.mark.skipif(
    SASLPASSWD is None, reason="no saslpasswd2 here: make services-test fetches it"
)


@with_logins
async def test_a_login_over_starttls_opens_the_server(post: Post) -> None:
    mail = logged_in(post, PASSWORD)
    to = delivery(id="dlv_login", recipient="desk@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert receipt.outcome == "accepted", receipt
    received = post.read("dlv_login")["Received"]
    assert "with ESMTPSA" in received  # RFC 3848: TLS, and who sent it has logged in
    told = (post.folder / "log").read_text()
    assert "sasl_username=desk@mail.example.org" in told


@with_logins
async def test_without_a_login_the_server_takes_nothing(post: Post) -> None:
    mail = logged_in(post, "", username="")
    to = delivery(recipient="desk@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert receipt.outcome == "permanent", receipt
    assert "desk@example.org was refused" in receipt.problem


@with_logins
@pytest.mark.parametrize(
    ("username", "password"), [("desk", "wrong horse"), ("nobody", PASSWORD)]
)
async def test_a_wrong_login_is_told_and_given_up_after_three_days(
    post: Post, username: str, password: str
) -> None:
    mail = logged_in(post, password, username)
    to = delivery(recipient="desk@example.org")
    receipt = await mail.send(to, mail.compose(notice(), to))
    assert (receipt.outcome, receipt.status) == ("temporary", "535")
    assert "check username and password" in receipt.problem
    assert password not in f"{receipt}{mail}"
    tries, first = _tried_until_given_up(to, receipt)
    assert len(tries) < 15
    assert tries[-1] - first == timedelta(hours=72)


def _tried_until_given_up(
    to: Delivery, receipt: Receipt
) -> tuple[list[datetime], datetime]:
    """Return when a message is tried whose every attempt ends so, and the first time."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    tries = [first]
    to = replace(to, status=receipt.status, first_attempt=first)
    while isinstance(outcome := decide(receipt, to, now=tries[-1], chance=0.5), Retry):
        tries.append(outcome.due)
        to = replace(to, attempts=to.attempts + 1)
    return tries, first
