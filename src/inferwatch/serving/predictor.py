"""The user's functions, loaded from `module:function` in the model's folder."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from inferwatch.errors import HandlerError

_CO_COROUTINE = 0x80  # inspect.CO_COROUTINE, without the import


def load_function(entry: str, folder: str) -> Callable[[Any], Any]:
    """The function `app:predict` of the model in `folder`, which joins sys.path. Raises HandlerError."""
    module_name, _, name = entry.partition(":")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = _import(module_name, entry, folder)
    function = getattr(module, name, None)
    if function is None:
        raise HandlerError(f"{entry}: {_file(module)} has no function {name!r}{_near(name, module)}")
    if not callable(function):
        raise HandlerError(f"{entry}: {name!r} in {_file(module)} is not a function but {type(function).__name__}")
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & _CO_COROUTINE:
        raise HandlerError(f"{entry}: {name!r} in {_file(module)} is async; expected a plain function")
    return function  # type: ignore[no-any-return]


def _import(module_name: str, entry: str, folder: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name == module_name.partition(".")[0]:
            path = os.path.join(folder, module_name.replace(".", os.sep) + ".py")
            raise HandlerError(f"{entry}: there is no {path}; `predict` names module:function") from None
        raise HandlerError(_import_failure(entry, error, folder)) from error
    except (Exception, SystemExit) as error:
        raise HandlerError(_import_failure(entry, error, folder)) from error


def _import_failure(entry: str, error: BaseException, folder: str) -> str:
    """`app:predict does not import: app.py, line 3: ModuleNotFoundError: No module named 'sklearn'`."""
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{_short(error.filename, folder)}, line {error.lineno}: "
    else:
        where = _last_line_of_the_users(error, folder)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{entry} does not import: {where}{type(error).__name__}: {text}"


def _last_line_of_the_users(error: BaseException, folder: str) -> str:
    import traceback

    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(folder + os.sep) and "site-packages" not in frame.filename:
            return f"{_short(frame.filename, folder)}, line {frame.lineno}: "
    return ""


def _near(name: str, module: ModuleType) -> str:
    import difflib

    own = [n for n, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    near = difflib.get_close_matches(name, own, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _file(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or module.__name__


def _short(path: str, folder: str) -> str:
    return os.path.relpath(path, folder) if path.startswith(folder + os.sep) else path
