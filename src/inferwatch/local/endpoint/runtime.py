"""SageMaker's runtime API on loopback: InvokeEndpoint, for the one endpoint of this machine's model.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from inferwatch.local.endpoint.container import VARIANT, Container
from inferwatch.local.endpoint.http_call import Reply
from inferwatch.local.endpoint.measures import Measures

INVOCATION_SECONDS = 60.0
BODY_MAX = 25 * 1024 * 1024
SERVERLESS_BODY_MAX = 4 * 1024 * 1024
ACCOUNT = "0" * 12
# SageMaker strips all other headers; of the inference id it does not say that the container gets it.
_FORWARDED = ("content-type", "accept", "x-amzn-sagemaker-custom-attributes")
_RETURNED = {
    "content-type": "Content-Type",
    "x-amzn-sagemaker-custom-attributes": "X-Amzn-SageMaker-Custom-Attributes",
}


class Offer(NamedTuple):
    """The endpoint: its name, and what a serverless one takes at the same time; None for instances."""

    name: str
    concurrency: int | None

    @property
    def body_max(self) -> int:
        return BODY_MAX if self.concurrency is None else SERVERLESS_BODY_MAX


def runtime_app(offer: Offer, container: Container, measures: Measures) -> Starlette:
    """The API as an ASGI app."""
    runtime = _Runtime(offer, container, measures)
    return Starlette(routes=[Route("/endpoints/{name}/invocations", runtime.invoke, methods=["POST"])])


class _Runtime:
    def __init__(self, offer: Offer, container: Container, measures: Measures) -> None:
        self._offer = offer
        self._container = container
        self._measures = measures
        self._busy = 0

    async def invoke(self, request: Request) -> Response:
        name = request.path_params["name"]
        if "origin" in request.headers:
            return _error(403, "AccessDeniedException", Message="this endpoint is for programs, not for web pages")
        if name != self._offer.name:
            return _error(400, "ValidationError", Message=f"Endpoint {name} of account {ACCOUNT} not found.")
        if self._offer.concurrency is not None and self._busy >= self._offer.concurrency:
            return _error(400, "ThrottlingException", message=None)  # SageMaker says no more than that
        self._busy += 1
        try:
            return await self._invoked(request)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody reads it
        finally:
            self._busy -= 1

    async def _invoked(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        began = loop.time()
        body = await request.body()
        if len(body) > self._offer.body_max:
            message = f"the body has {len(body)} bytes; at most {self._offer.body_max} are possible here"
            return _error(400, "ValidationError", Message=message)
        headers = {name: request.headers[name] for name in _FORWARDED if name in request.headers}
        asked = loop.time()
        try:
            await self._container.available(INVOCATION_SECONDS)
            asked = loop.time()
            reply = await self._container.invoke(headers, body, INVOCATION_SECONDS - (asked - began))
        except TimeoutError:
            reply = _no_reply("Your invocation timed out while waiting for a response from container primary.")
        except OSError as error:
            reply = _no_reply(str(error) or type(error).__name__)
        took = loop.time() - asked
        failed = not 200 <= reply.status < 300
        self._measures.write(model=took, overhead=loop.time() - began - took, failed=failed)
        return _model_error(reply) if failed else _success(reply)


def _no_reply(message: str) -> Reply:
    """Where the container did not answer SageMaker gives the status 0."""
    return Reply(0, {}, message.encode())


def _success(reply: Reply) -> Response:
    headers = {name: reply.headers[lower] for lower, name in _RETURNED.items() if lower in reply.headers}
    return Response(reply.body, 200, {**headers, "x-Amzn-Invoked-Production-Variant": VARIANT})


def _model_error(reply: Reply) -> Response:
    original = reply.body.decode("utf-8", "replace")
    kind = "client" if 400 <= reply.status < 500 else "server"
    message = f'Received {kind} error ({reply.status}) from primary with message "{original}".'
    return _error(424, "ModelError", Message=message, OriginalStatusCode=reply.status, OriginalMessage=original)


def _error(status: int, code: str, **members: Any) -> Response:
    headers: Mapping[str, str] = {"x-amzn-errortype": code, "Content-Type": "application/json"}
    return Response(orjson.dumps(members), status, headers)
