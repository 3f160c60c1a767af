"""Any Python value as JSON. What orjson refuses is made plain part by part, so that the rest is never lost."""

from __future__ import annotations

import sys
from binascii import b2a_base64
from typing import Any

import orjson

_DEEPEST = 100
_MOST_VALUES = 100_000
_LONGEST_REPR = 1_000
# How numpy, pandas, torch, pydantic, named tuples and dates say that they can be something simpler.
_CONVERSIONS = ("tolist", "_asdict", "model_dump", "to_dict", "isoformat")


def encoded(value: Any) -> bytes:
    """`value` as JSON, on one line. NaN and infinity become null. Raises nothing for want of a type."""
    # With numpy's option orjson imports numpy as soon as it meets a type that it does not know; where nobody
    # has imported numpy there is no array to write either, and a first request must not pay for it.
    options = orjson.OPT_SERIALIZE_NUMPY if "numpy" in sys.modules else 0
    try:
        return orjson.dumps(value, _simpler, options)
    except TypeError:
        return orjson.dumps(_Rescue(options).plain(value))


def _simpler(value: Any) -> Any:
    """One step towards JSON for a value that orjson does not know."""
    kind = type(value)
    if issubclass(kind, (bytes, bytearray, memoryview)):
        return _text(bytes(value))
    if issubclass(kind, (tuple, set, frozenset)):
        return list(value)
    for fields in ("__dataclass_fields__", "__struct_fields__"):
        if hasattr(kind, fields):
            return {name: getattr(value, name) for name in getattr(kind, fields)}
    for name in _CONVERSIONS:
        if callable(getattr(kind, name, None)):
            simpler = getattr(value, name)()
            if type(simpler) is not kind:  # numpy.longdouble's list is itself
                return simpler
    if hasattr(kind, "__float__"):
        return float(value)
    return repr(value)[:_LONGEST_REPR]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return b2a_base64(value, newline=False).decode()


class _Rescue:
    """The slow way for one value: part by part, each part that cannot be written replaced by a word in <>."""

    def __init__(self, options: int) -> None:
        self._options = options
        self._above: set[int] = set()
        self._left = _MOST_VALUES

    def plain(self, value: Any) -> Any:
        self._left -= 1
        if self._left < 0 or len(self._above) > _DEEPEST:
            return "<too large>"
        if id(value) in self._above:
            return "<circular>"
        self._above.add(id(value))
        try:
            return self._plain(value)
        except Exception:  # whatever a stranger's object does, its neighbours are written
            return f"<{type(value).__name__}>"
        finally:
            self._above.discard(id(value))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode()
        if isinstance(value, int):
            return value if -(2**63) <= value < 2**64 else str(value)
        if isinstance(value, dict):
            return {self._key(key): self.plain(part) for key, part in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.plain(part) for part in value]
        try:
            return orjson.Fragment(orjson.dumps(value, None, self._options))
        except TypeError:
            return self.plain(_simpler(value))

    def _key(self, key: Any) -> str:
        return str(self.plain(key if isinstance(key, str) else str(key)))
