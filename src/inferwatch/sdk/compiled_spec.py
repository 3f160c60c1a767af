"""The compiled spec as a deployment leaves it: what `MonitorSpec.compile()` gives, in a file of JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import orjson

from inferwatch.errors import SpecError
from inferwatch.spec import FILE_NAME

VARIABLE = "INFERWATCH_COMPILED_SPEC"
FILE = "inferwatch.compiled.json"


def load(environ: Mapping[str, str], folder: str) -> dict[str, Any]:
    """The compiled spec of the model in `folder`, "" for the working directory. Raises SpecError.

    It is the file that INFERWATCH_COMPILED_SPEC names, else the folder's `inferwatch.compiled.json`, else its
    `inferwatch.toml` compiled, which takes more time and more imports than the recording path may.
    """
    named = environ.get(VARIABLE)
    beside, source = os.path.join(folder, FILE), os.path.join(folder, FILE_NAME)
    if not named and not os.path.exists(beside) and os.path.exists(source):
        from inferwatch.spec import load_spec

        return load_spec(source, environ=environ).compile()
    return read(named or beside)


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
