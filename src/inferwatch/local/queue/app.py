"""SQS's API over HTTP, as the AWS CLI and every SDK speak it, for programs of this machine and no web page."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

import orjson
from botocore.model import OperationNotFoundError
from moto.core.request import Request as MotoRequest
from moto.core.responses import ActionResult
from moto.sqs.responses import SQSResponse
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from inferwatch.errors import StoreError
from inferwatch.local.body import body_of
from inferwatch.local.queue.backend import Backend, Move

BODY_MAX = 8 * 1024 * 1024
"""Bytes: a message of 1 MiB, escaped as badly as its form allows."""

ACTIONS = frozenset(
    {
        "ChangeMessageVisibility",
        "ChangeMessageVisibilityBatch",
        "DeleteMessage",
        "DeleteMessageBatch",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
        "StartMessageMoveTask",
    }
)
_Said = tuple[int, Mapping[str, str], str | bytes]
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def sqs_app(backend: Backend) -> Starlette:
    """The API as an ASGI app. It has POST only, refuses names that are not this machine's (DNS rebinding), and
    whatever a browser sends for a page, which it marks with an Origin."""
    server = _Server(backend)
    return Starlette(routes=[Route("/{path:path}", server.call, methods=["POST"])])


class _Server:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def call(self, request: Request) -> Response:
        host = request.headers.get("host", "")
        name = host.lower() if host.endswith("]") else host.lower().rpartition(":")[0] or host.lower()
        if name not in _LOOPBACK or "origin" in request.headers:
            return PlainTextResponse("This queue is for programs of this machine.\n", status_code=403)
        try:
            body = await body_of(request, BODY_MAX)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody reads it
        if body is None:
            return PlainTextResponse(f"The request is larger than {BODY_MAX} bytes.\n", status_code=413)
        # Threads of their own: who waits for a message may not keep the machine's own consumer from receiving.
        status, headers, said = await run_in_threadpool(self._answer, str(request.url), dict(request.headers), body)
        # The server writes a date of its own.
        return Response(
            said, status, {name: value for name, value in headers.items() if name not in ("date", "status")}
        )

    def _answer(self, url: str, headers: dict[str, str], body: bytes) -> _Said:
        asked = MotoRequest.from_primitives("POST", url, headers, body)
        return _Answer(self._backend).answer(asked)


class _Answer(SQSResponse):
    """moto's reading of one request and writing of its answer, for our backend, whatever region and account sign."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend

    @property
    def sqs_backend(self) -> Backend:
        return self._backend

    def start_message_move_task(self) -> ActionResult:
        asked = (self._get_param("SourceArn"), self._get_param("DestinationArn"))
        return ActionResult({"TaskHandle": self._backend.start_message_move_task(*asked)})

    def list_message_move_tasks(self) -> ActionResult:
        moves = self._backend.list_message_move_tasks(self._get_param("SourceArn"), self._get_param("MaxResults", 1))
        return ActionResult({"Results": [_told(move) for move in moves]})

    def answer(self, request: MotoRequest) -> _Said:
        """Status, headers and body."""
        as_json = "json" in request.headers.get("content-type", "")
        try:
            self.setup_class(request)
            action = self._get_action()
            if action not in ACTIONS:
                problem = f"{action} is not possible here: the queues are as the spec has them"
                return _error(400, "UnsupportedOperation", problem, as_json)
            answered: _Said = self.call_action()
        except StoreError as error:
            return _error(503, "ServiceUnavailable", str(error), as_json)
        except OperationNotFoundError:
            return _error(400, "InvalidAction", "SQS has no such action", as_json)
        except Exception as error:  # what moto does not foresee of a request that no SDK would write
            return _error(400, "InvalidParameterValue", f"the request is not understood: {error!r}", as_json)
        return answered


def _told(move: Move) -> dict[str, str | int]:
    return {
        "Status": "COMPLETED",
        "SourceArn": move.source,
        "DestinationArn": move.to,
        "ApproximateNumberOfMessagesMoved": move.moved,
        "ApproximateNumberOfMessagesToMove": move.moved,
        "StartedTimestamp": move.started_ms,
    }


def _error(status: int, code: str, message: str, as_json: bool) -> _Said:
    """An error in either form that SQS has; moto writes those alone that SQS's model names."""
    if as_json:
        return (
            status,
            {"content-type": "application/x-amz-json-1.0"},
            orjson.dumps({"__type": code, "message": message}),
        )
    said = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return status, {"content-type": "text/xml"}, f"<ErrorResponse>{said}</ErrorResponse>"
