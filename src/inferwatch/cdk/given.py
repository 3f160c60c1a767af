"""The spec as it is given to a construct: read already, or where it lies."""

from __future__ import annotations

import os
from typing import TypeVar

from inferwatch.errors import SpecError
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

Given = MonitorSpec | str | os.PathLike[str]
Part = TypeVar("Part")


def as_spec(given: Given) -> MonitorSpec:
    """The spec; at a path, its file or folder, for the environment `INFERWATCH_ENVIRONMENT`. Raises SpecError."""
    return given if isinstance(given, MonitorSpec) else load_spec(given)


def asked(spec: MonitorSpec, table: str, part: Part | None) -> Part:
    """The table of the spec that a construct is made by. Raises SpecError where the spec has none."""
    if part is None:
        raise SpecError(spec.file, table, f"is missing; [{table}], be it empty, asks for one")
    return part
