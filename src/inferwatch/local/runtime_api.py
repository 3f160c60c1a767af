"""AWS's Runtime API, as a worker's runtime client (`awslambdaric`) calls it. One server for each environment, on a
loopback port of its own: the port says which environment is calling.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import httptools
import msgspec
import orjson

from inferwatch.local.invocation import Failure

_PREFIX = b"/2018-06-01/runtime/"
_ACCEPTED = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" + b'{"status":"OK"}'
)
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is given. deadline_ms: when it will be killed; payload: JSON."""

    request_id: str
    deadline_ms: int
    function_arn: str
    payload: bytes


class Caller(Protocol):
    """The environment whose worker calls. All of it happens in the event loop's thread."""

    def next(self, deliver: Callable[[Event], None]) -> None:
        """The worker is ready: for its first event, which means that its init is over, or for another one."""
        ...

    def response(self, request_id: str, payload: bytes) -> None: ...

    def error(self, request_id: str, failure: Failure) -> None: ...

    def init_error(self, failure: Failure) -> None: ...


async def listen(caller: Caller) -> tuple[asyncio.Server, str]:
    """Serve the Runtime API to one worker; gives the server and its address for AWS_LAMBDA_RUNTIME_API."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(caller), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    return server, f"{host}:{port}"


class _Connection(asyncio.Protocol):
    """One connection. Head and body of an answer leave in one write: in two, each call would wait for a delayed ack."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._url = b""
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._url = b""
        self._body = bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode("ascii")
        path = self._url.removeprefix(_PREFIX).decode("ascii", "replace")
        match [method, *path.split("/")]:
            case ["GET", "invocation", "next"]:
                self._caller.next(self._deliver)
                return
            case ["POST", "invocation", request_id, "response"]:
                self._caller.response(request_id, bytes(self._body))
            case ["POST", "invocation", request_id, "error"]:
                self._caller.error(request_id, _failure(self._body))
            case ["POST", "init", "error"]:
                self._caller.init_error(_failure(self._body))
            case _:
                self._transport.write(_NOT_FOUND)
                return
        self._transport.write(_ACCEPTED)

    def _deliver(self, event: Event) -> None:
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(event.payload)}\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {event.request_id}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {event.deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {event.function_arn}\r\n"
            f"Lambda-Runtime-Trace-Id: {_trace_id(event)}\r\n\r\n"
        )
        self._transport.write(head.encode("ascii") + event.payload)


def _trace_id(event: Event) -> str:
    """X-Ray's form, derived from the request: the time in hexadecimal, then 24 digits."""
    digits = event.request_id.replace("-", "")[:24]
    return f"Root=1-{event.deadline_ms // 1000:08x}-{digits};Sampled=0"


def _failure(body: bytearray) -> Failure:
    """What the runtime client posts: `{"errorMessage", "errorType", "stackTrace"}`."""
    try:
        said = orjson.loads(body)
        return Failure(str(said.get("errorType") or "Runtime.Unknown"), str(said.get("errorMessage") or ""))
    except (ValueError, AttributeError):
        return Failure("Runtime.Unknown", bytes(body[:1000]).decode(errors="replace"))
