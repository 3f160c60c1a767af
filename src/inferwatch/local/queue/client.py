"""Asking the queue of one machine, which needs neither credentials nor AWS's libraries."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from inferwatch.errors import QueueError
from inferwatch.local.queue.address import queue_url
from inferwatch.local.queue.sqs_queue import arn

PATIENCE_SECONDS = 30.0
_ANSWERS = {"SendMessageBatch": "Successful", "StartMessageMoveTask": "TaskHandle", "ListMessageMoveTasks": "Results"}
_ABSENT = ("QueueDoesNotExist", "ResourceNotFoundException")


def send(endpoint: str, queue: str, bodies: Sequence[str]) -> list[str]:
    """Put at most ten messages into a queue, all or none; gives their ids. Raises QueueError."""
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    said = _call(endpoint, "SendMessageBatch", queue, {"QueueUrl": queue_url(endpoint, queue), "Entries": entries})
    ids = {entry["Id"]: entry["MessageId"] for entry in said["Successful"]}
    return [ids[entry["Id"]] for entry in entries]


def move_back(endpoint: str, dead_letters: str) -> int:
    """Move all messages of a dead-letter queue back to where they were; gives their number. Raises QueueError."""
    source = {"SourceArn": arn(dead_letters)}
    _call(endpoint, "StartMessageMoveTask", dead_letters, source)
    newest = _call(endpoint, "ListMessageMoveTasks", dead_letters, source)["Results"][0]
    return int(newest["ApproximateNumberOfMessagesMoved"])


def _call(endpoint: str, action: str, queue: str, asked: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", "/", orjson.dumps(asked), headers)
        said = orjson.loads(connection.getresponse().read())
    except ConnectionRefusedError as error:
        raise QueueError(f"nothing listens at {endpoint}: is `inferwatch up` running for this model?") from error
    except OSError as error:
        raise QueueError(f"no answer from {endpoint} ({error}); it is not known whether it did {action}") from error
    except (http.client.HTTPException, ValueError) as error:
        raise QueueError(f"what listens at {endpoint} is no queue of InferWatch's") from error
    finally:
        connection.close()
    if isinstance(said, dict) and "__type" in said:
        raise QueueError(_refused(endpoint, queue, said))
    if not isinstance(said, dict) or _ANSWERS[action] not in said:
        raise QueueError(f"what listens at {endpoint} is no queue of InferWatch's")
    return said


def _refused(endpoint: str, queue: str, said: dict[str, Any]) -> str:
    if str(said["__type"]).endswith(_ABSENT):
        return f"at {endpoint} there is no queue {queue}: another model, or another environment, is up there"
    return f"the queue refuses: {said.get('message') or said['__type']}"
