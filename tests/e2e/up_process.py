"""`inferwatch up` as a user runs it: a process of its own, over a model made for the test."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PATIENCE = 30.0

SPEC = """
[model]
namespace = "/test/e2e"
name = "echo"
predict = "app:predict"
confidence_scale = 1

[function]
timeout = 2
concurrency = 4

[features]
x = "number"

[[alarm]]
name = "Low-Probability-Alarm"
period = 10

[notify.slack]
webhook_env = "TEST_SLACK"
"""

APP = """
import os, time

def predict(features):
    x = features["x"]
    if x == -1:
        raise ValueError("no such x")
    if x == -2:
        os._exit(7)
    if x == -3:
        time.sleep(60)
    return {"prediction": x * 2, "confidence": 0.1 if x < 0 else 0.9}
"""


def make_model(folder: Path, spec: str = SPEC, app: str = APP) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inferwatch.toml").write_text(spec)
    (folder / "app.py").write_text(app)
    return folder


class Up:
    """A running `inferwatch up` over `model` and `data`; ports are free ones, read from what it prints."""

    def __init__(self, model: Path, data: Path, environ: Mapping[str, str] | None = None, port: int = 0) -> None:
        command = [sys.executable, "-c", "from inferwatch.cli import main; main()", "up", str(model)]
        command += ["--data", str(data), "--port", str(port), "--page-port", "0", "--queue-port", "0"]
        self.log = data.parent / f"{data.name}.log"
        with self.log.open("ab") as out:
            self._begin = out.tell()
            variables = {**os.environ, **(environ or {})}
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=variables, start_new_session=True)
        until(lambda: "Ctrl-C ends it" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()
        self.port = int(self._after("predict").split("/")[2].rpartition(":")[2]) if "  predict " in self.said() else 0
        self.page_link = self._after("page")

    def said(self) -> str:
        return self.log.read_bytes()[self._begin :].decode()

    def predict(self, body: Any) -> tuple[int, dict[str, Any]]:
        """Status and answer of one POST /predict. Raises OSError or HTTPException where there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/predict", body if isinstance(body, bytes) else json.dumps(body))
            answer = connection.getresponse()
            said = {**json.loads(answer.read()), "request_id": answer.getheader("x-amzn-requestid")}
            return answer.status, said
        finally:
            connection.close()

    def kill_tree(self) -> None:
        """kill -9 of it and of all its workers, as when the machine's memory is gone."""
        tree = [self.process.pid, *children(self.process.pid)]
        for pid in tree:
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def interrupt(self) -> float:
        """Ctrl-C; gives the seconds until it has ended."""
        begin = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
        assert "leaked" not in self.said()  # what DuckDB's bindings print of what the interpreter has not freed
        return time.monotonic() - begin

    @property
    def queue_endpoint(self) -> str:
        """Where its queue's API is."""
        return self._after("queue").partition("/000000000000/")[0]

    def _after(self, label: str) -> str:
        line = next(line for line in self.said().splitlines() if line.strip().startswith(label))
        return line.split()[1]


def children(pid: int) -> list[int]:
    """Every process below `pid`."""
    own = [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return own + [below for child in own for below in children(child)]


def until(condition: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Wait for another process to bring something about."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not come about in time")
        time.sleep(0.02)
