"""The service as a container: `python -m inferwatch.serving.container`, GET /ping and POST /invocations on 8080.

That is SageMaker's contract; JSON or CSV in, JSON out. The app is plain ASGI, so any such server can run it.
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple

from inferwatch.errors import HandlerError, MissingExtraError, SpecError
from inferwatch.sdk import compiled_spec
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving import cors
from inferwatch.serving.answer import error
from inferwatch.serving.deadline import ThreadLimit
from inferwatch.serving.endpoint import TRANSACTION_ID
from inferwatch.serving.event import http_event
from inferwatch.serving.model import load_parse, load_predict
from inferwatch.serving.service import Service

PORT = 8080
PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
BODY_MAX = 25 * 1024 * 1024  # SageMaker's own limit for real-time endpoints
MODEL_DATA = "/opt/ml/model"
"""Where SageMaker puts what is in `sagemaker.model_data`."""
MODEL_DATA_VARIABLE = "SM_MODEL_DIR"
"""Tells the user's code where that is, by the name that SageMaker's own containers have for it."""

ATTRIBUTES = b"x-amzn-sagemaker-custom-attributes"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Served(NamedTuple):
    """A service, and the seconds until its answer is a 504."""

    service: Service
    timeout: float


class ContainerApp:
    """An ASGI app around a model. asked: for a function, which records the transaction; direct: for everybody else."""

    def __init__(self, direct: Served, asked: Served, now_ms: Callable[[], int]) -> None:
        self._direct = direct
        self._asked = asked
        self._now_ms = now_ms

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _send(send, await self._answer(scope, receive))
        elif scope["type"] == "lifespan":
            await _live(receive, send)

    async def _answer(self, scope: Message, receive: Receive) -> dict[str, Any]:
        body = await _body(receive)
        if body is None:
            message = f"the body is larger than {BODY_MAX} bytes"
            return error(413, "PayloadTooLarge", message).for_gateway({"Connection": "close"})
        event = http_event(
            scope["method"],
            scope["path"],
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
            body,
            query=scope["query_string"].decode("latin-1"),
            source_ip=(scope.get("client") or ("",))[0],
            now_ms=self._now_ms(),
        )
        transaction_id = _transaction_id(scope)
        service, timeout = self._direct if transaction_id is None else self._asked
        # SageMaker waits two seconds for a ping: it must not stand in line for a thread behind slow inferences.
        if (modelless := service.modelless(event)) is not None:
            return modelless
        limit = ThreadLimit(timeout)
        return await asyncio.to_thread(service.answer, event, limit, transaction_id=transaction_id)


def build(environ: Mapping[str, str], folder: str) -> ContainerApp:
    """The app of the model in `folder`. Raises SpecError, HandlerError."""
    compiled = compiled_spec.load(environ, folder)
    monitor = Monitor(compiled, server_id=os.uname().nodename)
    predict, parse = load_predict(compiled, folder), load_parse(compiled, folder)
    origins = cors.allowed_origins(environ)
    direct = Served(Service(compiled, predict, monitor, parse=parse, allowed_origins=origins), compiled["timeout"])
    # The function that asks has parsed its request, and waits so long and no longer.
    timeout = (compiled.get("endpoint") or compiled)["timeout"]
    asked = Served(Service(compiled, predict, monitor, allowed_origins=origins), timeout)
    return ContainerApp(direct, asked, lambda: time.time_ns() // 1_000_000)


def main(arguments: Sequence[str]) -> None:
    """Serve the model of the working directory until a signal comes. arguments: none, or SageMaker's one, `serve`."""
    if list(arguments) not in ([], ["serve"]):
        raise SystemExit(f"unknown arguments: {' '.join(arguments)}; expected none, or serve")
    # A container's network is its own, and SageMaker calls it from outside.
    serve("0.0.0.0", _port(os.environ))  # noqa: S104


def serve(host: str = "", port: int = 0, bound: socket.socket | None = None) -> None:
    """Serve the model of the working directory. bound: a socket that listens, in place of host and port."""
    try:
        import uvicorn
    except ImportError:
        raise SystemExit(str(MissingExtraError("local", "the container server"))) from None
    os.environ.setdefault(MODEL_DATA_VARIABLE, MODEL_DATA if os.path.isdir(MODEL_DATA) else os.getcwd())
    try:
        app = build(os.environ, os.getcwd())
    except (HandlerError, SpecError) as problem:
        raise SystemExit(str(problem)) from None
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,  # SageMaker must not find a connection gone that it keeps for the next request
    )
    uvicorn.Server(config).run(None if bound is None else [bound])


def _port(environ: Mapping[str, str]) -> int:
    given = environ.get(PORT_VARIABLE, str(PORT))
    if not given.isdecimal():
        raise SystemExit(f"{PORT_VARIABLE} must be a port; got {given!r}")
    return int(given)


def _transaction_id(scope: Message) -> str | None:
    """Of the function that asks, if one does."""
    for name, value in scope["headers"]:
        if name == ATTRIBUTES:
            text = value.decode("latin-1")
            return text.removeprefix(TRANSACTION_ID) if text.startswith(TRANSACTION_ID) else None
    return None


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None for one beyond the limit, which is read to its end so that the answer arrives."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_MAX:
            parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if size <= BODY_MAX else None


async def _send(send: Send, said: dict[str, Any]) -> None:
    body = said["body"].encode()
    headers = {**said["headers"], "Content-Length": str(len(body))}
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": said["statusCode"], "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


if __name__ == "__main__":
    main(sys.argv[1:])
