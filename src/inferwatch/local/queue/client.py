"""Sending to the queue of one machine, which needs neither credentials nor AWS's libraries."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import orjson

from inferwatch.errors import QueueError
from inferwatch.local.queue.address import queue_url

PATIENCE_SECONDS = 30.0


def send(endpoint: str, queue: str, bodies: Sequence[str]) -> list[str]:
    """Put at most ten messages into a queue, all or none; gives their ids. Raises QueueError."""
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    said = _call(endpoint, "SendMessageBatch", {"QueueUrl": queue_url(endpoint, queue), "Entries": entries})
    if "__type" in said:
        raise QueueError(_refused(endpoint, queue, said))
    ids = {entry["Id"]: entry["MessageId"] for entry in said["Successful"]}
    return [ids[entry["Id"]] for entry in entries]


def _call(endpoint: str, action: str, asked: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"}
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", "/", orjson.dumps(asked), headers)
        said = orjson.loads(connection.getresponse().read())
    except ConnectionRefusedError as error:
        raise QueueError(f"nothing listens at {endpoint}: is `inferwatch up` running for this model?") from error
    except OSError as error:
        raise QueueError(f"no answer from {endpoint} ({error}); it is not known whether it took the message") from error
    except (http.client.HTTPException, ValueError) as error:
        raise QueueError(f"what listens at {endpoint} is no queue of InferWatch's") from error
    finally:
        connection.close()
    if not isinstance(said, dict) or not ("__type" in said or "Successful" in said):
        raise QueueError(f"what listens at {endpoint} is no queue of InferWatch's")
    return said


def _refused(endpoint: str, queue: str, said: dict[str, Any]) -> str:
    if "QueueDoesNotExist" in str(said["__type"]):
        return f"at {endpoint} there is no queue {queue}: another model, or another environment, is up there"
    return f"the queue refuses: {said.get('message') or said['__type']}"
