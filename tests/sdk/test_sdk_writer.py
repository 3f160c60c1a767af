"""Lines under threads, processes, forks, full pipes and full disks: real pipes, real files."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from inferwatch.sdk import Monitor
from inferwatch.sdk.writer import Writer

Read = Callable[[bytes], dict[str, Any]]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def drained(reader: int) -> Iterator[bytes]:
    """The lines that come out of `reader` until its last writer is gone."""
    with os.fdopen(os.dup(reader), "rb") as file:
        yield from file


def in_a_child(work: Callable[[], None]) -> int:
    """Fork a child that does `work` and ends; gives its pid."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.alarm(20)  # a child must not outlive a test that failed
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def ended_well(pid: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_eight_threads_on_one_pipe_tear_nothing(compiled: dict[str, Any], pipe: tuple[int, int], read: Read) -> None:
    reader, descriptor = pipe
    writer = Writer(os.dup(descriptor))
    monitor = Monitor(compiled, writer.write)
    seen: list[str] = []
    reading = Thread(target=lambda: seen.extend(read(line)["request"][:4] for line in drained(reader)))
    reading.start()

    def work(n: int) -> None:
        for size in range(50):
            monitor.record(request=f"{n:02d}{size:02d}" + "x" * size * 400)

    threads = [Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    os.close(descriptor)
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    reading.join()
    assert sorted(seen) == [f"{n:02d}{size:02d}" for n in range(8) for size in range(50)]
    assert monitor.problems == {}


def test_four_processes_on_one_pipe_tear_nothing_and_repeat_no_id(
    compiled: dict[str, Any], pipe: tuple[int, int], read: Read
) -> None:
    reader, descriptor = pipe
    monitor = Monitor(compiled, Writer(descriptor).write)
    monitor.record()

    def work() -> None:
        for size in range(100):
            monitor.record(request="x" * size * 100)

    children = [in_a_child(work) for _ in range(4)]
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    documents = [read(line) for line in drained(reader)]
    assert [ended_well(child) for child in children] == [True] * 4
    assert len(documents) == 401
    assert len({document["transaction_id"] for document in documents}) == 401
    assert len({document["server_id"] for document in documents}) == 5
    assert [document["cold_start"] for document in documents].count(True) == 5


def test_a_child_forked_while_a_thread_held_the_locks_can_write(
    compiled: dict[str, Any], tmp_path: Path, read: Read
) -> None:
    file = tmp_path / "lines"
    writer = Writer(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
    monitor = Monitor(compiled, writer.write)

    def work() -> None:
        monitor.record(status="what")

    with writer._lock, monitor._problems._lock:
        child = in_a_child(work)
    assert ended_well(child)
    assert read(file.read_bytes())["status"] == "failed"
    writer.close()


def test_a_line_that_meets_a_full_pipe_spoils_no_later_one(pipe: tuple[int, int]) -> None:
    reader, descriptor = pipe
    os.set_blocking(descriptor, False)
    capacity = fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)
    writer = Writer(descriptor)
    with pytest.raises(BlockingIOError):
        writer.write(b"a" * (capacity + 5_000) + b"\n")
    with pytest.raises(BlockingIOError):
        writer.write(b"lost\n")
    assert os.read(reader, capacity) == b"a" * capacity
    writer.write(b"whole\n")
    writer.write(b"too\n")
    assert os.read(reader, capacity) == b"\nwhole\ntoo\n"


def test_a_line_larger_than_the_pipe_waits_for_its_reader(pipe: tuple[int, int]) -> None:
    reader, descriptor = pipe
    os.set_blocking(descriptor, False)
    writer = Writer(os.dup(descriptor))
    lines: list[bytes] = []
    reading = Thread(target=lambda: lines.extend(drained(reader)))
    reading.start()
    writer.write(b"a" * 500_000 + b"\n")
    writer.close()
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
    reading.join()
    assert lines == [b"a" * 500_000 + b"\n"]


def test_a_full_disk_spoils_only_the_line_that_met_it(tmp_path: Path) -> None:
    file = tmp_path / "lines"

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, resource.RLIM_INFINITY))
        writer = Writer(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
        writer.write(b"first\n")
        for _ in range(2):
            with pytest.raises(OSError, match="File too large"):
                writer.write(b"a" * 2_000 + b"\n")
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        writer.write(b"last\n")

    assert ended_well(in_a_child(work))
    lines = file.read_bytes().splitlines()
    assert lines[0] == b"first"
    assert lines[-1] == b"last"


def test_a_closed_writer_says_so(tmp_path: Path) -> None:
    writer = Writer(os.open(tmp_path / "lines", os.O_WRONLY | os.O_CREAT))
    writer.close()
    writer.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        writer.write(b"x\n")


@pytest.mark.parametrize("close", ["before", "after"])
def test_recording_without_a_stdout_is_counted(compiled: dict[str, Any], close: str) -> None:
    program = f"""
        import json, os, sys
        from inferwatch.sdk import Monitor
        if "{close}" == "before":
            os.close(1)
        monitor = Monitor(json.loads(sys.argv[1]))
        if "{close}" == "after":
            os.close(1)
        monitor.record()
        sys.exit(monitor.dropped)
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), json.dumps(compiled)], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"dropped" in done.stderr


@pytest.mark.parametrize("end", ["\\n", " "])
def test_stdout_has_prints_before_the_line_that_follows_them(compiled: dict[str, Any], read: Read, end: str) -> None:
    program = f"""
        import json, sys
        from inferwatch.sdk import Monitor
        monitor = Monitor(json.loads(sys.argv[1]))
        print("before", end="{end}")
        monitor.record(request={{"n": 1}})
        print("after")
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), json.dumps(compiled)], capture_output=True, check=True
    )
    assert done.stderr == b""
    start = done.stdout.index(b'{"_aws"')
    assert done.stdout[:start] == b"before" + (b"\n" if end == "\\n" else b" ")
    line, _, rest = done.stdout[start:].partition(b"\n")
    assert read(line + b"\n")["request"] == {"n": 1}
    assert rest == b"after\n"
