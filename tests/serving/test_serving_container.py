from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.sinks import MemorySink
from inferwatch.serving import container
from inferwatch.serving.container import ContainerApp, Served
from inferwatch.serving.endpoint import TRANSACTION_ID
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
    headers: Mapping[str, str] = MappingProxyType({}),
    compiled: Mapping[str, Any] = COMPILED,
) -> tuple[list[httpx.Response], list[dict[str, Any]]]:
    """The answers to (method, path, body), sent at the same time, and the records."""
    sink = MemorySink()
    monitor = Monitor(compiled, sink)
    direct = Served(Service(compiled, predict, monitor, parse=lambda event: json.loads(event["body"])), timeout)
    app = ContainerApp(direct, Served(Service(compiled, predict, monitor), timeout / 2), lambda: 0)

    async def all_of_them() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://model") as client:  # type: ignore[arg-type]
            return await asyncio.gather(
                *(client.request(m, path, content=body, headers=headers) for m, path, body in requests)
            )

    return asyncio.run(all_of_them()), sink.records


def test_the_contract_of_sagemaker() -> None:
    (ping, invoked), records = calls(("GET", "/ping", b""), ("POST", "/invocations", b'{"a": 1}'))
    assert ping.status_code == 200
    assert invoked.json() == {"prediction": 2, "transaction_id": records[0]["transaction_id"]}
    assert invoked.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("body", "status", "said"), [(b"1\n", 200, "succeeded"), (b"1\n2\n", 400, "rejected")])
def test_a_body_of_csv_is_one_record(body: bytes, status: int, said: str) -> None:
    headers = {"Content-Type": "text/csv", "X-Amzn-SageMaker-Custom-Attributes": f"{TRANSACTION_ID}t-1"}
    (answer,), (line,) = calls(("POST", "/invocations", body), headers=headers)
    assert answer.status_code == status
    assert line["status"] == said


def test_a_slow_model_is_a_504_and_recorded_once() -> None:
    (answer,), records = calls(("POST", "/invocations", b'{"a": 1}'), predict=lambda _: time.sleep(1), timeout=0.1)
    assert answer.status_code == 504
    assert [record["status"] for record in records] == ["timeout"]


def test_a_ping_waits_for_no_inference() -> None:
    pinged = threading.Event()
    app = ContainerApp(
        *[Served(Service(COMPILED, lambda _: pinged.wait(5), Monitor(COMPILED, MemorySink())), 10)] * 2, lambda: 0
    )

    async def ping_among_slow_ones() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://model") as client:  # type: ignore[arg-type]
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
            slow = [asyncio.create_task(client.post("/invocations", content=b'{"a": 1}')) for _ in range(3)]
            await asyncio.sleep(0)
            ping = await client.get("/ping")
            assert not any(task.done() for task in slow)
            pinged.set()
            return [ping.status_code, *[answer.status_code for answer in await asyncio.gather(*slow)]]

    assert asyncio.run(ping_among_slow_ones()) == [200] * 4


def test_requests_run_side_by_side() -> None:
    all_are_there = threading.Barrier(4)

    def predict(_: Any) -> int:
        all_are_there.wait(5)  # one after the other, the first would wait in vain
        return 1

    answers, records = calls(*[("POST", "/invocations", b'{"a": 1}')] * 4, predict=predict)
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


ASKED = {"X-Amzn-SageMaker-Custom-Attributes": "inferwatch-transaction-id=0199-7"}


def test_a_function_that_asks_records_the_transaction_and_the_container_a_line_with_its_id() -> None:
    (answer,), records = calls(("POST", "/invocations", b'{"a": 1}'), headers=ASKED)
    assert answer.json() == {"prediction": 2, "transaction_id": "0199-7"}
    (line,) = records
    assert (line["type"], line["transaction_id"], line["status"]) == ("endpoint_invocation", "0199-7", "succeeded")
    assert {"namespace", "model_name", "environment", "server_id", "start_at", "end_at", "elapse"} <= line.keys()
    assert not {"Invocations", "LatencyMs", "request", "response", "prediction"} & line.keys()


def test_other_custom_attributes_are_nobody_of_ours() -> None:
    _, records = calls(
        ("POST", "/invocations", b'{"a": 1}'), headers={"X-Amzn-SageMaker-Custom-Attributes": "trace=0199-7"}
    )
    assert [record["type"] for record in records] == ["inference_transaction"]


def test_a_line_of_a_container_has_no_metrics_for_cloudwatch_to_count_again() -> None:
    sink = MemorySink()
    monitor = Monitor(COMPILED, sink)
    Service(COMPILED, lambda _: 1, monitor).answer({"a": 1}, lambda f, a: f(a), transaction_id="0199-7")
    assert b"_aws" not in sink.lines[0]
    assert sink.lines[0].endswith(b"}\n")


