"""The environments of one function: started on demand, used again, at most `function.concurrency` of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import orjson

from inferwatch.errors import HandlerError, RuntimeStartError
from inferwatch.local.environment import Environment
from inferwatch.local.invocation import EVENT_MAX, Failure, Invocation, Refused, Throttled, TooLarge, Unavailable
from inferwatch.local.launch import Launch
from inferwatch.serving.event import is_queue
from inferwatch.spec.monitor_spec import MonitorSpec

T = TypeVar("T")
_PAUSE_FIRST = 0.1
_PAUSE_MOST = 5.0


class PoolState(msgspec.Struct, frozen=True, kw_only=True):
    """How a pool stands. problem: why the last start failed or the last invocation could not be recorded, else None."""

    environments: int
    busy: int
    concurrency: int
    problem: str | None


class Pool:
    """Runs a function's invocations. now_ms: the wall clock; environ: what the environments inherit.

    Used from one event loop.
    """

    def __init__(self, spec: MonitorSpec, data: Path, *, now_ms: Callable[[], int], environ: Mapping[str, str]) -> None:
        self._launch = Launch(spec, data, dict(environ))
        self._concurrency = spec.function.concurrency
        self._now_ms = now_ms
        self._environments: set[Environment] = set()
        self._idle: list[Environment] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failures = 0
        self._problem: str | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Start the first environment, so that what is wrong with the function is said now.

        Raises HandlerError for the user's code, RuntimeStartError for what this machine cannot do.
        """
        try:
            self._launch.write_compiled()
        except OSError as error:
            said = f"{error.filename} cannot be written: {error.strerror}; choose another data folder"
            raise RuntimeStartError(said) from error
        if self._stopping.is_set():
            return
        environment = self._new()
        try:
            failure = await environment.start()
        except Refused as refusal:
            raise RuntimeStartError(refusal.message) from refusal
        if failure is not None:
            if self._stopping.is_set():
                return  # it was killed, and nothing is wrong with it
            await self.stop()
            raise _start_error(failure)
        self._idle.append(environment)

    async def invoke(self, event: Mapping[str, Any]) -> Invocation:
        """Run one invocation to its end. Its report is in the log stream when this returns, also when it was killed.

        Raises Refused: Throttled, TooLarge or Unavailable; then nothing has begun or can be acknowledged.
        """
        payload = orjson.dumps(event)
        if len(payload) > EVENT_MAX:
            raise TooLarge
        run = self._spawn_task(self._run(self._take(), payload, queued=is_queue(event)))
        # A caller that goes away takes neither the invocation nor its report with it.
        return await asyncio.shield(run)

    def recycle(self, now_ms: int) -> None:
        """Retire idle environments whose stream is large or old; to be called now and then."""
        for environment in [e for e in self._idle if e.alive and e.worn(now_ms)]:
            self._idle.remove(environment)
            self._retire(environment)

    async def stop(self) -> None:
        """Kill all environments. Invocations under way end as failures and are reported as such."""
        self._stopping.set()
        await asyncio.gather(*(environment.stop() for environment in self._environments))
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def state(self) -> PoolState:
        alive = sum(environment.alive for environment in self._environments)
        busy = alive - sum(environment.alive for environment in self._idle)
        return PoolState(environments=alive, busy=busy, concurrency=self._concurrency, problem=self._problem)

    def _take(self) -> Environment:
        if self._stopping.is_set():
            raise Unavailable("the service is shutting down")
        while self._idle:
            # The one used last: its memory is warm, and in quiet times the others grow old.
            environment = self._idle.pop()
            if environment.alive:
                environment.reserve()
                return environment
            self._environments.discard(environment)
        if len(self._environments) >= self._concurrency:
            raise Throttled(self._concurrency)
        environment = self._new()
        environment.reserve()
        return environment

    def _new(self) -> Environment:
        environment = Environment(self._launch, self._now_ms)
        self._environments.add(environment)
        return environment

    async def _run(self, environment: Environment, payload: bytes, *, queued: bool) -> Invocation:
        try:
            if not environment.started:
                await self._pause()
            invocation = await environment.invoke(payload, queued=queued)
            self._note(environment, invocation)
            return invocation
        except Refused as refusal:
            self._problem = refusal.message
            raise
        finally:
            self._give_back(environment)

    def _give_back(self, environment: Environment) -> None:
        if environment.ready and environment.alive and not environment.worn(self._now_ms()):
            self._idle.append(environment)
        else:
            self._retire(environment)

    def _retire(self, environment: Environment) -> None:
        self._environments.discard(environment)
        self._spawn_task(environment.stop())

    async def _pause(self) -> None:
        """Wait before the next start where one environment after the other has come to nothing."""
        if self._failures > 1:
            seconds = min(_PAUSE_FIRST * 2 ** (self._failures - 2), _PAUSE_MOST)
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                return
            raise Unavailable("the service is shutting down")

    def _note(self, environment: Environment, invocation: Invocation) -> None:
        """A request that crashes the model is that request's trouble; a function that does not start is the pool's."""
        failure = invocation.failure
        self._failures = self._failures + 1 if invocation.status == "failure" else 0
        self._problem = None if environment.ready or failure is None else f"{failure.kind}: {failure.message}"

    def _spawn_task(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _start_error(failure: Failure) -> Exception:
    if failure.kind == "HandlerError":
        return HandlerError(failure.message)
    return RuntimeStartError(f"the function does not start: {failure.kind}: {failure.message}")
