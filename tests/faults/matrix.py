"""`make faults`: every fault that takes minutes, root or strace; writes docs/reliability.md.

    python -m tests.faults.matrix [--quick] [--only NAME] [--missing] [--write]

Each row is a run of the real parts on a real database until every event has been told,
with nobody doing anything. A row that cannot run here says why. A row is written into the
table as it ends and the other rows stay, so that the table can be made in parts.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests import postgres
from tests.faults.life import SPEED, Setting
from tests.faults.loops import Found, Loop
from tests.faults.one import until_told

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
MINIMUM = 3
"""Cells of a line that is a row."""


class CannotRun(Exception):
    """Why a row cannot run here."""


@dataclass
class Terminated(Loop):
    """Lives that are asked to end, again and again, under load."""

    def _blows(self, setting: Setting) -> tuple[int, int]:
        for _ in range(self.kills):
            pid = self._born(setting, until_told)
            time.sleep(1.5)  # noqa: TID251 - it is in the middle of its work then
            os.kill(pid, signal.SIGTERM)
            _, status = os.waitpid(pid, 0)
            if status:
                raise AssertionError(f"it did not end cleanly: {status}")
        return self.kills, 0


@dataclass
class Under(Loop):
    """A life under a program that makes its system calls fail, for some seconds."""

    command: Sequence[str] = ()
    seconds: float = 20.0

    def _blows(self, setting: Setting) -> tuple[int, int]:
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*self.command, *_life(setting)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            time.sleep(self.seconds)  # noqa: TID251 - so long its calls fail
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        trace = (self.folder / "trace").read_text(errors="replace")
        if not (failed := trace.count("(INJECTED)")):
            raise AssertionError(f"none of its calls failed in {self.seconds} s")
        return failed, 0


@dataclass
class Jumping(Loop):
    """A life whose wall clock is set an hour and a day back and forth."""

    command: Sequence[str] = ()
    seconds: float = 4.0
    """Between two jumps."""
    hours: Sequence[int] = (-1, 0, 1, 0, -24, 0, 1, -24, 0, -1, 1, 0)

    def _blows(self, setting: Setting) -> tuple[int, int]:
        (self.folder / "offset").write_text("+0")
        process = subprocess.Popen([*self.command, *_life(setting)], cwd=ROOT)
        for hours in self.hours:
            time.sleep(self.seconds)  # noqa: TID251 - so long it works by that clock
            # An hour of the life's clock is a minute of the system's.
            (self.folder / "offset").write_text(f"{hours * 3600 // SPEED:+d}")
        time.sleep(self.seconds)  # noqa: TID251 - and by the right one again
        process.kill()
        process.wait()
        return len(self.hours), 0


@dataclass
class Full(Loop):
    """A life on a file system that is full, and then has room again."""

    def _blows(self, setting: Setting) -> tuple[int, int]:
        process = subprocess.Popen(_life(setting), cwd=ROOT)
        time.sleep(15)  # noqa: TID251 - it fills up
        if shutil.disk_usage(self.folder / "disk").free > 64 * 1024:
            raise AssertionError("the disk did not fill up")
        _mount("-o", "remount,size=256m", str(self.folder / "disk"))
        time.sleep(5)  # noqa: TID251 - the same life goes on
        process.kill()
        process.wait()
        return 1, 0


def _life(setting: Setting) -> list[str]:
    return [
        sys.executable,
        "-m",
        "tests.faults.one",
        setting.url,
        str(setting.folder),
        str(setting.port),
        str(setting.events),
        str(setting.zero),
        "wall" if setting.wall else "monotonic",
        str(setting.published),
    ]


def _mount(*arguments: str) -> None:
    done = subprocess.run(
        ["mount", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotRun(f"mount: {done.stderr.strip() or 'not allowed'}")


# ── the rows ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """One fault."""

    name: str
    how: str
    run: Callable[[Path, "Size"], Found]


@dataclass(frozen=True)
class Size:
    """How much of it."""

    events: int = 2000
    kills: int = 300


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/t.db"


def killed(folder: Path, size: Size) -> Found:
    return Loop(
        url=_sqlite(folder), folder=folder, events=size.events, kills=size.kills
    ).run()


def replicas(folder: Path, size: Size) -> Found:
    try:
        with postgres.running() as server:
            return Loop(
                url=server.new_database(),
                folder=folder,
                events=size.events // 2,
                kills=size.kills // 2,
                workers=3,
                stopping=0.5,
            ).run()
    except postgres.CannotStart as reason:
        raise CannotRun(str(reason)) from None


def two_on_a_file(folder: Path, size: Size) -> Found:
    return Loop(
        url=_sqlite(folder),
        folder=folder,
        events=size.events // 4,
        kills=size.kills // 4,
        workers=2,
        stopping=0.3,
    ).run()


def terminated(folder: Path, size: Size) -> Found:
    found = Terminated(
        url=_sqlite(folder),
        folder=folder,
        events=size.events // 4,
        kills=max(size.kills // 20, 3),
        failing=0.0,
    ).run()
    if found.twice:
        raise AssertionError(f"{found.twice} were sent twice although none was killed")
    return found


def _strace(*faults: tuple[str, str, str]) -> Callable[[Path, Size], Found]:
    """Return a run in which system calls fail: which, with what, and when."""

    def run(folder: Path, size: Size) -> Found:
        strace = shutil.which("strace")
        if strace is None:
            raise CannotRun("strace is not installed (make faults-setup)")
        traced = ",".join(calls for calls, _, _ in faults)
        command = [strace, "-f", "-qq", "-o", str(folder / "trace")]
        command += ["-e", f"trace={traced}"]
        probe = subprocess.run([*command, "true"], capture_output=True, check=False)
        if probe.returncode:
            raise CannotRun("strace may not trace here")
        for calls, error, when in faults:
            command += ["-e", f"inject={calls}:error={error}:when={when}"]
        return Under(
            url=_sqlite(folder),
            folder=folder,
            events=size.events // 8,
            kills=1,
            command=command,
            seconds=40,
        ).run()

    return run


def jumping(folder: Path, size: Size) -> Found:
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise CannotRun("libfaketime is not installed (make faults-setup)")
    command = [
        "env",
        f"LD_PRELOAD={library}",
        f"FAKETIME_TIMESTAMP_FILE={folder / 'offset'}",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ]
    return Jumping(
        url=_sqlite(folder),
        folder=folder,
        events=size.events // 4,
        kills=1,
        command=command,
        wall=True,
    ).run()


def full(folder: Path, size: Size) -> Found:
    disk = folder / "disk"
    disk.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1500k", "none", str(disk))
    try:
        return Full(
            url=f"sqlite:///{disk}/t.db",
            folder=folder,
            events=max(size.events // 4, 300),
            kills=1,
        ).run()
    finally:
        subprocess.run(["umount", str(disk)], check=False)


ROWS = (
    Row("kill -9 at random moments", "SQLite, one process", killed),
    Row("kill -9 and SIGSTOP beyond the lease", "SQLite, two processes", two_on_a_file),
    Row(
        "kill -9 and SIGSTOP beyond the lease", "PostgreSQL, three processes", replicas
    ),
    Row("SIGTERM under load", "SQLite; all answers 204", terminated),
    Row(
        "fsync fails (EIO)",
        "strace inject on fsync, fdatasync",
        _strace(("fsync,fdatasync", "EIO", "9+7")),
    ),
    Row(
        "no space left (ENOSPC) now and then",
        "strace inject on pwrite64",
        _strace(("pwrite64", "ENOSPC", "60+25")),
    ),
    Row(
        "network unreachable, connections reset",
        "strace inject on connect (ENETUNREACH), sendto (ECONNRESET)",
        _strace(("connect", "ENETUNREACH", "1+3"), ("sendto", "ECONNRESET", "20+15")),
    ),
    Row(
        "the wall clock jumps an hour and a day",
        "libfaketime, SQLite",
        jumping,
    ),
    Row("disk full, then room again", "a tmpfs of 1.5 MB, then larger", full),
)


@dataclass
class Report:
    """The table: what it held, and what this run found."""

    lines: dict[tuple[str, str], str] = field(default_factory=dict)
    """By a row's name and how."""
    bad: list[str] = field(default_factory=list)

    def add(self, row: Row, found: Found) -> str:
        cells = [
            row.name,
            row.how,
            found.events,
            found.kills + found.stops,
            found.lost,
            found.twice,
            found.foreign,
            found.late,
            "yes" if found.whole else "NO",
            f"{found.seconds:.0f}",
        ]
        if not found.good:
            self.bad.append(f"{row.name} ({row.how}): {found}")
        return self._put(row, "| " + " | ".join(str(cell) for cell in cells) + " |")

    def skip(self, row: Row, why: str) -> str:
        return self._put(row, f"| {row.name} | {row.how} | not run: {why} |" + " |" * 7)

    def _put(self, row: Row, line: str) -> str:
        self.lines[row.name, row.how] = line
        return line

    def table(self) -> str:
        head = (
            "| fault | how | events | blows | lost | sent again, same id and bytes "
            "| told twice otherwise | late acknowledgements refused | database and "
            "ledger whole | seconds |\n| --- | --- |" + " ---: |" * 8
        )
        rows = [self.lines.get((row.name, row.how)) for row in ROWS]
        return "\n".join([head, *(line for line in rows if line)])


