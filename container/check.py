"""Runs the image as it is meant to be run and says what holds.

    python container/check.py --image IMAGE -- ENGINE [GLOBAL OPTION...]

ENGINE is docker or podman. Each line is one fact; the last counts them.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + "dG9jc2luLWNvbnRhaW5lci10ZXN0LXNlY3JldA=="
_FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
# Inside another container limits cannot be raised: hand on what is there.
LIMITS = [f"--ulimit=nofile={_FILES}:{_FILES}", "--ulimit=nproc=4096:4096"]
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


class Container:
    """One container on the host's network, locked down."""

    def __init__(self, engine, image, folder, port):
        self.engine = engine
        self.docker = Path(engine[0]).name == "docker"
        options = [
            "--network=host",
            *LIMITS,
            "--memory=512m",
            "--pids-limit=128",
            "--read-only",
            "--tmpfs=/tmp:rw,noexec,nosuid,size=16m",
            "--cap-drop=ALL",
            "--security-opt=no-new-privileges",
            # The image's own 8080 may be taken on the host's network.
            f"--env=TOCSIN_SERVER__LISTEN=127.0.0.1:{port}",
            f"--volume={folder}/data:/data",
            f"--volume={folder}/etc:/etc/tocsin:ro",
        ]
        self.id = self.call("run", "--detach", *options, image)

    def call(self, *arguments, check=True):
        done = subprocess.run(
            [*self.engine, *arguments], capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            sys.exit(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout.strip() if check else done

    def inside(self, *command):
        return self.call("exec", self.id, *command, check=False)

    def healthy(self):
        if self.docker:
            state = self.call("inspect", "--format={{.State.Health.Status}}", self.id)
            return state == "healthy"
        # Without systemd podman has no timer; this runs the image's own check.
        return not self.call("healthcheck", "run", self.id, check=False).returncode

    def logs(self):
        done = self.call("logs", self.id, check=False)
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


def check_hardening(container, report):
    user = container.inside("id", "-u").stdout.strip()
    report.fact("runs as uid 10001, not root", user == "10001", user)
    for path in ("/etc/x", "/opt/tocsin/x", "/x"):
        done = container.inside("touch", path)
        report.fact(f"{path} cannot be written", done.returncode != 0, done.stdout)
    done = container.inside("touch", "/data/probe")
    report.fact("/data can be written", done.returncode == 0, done.stderr)
    status = container.inside("cat", "/proc/1/status").stdout
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    report.fact(
        "no capabilities (CapEff 0)", int(facts.get("CapEff", "1"), 16) == 0, status
    )
    report.fact("no new privileges", facts.get("NoNewPrivs", "").strip() == "1", status)


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
    container.call("stop", "--time=10", container.id)
    took = time.monotonic() - began
    status = container.call("inspect", "--format={{.State.ExitCode}}", container.id)
    report.fact("SIGTERM stops it within 10 s", took < 10, f"{took:.1f} s")
    report.fact("it exits 0", status == "0", f"exit status {status}")
    Site.down = False
    container.call("start", container.id)
    came = wait(lambda: len(Site.accepted) == 2, 120)
    report.fact("what was open is delivered after a restart", came, Site.tried)
    report.fact(
        "under the id of its first attempt",
        came and Site.accepted[1] == Site.tried[1],
        Site.tried,
    )
    time.sleep(3)
    report.fact("each alert came once", len(Site.accepted) == 2, Site.accepted)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--image", required=True)
    parser.add_argument("engine", nargs="+")
    options = parser.parse_args()
    report = Report()
    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    folder = Path(tempfile.mkdtemp(prefix="tocsin-container-"))
    container = None
    try:
        port = write(folder, site)
        done = subprocess.run(
            [
                *options.engine,
                "run",
                "--rm",
                "--network=none",
                *LIMITS,
                options.image,
                "check",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        report.fact(
            "the shipped configuration is in order, without a network",
            done.returncode == 0 and "all in order" in done.stdout,
            done.stdout + done.stderr,
        )
        container = Container(options.engine, options.image, folder, port)
        healthy = wait(container.healthy)
        report.fact("its health check turns healthy", healthy, container.logs()[-2000:])
        check_hardening(container, report)
        check_work(container, report)
        check_stop(container, report)
    finally:
        if container is not None:
            container.call("rm", "--force", container.id, check=False)
        site.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{report.passed} passed, {report.failed} failed")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
