"""From an event to an answer: read, check, predict, shape, and record on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from inferwatch.sdk.encode import encoded
from inferwatch.sdk.inference import Inference
from inferwatch.sdk.monitor import Monitor
from inferwatch.sdk.problems import text
from inferwatch.serving import answer, cors
from inferwatch.serving.answer import Answer
from inferwatch.serving.deadline import DeadlinePassed, Limit
from inferwatch.serving.event import Asked, HttpRequest, body_of, http_request, is_http
from inferwatch.serving.features import Rejected, check, expected, is_wrapped
from inferwatch.serving.prediction import response_of
from inferwatch.serving.routes import modelless_answer

_DIRECT = HttpRequest("POST", "/predict", None, None)
_LACKING = (LookupError, TypeError, AttributeError)
"""What reading a request raises that lacks something or has something else in its place."""


class Service:
    """One model as a service. compiled: the compiled spec; predict(features) and parse(event): the user's.

    Without parse, the features are the request's JSON object, or what `payload` makes of a list or of CSV. A
    ValueError, LookupError, TypeError or AttributeError of parse is the client's mistake, any other exception the
    model's. The record is written before the answer is returned. answer_max: bytes of an answer that arrives; the
    record must not say of a larger one that it succeeded.
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
        self._hides = any(path.startswith("request.") for path in compiled.get("redact", ()))

    def answer(
        self, event: Any, limit: Limit, request_id: str | None = None, transaction_id: str | None = None
    ) -> dict[str, Any]:
        """The answer to `event`: API Gateway's form for its events, the bare body for a direct invocation.

        transaction_id: of the transaction that the caller records, so that here it leaves an endpoint's line; None for
        one of its own.
        """
        if not is_http(event):
            return self._answer(Asked(event), _DIRECT, limit, request_id, transaction_id).body or {}
        request = http_request(event)
        said = modelless_answer(request.method, request.path)
        said = said or self._answer(request.asked(event), request, limit, request_id, transaction_id)
        return said.for_gateway(cors.headers(self._allowed_origins, request.origin))

    def modelless(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a request over HTTP that needs no model, as a ping; None for an inference."""
        request = http_request(event)
        said = modelless_answer(request.method, request.path)
        return None if said is None else said.for_gateway(cors.headers(self._allowed_origins, request.origin))

    def infer(self, asked: Asked, limit: Limit, inference: Inference, answer_max: float = math.inf) -> Answer:
        """One inference, from the request to the answer; `inference`, which the caller records, is told how it went."""
        try:
            return self._predicted(asked, limit, inference, answer_max)
        except Rejected as refusal:
            inference.reject(refusal.kind, refusal.message)
            return answer.error(400, refusal.kind, refusal.message, expected=refusal.expected)
        except DeadlinePassed as passed:
            message = str(passed) or "no answer before the deadline"
            inference.timeout(passed.kind, message)
            return answer.error(504, "Timeout", message)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # a panic of Rust's or a cancelled task, too, is this inference's trouble alone
            inference.fail(type(error).__name__, text(error))
            return answer.error(500, "ModelError", "the model failed; the record of this transaction says how")

    def _answer(
        self, asked: Asked, request: HttpRequest, limit: Limit, request_id: str | None, transaction_id: str | None
    ) -> Answer:
        with self._monitor.inference(
            request_id=request_id, requester=request.requester, transaction_id=transaction_id
        ) as inference:
            if transaction_id is not None:
                from inferwatch.sdk.endpoint_line import endpoint_line  # only an endpoint's container needs it

                inference.write_as(endpoint_line)
            said = self.infer(asked, limit, inference, self._answer_max)
            return answer.traced(said, inference.transaction_id)

    def _predicted(self, asked: Asked, limit: Limit, inference: Inference, answer_max: float) -> Answer:
        if self._parse is None:
            features = self._named(asked, inference)
        else:
            features = self._parsed(self._parse, asked, limit, inference)
        check(self._declared, features)
        response = response_of(limit(self._predict, features))
        said = Answer(200, response)
        if not said.fits(answer_max):
            raise ValueError(f"the prediction is too large for an answer, which holds at most {answer_max} bytes")
        inference.set(response=response, prediction=response["prediction"])
        if "confidence" in response:
            inference.set(confidence=response["confidence"])
        return said

    def _named(self, asked: Asked, inference: Inference) -> Any:
        """The features by their names, of a request that no `parse` reads.

        The request becomes part of the record before anything can be wrong with it.
        """
        request, is_csv = (asked.event, False) if asked.form is None else self._body(asked, inference)
        if isinstance(request, dict) and not is_wrapped(request, self._declared):
            inference.set(request=request)
            return request
        from inferwatch.serving import payload  # it reads CSV, which most models never get

        # Redaction goes by names. What has none, or not where they are looked for, is hidden as text: as a whole.
        inference.set(request=_as_text(request) if self._hides else request)
        features = (payload.features_of_csv if is_csv else payload.features_of)(request, self._declared)
        if features is not request:
            inference.set(features=features)
        return features

    def _parsed(self, parse: Callable[[Any], Any], asked: Asked, limit: Limit, inference: Inference) -> Any:
        """The features that the user's `parse` makes of the event."""
        if asked.form is None:
            inference.set(request=asked.event)
        elif (request := _json_or_none(asked.event)) is not None:
            inference.set(request=request)
        try:
            features = limit(parse, asked.event)
        except ValueError as error:
            raise self._rejected("InvalidRequest", str(error)) from error
        except _LACKING as error:
            # Their text alone, as in KeyError's `'pages'`, says nothing.
            raise self._rejected("InvalidRequest", f"{type(error).__name__}: {error}") from error
        inference.set(features=features)
        return features

    def _body(self, asked: Asked, inference: Inference) -> tuple[Any, bool]:
        """What the body says, and whether that is text in CSV.

        What cannot be read becomes the record's request as text, which redaction hides as a whole.
        """
        try:
            body = body_of(asked.event)
        except ValueError as error:
            inference.set(request=asked.event["body"])
            raise self._rejected("MalformedJson", f"the body is no base64: {error}") from error
        text = body.decode(errors="replace")
        if asked.form == "csv" and text.encode() == body:
            return text, True
        try:
            value = orjson.loads(body)
        except ValueError as error:
            if asked.form == "any" and body and not text.lstrip().startswith(("{", "[")):
                return text, True
            inference.set(request=text)
            if asked.form == "csv":
                raise self._rejected("MalformedCsv", "the body is no text in UTF-8") from error
            message = f"the body is no JSON: {error}" if body else "the body is empty; expected JSON"
            raise self._rejected("MalformedJson", message) from error
        if asked.form == "any" and not isinstance(value, dict | list):
            return text, True  # of one value
        return value, False

    def _rejected(self, kind: str, message: str) -> Rejected:
        return Rejected(kind, message, expected(self._declared))


def _json_or_none(event: dict[str, Any]) -> Any:
    try:
        return orjson.loads(body_of(event))
    except ValueError:
        return None


def _as_text(request: Any) -> str:
    return request if isinstance(request, str) else encoded(request).decode()