def known(page: Path) -> Report:
    """Return the table as the page has it."""
    _, table, _ = _parts(page)
    report = Report()
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > MINIMUM:
            report.lines[cells[1], cells[2]] = line
    return report


def write(report: Report, page: Path) -> None:
    before, _, after = _parts(page)
    text = f"{before}{BEGIN}\n\n{report.table()}\n\n{END}{after}"
    page.write_text(text, encoding="utf-8")


def _parts(page: Path) -> tuple[str, str, str]:
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    table, after = rest.split(END)
    return before, table, after


def main() -> None:
    options = _options()
    size = Size()
    if options.quick:
        size = replace(size, events=size.events // 10, kills=size.kills // 10)
    report = known(PAGE)
    present = set(report.lines) if options.missing else set()
    for row in ROWS:
        name = (row.name, row.how)
        if options.only in " ".join(name) and name not in present:
            _run(row, size, report)
            if options.write:
                write(report, PAGE)
    if report.bad:
        sys.exit("\n".join(report.bad))


def _run(row: Row, size: Size, report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="tocsin-faults-") as folder:
        try:
            line = report.add(row, row.run(Path(folder), size))
        except CannotRun as reason:
            line = report.skip(row, str(reason))
        except AssertionError as wrong:
            line = f"{row.name} ({row.how}): {wrong}"
            report.bad.append(line)
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--only", default="", help="rows whose name or how has this")
    parser.add_argument(
        "--missing", action="store_true", help="rows that the table has not"
    )
    parser.add_argument("--write", action="store_true", help="into docs/reliability.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
