"""Members as CloudWatch's API names them, given to constructs that are generated from the same names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def arguments(members: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments of a generated construct: `OKActions` is `ok_actions`, and below it `metricStat`."""
    return {_WORD.sub("_", name).lower(): _lowered(value) for name, value in members.items()}


def _lowered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name[0].lower() + name[1:]: _lowered(part) for name, part in value.items()}
    return [_lowered(part) for part in value] if isinstance(value, list | tuple) else value
