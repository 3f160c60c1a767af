"""A limit on how long the user's code may take, in the two places where it runs."""

from __future__ import annotations

import contextvars
import math
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

Limit = Callable[[Callable[[Any], Any], Any], Any]
"""`limit(function, argument)`: what the function returns or raises, or DeadlinePassed."""

_end: contextvars.ContextVar[float] = contextvars.ContextVar("inferwatch_end", default=math.inf)

_MARGIN_MS = 100.0
_MARGIN_SHARE = 0.1


class DeadlinePassed(BaseException):
    """The time for an answer is over. No Exception, so that a model's own `except Exception` lets it pass.

    kind: the error's type in the record; its text, if it has one, is the message there.
    """

    kind = "Timeout"


def seconds_left() -> float:
    """How long the function that a Limit runs may still take, infinity where there is no limit. May be negative."""
    return _end.get() - time.monotonic()


class AlarmLimit:
    """Lambda: interrupts the main thread by SIGALRM a little before the runtime would kill the process.

    The little is 0.1 s, or a tenth of short times: enough to write the record and to answer. Code that does
    not return to the interpreter is not interrupted; the runtime ends it, and its report makes the record.
    remaining_ms: the runtime's own count.
    """

    def __init__(self, remaining_ms: Callable[[], float]) -> None:
        self._remaining_ms = remaining_ms
        self._armed = False

    def __call__(self, function: Callable[[Any], Any], argument: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            return function(argument)
        remaining = self._remaining_ms()
        seconds = (remaining - min(_MARGIN_MS, remaining * _MARGIN_SHARE)) / 1000
        if seconds <= 0:
            raise DeadlinePassed
        before = signal.signal(signal.SIGALRM, self._ring)
        outer = _end.set(time.monotonic() + seconds)
        try:
            self._armed = True
            signal.setitimer(signal.ITIMER_REAL, seconds)
            return function(argument)
        finally:
            # A signal already on its way may still be handled after the timer is off; disarmed, it does nothing.
            self._armed = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            _end.reset(outer)
            signal.signal(signal.SIGALRM, signal.SIG_DFL if before is None else before)

    def _ring(self, _signal: int, _frame: FrameType | None) -> None:
        if self._armed:
            self._armed = False
            raise DeadlinePassed


class ThreadLimit:
    """A container: runs the function in a thread of its own and stops waiting for it. The thread runs on."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def __call__(self, function: Callable[[Any], Any], argument: Any) -> Any:
        outcome: list[Any] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                outcome.append(function(argument))
            except BaseException as error:
                failure.append(error)

        context = contextvars.copy_context()
        context.run(_end.set, self._end)
        thread = threading.Thread(target=context.run, args=(run,), daemon=True, name="inferwatch-predict")
        thread.start()
        thread.join(max(self._end - time.monotonic(), 0.0))
        if failure:
            raise failure[0]
        if not outcome:
            raise DeadlinePassed
        return outcome[0]
