"""The HTTP side: what API Gateway does in front of a Lambda, on this machine.

`POST /predict` and `/invocations` become events for the pool; `GET /ping` says whether the function starts, and
`GET /healthz` whether everything around it lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec
import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from inferwatch.local.body import body_of
from inferwatch.local.invocation import EVENT_MAX, Invocation, Refused, TooLarge
from inferwatch.local.pool import Pool
from inferwatch.local.refusals import Refusals
from inferwatch.serving import answer, cors
from inferwatch.serving.event import http_event
from inferwatch.serving.routes import modelless_answer

TICK_SECONDS = 1.0
Check = Callable[[], str | None]
"""What is wrong with a part of the whole, or None if nothing is."""


def gateway_app(
    pool: Pool,
    refusals: Refusals,
    *,
    now_ms: Callable[[], int],
    allowed_origins: tuple[str, ...] = ("*",),
    checks: Mapping[str, Check] | None = None,
) -> Starlette:
    """The gateway as an ASGI app; its lifespan writes the refusals and retires worn environments.

    checks: by name, for /healthz: the store's and the evaluator's heartbeats.
    """
    gateway = _Gateway(pool, refusals, now_ms, allowed_origins, checks or {})
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]
    return Starlette(
        routes=[
            Route("/healthz", gateway.health, methods=["GET"]),
            Route("/{path:path}", gateway.call, methods=everything),
        ],
        lifespan=gateway.live,
    )


class _Gateway:
    def __init__(
        self,
        pool: Pool,
        refusals: Refusals,
        now_ms: Callable[[], int],
        allowed_origins: tuple[str, ...],
        checks: Mapping[str, Check],
    ) -> None:
        self._pool = pool
        self._refusals = refusals
        self._now_ms = now_ms
        self._allowed_origins = allowed_origins
        self._checks = checks
        self._unwritten: str | None = None

    async def call(self, request: Request) -> Response:
        """One request. CORS headers go on every answer, or a page could not read why it was refused."""
        added = cors.headers(self._allowed_origins, request.headers.get("origin"))
        if said := modelless_answer(request.method, request.url.path):
            problem = self._pool.state().problem
            if request.method == "GET" and problem is not None:
                said = answer.error(503, "ServiceUnavailable", problem)
            return _response(said.for_gateway(added))
        try:
            invocation = await self._pool.invoke(await self._event(request))
        except Refused as refusal:
            self._refusals.count(refusal.status)
            if refusal.status == 429:
                added["Retry-After"] = "1"
            return _response(answer.error(refusal.status, refusal.kind, refusal.message).for_gateway(added))
        except ClientDisconnect:
            return Response(status_code=499)  # nobody reads it
        response = _response(_answer_of(invocation) or _failed(invocation).for_gateway(added))
        response.headers["x-amzn-RequestId"] = invocation.request_id  # as API Gateway does; it stands in the record
        return response

    async def health(self, request: Request) -> Response:
        """Green (200) or red (503), and every part by name with what is wrong with it."""
        state = self._pool.state()
        parts = {name: check() for name, check in self._checks.items()}
        parts |= {"function": state.problem, "refusals": self._unwritten}
        red = any(problem is not None for problem in parts.values())
        body = {"status": "red" if red else "green", "checks": parts, "pool": msgspec.to_builtins(state)}
        return JSONResponse({**body, "refused": self._refusals.total}, status_code=503 if red else 200)

    @contextlib.asynccontextmanager
    async def live(self, app: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            with contextlib.suppress(OSError):  # the disk is full, and nobody is left to hear it
                self._refusals.close(self._now_ms())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                self._refusals.flush(self._now_ms())
                self._unwritten = None
            except OSError as error:
                self._unwritten = f"refusals cannot be written: {error.strerror}"
            self._pool.recycle(self._now_ms())

    async def _event(self, request: Request) -> dict[str, Any]:
        return http_event(
            request.method,
            request.url.path,
            request.headers.items(),
            await _body(request),
            query=request.url.query,
            source_ip=request.client.host if request.client else "",
            request_id=str(uuid.uuid4()),
            now_ms=self._now_ms(),
        )


async def _body(request: Request) -> bytes:
    """The whole body. What is too large is refused before it is read; the server reads and drops the rest of it."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > EVENT_MAX:
        raise TooLarge
    body = await body_of(request, EVENT_MAX)
    if body is None:
        raise TooLarge
    return body


def _answer_of(invocation: Invocation) -> dict[str, Any] | None:
    """What the handler answered, or None where there is no answer of the form that API Gateway takes."""
    if invocation.status != "success":
        return None
    try:
        said = orjson.loads(invocation.payload)
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("statusCode"), int) else None


def _failed(invocation: Invocation) -> answer.Answer:
    if invocation.status == "timeout":
        said = answer.error(504, "Timeout", "no answer before the deadline")
    else:
        said = answer.error(502, "FunctionError", "the function ended without an answer")
    return said._replace(body={**(said.body or {}), "request_id": invocation.request_id})


def _response(said: Mapping[str, Any]) -> Response:
    return Response(said.get("body") or "", said["statusCode"], said.get("headers") or {})
