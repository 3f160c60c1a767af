"""What can go wrong with a SageMaker endpoint, each with a type of its own in the record, and how AWS says it.

EndpointTimeout         status timeout: no answer in time, of the endpoint or of the model behind it
ModelError              the model's container failed: 5xx, or no HTTP at all
EndpointThrottled       too many requests at once, also after the retries
EndpointNotFound        there is no endpoint of this name, in this account and region
EndpointDenied          AWS does not let this function ask, or does not know it
EndpointRefused         SageMaker does not take the request as it is
EndpointUnavailable     SageMaker itself failed
EndpointUnreachable     no connection
InvalidAnswer           the endpoint answered, but what is no prediction

A request that the model's container refuses (4xx) is the client's mistake, Rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from inferwatch.serving.deadline import DeadlinePassed
from inferwatch.serving.features import Rejected

_THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "ModelNotReadyException"}
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "UnrecognizedClientException",
    }
)
_TOO_MANY = 429
_TIMED_OUT = 504
_LONGEST = 1_000
"""Characters of what AWS or a container said."""


class EndpointTimeout(DeadlinePassed):
    kind = "EndpointTimeout"


class ModelError(Exception):
    pass


class EndpointThrottled(Exception):
    pass


class EndpointNotFound(Exception):
    pass


class EndpointDenied(Exception):
    pass


class EndpointRefused(Exception):
    pass


class EndpointUnavailable(Exception):
    pass


class EndpointUnreachable(Exception):
    pass


class InvalidAnswer(Exception):
    pass


def told(name: str, answer: Mapping[str, Any]) -> BaseException:
    """What AWS's error means. name: the endpoint's; answer: of `botocore.exceptions.ClientError.response`."""
    said = answer.get("Error", {})
    code, message = str(said.get("Code") or "Unknown"), str(said.get("Message") or "")[:_LONGEST]
    status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0)
    if code == "ModelError":
        return _of_the_model(name, answer)
    if code in _THROTTLED or status == _TOO_MANY:
        return EndpointThrottled(f"{name}: {code}: {message or 'too many requests at once'}")
    if code == "ValidationError" and "not found" in message.lower():
        return EndpointNotFound(f"{message} Is it of this region, and in service? It is called {name!r} here")
    if code in _DENIED:
        return EndpointDenied(f"{code}: {message}; the function's role needs sagemaker:InvokeEndpoint on {name!r}")
    if status >= 500:
        return EndpointUnavailable(f"{name}: {code} ({status}): {message}")
    return EndpointRefused(f"{name}: {code} ({status}): {message}")


def _of_the_model(name: str, answer: Mapping[str, Any]) -> BaseException:
    """The container's own answer, whose status SageMaker passes on; 0 where it gave none."""
    status = int(answer.get("OriginalStatusCode") or 0)
    original = str(answer.get("OriginalMessage") or "")
    message = original or str(answer.get("Error", {}).get("Message") or "")
    kind, text, expected = _ours(message)
    if status == _TIMED_OUT or (not status and "timed out" in message):
        return EndpointTimeout(f"the model behind {name} did not answer in time: {text}")
    if status == _TOO_MANY:
        return EndpointThrottled(f"{name}: the model's container has too much to do: {text}")
    if 400 <= status < 500:
        return Rejected(kind, text, expected)
    return ModelError(f"the model behind {name} failed ({status or 'no answer'}): {text}")


def _ours(message: str) -> tuple[str, str, Any]:
    """Type, message and what was expected, as a container of InferWatch's says it; else the text as it is."""
    try:
        said = orjson.loads(message)["error"]
        return str(said["type"]), str(said["message"])[:_LONGEST], said.get("expected")
    except (ValueError, LookupError, TypeError, AttributeError):
        return "ModelError", message[:_LONGEST] or "it said nothing", None
