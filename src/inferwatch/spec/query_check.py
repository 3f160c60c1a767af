"""What cannot stand in `[[query]]`, as far as its names go; `query.saved` reads its words."""

from __future__ import annotations

from inferwatch.spec.fault import Fault
from inferwatch.spec.monitor_spec import MonitorSpec

NAME_MAX = 100
_SIGNS = ":*/"
"""What a name in CloudWatch cannot hold, and the sign that makes folders there."""


def check(spec: MonitorSpec) -> None:
    """Raise Fault for the first name that cannot stand."""
    seen: set[str] = set()
    for index, query in enumerate(spec.queries):
        name = query.name
        if not name.strip() or len(name) > NAME_MAX or not name.isprintable() or any(sign in name for sign in _SIGNS):
            key = f"query[{name}].name" if name.strip() else f"query[{index}].name"
            raise Fault(key, f"{name!r} must have 1 to {NAME_MAX} characters, and none of {' '.join(_SIGNS)}")
        if name in seen:
            raise Fault(f"query[{name}]", "stands twice; each name stands once")
        seen.add(name)
