"""The service of the model in a folder, built from its compiled spec: what a Lambda and a container begin with."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import Any

import orjson

from inferwatch.errors import HandlerError
from inferwatch.sdk.monitor import COMPILED_FILE, COMPILED_SPEC, Monitor
from inferwatch.serving import cors
from inferwatch.serving.predictor import load_function
from inferwatch.serving.service import Service


def read_compiled(environ: Mapping[str, str], folder: str) -> dict[str, Any]:
    """The compiled spec: the file that INFERWATCH_COMPILED_SPEC names, else `folder`'s own. Raises HandlerError."""
    path = environ.get(COMPILED_SPEC) or os.path.join(folder, COMPILED_FILE)
    try:
        with open(path, "rb") as file:
            compiled: dict[str, Any] = orjson.loads(file.read())
    except OSError as error:
        hint = f"a deployment writes it, or {COMPILED_SPEC} names it"
        raise HandlerError(f"the compiled spec {path} cannot be read: {error.strerror}; {hint}") from None
    except ValueError as error:
        raise HandlerError(f"the compiled spec {path} is damaged: {error}; compile it again") from None
    return compiled


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
