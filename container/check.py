"""Runs the image as it is meant to be run and says what holds.

    python container/check.py --image IMAGE -- ENGINE [GLOBAL OPTION...]

ENGINE is docker or podman. Each line is one fact; the last counts them.
"""

import argparse
import json
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + "dG9jc2luLWNvbnRhaW5lci10ZXN0LXNlY3JldA=="
_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
# Inside another container limits cannot be raised: hand on what is there.
LIMITS = [f"--ulimit=nofile={_FILES}:{_FILES}", "--ulimit=nproc=4096:4096"]
MEMORY, PROCESSES = 512 * 1024 * 1024, 128
LOCKED_DOWN = [
    *LIMITS,
    f"--memory={MEMORY}",
    f"--pids-limit={PROCESSES}",
    "--read-only",
    "--tmpfs=/tmp:rw,noexec,nosuid,size=96m",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
]
BUILD_ONLY = re.compile(r"PIP_|UV_|SSL_CERT|REQUESTS_CA|https?_proxy", re.IGNORECASE)
BACKUP = "import sqlite3; sqlite3.connect('/data/tocsin.db').execute(\"vacuum into '/data/backup.db'\")"
RULES = """\
version: 1
theme: test
rules:
  - {id: detained, title: Detained, severity: high, match: detain*}
"""


class Site(BaseHTTPRequestHandler):
    """A feed, and a webhook that verifies what it is sent."""

    titles: list[str] = []
    down = False
    tried: list[str] = []
    accepted: list[str] = []

    def log_message(self, *_):
        pass

    def do_GET(self):
        items = "".join(
            f"<item><title>{title}</title><link>https://news.example/{n}</link>"
            f"<guid>{n}</guid><pubDate>{formatdate(usegmt=True)}</pubDate></item>"
            for n, title in enumerate(self.titles)
        )
        body = (
            "<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>"
            f"<language>en</language>{items}</channel></rss>"
        ).encode()
        self.answer(200, body, "application/rss+xml")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        Webhook(SECRET).verify(body, dict(self.headers.items()))
        name = self.headers["webhook-id"]
        self.tried.append(name)
        if self.down:
            self.answer(503, b"", "text/plain")
            return
        self.accepted.append(name)
        self.answer(204, b"", "text/plain")

    def answer(self, status, body, kind):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Report:
    """Counts facts."""

    passed = failed = 0

    def fact(self, what, holds, detail=""):
        if holds:
            self.passed += 1
            print(f"ok      {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {what}: {detail}", flush=True)


