"""The spec: `inferwatch.toml`, its types, its rules. Lazy, since the recording path reads only `spec.record`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inferwatch.spec.load import load_spec
    from inferwatch.spec.monitor_spec import MonitorSpec

__all__ = ["FILE_NAME", "MonitorSpec", "load_spec"]

FILE_NAME = "inferwatch.toml"


def __getattr__(name: str) -> Any:
    if name == "load_spec":
        from inferwatch.spec.load import load_spec

        return load_spec
    if name == "MonitorSpec":
        from inferwatch.spec.monitor_spec import MonitorSpec

        return MonitorSpec
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
