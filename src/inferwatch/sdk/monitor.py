"""The Monitor: records the inferences of one model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from inferwatch.sdk import compiled_spec
from inferwatch.sdk import inference as running
from inferwatch.sdk.call import recorded
from inferwatch.sdk.clock import SYSTEM_CLOCK, Clock
from inferwatch.sdk.emf import Number, number, with_unit
from inferwatch.sdk.fork import renew_after_fork
from inferwatch.sdk.ids import transaction_id as new_id
from inferwatch.sdk.inference import Inference
from inferwatch.sdk.line import LINE_MAX, NOTHING, LineFormat, Parts, Transaction
from inferwatch.sdk.problems import DROPPED, REFUSED_VALUE, TRUNCATED, Problems, text
from inferwatch.sdk.sinks import Sink, StdoutSink
from inferwatch.spec import record

if TYPE_CHECKING:
    from pathlib import Path

P = ParamSpec("P")
R = TypeVar("R")

# The last millisecond that a calendar of four-digit years has.
_LATEST_MS = 253_402_300_799_999


class Monitor:
    """Records inferences, one line each, into a sink. Nothing that happens in recording reaches the caller.

    compiled: what `MonitorSpec.compile()` gives; sink: stdout by default; server_id: who writes, by default
    the Lambda log stream, else host and process. As a decorator it records each call of a function.
    """

    def __init__(
        self,
        compiled: Mapping[str, Any],
        sink: Sink | None = None,
        *,
        server_id: str | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.clock = clock
        self._compiled = compiled
        self._sink = sink or StdoutSink()
        self._server_id = server_id
        self._problems = Problems()
        self.renew()
        renew_after_fork(self)

    @classmethod
    def from_spec(cls, path: Path | str = ".", environment: str | None = None, sink: Sink | None = None) -> Self:
        """From `inferwatch.toml`, the file or its folder. Raises SpecError. Needs more than the recording path does."""
        from inferwatch.spec import load_spec

        return cls(load_spec(path, environment).compile(), sink)

    @classmethod
    def from_environ(cls, sink: Sink | None = None, environ: Mapping[str, str] = os.environ) -> Self:
        """As deployed: the compiled spec at $INFERWATCH_COMPILED_SPEC or in this folder, else the spec of this folder.

        Raises SpecError.
        """
        return cls(compiled_spec.load(environ, ""), sink)

    def renew(self) -> None:
        """Begin anew as this process: its own server id, its own cold start."""
        self._format = LineFormat(
            self._compiled,
            self._server_id or _server_id(),
            max_bytes=getattr(self._sink, "max_bytes", LINE_MAX),
            problems=self._problems,
        )
        # `next` on it is one step of the interpreter: of many threads, one is the first.
        self._cold = iter((True,))

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate a plain or an async function; raises TypeError for a generator. Its argument is the request."""
        return recorded(self, function)

    def inference(
        self,
        request: Any = None,
        *,
        request_id: str | None = None,
        requester: Mapping[str, Any] | None = None,
        start_ms: int | None = None,
        transaction_id: str | None = None,
    ) -> Inference:
        """One inference, recorded when the `with` block is left.

        request_id: the runtime's; start_ms: when it began, if not now; transaction_id: a queue's, else a new one.
        """
        fields: dict[str, Any] = {}
        if request_id is not None:
            fields["request_id"] = request_id
        if requester is not None:
            fields["requester"] = requester
        start = self._start(start_ms)
        identity = new_id(start) if transaction_id is None else text(transaction_id)
        return Inference(self, request, fields, start, identity, next(self._cold, False))

    def current(self) -> Inference | None:
        """The inference of this monitor that runs in this thread or task, or None."""
        return running.current(self)

    def record(
        self,
        *,
        request: Any = None,
        response: Any = None,
        elapse: float | None = None,
        start_ms: int | None = None,
        status: str = record.SUCCEEDED,
        transaction_id: str | None = None,
        metrics: dict[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """Record an inference that is over; gives its transaction id.

        elapse: milliseconds; start_ms: by default `elapse` ago; metrics: a dict, name -> value or (value, unit);
        fields: as for `Inference.set`.
        """
        if type(elapse) is float and 0.0 <= elapse <= _LATEST_MS:
            milliseconds = int(elapse * 1000 + 0.5) / 1000
        else:
            milliseconds = 0.0 if elapse is None else self._elapse(elapse)
        start = self._start(start_ms, milliseconds)
        identity = new_id(start) if transaction_id is None else text(transaction_id)
        added = NOTHING
        if isinstance(metrics, dict):
            added = {text(name): with_unit(value) for name, value in metrics.items()}
        cold = next(self._cold, False)
        self.write((identity, start, milliseconds, status, request, response, fields, added, cold))
        return identity

    def write(self, transaction: Parts, rewrite: Callable[[bytes], bytes] | None = None) -> None:
        """Write one record, or count it as dropped. rewrite: makes another line of the record's."""
        try:
            status = transaction[3]
            if not (isinstance(status, str) and status in record.STATUSES):
                known = ", ".join(record.STATUSES)
                self.count(REFUSED_VALUE, f"status {text(status)!r}: recorded as failed; known are {known}")
                transaction = Transaction(*transaction)._replace(status=record.FAILED)
            try:
                line = self._format.line(transaction)
            except Exception as error:
                self.count(TRUNCATED, f"only identity, times and status: {type(error).__name__}: {text(error)}")
                line = self._format.bare_line(transaction)
            self._sink(line if rewrite is None else rewrite(line))
        except Exception as error:
            self.count(DROPPED, f"{type(error).__name__}: {text(error)}")

    def count(self, kind: str, detail: str) -> None:
        """Note that something could not be recorded as asked."""
        self._problems.count(kind, detail)

    @property
    def dropped(self) -> int:
        """How many records could not be written."""
        return self._problems.counts().get(DROPPED, 0)

    @property
    def problems(self) -> dict[str, int]:
        """How often something could not be recorded as asked, by kind: see `inferwatch.sdk.problems`."""
        return self._problems.counts()

    def _start(self, start_ms: int | None, elapse: float = 0.0) -> int:
        if start_ms is not None:
            given = self._number(start_ms, "start_ms")
            if given is not None:
                if 0 <= given <= _LATEST_MS:
                    return int(given)
                self.count(REFUSED_VALUE, f"start_ms {given!r}: it lies before 1970 or after 9999")
        start = self.clock.wall_ns() // 1_000_000 - round(elapse)
        return start if start > 0 else 0

    def _elapse(self, elapse: float) -> float:
        """Milliseconds as recorded, with three decimals; 0 for what is no length of time."""
        given = self._number(elapse, "elapse")
        if given is None or given <= 0:
            return 0.0
        if given > _LATEST_MS:
            self.count(REFUSED_VALUE, f"elapse {given!r}: no inference takes as long")
            return 0.0
        return int(given * 1000 + 0.5) / 1000

    def _number(self, value: Any, name: str) -> Number | None:
        result = number(value)
        if result is None:
            self.count(REFUSED_VALUE, f"{name} is no finite number but a {type(value).__name__}")
        return result


def _server_id() -> str:
    return os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME") or f"{os.uname().nodename}-{os.getpid()}"