class Engine:
    """docker or podman, with its global options."""

    def __init__(self, command):
        self.command = command
        self.docker = Path(command[0]).name == "docker"

    def try_(self, *arguments):
        return subprocess.run(
            [*self.command, *arguments], capture_output=True, text=True, check=False
        )

    def call(self, *arguments):
        done = self.try_(*arguments)
        if done.returncode:
            sys.exit(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip()


class Container:
    """One container on the host's network, locked down."""

    def __init__(self, engine, image, folder, port):
        self.engine = engine
        # Named by us, so that it can be removed also when it does not start.
        self.name = folder.name
        options = [
            f"--name={self.name}",
            "--network=host",
            *LOCKED_DOWN,
            # The image's own 8080 may be taken on the host's network.
            f"--env=TOCSIN_SERVER__LISTEN=127.0.0.1:{port}",
            f"--volume={folder}/data:/data",
            f"--volume={folder}/etc:/etc/tocsin:ro",
        ]
        if engine.docker:
            options.append("--health-interval=2s")
        try:
            engine.call("run", "--detach", *options, image)
        except SystemExit:
            self.remove()
            raise

    def remove(self):
        self.engine.try_("rm", "--force", "--volumes", self.name)

    def state(self, what):
        return self.engine.call("inspect", f"--format={{{{.State.{what}}}}}", self.name)

    def inside(self, *command):
        return self.engine.try_("exec", self.name, *command)

    def healthy(self):
        if self.engine.docker:
            return self.state("Health.Status") == "healthy"
        # Without systemd podman has no timer; this runs the image's own check.
        return not self.engine.try_("healthcheck", "run", self.name).returncode

    def logs(self):
        done = self.engine.try_("logs", self.name)
        return done.stdout + done.stderr


def wait(until, seconds=60.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if until():
            return True
        time.sleep(0.2)
    return False


def free_port():
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        return server.server_address[1]


def write(folder, site):
    """Write the configuration as a user mounts it."""
    (folder / "data").mkdir()
    etc = folder / "etc"
    (etc / "rules").mkdir(parents=True)
    (etc / "rules" / "test.yaml").write_text(RULES, encoding="utf-8")
    (etc / "secret").write_text(SECRET + "\n", encoding="utf-8")
    address = f"http://127.0.0.1:{site.server_address[1]}"
    port = free_port()
    configuration = {
        "store": {"url": "sqlite:///data/tocsin.db"},
        "rules": ["rules/"],
        "feeds": ["feeds.yaml"],
        "collect": {"every": "1s", "allow_networks": ["127.0.0.0/8"]},
        "receivers": [
            {
                "name": "desk",
                "webhook": {
                    "url": f"{address}/hook",
                    "secret_file": "/etc/tocsin/secret",
                    "allow_networks": ["127.0.0.0/8"],
                },
            }
        ],
        "route": {"receiver": "desk"},
    }
    feeds = {"feeds": [{"url": f"{address}/feed", "name": "News", "source": "News"}]}
    for name, data in (("tocsin.yaml", configuration), ("feeds.yaml", feeds)):
        (etc / name).write_text(yaml.safe_dump(data), encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    if os.geteuid() == 0:
        os.chown(folder / "data", 10001, 10001)
    else:
        (folder / "data").chmod(0o777)
    return port


def check_image(engine, image, report, name):
    """Say what holds before anything is configured."""
    done = engine.try_("run", "--rm", "--network=none", *LOCKED_DOWN, image, "check")
    report.fact(
        "the shipped configuration is in order, without a network",
        done.returncode == 0 and "all in order" in done.stdout,
        done.stdout + done.stderr,
    )
    written = engine.try_(
        *("run", "--rm", "--network=none", *LOCKED_DOWN, f"--volume={name}:/data"),
        *("--entrypoint=touch", image, "/data/probe"),
    )
    engine.try_("volume", "rm", name)
    report.fact(
        "a fresh named volume can be written", not written.returncode, written.stderr
    )
    variables = json.loads(
        engine.call("image", "inspect", "--format={{json .Config.Env}}", image)
    )
    kept = [one for one in variables if BUILD_ONLY.match(one)]
    report.fact("the image keeps no variable of its build", not kept, kept)


def check_hardening(container, report):
    """Ask the running container, from inside."""
    user = container.inside("id", "-u").stdout.strip()
    report.fact("runs as uid 10001, not root", user == "10001", user)
    for path in ("/etc/x", "/opt/tocsin/x", "/x"):
        done = container.inside("touch", path)
        refused = "Read-only file system" in done.stderr
        report.fact(f"{path} cannot be written", refused, done.stderr)
    for path in ("/data/probe", "/tmp/probe"):
        done = container.inside("touch", path)
        report.fact(f"{path} can be written", done.returncode == 0, done.stderr)
    status = container.inside("cat", "/proc/1/status").stdout
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
        holds = int(facts.get(name, "1"), 16) == 0
        report.fact(f"no capabilities ({name} 0)", holds, status)
    report.fact("no new privileges", facts.get("NoNewPrivs", "").strip() == "1", status)
    for what, wanted, files in (
        ("memory", MEMORY, ("memory.max", "memory/memory.limit_in_bytes")),
        ("processes", PROCESSES, ("pids.max", "pids/pids.max")),
    ):
        # One of the two is there: control groups of version 2, or of version 1.
        asked = container.inside("cat", *(f"/sys/fs/cgroup/{one}" for one in files))
        limit = asked.stdout.strip()
        report.fact(f"{what} limited to {wanted}", limit == str(wanted), limit)


def check_work(container, report):
    Site.titles = ["Thirty-three men detained near the capital"]
    came = wait(lambda: len(Site.accepted) == 1)
    report.fact("a report becomes a verified webhook", came, container.logs()[-2000:])
    lines = [line for line in container.logs().splitlines() if line.strip()]
    wrong = [line for line in lines if not line.startswith("{")]
    report.fact("the log is JSON", bool(lines) and not wrong, wrong[:3])
    loud = [line for line in lines if SECRET.removeprefix("whsec_") in line]
    report.fact("the log holds no secret", not loud, "the secret stands in the log")


def check_stop(container, report):
    Site.down = True
    Site.titles = [*Site.titles, "Minister detained after talks on gas"]
    tried = wait(lambda: len(Site.tried) >= 2)
    report.fact("a receiver that is down is tried", tried, container.logs()[-2000:])
    began = time.monotonic()
    container.engine.call("stop", "-t", "10", container.name)
    took = time.monotonic() - began
    status = container.state("ExitCode")
    report.fact("SIGTERM stops it within 10 s", took < 10, f"{took:.1f} s")
    report.fact("it exits 0", status == "0", f"exit status {status}")
    Site.down = False
    container.engine.call("start", container.name)
    came = wait(lambda: len(Site.accepted) == 2, 120)
    report.fact("what was open is delivered after a restart", came, Site.tried)
    ids = set(Site.tried[1:])
    report.fact("under one id, that of its first attempt", len(ids) == 1, Site.tried)
    time.sleep(3)
    once = len(Site.accepted) == len(set(Site.accepted)) == 2
    report.fact("each alert came once", once, Site.accepted)


def check_backup(container, report, data):
    """Follow docs/container.md while the service runs."""
    done = container.inside("python3", "-c", BACKUP)
    made = data / "backup.db"
    sound = ""
    if made.exists():
        with closing(sqlite3.connect(made)) as backup:
            sound = backup.execute("pragma integrity_check").fetchone()[0]
    report.fact("a running container can be backed up", sound == "ok", done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--image", required=True)
    parser.add_argument("engine", nargs="+")
    options = parser.parse_args()
    report = Report()
    engine = Engine(options.engine)
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-container-"))
    container = None
    try:
        port = write(folder, site)
        check_image(engine, options.image, report, folder.name)
        container = Container(engine, options.image, folder, port)
        healthy = wait(container.healthy)
        report.fact("its health check turns healthy", healthy, container.logs()[-2000:])
        check_hardening(container, report)
        check_work(container, report)
        check_stop(container, report)
        check_backup(container, report, folder / "data")
    finally:
        if container is not None:
            container.remove()
        site.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{report.passed} passed, {report.failed} failed")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
