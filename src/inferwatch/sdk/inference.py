"""One inference while it runs: what becomes its record."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

from inferwatch.sdk.clock import elapsed_ms
from inferwatch.sdk.problems import LATE, text
from inferwatch.spec import record

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from inferwatch.sdk.monitor import Monitor

_innermost: ContextVar[Inference | None] = ContextVar("inferwatch_inference", default=None)


class Inference:
    """A context manager: entering starts the clock, leaving writes the record, whatever happened in between."""

    __slots__ = (
        "_elapse_from", "_finished", "_monitor", "_outer", "_rewrite", "cold_start", "fields", "metrics",
        "request", "response", "start_ms", "status", "transaction_id",
    )  # fmt: skip

    def __init__(
        self,
        monitor: Monitor,
        request: Any,
        fields: dict[str, Any],
        start_ms: int,
        transaction_id: str,
        cold_start: bool,
    ) -> None:
        self._monitor = monitor
        self._finished = False
        self._outer: Inference | None = None
        self._elapse_from: int | None = None
        self._rewrite: Callable[[bytes], bytes] | None = None
        self.request = request
        self.response: Any = None
        self.status: str = record.SUCCEEDED
        self.fields = fields
        self.metrics: dict[str, tuple[Any, str | None]] = {}
        self.start_ms = start_ms
        self.transaction_id = transaction_id
        self.cold_start = cold_start

    def set(self, **fields: Any) -> None:
        """Give the record members: request, response, prediction, confidence, features, requester, request_id,
        status, error {type, message}, and any of your own. A name that the record needs itself is refused and counted.
        """
        if self._late("set"):
            return
        for name in ("status", "request", "response"):
            if name in fields:
                setattr(self, name, fields.pop(name))
        self.fields.update(fields)

    def metric(self, name: str, value: float, unit: str | None = None) -> None:
        """Add a metric's value. unit: one of CloudWatch's; None is the spec's, if it declares the metric."""
        if not self._late("metric"):
            self.metrics[text(name)] = (value, unit)

    def fail(self, type: str, message: str = "") -> None:
        """It did not succeed, by the fault of the model or what it stands on."""
        self._end(record.FAILED, type, message)

    def reject(self, type: str, message: str = "") -> None:
        """The caller's request was bad: counted apart, and no error of the model."""
        self._end(record.REJECTED, type, message)

    def timeout(self, type: str = "Timeout", message: str = "") -> None:
        """The deadline passed before there was an answer."""
        self._end(record.TIMEOUT, type, message)

    def write_as(self, rewrite: Callable[[bytes], bytes]) -> None:
        """Write what `rewrite` makes of the record's line: the line of something that is no transaction."""
        if not self._late("write_as"):
            self._rewrite = rewrite

    def __enter__(self) -> Self:
        if self._elapse_from is None:  # entered once more, it would be its own outer inference
            self._outer = current(None)
            _innermost.set(self)
            self._elapse_from = self._monitor.clock.monotonic_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._finished or self._elapse_from is None:
            return
        elapsed_ns = self._monitor.clock.monotonic_ns() - self._elapse_from
        if kind is not None and self.status == record.SUCCEEDED:
            self.fail(kind.__name__, text(error))
        self._finished = True
        if _innermost.get() is self:
            _innermost.set(self._outer)
        self._monitor.write(
            (
                self.transaction_id,
                self.start_ms,
                elapsed_ms(elapsed_ns),
                self.status,
                self.request,
                self.response,
                self.fields,
                self.metrics,
                self.cold_start,
            ),
            self._rewrite,
        )

    def _end(self, status: str, type: str, message: str) -> None:
        if not self._late(status):
            self.status = status
            self.fields["error"] = {"type": text(type), "message": text(message)}

    def _late(self, what: str) -> bool:
        if self._finished:
            self._monitor.count(LATE, f"{what} after the inference was recorded")
        return self._finished


def current(monitor: Monitor | None) -> Inference | None:
    """The innermost inference that runs in this context: of `monitor`, or of any monitor if None.

    A task that outlives the inference it was started in still has it in its context: what is finished does not count.
    """
    inference = _innermost.get()
    while inference is not None and (inference._finished or monitor not in (None, inference._monitor)):
        inference = inference._outer
    return inference
