"""A model behind an endpoint of this machine, that does what its one feature tells it to, and ways to ask it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from local_bench import until, wall_ms

from inferwatch.local.endpoint.endpoint import LocalEndpoint
from inferwatch.spec import load_spec

ENDPOINT = "houses-Endpoint"
SPEC = """
[model]
namespace = "/demo"
name = "houses"
predict = "houses_app:predict"
[function]
timeout = 5
concurrency = 4
[features]
rooms = "number"
[sagemaker]
timeout = 4
{more}
"""
APP = """
import os, time
print("loading")

def predict(features):
    rooms = features["rooms"]
    if rooms == -1:
        raise ValueError("no such house")
    if rooms == -2:
        os._exit(7)
    if rooms == -3:
        open("asleep", "w").close()
        while not os.path.exists("wake"):
            time.sleep(0.01)
    return {"prediction": rooms * 10, "pid": os.getpid()}
"""

Call = Callable[..., dict[str, Any]]


def make_model(folder: Path, more: str = "", app: str = APP) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inferwatch.toml").write_text(SPEC.format(more=more))
    (folder / "houses_app.py").write_text(app)
    return folder


@asynccontextmanager
async def running(model: Path, data: Path, environ: dict[str, str] | None = None) -> AsyncIterator[LocalEndpoint]:
    endpoint = LocalEndpoint(load_spec(model), data, {**os.environ, **(environ or {})}, now_ms=wall_ms)
    try:
        await endpoint.start()
        yield endpoint
    finally:
        await endpoint.stop()


async def ask(endpoint: LocalEndpoint, body: bytes, **arguments: Any) -> dict[str, Any]:
    """What boto3 gives for one call, its body read."""
    variables = endpoint.variables()
    client = boto3.Session("key", "secret", region_name="eu-central-1").client(
        "sagemaker-runtime",
        endpoint_url=variables["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"],
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
    )
    asked = {"EndpointName": ENDPOINT, "ContentType": "application/json", "Body": body, **arguments}
    said = await asyncio.to_thread(client.invoke_endpoint, **asked)
    return {**said, "Body": said["Body"].read()}


async def come(condition: Callable[[], bool]) -> None:
    """Wait within the event loop for what another process will bring about."""
    await asyncio.to_thread(until, condition, 20)


def lines_of(data: Path, group: str) -> list[str]:
    """The lines of all streams of a group."""
    files = sorted((data / "logs" / group.strip("/") / "@streams").glob("*.jsonl"))
    return [line for file in files for line in file.read_text().splitlines()]
