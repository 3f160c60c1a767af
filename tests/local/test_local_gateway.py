from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from local_bench import MakePool, events, records, run, running, streams, wall_ms

from inferwatch.local.gateway import gateway_app
from inferwatch.local.invocation import EVENT_MAX
from inferwatch.local.refusals import Refusals
from inferwatch.local.serve import bind, port_of, serve

GROUP = "/demo/odd"
COMPILED = {
    "namespace": "/demo",
    "model_name": "odd",
    "environment": "dev",
    "metric_namespace": "demo",
    "log_group": GROUP,
    "high_resolution": ["Throttles"],
}


@asynccontextmanager
async def gateway(make_pool: MakePool, data: Path, **more: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway on a real port, with a client for it."""
    options = {name: more.pop(name) for name in ("timeout", "concurrency") if name in more}
    bound, stop = bind("gateway", 0), asyncio.Event()
    async with running(make_pool(**options)) as pool:
        app = gateway_app(pool, Refusals(COMPILED, data), now_ms=wall_ms, **more)
        serving = asyncio.create_task(serve([(app, bound)], stop, close=pool.stop, tell=pytest.fail))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port_of(bound)}", timeout=20) as client:
            yield client
        stop.set()
        await serving


def test_one_inference_over_http(make_pool: MakePool, data: Path) -> None:
    async def ask() -> httpx.Response:
        async with gateway(make_pool, data) as client:
            return await client.post("/predict", json={"do": "answer"}, headers={"Origin": "https://a.test"})

    answer = run(ask())
    (record,) = records(streams(data)[0])
    assert answer.status_code == 200
    assert answer.json()["transaction_id"] == record["transaction_id"]
    assert record["requester"] == {"ip": "127.0.0.1"}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/json"


def test_every_kind_of_answer_has_its_status(make_pool: MakePool, data: Path) -> None:
    async def ask() -> list[int]:
        async with gateway(make_pool, data, timeout=0.5) as client:
            asked = [f'{{"do": "{what}"}}'.encode() for what in ("answer", "fail", "sleep", "leave", "block")]
            bad = [b"{", b"[]", b"{}", b""]
            return [(await client.post("/invocations", content=content)).status_code for content in asked + bad]

    assert run(ask()) == [200, 500, 504, 502, 504, 400, 400, 400, 400]
    recorded = [r["status"] for stream in streams(data) for r in records(stream)]
    assert sorted(recorded) == sorted(["succeeded", "failed", "timeout", *["rejected"] * 4])
    reported = [r["status"] for stream in streams(data) for r in events(stream, "report")]
    assert sorted(reported) == sorted([*["success"] * 7, "failure", "timeout"])


def test_a_killed_invocation_is_answered_with_its_request_id_after_its_report(make_pool: MakePool, data: Path) -> None:
    async def ask() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        async with gateway(make_pool, data) as client:
            answer = (await client.post("/predict", json={"do": "leave"})).json()
            return answer, events(streams(data)[0], "report")

    answer, reports = run(ask())
    assert answer["error"]["type"] == "FunctionError"
    assert [report["requestId"] for report in reports] == [answer["request_id"]]


def test_what_is_no_inference_costs_no_invocation(make_pool: MakePool, data: Path) -> None:
    async def ask() -> list[int]:
        async with gateway(make_pool, data) as client:
            asked = [("GET", "/ping"), ("OPTIONS", "/predict"), ("GET", "/predict"), ("POST", "/nope"), ("GET", "/")]
            return [(await client.request(method, path)).status_code for method, path in asked]

    assert run(ask()) == [200, 204, 405, 404, 404]
    assert events(streams(data)[0], "start") == []


def test_a_burst_is_throttled_and_the_refusals_are_counted_apart(make_pool: MakePool, data: Path) -> None:
    async def burst() -> list[httpx.Response]:
        async with gateway(make_pool, data, concurrency=2) as client:
            return await asyncio.gather(*(client.post("/predict", json={"do": "nap"}) for _ in range(30)))

    answers = run(burst())
    accepted = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(accepted) + len(refused) == 30
    assert len(accepted) >= 2
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].json()["error"]["type"] == "TooManyRequests"
    files = {path.name.startswith("gateway%2F"): path for path in streams(data)}
    counted = [line for line in map(_json, files[True].read_text().splitlines()) if "Throttles" in line]
    assert sum(line["Throttles"] for line in counted) == len(refused)
    written = [r for stream in streams(data) for r in records(stream)]
    assert len(written) == len(accepted)


def test_a_body_of_10_mb_gets_a_413_and_the_connection_serves_on(make_pool: MakePool, data: Path) -> None:
    async def ask() -> tuple[list[httpx.Response], int]:
        async with gateway(make_pool, data) as client:
            large = await client.post("/predict", content=b"x" * 10_000_000)
            after = await client.post("/predict", json={"do": "answer"})
            chunked = await client.post("/predict", content=_parts(10_000_000))
            return [large, after, chunked], (await client.get("/healthz")).json()["refused"]

    (large, after, chunked), refused = run(ask())
    assert (large.status_code, after.status_code, chunked.status_code) == (413, 200, 413)
    assert large.json()["error"]["message"] == f"the request is larger than {EVENT_MAX} bytes, Lambda's limit"
    assert refused == 2


def test_a_client_that_waits_for_leave_to_send_is_refused_before_it_sends(make_pool: MakePool, data: Path) -> None:
    def expecting(port: int) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(
                b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\nExpect: 100-continue\r\n\r\n"
            )
            return connection.recv(100)

    async def ask() -> bytes:
        async with gateway(make_pool, data) as client:
            return await asyncio.to_thread(expecting, client.base_url.port or 0)

    assert run(ask()).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_leaves_half_way_disturbs_nobody(make_pool: MakePool, data: Path) -> None:
    def leave(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")

    async def ask() -> int:
        async with gateway(make_pool, data) as client:
            await asyncio.to_thread(leave, client.base_url.port or 0)
            return (await client.post("/predict", json={"do": "answer"})).status_code

    assert run(ask()) == 200


def test_health_is_red_when_a_part_is(make_pool: MakePool, data: Path) -> None:
    problem: list[str | None] = [None]

    async def ask() -> list[httpx.Response]:
        async with gateway(make_pool, data, checks={"evaluator": lambda: problem[0]}) as client:
            green = await client.get("/healthz")
            problem[0] = "no evaluation for 20 s"
            return [green, await client.get("/healthz")]

    green, red = run(ask())
    assert (green.status_code, green.json()["status"]) == (200, "green")
    assert green.json()["pool"] == {"environments": 1, "busy": 0, "concurrency": 2, "problem": None}
    assert (red.status_code, red.json()["status"]) == (503, "red")
    assert red.json()["checks"]["evaluator"] == "no evaluation for 20 s"


def test_refusals_are_one_valid_line_for_each_flush(data: Path) -> None:
    refusals = Refusals(COMPILED, data)
    refusals.flush(1000)
    assert streams(data) == []
    for status in (429, 413, 429):
        refusals.count(status)
    refusals.flush(2000)
    refusals.flush(3000)
    refusals.count(503)
    refusals.close(4000)
    first, second, end = map(_json, streams(data)[0].read_text().splitlines())
    assert first["_aws"] == {
        "Timestamp": 2000,
        "CloudWatchMetrics": [
            {
                "Namespace": "demo",
                "Dimensions": [["model_name", "environment"]],
                "Metrics": [
                    {"Name": "Throttles", "Unit": "Count", "StorageResolution": 1},
                    {"Name": "RefusedCount", "Unit": "Count"},
                ],
            }
        ],
    }
    assert (first["Throttles"], first["RefusedCount"], first["model_name"]) == (2, 1, "odd")
    assert (second["Throttles"], second["RefusedCount"]) == (0, 1)
    assert end["type"] == "platform.streamEnd"


def test_counts_outlive_a_disk_that_cannot_be_written(data: Path) -> None:
    refusals = Refusals(COMPILED, data)
    refusals.count(429)
    data.write_text("no folder")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        refusals.flush(1000)
    data.unlink()
    refusals.flush(2000)
    assert _json(streams(data)[0].read_text())["Throttles"] == 1


def _json(line: str) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(line)
    return parsed


async def _parts(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100_000):
        yield b"x" * 100_000
