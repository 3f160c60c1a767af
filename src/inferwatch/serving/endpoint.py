"""A SageMaker endpoint as the predictor of a function: InvokeEndpoint, over boto3.

boto3 is loaded when the first endpoint is made, and so by no model without one.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from inferwatch.errors import HandlerError, MissingExtraError
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving.deadline import DeadlinePassed, seconds_left
from inferwatch.serving.endpoint_payload import read, written
from inferwatch.serving.endpoint_trouble import (
    EndpointDenied,
    EndpointThrottled,
    EndpointTimeout,
    EndpointUnreachable,
    told,
)

VARIABLE = "INFERWATCH_ENDPOINT"
TRANSACTION_ID = "inferwatch-transaction-id="
"""What the custom attributes of a request begin with, which SageMaker hands to the container in a header. Of the
inference id it only says that it goes into the captured data."""

CONNECT_SECONDS = 2.0
_PAUSE_FIRST = 0.1
_PAUSE_MOST = 2.0

Pause = Callable[[float], None]
Share = Callable[[], float]


class Endpoint:
    """`predict(features)`: asks the endpoint `name`, as long as the Limit in which it runs allows.

    settings: `endpoint` of the compiled spec; declared: its features; transaction_id: of the inference that runs;
    pause, share: sleeps, and gives a number from 0 to 1 at random. Raises what `endpoint_trouble` lists, and Rejected.
    """

    def __init__(
        self,
        client: Any,
        name: str,
        settings: Mapping[str, Any],
        declared: Mapping[str, Any],
        transaction_id: Callable[[], str],
        *,
        pause: Pause = time.sleep,
        share: Share = random.random,
    ) -> None:
        self._client = client
        self._name = name
        self._retries: int = settings["retries"]
        self._content_type: str = settings["content_type"]
        self._timeout: float = settings["timeout"]
        self._declared = declared
        self._transaction_id = transaction_id
        self._pause = pause
        self._share = share

    def __call__(self, features: Any) -> Any:
        body = written(features, self._declared, self._content_type)
        transaction_id = self._transaction_id()
        try:
            result = read(*self._answer(body, transaction_id))
        except DeadlinePassed as passed:
            if isinstance(passed, EndpointTimeout):
                raise
            raise EndpointTimeout(f"{self._name} had not answered when the function's time was over") from None
        if isinstance(result, dict) and result.get("transaction_id") == transaction_id:
            del result["transaction_id"]  # a container of InferWatch's says it, and so will this function
        return result

    def _answer(self, body: bytes, transaction_id: str) -> tuple[bytes, str]:
        """Throttling alone is tried again: what it refuses has not begun."""
        for retry in range(self._retries + 1):
            try:
                return self._ask(body, transaction_id)
            except EndpointThrottled:
                # "Full jitter": many functions that are refused at once must not come back at once.
                wait = self._share() * min(_PAUSE_MOST, _PAUSE_FIRST * 2**retry)
                if retry == self._retries or wait >= seconds_left():
                    raise
            self._pause(wait)
        raise AssertionError("unreachable")

    def _ask(self, body: bytes, transaction_id: str) -> tuple[bytes, str]:
        from botocore import exceptions

        if seconds_left() <= 0:
            raise EndpointTimeout(f"no time was left to ask {self._name}")
        try:
            said = self._client.invoke_endpoint(
                EndpointName=self._name,
                Body=body,
                ContentType=self._content_type,
                Accept=self._content_type,
                InferenceId=transaction_id,
                CustomAttributes=f"{TRANSACTION_ID}{transaction_id}",
            )
            with closing(said["Body"]) as stream:
                return stream.read(), str(said.get("ContentType") or "")
        except exceptions.ClientError as error:
            raise told(self._name, error.response) from None
        except exceptions.ReadTimeoutError:
            raise EndpointTimeout(f"{self._name} did not answer within {self._timeout:g} s") from None
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
            raise EndpointDenied(f"{error}; {self._name} was not asked") from None
        except (exceptions.HTTPClientError, exceptions.ConnectionError, exceptions.ResponseStreamingError) as error:
            raise EndpointUnreachable(f"{self._name}: {error}") from None


def endpoint(compiled: Mapping[str, Any], environ: Mapping[str, str], monitor: Monitor) -> Endpoint:
    """The predictor of a function whose compiled spec has an `endpoint`. Raises HandlerError."""
    settings: Mapping[str, Any] = compiled["endpoint"]
    name = environ.get(VARIABLE) or settings["name"]
    if not name:
        raise HandlerError(f"the endpoint has no name: a deployment sets {VARIABLE}, or write sagemaker.endpoint")

    def transaction_id() -> str:
        running = monitor.current()
        if running is None:
            raise RuntimeError("an endpoint is asked within an inference")
        return running.transaction_id

    return Endpoint(_client(settings, environ), name, settings, compiled["features"], transaction_id)


def _client(settings: Mapping[str, Any], environ: Mapping[str, str]) -> Any:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ModuleNotFoundError:
        raise HandlerError(str(MissingExtraError("aws", "asking a SageMaker endpoint"))) from None
    config = Config(
        connect_timeout=min(CONNECT_SECONDS, settings["timeout"]),
        read_timeout=settings["timeout"],
        retries={"total_max_attempts": 1, "mode": "standard"},  # which errors are tried again is ours to say
        tcp_keepalive=True,
    )
    try:
        return boto3.Session(region_name=environ.get("AWS_REGION")).client("sagemaker-runtime", config=config)
    except BotoCoreError as error:
        raise HandlerError(f"SageMaker cannot be asked: {error}") from None
