"""One execution environment: a worker process, its Runtime API and its log stream; one invocation at a time."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from inferwatch.local import report, runtime_api
from inferwatch.local.invocation import EVENT_MAX, Failure, Invocation, Unavailable
from inferwatch.local.launch import Launch
from inferwatch.local.process import Process
from inferwatch.local.runtime_api import Event
from inferwatch.local.stream import Stream

# Lambda gives an init ten seconds and tries once more within the function's timeout; here it has a minute.
INIT_SECONDS = 60.0
STREAM_BYTES_MAX = 64 * 1024 * 1024
STREAM_AGE_MAX_MS = 24 * 60 * 60 * 1000


class _Given(NamedTuple):
    """The event that the worker has, or will have when it asks, and what will come of it."""

    event: Event
    outcome: asyncio.Future[Invocation]


class Environment:
    """It is a Runtime API's caller: what its worker says comes in through `next`, `response`, `error`, `init_error`."""

    def __init__(self, launch: Launch, now_ms: Callable[[], int]) -> None:
        self._launch = launch
        self._now_ms = now_ms
        self._loop = asyncio.get_running_loop()
        self._init: asyncio.Future[Failure | None] | None = None
        self._init_timer: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[Failure] = self._loop.create_future()
        self._process: Process | None = None
        self._init_ms: float | None = None
        self._busy = False
        self._doomed = False
        self._deliver: Callable[[Event], None] | None = None
        self._given: _Given | None = None
        # Those of the start, which `_init` says has been made.
        self._stream: Stream
        self._server: asyncio.Server
        self._born_ms: int
        self._began: float

    @property
    def started(self) -> bool:
        return self._init is not None

    @property
    def ready(self) -> bool:
        """Whether its init is over and went well."""
        return self._init is not None and self._init.done() and self._init.result() is None

    @property
    def alive(self) -> bool:
        """Whether it can take an event: it has not ended, and nobody has decided that it shall."""
        return not self._doomed and not self._gone.done()

    def worn(self, now_ms: int) -> bool:
        """Whether its stream is so large or old that it should be sealed."""
        return self._stream.size > STREAM_BYTES_MAX or now_ms - self._born_ms > STREAM_AGE_MAX_MS

    def reserve(self) -> None:
        """Take it for an invocation: until that is over its stream stays open, even if the worker ends."""
        self._busy = True

    async def start(self) -> Failure | None:
        """Start the worker, once, and wait until it is ready or has failed. Raises Unavailable if it cannot start."""
        if self._init is None:
            self._init = self._loop.create_future()
            try:
                self._process = await self._spawn()
            except OSError as error:
                self._doomed = True
                self._init.set_result(Failure("Runtime.StartError", str(error)))
                raise Unavailable(f"no environment can be started: {error}") from error
            if self._doomed:  # stopped while it was being started
                self._process.kill()
            self._init_timer = self._loop.call_later(INIT_SECONDS, self._init_timeout)
        return await asyncio.shield(self._init)

    async def invoke(self, payload: bytes, *, queued: bool = False) -> Invocation:
        """Give the worker an event and wait for what comes of it. When this returns, the report is in the stream.

        queued: whether the event is messages of a queue. The environment has been reserved. Raises Unavailable where
        the invocation cannot be recorded.
        """
        request_id = str(uuid.uuid4())
        try:
            failure = await self.start()
            self._record("start", report.start(self._launch, request_id, queued=queued))
            began = self._loop.time()
            if failure is not None:
                invocation = Invocation(request_id=request_id, status="failure", failure=failure)
                self._report(invocation, 0.0, queued)
            else:
                invocation = await self._run(request_id, payload)
                self._report(invocation, (self._loop.time() - began) * 1000, queued)
            return invocation
        finally:
            self._busy = False
            if self._gone.done():
                self._seal()

    async def stop(self) -> None:
        """Kill the worker, and wait until it is gone."""
        self._end()
        if self._init is not None:
            await asyncio.shield(self._init)
        if self._process is not None:
            await asyncio.shield(self._gone)

    # The worker's side

    def next(self, deliver: Callable[[Event], None]) -> None:
        self._deliver = deliver
        self._end_init(None, "success")
        self._hand_over()

    def response(self, request_id: str, payload: bytes) -> None:
        if len(payload) > EVENT_MAX:
            self.error(request_id, Failure("Function.ResponseSizeTooLarge", f"more than {EVENT_MAX} bytes"))
        else:
            self._settle(Invocation(request_id=request_id, status="success", payload=payload))

    def error(self, request_id: str, failure: Failure) -> None:
        self._settle(Invocation(request_id=request_id, status="error", failure=failure))

    def init_error(self, failure: Failure) -> None:
        self._end_init(failure, "error")

    def _exited(self, failure: Failure) -> None:
        self._server.close()
        self._gone.set_result(failure)
        self._end_init(failure, "error")
        if self._given is not None:
            request_id = self._given.event.request_id
            self._settle(Invocation(request_id=request_id, status="failure", failure=failure))
        if not self._busy:
            self._seal()

    # Within

    async def _spawn(self) -> Process:
        launch, self._born_ms, self._began = self._launch, self._now_ms(), self._loop.time()
        self._stream = Stream(launch.data, launch.log_group, launch.stream_name(self._born_ms))
        try:
            self._stream.platform("initStart", report.init_start(launch), self._born_ms)
            self._server, address = await runtime_api.listen(self)
            try:
                return Process(
                    launch.command(),
                    variables=launch.variables(self._stream.name, address),
                    folder=launch.spec.folder,
                    output=self._stream.descriptor,
                    on_exit=self._exited,
                )
            except OSError:
                self._server.close()
                raise
        except OSError:
            self._seal()
            raise

    def _init_timeout(self) -> None:
        late = Failure("Runtime.InitTimeout", f"the function was not ready after {INIT_SECONDS:g} s")
        self._end_init(late, "timeout")

    def _end_init(self, failure: Failure | None, status: Literal["success", "error", "timeout"]) -> None:
        if self._init is None or self._init.done():
            return
        self._init_ms = (self._loop.time() - self._began) * 1000
        with contextlib.suppress(OSError):  # a full disk: the invocation that waits will be refused for it
            said = report.init_report(status, failure, self._init_ms)
            self._stream.platform("initReport", said, self._now_ms())
        if self._init_timer is not None:
            self._init_timer.cancel()
        self._peak_mb()
        self._init.set_result(failure)
        if failure is not None:
            self._end()

    async def _run(self, request_id: str, payload: bytes) -> Invocation:
        if self._gone.done():
            return Invocation(request_id=request_id, status="failure", failure=self._gone.result())
        seconds = self._launch.spec.function.timeout
        event = Event(
            request_id=request_id,
            deadline_ms=self._now_ms() + round(seconds * 1000),
            function_arn=self._launch.arn,
            payload=payload,
        )
        given = self._given = _Given(event, self._loop.create_future())
        self._hand_over()
        try:
            async with asyncio.timeout(seconds):
                return await given.outcome
        except TimeoutError:
            self._peak_mb()
            self._end()
            await asyncio.shield(self._gone)
            failure = Failure("Sandbox.Timedout", f"no answer within {seconds:g} s")
            return Invocation(request_id=request_id, status="timeout", failure=failure)
        finally:
            self._given = None

    def _end(self) -> None:
        self._doomed = True
        if self._process is not None:
            self._process.kill()

    def _peak_mb(self) -> int:
        return self._process.peak_mb() if self._process is not None else 0

    def _hand_over(self) -> None:
        if self._deliver is not None and self._given is not None:
            deliver, self._deliver = self._deliver, None
            deliver(self._given.event)

    def _settle(self, invocation: Invocation) -> None:
        """Late and repeated answers, and those to other requests, change nothing."""
        given = self._given
        if given and given.event.request_id == invocation.request_id and not given.outcome.done():
            given.outcome.set_result(invocation)

    def _report(self, invocation: Invocation, duration_ms: float, queued: bool) -> None:
        init_ms, self._init_ms = self._init_ms, None  # told by the first invocation's report, and billed there
        said = report.report(
            self._launch,
            invocation,
            duration_ms=duration_ms,
            init_ms=init_ms,
            peak_mb=self._peak_mb(),
            queued=queued,
        )
        self._record("report", said)

    def _record(self, event: str, said: dict[str, Any]) -> None:
        """Without its lines an invocation must not be acknowledged."""
        try:
            self._stream.platform(event, said, self._now_ms())
        except OSError as error:
            raise Unavailable(f"the invocation cannot be recorded: {error.strerror}") from error

    def _seal(self) -> None:
        with contextlib.suppress(OSError):  # a stream without its end is sealed by the store: its lock is free
            self._stream.seal(self._now_ms())
