"""The spec as it is given to a construct: read already, or where it lies."""

from __future__ import annotations

import os

from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

Given = MonitorSpec | str | os.PathLike[str]


def as_spec(given: Given) -> MonitorSpec:
    """The spec; at a path, its file or folder, for the environment `INFERWATCH_ENVIRONMENT`. Raises SpecError."""
    return given if isinstance(given, MonitorSpec) else load_spec(given)
