"""The log line: one inference as one JSON object on one line, with its metrics embedded. Pure but for its counters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from inferwatch.sdk.clock import iso
from inferwatch.sdk.emf import CodeMetrics, Metrics, Number, counts, dimension_value, number
from inferwatch.sdk.encode import encoded
from inferwatch.sdk.problems import REFUSED_FIELD, TRUNCATED, Problems, text
from inferwatch.sdk.redact import by_member, redacted
from inferwatch.spec import record

# A log event is at most 1 MB (1,048,576 bytes, 26 of them CloudWatch's own); no sink takes longer lines.
LINE_MAX = 1_000_000

NOTHING: Mapping[str, Any] = MappingProxyType({})
# What may be given by name; the rest of the core fields is worked out here.
_GIVEN = frozenset({"request_id", "requester", "error", "prediction", "confidence", "features"})
_OWN = record.CORE_FIELDS - _GIVEN
_MOST_HEADS = 512
_TRUNCATED_MEMBER = len(b'"truncated":true,')


class Transaction(NamedTuple):
    """What is to be recorded of one inference.

    start_ms: epoch milliseconds; elapse: milliseconds, finite; fields: request_id, requester, error {type, message},
    prediction, confidence, features and any of the user's own; metrics: those that code adds.
    """

    transaction_id: str
    start_ms: int
    elapse: float
    status: str = record.SUCCEEDED
    request: Any = None
    response: Any = None
    fields: Mapping[str, Any] = NOTHING
    metrics: CodeMetrics = NOTHING
    cold_start: bool = False


Parts = tuple[str, int, float, str, Any, Any, Mapping[str, Any], CodeMetrics, bool]
"""A Transaction, or its members as a plain tuple, which is made much faster."""


class LineFormat:
    """The lines of one compiled spec (`MonitorSpec.compile()`) as one writer, `server_id`, writes them.

    max_bytes: the longest line that may result, its newline included.
    """

    def __init__(
        self,
        compiled: Mapping[str, Any],
        server_id: str,
        *,
        max_bytes: int = LINE_MAX,
        problems: Problems | None = None,
    ) -> None:
        self._problems = problems or Problems()
        self._max_bytes = max_bytes
        self._metrics = Metrics(compiled, self._problems)
        self._capture = compiled.get("capture", "full") == "full"
        self._taken = _OWN | self._metrics.declared
        self._redact = by_member(compiled.get("redact", ()))
        for member in _OWN.difference(("request", "response")).intersection(self._redact):
            del self._redact[member]
            self._problems.count(REFUSED_FIELD, f"redact {member!r}: no line can do without it")
        self._identity = _identity(compiled, server_id)
        self._heads: dict[tuple[object, ...], bytes] = {}

    def line(self, transaction: Parts) -> bytes:
        """The line of one transaction, newline included."""
        identity, start_ms, elapse, status, request, response, fields, metrics, cold_start = transaction
        clash = not self._taken.isdisjoint(fields)
        if clash:
            fields = self._allowed(fields)
        values = {
            "transaction_id": identity,
            "start_at": iso(start_ms),
            "end_at": iso(start_ms + round(elapse)),
            "elapse": elapse,
            "cold_start": cold_start,
            **fields,
        }
        if "error" in fields:
            values["error"] = _error(fields["error"])
        if request is not None:
            payload = encoded(request)
            values["request"] = orjson.Fragment(payload)
            values["request_size"] = len(payload)
        if response is not None:
            payload = encoded(response)
            values["response"] = orjson.Fragment(payload)
            values["response_size"] = len(payload)
        measured, units = self._metrics.measure(values, status, request, response, metrics)
        if "features" in fields and _same(fields["features"], request):
            del values["features"]
        if self._redact or not self._capture:
            self._hide(values)
        if clash or metrics:
            self._count_hidden(measured, fields)
        values.update(measured)
        key = (status, *measured, *units.items()) if units else (status, *measured)
        head = self._heads.get(key) or self._new_head(key, status, measured, units)
        line = _joined(start_ms, head, values)
        if len(line) > self._max_bytes:
            self._shorten(values, measured, len(line) - self._max_bytes)
            line = _joined(start_ms, head, values)
            if len(line) > self._max_bytes and metrics:  # their names alone are too long
                return self.line(Transaction(*transaction)._replace(metrics=NOTHING))
        return line

    def bare_line(self, transaction: Parts) -> bytes:
        """What is told of a transaction of which `line` can make nothing: that it was, when, and how it ended."""
        bare = Transaction(*transaction)._replace(request=None, response=None, fields=NOTHING, metrics=NOTHING)
        return self.line(bare)[:-2] + b',"truncated":true}\n'

    def _new_head(
        self, key: tuple[object, ...], status: str, measured: dict[str, Number], units: Mapping[str, str]
    ) -> bytes:
        """All that lines with the same status and the same set of metrics share, encoded once."""
        directive = {"CloudWatchMetrics": self._metrics.directive(measured, units)}
        constant = {**self._identity, "status": status, **counts(status)}
        head = b"," + orjson.dumps(directive)[1:] + b"," + orjson.dumps(constant)[1:-1] + b","
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()
        self._heads[key] = head
        return head

    def _hide(self, values: dict[str, Any]) -> None:
        if not self._capture:
            for payload in ("request", "response", "features"):
                values.pop(payload, None)
        for member, paths in self._redact.items():
            if member in values:
                values[member] = orjson.Fragment(redacted(encoded(values[member]), paths))

    def _allowed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        for name in _OWN.intersection(fields):
            self._problems.count(REFUSED_FIELD, f"field {name!r}: the record has a member of this name")
        return {name: value for name, value in fields.items() if name not in _OWN}

    def _count_hidden(self, measured: dict[str, Number], fields: Mapping[str, Any]) -> None:
        for name in measured.keys() & fields.keys():
            if number(fields[name]) != measured[name]:
                self._problems.count(REFUSED_FIELD, f"field {name!r}: the record has a metric of this name")

    def _shorten(self, values: dict[str, Any], measured: dict[str, Number], excess: int) -> None:
        """Leave out the largest members until the line fits; time, sizes and metrics stay."""
        kept = {"transaction_id", "start_at", "end_at", "elapse", "cold_start", "request_size", "response_size"}
        sizes = {
            name: len(encoded({name: part})) - 1 for name, part in values.items() if name not in kept | measured.keys()
        }
        excess += _TRUNCATED_MEMBER
        for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
            if excess <= 0:
                break
            del values[name]
            excess -= sizes[name]
        values["truncated"] = True
        self._problems.count(TRUNCATED, f"a line was longer than {self._max_bytes} bytes")


def _joined(start_ms: int, head: bytes, values: dict[str, Any]) -> bytes:
    return b"".join((b'{"_aws":{"Timestamp":', str(start_ms).encode(), head, encoded(values)[1:], b"\n"))


def _identity(compiled: Mapping[str, Any], server_id: str) -> dict[str, Any]:
    """What is the same in all lines of one writer. Dimensions' values are text, whatever the spec has."""
    identity = {
        "v": record.LINE_VERSION,
        "namespace": str(compiled["namespace"]),
        "model_name": dimension_value(compiled["model_name"]),
        "model_version": compiled["model_version"],
        "deployment_id": compiled["deployment_id"],
        "environment": dimension_value(compiled["environment"]),
        "server_id": server_id,
        "type": record.RECORD_TYPE,
    }
    if compiled.get("by_version"):
        identity[record.VERSION_DIMENSION] = dimension_value(compiled["model_version"])
    return identity


def _error(given: Any) -> Any:
    """`{"type":, "message":}`, also of an exception or a bare text."""
    if isinstance(given, BaseException):
        return {"type": type(given).__name__, "message": text(given)}
    return {"type": "Error", "message": given} if isinstance(given, str) else given


def _same(features: Any, request: Any) -> bool:
    """Whether the features are the request itself, so that they need not be written twice."""
    if features is request:
        return True
    try:
        return bool(features == request)
    except Exception:  # arrays do not compare to one truth value
        return False
