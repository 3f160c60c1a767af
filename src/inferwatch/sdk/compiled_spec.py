"""The compiled spec as a deployment leaves it: what `MonitorSpec.compile()` gives, in a file of JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import orjson

from inferwatch.errors import SpecError

VARIABLE = "INFERWATCH_COMPILED_SPEC"
FILE = "inferwatch.compiled.json"


def place(environ: Mapping[str, str], folder: str) -> str:
    """Its path: the one that INFERWATCH_COMPILED_SPEC names, else `inferwatch.compiled.json` in the model's folder."""
    return environ.get(VARIABLE) or os.path.join(folder, FILE)


def read(path: str) -> dict[str, Any]:
    """The compiled spec in the file `path`. Raises SpecError."""
    try:
        with open(path, "rb") as file:
            compiled = orjson.loads(file.read())
    except OSError as error:
        hint = f"a deployment writes it, or {VARIABLE} names it"
        raise SpecError(path, "", f"the compiled spec cannot be read: {error.strerror}; {hint}") from None
    except ValueError as error:
        raise SpecError(path, "", f"the compiled spec is damaged: {error}; compile it again") from None
    if not isinstance(compiled, dict) or "metric_namespace" not in compiled:
        raise SpecError(path, "", "is no compiled spec; write it from MonitorSpec.compile()")
    return compiled
