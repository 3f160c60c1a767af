"""InferWatch: every inference that a model serves, recorded, measured and watched.

Names are loaded when they are first used: recording loads no spec code, and the spec no recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inferwatch.errors import (
        AwsError,
        DeliveryError,
        DeployError,
        DialectError,
        HandlerError,
        InferWatchError,
        MissingExtraError,
        PredicateError,
        QueryError,
        QueueError,
        RegistryError,
        RuntimeStartError,
        SpecError,
        StoreError,
    )
    from inferwatch.opened import open
    from inferwatch.sdk import Inference, LogStreamSink, MemorySink, Monitor
    from inferwatch.spec import MonitorSpec, load_spec

__all__ = [
    "AwsError",
    "DeliveryError",
    "DeployError",
    "DialectError",
    "HandlerError",
    "InferWatchError",
    "Inference",
    "LogStreamSink",
    "MemorySink",
    "MissingExtraError",
    "Monitor",
    "MonitorSpec",
    "PredicateError",
    "QueryError",
    "QueueError",
    "RegistryError",
    "RuntimeStartError",
    "SpecError",
    "StoreError",
    "__version__",
    "load_spec",
    "open",
]

_ROOM = {
    **dict.fromkeys(("Inference", "LogStreamSink", "MemorySink", "Monitor"), "inferwatch.sdk"),
    **dict.fromkeys(("MonitorSpec", "load_spec"), "inferwatch.spec"),
    "open": "inferwatch.opened",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name == "__version__":
        value: Any = import_module("importlib.metadata").version("inferwatch")
    else:
        value = getattr(import_module(_ROOM.get(name, "inferwatch.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
