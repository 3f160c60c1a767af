"""Recording a function's calls: what a call's request is, and the wrapper around a plain or async function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType

    from inferwatch.sdk.inference import Inference
    from inferwatch.sdk.monitor import Monitor

# Bits of a code object's flags, as the inspect module names them; that module is too heavy to load for four numbers.
_CO_COROUTINE = 0x80
_CO_ITERABLE_COROUTINE = 0x100
_CO_GENERATOR = 0x20
_CO_ASYNC_GENERATOR = 0x200


def recorded(monitor: Monitor, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, each call of it recorded by `monitor`. Raises TypeError for a generator function."""
    code = _code(function)
    flags = code.co_flags if code is not None else 0
    if flags & (_CO_GENERATOR | _CO_ASYNC_GENERATOR) and not flags & _CO_ITERABLE_COROUTINE:
        raise TypeError(f"{function!r} is a generator: record it by 'with monitor.inference(...)' around its body")
    names = code.co_varnames[: code.co_argcount] if code is not None else ()

    @wraps(function)
    async def recorded_async(*args: Any, **kwargs: Any) -> Any:
        with _begin(monitor, names, args, kwargs) as inference:
            result = await function(*args, **kwargs)
            _answer(inference, result)
            return result

    @wraps(function)
    def recorded_sync(*args: Any, **kwargs: Any) -> Any:
        with _begin(monitor, names, args, kwargs) as inference:
            result = function(*args, **kwargs)
            _answer(inference, result)
            return result

    return recorded_async if flags & (_CO_COROUTINE | _CO_ITERABLE_COROUTINE) else recorded_sync


def _begin(monitor: Monitor, names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Inference:
    """A Lambda handler's request is its event, and its context gives the request id; else see `_request`."""
    if len(args) == 2 and (request_id := _request_id(args[1])) is not None:
        return monitor.inference(args[0], request_id=request_id)
    if names and names[0] in ("self", "cls"):
        names, args = names[1:], args[1:]
    return monitor.inference(_request(names, args, kwargs))


def _request_id(context: Any) -> str | None:
    try:
        return context.aws_request_id  # type: ignore[no-any-return]
    except Exception:  # AttributeError, or whatever a stranger's __getattr__ raises
        return None


def _request(names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The one argument as it is, or all of them by name."""
    if len(args) == 1 and not kwargs:
        return args[0]
    named = dict(zip(names, args, strict=False))
    if len(args) > len(names):
        named["args"] = args[len(names) :]
    return {**named, **kwargs} or None


def _answer(inference: Inference, result: Any) -> None:
    """The result is the response; its prediction and confidence go into the record, unless set by hand."""
    if inference.response is None:
        inference.response = result
    if type(result) is dict:
        for name in ("prediction", "confidence"):
            if name in result:
                inference.fields.setdefault(name, result[name])


def _code(function: Any) -> CodeType | None:
    """The code that a call runs: of a function, a method, a partial, or an object with `__call__`."""
    while isinstance(function, partial):
        function = function.func
    if not hasattr(function, "__code__"):
        function = type(function).__call__
    return getattr(function, "__code__", None)
