"""What the platform's lines tell of one stream: who writes it, which invocations are open, which left no record."""

from __future__ import annotations

from typing import Any

import msgspec

from inferwatch.store.streams import platform
from inferwatch.store.streams.scan import Event
from inferwatch.store.times import DAY

LONGEST_MS = float(DAY)
"""No invocation takes longer; what a report says beyond it is not believed."""

MOST_OPEN = 256
"""An environment has one invocation at a time; more than this many open ones are lines gone wrong."""


class Open(msgspec.Struct):
    """An invocation without its report. recorded: the stream has a record of it; queued: a queue invoked it."""

    start_ms: int
    recorded: bool = False
    queued: bool = False


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """An invocation that ended without an answer and left no record. elapse: milliseconds; error_type: the platform's.

    queued: its messages come back, so that there is an error of an invocation and no transaction that failed; it may
    have left records of some of them.
    """

    request_id: str
    start_ms: int
    elapse: float
    timed_out: bool
    error_type: str
    queued: bool = False


class Invocations(msgspec.Struct):
    """State of one stream at one offset; fed with each event in turn.

    identity: the compiled spec of the environment that writes the stream, None where a program of the user's
    writes it; ended: the last of the events says that the stream is sealed. One in the middle was printed by the
    model, which may print whatever it likes.
    """

    identity: dict[str, Any] | None = None
    open: dict[str, Open] = {}
    ended: bool = False

    def feed(self, event: Event) -> Lost | None:
        """Take in one event; returns the invocation that it shows to have left no record."""
        self.ended = False
        if event.kind == "record":
            self._recorded(event.document.get("request_id"), event.at_ms)
        elif event.kind == "platform":
            return self._platform(event.document["type"], event.document["record"], event.at_ms)
        return None

    def _recorded(self, request_id: object, at_ms: int) -> None:
        if self.identity is not None and isinstance(request_id, str):
            self._opened(request_id, self.open.get(request_id, Open(at_ms)))
            self.open[request_id].recorded = True

    def _platform(self, kind: str, record: dict[str, Any], at_ms: int) -> Lost | None:
        request_id = record.get("requestId")
        if kind == platform.INIT_START and isinstance(record.get("inferwatch"), dict):
            self.identity = record["inferwatch"]
        elif kind == platform.STREAM_END:
            self.ended = True
        elif kind == platform.START and isinstance(request_id, str):
            self._opened(request_id, Open(at_ms, queued=platform.is_queued(record)))
        elif kind == platform.REPORT and isinstance(request_id, str):
            elapse = min(max(platform.metric(record, "durationMs") or 0.0, 0.0), LONGEST_MS)
            was = self.open.pop(request_id, None) or Open(at_ms - round(elapse))
            queued = was.queued or platform.is_queued(record)
            if record.get("status") != "success" and (queued or not was.recorded):
                return Lost(
                    request_id=request_id,
                    start_ms=was.start_ms,
                    elapse=elapse,
                    timed_out=record.get("status") == "timeout",
                    error_type=str(record.get("errorType") or "Runtime.Unknown"),
                    queued=queued,
                )
        return None

    def _opened(self, request_id: str, invocation: Open) -> None:
        self.open[request_id] = invocation
        if len(self.open) > MOST_OPEN:
            del self.open[next(iter(self.open))]
