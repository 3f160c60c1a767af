"""The process of an emulator: on the loopback, in an environment of its own, ended with the tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from emulator_environment import EMULATORS, unavailable

PATIENCE = 30.0
GRACE = 2.0


@contextmanager
def running(
    command: Sequence[str | Path],
    folder: Path,
    environ: Mapping[str, str],
    *,
    output: Path,
    errors: Path,
    ready: Callable[[], bool],
) -> Iterator[None]:
    """`command` in `folder`, ready within the block, ended with all that it started after it."""
    begin = [sys.executable, "-I", str(EMULATORS / "begin.py")]
    with output.open("wb") as out, errors.open("ab") as err:
        process = subprocess.Popen(
            [*begin, *command], cwd=folder, env=environ, stdout=out, stderr=err, start_new_session=True
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                unavailable(f"{Path(command[0]).name} did not start: {errors.read_text()[-2000:]}")
            time.sleep(0.02)
        yield
    finally:
        _end(process)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    """By SIGTERM, at which the runtime emulator ends its runtime, which is in no group of its own; then the group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
