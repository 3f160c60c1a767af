"""The service of the model in a folder, built from its compiled spec: what a Lambda and a container begin with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from inferwatch.errors import HandlerError
from inferwatch.sdk.monitor import Monitor
from inferwatch.serving import cors
from inferwatch.serving.predictor import load_function
from inferwatch.serving.service import Service


def load_service(
    compiled: Mapping[str, Any],
    folder: str,
    environ: Mapping[str, str],
    monitor: Monitor,
    *,
    answer_max: float = math.inf,
) -> Service:
    """Load the user's functions from `folder` and put the service around them. Raises HandlerError."""
    if not compiled["predict"]:
        raise HandlerError('inferwatch.toml names no function to serve; add predict = "app:predict" to [model]')
    return Service(
        compiled,
        load_function(compiled["predict"], folder),
        monitor,
        parse=load_function(compiled["parse"], folder) if compiled["parse"] else None,
        allowed_origins=cors.allowed_origins(environ),
        answer_max=answer_max,
    )
