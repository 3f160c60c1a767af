from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.sinks import MemorySink
from inferwatch.serving import container
from inferwatch.serving.container import ContainerApp
from inferwatch.serving.service import Service

COMPILED: dict[str, Any] = {
    "namespace": "/demo",
    "model_name": "adder",
    "model_version": 1,
    "deployment_id": 1,
    "environment": "dev",
    "metric_namespace": "demo",
    "redact": [],
    "features": {"a": {"type": "number"}},
}


def calls(
    *requests: tuple[str, str, bytes],
    predict: Callable[[Any], Any] = lambda features: features["a"] + 1,
    timeout: float = 10,
) -> tuple[list[httpx.Response], list[dict[str, Any]]]:
    """The answers to (method, path, body), sent at the same time, and the records."""
    sink = MemorySink()
    app = ContainerApp(Service(COMPILED, predict, Monitor(COMPILED, sink)), timeout, lambda: 0)

    async def all_of_them() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://model") as client:  # type: ignore[arg-type]
            return await asyncio.gather(*(client.request(m, path, content=body) for m, path, body in requests))

    return asyncio.run(all_of_them()), sink.records


def test_the_contract_of_sagemaker() -> None:
    (ping, invoked), records = calls(("GET", "/ping", b""), ("POST", "/invocations", b'{"a": 1}'))
    assert ping.status_code == 200
    assert invoked.json() == {"prediction": 2, "transaction_id": records[0]["transaction_id"]}
    assert invoked.headers["content-type"] == "application/json"


def test_a_slow_model_is_a_504_and_recorded_once() -> None:
    (answer,), records = calls(("POST", "/invocations", b'{"a": 1}'), predict=lambda _: time.sleep(1), timeout=0.1)
    assert answer.status_code == 504
    assert [record["status"] for record in records] == ["timeout"]


def test_requests_run_side_by_side() -> None:
    def predict(_: Any) -> int:
        time.sleep(0.2)
        return 1

    began = time.monotonic()
    answers, records = calls(*[("POST", "/invocations", b'{"a": 1}')] * 4, predict=predict)
    assert time.monotonic() - began < 0.7
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(records) == 4


def test_a_model_that_calls_exit_does_not_end_the_server() -> None:
    answers, _ = calls(("POST", "/invocations", b'{"a": 1}'), ("GET", "/ping", b""), predict=lambda _: sys.exit(1))
    assert [answer.status_code for answer in answers] == [500, 200]


def test_a_body_beyond_the_limit_is_a_413(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "BODY_MAX", 100)
    (answer,), records = calls(("POST", "/invocations", b"x" * 101))
    assert answer.status_code == 413
    assert records == []


def test_a_container_serves_a_plain_model_folder(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_text(
        '[model]\nnamespace = "/demo"\nname = "adder"\npredict = "plain_app:predict"\n[function]\ntimeout = 7\n'
    )
    (tmp_path / "plain_app.py").write_text("def predict(features):\n    return 1\n")
    code = "import sys; from inferwatch.serving.container import build; print(build({}, sys.argv[1])._timeout)"
    command = [sys.executable, "-c", code, str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (built.stdout, built.stderr) == ("7.0\n", "")


def test_a_container_without_a_model_says_what_is_missing_and_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inferwatch.serving.container"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{tmp_path}/inferwatch.compiled.json: the compiled spec cannot be read")
    assert "Traceback" not in ended.stderr
