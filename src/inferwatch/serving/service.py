"""From an event to an answer: read, check, predict, shape, and record on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from inferwatch.sdk.inference import Inference
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving import answer, cors
from inferwatch.serving.answer import Answer
from inferwatch.serving.deadline import DeadlinePassed, Limit
from inferwatch.serving.event import HttpRequest, body_of, http_request, is_http
from inferwatch.serving.features import Rejected, check, expected
from inferwatch.serving.prediction import response_of
from inferwatch.serving.routes import modelless_answer

_DIRECT = HttpRequest("POST", "/predict", None, None)
_LACKING = (LookupError, TypeError, AttributeError)
"""What reading a request raises that lacks something or has something else in its place."""


class Service:
    """One model as a service. compiled: the compiled spec; predict(features) and parse(event): the user's.

    Without parse, the features are the request's JSON object. A ValueError, LookupError, TypeError or
    AttributeError of parse is the client's mistake, any other exception the model's. The record is written before
    the answer is returned. answer_max: bytes of an answer that arrives; the record must not say of a larger one
    that it succeeded.
    """

    def __init__(
        self,
        compiled: Mapping[str, Any],
        predict: Callable[[Any], Any],
        monitor: Monitor,
        *,
        parse: Callable[[Any], Any] | None = None,
        allowed_origins: tuple[str, ...] = ("*",),
        answer_max: float = math.inf,
    ) -> None:
        self._declared = compiled["features"]
        self._predict = predict
        self._parse = parse
        self._monitor = monitor
        self._allowed_origins = allowed_origins
        self._answer_max = answer_max

    def answer(
        self, event: Any, limit: Limit, request_id: str | None = None, transaction_id: str | None = None
    ) -> dict[str, Any]:
        """The answer to `event`: API Gateway's form for its events, the bare body for a direct invocation.

        transaction_id: of the transaction that the caller records, None for one of its own.
        """
        if not is_http(event):
            return self._infer(event, _DIRECT, limit, request_id, transaction_id).body or {}
        request = http_request(event)
        said = modelless_answer(request.method, request.path)
        said = said or self._infer(event, request, limit, request_id, transaction_id)
        return said.for_gateway(cors.headers(self._allowed_origins, request.origin))

    def _infer(
        self, event: Any, request: HttpRequest, limit: Limit, request_id: str | None, transaction_id: str | None
    ) -> Answer:
        with self._monitor.inference(
            request_id=request_id, requester=request.requester, transaction_id=transaction_id
        ) as inference:
            try:
                said = self._predicted(event, limit, inference)
            except Rejected as refusal:
                inference.reject(refusal.kind, refusal.message)
                said = answer.error(400, refusal.kind, refusal.message, expected=refusal.expected)
            except DeadlinePassed as passed:
                message = str(passed) or "no answer before the deadline"
                inference.timeout(passed.kind, message)
                said = answer.error(504, "Timeout", message)
            except (Exception, SystemExit) as error:
                inference.fail(type(error).__name__, str(error))
                said = answer.error(500, "ModelError", "the model failed; the record of this transaction says how")
            return answer.traced(said, inference.transaction_id)

    def _predicted(self, event: Any, limit: Limit, inference: Inference) -> Answer:
        features = self._features(event, limit, inference)
        check(self._declared, features)
        response = response_of(limit(self._predict, features))
        said = Answer(200, response)
        if not said.fits(self._answer_max):
            raise ValueError(f"the prediction is too large for an answer, which holds at most {self._answer_max} bytes")
        inference.set(response=response, prediction=response["prediction"])
        if "confidence" in response:
            inference.set(confidence=response["confidence"])
        return said

    def _features(self, event: Any, limit: Limit, inference: Inference) -> Any:
        """The request becomes part of the record before anything can be wrong with it."""
        if self._parse is None:
            request = self._json(event, inference) if is_http(event) else event
            inference.set(request=request)
            return request
        if not is_http(event):
            inference.set(request=event)
        elif (request := _json_or_none(event)) is not None:
            inference.set(request=request)
        try:
            features = limit(self._parse, event)
        except ValueError as error:
            raise Rejected("InvalidRequest", str(error), expected(self._declared)) from error
        except _LACKING as error:
            # Their text alone, as in KeyError's `'pages'`, says nothing.
            message = f"{type(error).__name__}: {error}"
            raise Rejected("InvalidRequest", message, expected(self._declared)) from error
        inference.set(features=features)
        return features

    def _json(self, event: dict[str, Any], inference: Inference) -> Any:
        """The body's JSON. What is none becomes the record's request as text, which redaction hides as a whole."""
        try:
            body = body_of(event)
        except ValueError as error:
            inference.set(request=event["body"])
            message = f"the body is no base64: {error}"
            raise Rejected("MalformedJson", message, expected(self._declared)) from error
        try:
            return orjson.loads(body)
        except ValueError as error:
            inference.set(request=body.decode(errors="replace"))
            message = f"the body is no JSON: {error}" if body else "the body is empty; expected JSON"
            raise Rejected("MalformedJson", message, expected(self._declared)) from error


def _json_or_none(event: dict[str, Any]) -> Any:
    try:
        return orjson.loads(body_of(event))
    except ValueError:
        return None
