"""The service of the model in a folder, built from its compiled spec: what a Lambda and a container begin with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from inferwatch.errors import HandlerError
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving import cors
from inferwatch.serving.predictor import load_function
from inferwatch.serving.service import Service

Predict = Callable[[Any], Any]


def load_service(
    compiled: Mapping[str, Any],
    folder: str,
    environ: Mapping[str, str],
    monitor: Monitor,
    *,
    answer_max: float = math.inf,
) -> Service:
    """The service of a function: around the model's endpoint where its spec has one, else around the user's `predict`.

    Raises HandlerError.
    """
    if compiled.get("endpoint"):
        from inferwatch.serving.endpoint import endpoint  # it brings boto3

        predict: Predict = endpoint(compiled, environ, monitor)
    else:
        predict = load_predict(compiled, folder)
    return Service(
        compiled,
        predict,
        monitor,
        parse=load_parse(compiled, folder),
        allowed_origins=cors.allowed_origins(environ),
        answer_max=answer_max,
    )


def load_predict(compiled: Mapping[str, Any], folder: str) -> Predict:
    """The user's `predict` from `folder`. Raises HandlerError."""
    if not compiled["predict"]:
        raise HandlerError('inferwatch.toml names no function to serve; add predict = "app:predict" to [model]')
    return load_function(compiled["predict"], folder)


def load_parse(compiled: Mapping[str, Any], folder: str) -> Predict | None:
    """The user's `parse`, if the spec names one. Raises HandlerError."""
    return load_function(compiled["parse"], folder) if compiled["parse"] else None
