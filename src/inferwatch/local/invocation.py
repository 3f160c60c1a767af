"""What comes of an event: an invocation's outcome, or the refusal to begin one."""

from __future__ import annotations

from typing import Literal

import msgspec

EVENT_MAX = 6 * 1024 * 1024  # bytes; Lambda's limit for a synchronous invocation, each way


class Failure(msgspec.Struct, frozen=True):
    """Why an invocation, or an environment's start, came to nothing. kind: Lambda's `errorType`."""

    kind: str
    message: str


class Invocation(msgspec.Struct, frozen=True, kw_only=True):
    """One that began and is over; its report is in the log stream.

    status: Lambda's: `error` was said by the runtime, `failure` is a process that ended, `timeout` one that was
    killed at its deadline. payload: what the handler returned, JSON; empty where failure says why there is none.
    """

    request_id: str
    status: Literal["success", "error", "failure", "timeout"]
    payload: bytes = b""
    failure: Failure | None = None


class Refused(Exception):
    """No invocation began, or one that cannot be acknowledged, since it could not be recorded.

    status: of HTTP; kind: for programs.
    """

    def __init__(self, status: int, kind: str, message: str) -> None:
        self.status = status
        self.kind = kind
        self.message = message
        super().__init__(message)


class Unavailable(Refused):
    """Nothing is wrong with the request; this machine cannot serve it now."""

    def __init__(self, message: str) -> None:
        super().__init__(503, "ServiceUnavailable", message)


class Throttled(Refused):
    """Every environment is busy."""

    def __init__(self, concurrency: int) -> None:
        message = f"all {concurrency} environments are busy; try again, or raise function.concurrency"
        super().__init__(429, "TooManyRequests", message)


class TooLarge(Refused):
    """More than Lambda takes in one event."""

    def __init__(self) -> None:
        super().__init__(413, "PayloadTooLarge", f"the request is larger than {EVENT_MAX} bytes, Lambda's limit")