def test_what_went_wrong_behind_a_function_stands_in_the_containers_line() -> None:
    (refused,), (line,) = calls(("POST", "/invocations", b'{"a": "x"}'), headers=ASKED)
    assert (refused.status_code, line["status"], line["error"]["type"]) == (400, "rejected", "InvalidFeatures")

    def broken(_: Any) -> Any:
        raise ValueError("no tree")

    (failed,), (line,) = calls(("POST", "/invocations", b'{"a": 1}'), headers=ASKED, predict=broken)
    assert (failed.status_code, line["error"]) == (500, {"type": "ValueError", "message": "no tree"})


def test_a_container_waits_as_long_as_the_function_that_asks() -> None:
    (answer,), (line,) = calls(
        ("POST", "/invocations", b'{"a": 1}'), headers=ASKED, predict=lambda _: time.sleep(1), timeout=0.2
    )
    assert (answer.status_code, line["status"]) == (504, "timeout")
    assert line["elapse"] < 1000


def test_what_is_redacted_in_the_record_is_so_in_the_containers_line() -> None:
    compiled = {**COMPILED, "redact": ["error.message"]}
    _, (line,) = calls(("POST", "/invocations", b'{"a": "x"}'), headers=ASKED, compiled=compiled)
    assert line["error"] == {"type": "InvalidFeatures", "message": None}


def test_a_row_of_csv_is_read_by_the_declared_order() -> None:
    (answer,), _ = calls(("POST", "/invocations", b"41\n"), headers={**ASKED, "Content-Type": "text/csv"})
    assert answer.json()["prediction"] == 42


def test_a_container_serves_a_plain_model_folder(tmp_path: Path) -> None:
    (tmp_path / "inferwatch.toml").write_text(
        '[model]\nnamespace = "/demo"\nname = "adder"\npredict = "plain_app:predict"\n[function]\ntimeout = 7\n'
    )
    (tmp_path / "plain_app.py").write_text("def predict(features):\n    return 1\n")
    code = "import sys; from inferwatch.serving.container import build; print(build({}, sys.argv[1])._direct.timeout)"
    command = [sys.executable, "-c", code, str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (built.stdout, built.stderr) == ("7.0\n", "")


def test_a_container_without_a_model_says_what_is_missing_and_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inferwatch.serving.container"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"{tmp_path}/inferwatch.compiled.json: the compiled spec cannot be read")
    assert "Traceback" not in ended.stderr


@pytest.fixture
def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def test_the_image_serves_as_sagemaker_starts_it(tmp_path: Path, free_port: int) -> None:
    """`docker run image serve`, with the port in a variable."""
    (tmp_path / "inferwatch.toml").write_text(
        '[model]\nnamespace = "/demo"\nname = "adder"\npredict = "started_app:predict"\n'
        '[features]\na = "number"\n[sagemaker]\n'
    )
    (tmp_path / "started_app.py").write_text(
        "import os\nFOLDER = os.environ['SM_MODEL_DIR']\ndef predict(features):\n    return [features['a'], FOLDER]\n"
    )
    variables = {**os.environ, "SAGEMAKER_BIND_TO_PORT": str(free_port)}
    command = [sys.executable, "-m", "inferwatch.serving.container", "serve"]
    out = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=out, stderr=out, text=True) as process:
        try:
            url = f"http://127.0.0.1:{free_port}"
            assert pinged(url) == 200
            answers = [
                httpx.post(f"{url}/invocations", content="4\n", headers={"Content-Type": "text/csv", **ASKED}),
                httpx.post(f"{url}/invocations", json={"a": 5}),
            ]
        finally:
            process.send_signal(signal.SIGTERM)
            said, trouble = process.communicate(timeout=20)
    assert [answer.json()["prediction"] for answer in answers] == [[4, str(tmp_path)], [5, str(tmp_path)]]
    asked, direct = (json.loads(line) for line in said.splitlines())
    assert (asked["type"], direct["type"]) == ("endpoint_invocation", "inference_transaction")
    assert asked["server_id"] == direct["server_id"] == os.uname().nodename
    assert trouble == ""


def pinged(url: str) -> int:
    end = time.monotonic() + 30
    while True:
        try:
            return httpx.get(f"{url}/ping").status_code
        except httpx.ConnectError:
            assert time.monotonic() < end, "the container did not come up"
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["train"], {}, "unknown arguments: train; expected none, or serve"),
        ([], {"SAGEMAKER_BIND_TO_PORT": "many"}, "SAGEMAKER_BIND_TO_PORT must be a port; got 'many'"),
    ],
)
def test_a_wrong_start_is_said(arguments: list[str], variables: dict[str, str], said: str) -> None:
    command = [sys.executable, "-m", "inferwatch.serving.container", *arguments]
    ended = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (1, f"{said}\n")
