"""AWS's Lambda runtime interface emulator: it starts a function as Lambda does, counts its time, and kills it."""

from __future__ import annotations

import http.client
import json
import os
import platform
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from emulator_environment import python_of, unavailable
from emulator_process import free_port, running

MACHINES = {"x86_64": "x86_64", "aarch64": "arm64"}


class Invocation(NamedTuple):
    """What one invocation gave. request_id: the runtime's; lines: what the function wrote; report: figures."""

    status: int
    body: bytes
    request_id: str
    lines: list[str]
    report: dict[str, float]

    @property
    def answer(self) -> Any:
        return json.loads(self.body)


class RuntimeEmulator:
    """A running emulator: one Lambda environment, made at the first invocation."""

    def __init__(self, port: int, output: Path, errors: Path) -> None:
        self._port = port
        self._output = output
        self.errors = errors

    def invoke(self, event: Any) -> Invocation:
        begin = self._output.stat().st_size
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/2015-03-31/functions/function/invocations", json.dumps(event))
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
        finally:
            connection.close()
        written = self._output.read_bytes()[begin:].decode().splitlines()
        lines = [line for line in written if not _of_platform(line)]
        return Invocation(status, body, _request_id(written), lines, _report(written))


@contextmanager
def runtime_emulator(
    code: Sequence[Path], handler: str, *, data: Path, timeout: int, memory: int = 512
) -> Iterator[RuntimeEmulator]:
    """The function whose unpacked package is in the folders `code`, and nothing but AWS's runtime client beside it.

    The first of them is where it runs. timeout: seconds after which it is killed; memory: MB.
    """
    python = python_of("runtime")
    port = free_port()
    output, errors = data / "stdout", data / "stderr"
    environ = {
        "AWS_LAMBDA_FUNCTION_NAME": "emulated",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "LAMBDA_TASK_ROOT": str(code[0]),
        "PYTHONPATH": os.pathsep.join(map(str, code)),
    }
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
    addresses += ["--runtime-api-address", f"127.0.0.1:{free_port()}"]
    command: list[str | Path] = [_program(python), *addresses, python, "-m", "awslambdaric", handler]
    with running(command, code[0], environ, output=output, errors=errors, ready=lambda: _listens(port)):
        yield RuntimeEmulator(port, output, errors)


def _program(python: Path) -> Path:
    """The emulator of this machine, out of the SAM CLI's package."""
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        unavailable(f"AWS's runtime emulator is a Linux program, and this is {sys.platform} on {platform.machine()}")
    (found,) = python.parents[1].glob(f"lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}")
    return found


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def _of_platform(line: str) -> bool:
    return line.startswith(("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")) or not line


def _request_id(written: list[str]) -> str:
    return next((line.split()[2] for line in written if line.startswith("START RequestId: ")), "")


def _report(written: list[str]) -> dict[str, float]:
    reports = [line for line in written if line.startswith("REPORT ")]
    found = re.findall(r"\t([A-Z][A-Za-z ]+): ([0-9.]+) (?:ms|MB)", reports[-1]) if reports else ()
    return {name: float(value) for name, value in found}
