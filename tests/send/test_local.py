"""The file and the console receiver."""

import asyncio
import fcntl
import json
import os
import stat
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.send import render
from monitor.send.local import ConsoleChannel, FileChannel
from tests.send.examples import NOW, delivery, hostile_notice, notice


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def append(to: FileChannel, number: int) -> str:
    made = delivery(id=f"dlv_{number}")
    receipt = await to.send(made, to.compose(notice(), made))
    return receipt.outcome


async def test_each_message_is_one_line_with_its_id(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path / "new" / "folder" / "alerts.jsonl")

    await append(to, 1)
    await append(to, 2)

    assert [line["id"] for line in lines(to.path)] == ["dlv_1", "dlv_2"]
    assert lines(to.path)[0] == render.event(notice(), "dlv_1")


async def test_a_hostile_text_stays_on_its_line(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path / "alerts.jsonl")

    await to.send(delivery(), to.compose(hostile_notice(), delivery()))

    assert to.path.read_bytes().count(b"\n") == 1


async def test_messages_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    one = FileChannel(name="log", path=tmp_path / "alerts.jsonl")
    two = FileChannel(name="other", path=tmp_path / "alerts.jsonl")

    await asyncio.gather(*(append((one, two)[n % 2], n) for n in range(20)))

    assert {line["id"] for line in lines(one.path)} == {f"dlv_{n}" for n in range(20)}


async def test_half_a_line_left_by_a_crash_spoils_only_itself(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path / "alerts.jsonl")
    to.path.write_text('{"id":"dlv_0","ty')

    await append(to, 1)

    first, second = to.path.read_text().splitlines()
    assert first == '{"id":"dlv_0","ty'
    assert json.loads(second)["id"] == "dlv_1"


async def test_a_file_that_was_rotated_away_is_created_anew(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path / "alerts.jsonl")
    await append(to, 1)
    to.path.rename(tmp_path / "alerts.1.jsonl")

    await append(to, 2)

    assert [line["id"] for line in lines(to.path)] == ["dlv_2"]


async def test_others_cannot_read_the_file(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path / "alerts.jsonl")

    await append(to, 1)

    assert stat.S_IMODE(to.path.stat().st_mode) & stat.S_IRWXO == 0


async def test_a_folder_in_the_way_is_a_temporary_failure(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path)

    receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert receipt.outcome == "temporary"
    assert receipt.problem == f"cannot write to {tmp_path}: Is a directory"


async def test_a_full_disk_is_a_temporary_failure() -> None:
    to = FileChannel(name="log", path=Path("/dev/full"))

    receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert receipt.outcome == "temporary"
    assert "No space left" in receipt.problem


async def test_a_pipe_can_be_written_to(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    to = FileChannel(name="log", path=path)

    await to.send(delivery(), to.compose_test(delivery(), NOW))

    assert json.loads(os.read(reader, 65536))["type"] == "test.ping"
    os.close(reader)


SHORT = timedelta(milliseconds=300)


async def test_a_file_that_stays_locked_is_a_temporary_failure(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path / "alerts.jsonl", timeout=SHORT)
    with to.path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        receipt = await to.send(delivery(), to.compose(notice(), delivery()))
    assert receipt.outcome == "temporary"
    assert "locked by another program for 0.3 s" in receipt.problem
    assert to.path.read_text() == ""


async def test_a_file_that_is_locked_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    to = FileChannel(name="log", path=tmp_path / "alerts.jsonl")
    with to.path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        under_way = asyncio.create_task(append(to, 1))
        await asyncio.sleep(0.2)
        assert not under_way.done()
    assert await under_way == "accepted"
    assert [line["id"] for line in lines(to.path)] == ["dlv_1"]


async def test_files_that_are_locked_take_no_threads(tmp_path: Path) -> None:
    many = [
        FileChannel(name=f"log{n}", path=tmp_path / f"{n}.jsonl", timeout=SHORT * 10)
        for n in range(40)
    ]
    with ExitStack() as locks:
        for one in many:
            other = locks.enter_context(one.path.open("w"))
            fcntl.flock(other, fcntl.LOCK_EX)
        under_way = [asyncio.create_task(append(one, 1)) for one in many]
        await asyncio.sleep(0.2)
        await asyncio.wait_for(asyncio.to_thread(int), 2)
        assert not any(one.done() for one in under_way)
    assert set(await asyncio.gather(*under_way)) == {"accepted"}


async def test_what_nobody_reads_is_not_delivered(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    to = FileChannel(name="log", path=path)

    receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert receipt.outcome == "temporary"
    assert receipt.problem == f"cannot write to {path}: nobody reads from it"


async def test_a_pipe_that_is_full_is_a_temporary_failure(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    to = FileChannel(name="log", path=path, timeout=SHORT)

    taken = 0
    while await append(to, taken) == "accepted":
        taken += 1

    assert taken
    receipt = await to.send(delivery(), to.compose(notice(), delivery()))
    assert "full" in receipt.problem
    os.close(reader)


async def test_the_console_prints_what_was_stored() -> None:
    printed: list[str] = []
    to = ConsoleChannel(name="here", write=printed.append)
    body = to.compose(notice(), delivery())

    receipt = await to.send(delivery(), body)

    assert (receipt.outcome, receipt.status) == ("accepted", "printed")
    assert printed == ["\n".join(render.console(notice()))]


async def test_the_console_says_that_a_test_is_one() -> None:
    printed: list[str] = []
    to = ConsoleChannel(name="here", write=printed.append)

    await to.send(delivery(), to.compose_test(delivery(), NOW))

    assert "test message for the receiver here" in printed[0]


@pytest.mark.parametrize(
    "error",
    [BrokenPipeError("Broken pipe"), ValueError("I/O operation on closed file")],
)
async def test_a_terminal_that_is_gone_is_a_temporary_failure(
    error: Exception,
) -> None:
    def write(text: str) -> None:
        raise error

    to = ConsoleChannel(name="here", write=write)

    receipt = await to.send(delivery(), to.compose(notice(), delivery()))

    assert receipt.outcome == "temporary"
    assert receipt.problem == f"cannot print: {error}"
