"""The Lambda entry point, `inferwatch.serving.aws_lambda.handler`: here and on AWS the same.

The model's folder is the working directory. `handler` is built when it is first asked for, which is in
Lambda's init phase, so that what is wrong with the user's code is said before the first invocation.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from inferwatch.sdk import compiled_spec
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving.deadline import AlarmLimit
from inferwatch.serving.event import is_queue
from inferwatch.serving.model import load_service

if TYPE_CHECKING:
    from inferwatch.serving.sqs import Messages

ANSWER_MAX = 6 * 1024 * 1024 - 4096
"""Bytes: Lambda's limit for what a function returns, less what stands around the body."""

Handler = Callable[[Any, Any], dict[str, Any]]


class NotRecorded(Exception):
    """The record of an inference could not be written. To the runtime that is an error, and its report makes one."""


def build(environ: Mapping[str, str], folder: str) -> Handler:
    """The handler of the model in `folder`. Raises SpecError, HandlerError."""
    compiled = compiled_spec.load(environ, folder)
    monitor = Monitor(compiled)
    service = load_service(compiled, folder, environ, monitor, answer_max=ANSWER_MAX)

    def messages() -> Messages:
        from inferwatch.serving.sqs import Messages  # not before there are any: most models have no queue

        return Messages(compiled, service, monitor)

    queue = messages() if compiled.get("max_receive_count") else None

    def handle(event: Any, context: Any) -> dict[str, Any]:
        if is_queue(event):
            remaining_ms = context.get_remaining_time_in_millis
            return (queue or messages()).answer(event, remaining_ms, context.aws_request_id)
        dropped = monitor.dropped
        said = service.answer(event, AlarmLimit(context.get_remaining_time_in_millis), context.aws_request_id)
        if monitor.dropped > dropped:
            raise NotRecorded("standard output did not take the record; is it closed, or the disk full?")
        return said

    return handle


def __getattr__(name: str) -> Any:
    if name != "handler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    handler = globals()["handler"] = build(os.environ, os.getcwd())
    return handler
