"""The service as a container: `python -m inferwatch.serving.container`, GET /ping and POST /invocations on 8080.

That is SageMaker's contract; JSON in and out. The app is plain ASGI, so any such server can run it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from inferwatch.errors import HandlerError, MissingExtraError, SpecError
from inferwatch.sdk import compiled_spec
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving.answer import error
from inferwatch.serving.deadline import ThreadLimit
from inferwatch.serving.event import http_event
from inferwatch.serving.model import load_service
from inferwatch.serving.service import Service

PORT = 8080
BODY_MAX = 25 * 1024 * 1024  # SageMaker's own limit for real-time endpoints

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ContainerApp:
    """An ASGI app around a service. timeout: seconds until an answer is a 504."""

    def __init__(self, service: Service, timeout: float, now_ms: Callable[[], int]) -> None:
        self._service = service
        self._timeout = timeout
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
        return await asyncio.to_thread(self._service.answer, event, ThreadLimit(self._timeout))


def build(environ: Mapping[str, str], folder: str) -> ContainerApp:
    """The app of the model in `folder`. Raises SpecError, HandlerError."""
    compiled = compiled_spec.load(environ, folder)
    service = load_service(compiled, folder, environ, Monitor(compiled))
    return ContainerApp(service, compiled["timeout"], lambda: time.time_ns() // 1_000_000)


def main() -> None:
    """Serve the model of the working directory until a signal comes."""
    try:
        import uvicorn
    except ImportError:
        raise SystemExit(str(MissingExtraError("local", "the container server"))) from None
    try:
        app = build(os.environ, os.getcwd())
    except (HandlerError, SpecError) as problem:
        raise SystemExit(str(problem)) from None
    # A container's network is its own, and SageMaker calls it from outside.
    uvicorn.run(app, host="0.0.0.0", port=PORT, log_level="warning", access_log=False)  # noqa: S104


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
    main()
