"""One thing wrong in a spec: where, and what is allowed. And msgspec's messages, turned into that."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Iterable
from typing import Any, Literal, TypeVar

import msgspec

T = TypeVar("T")
Path = tuple[str | int, ...]


class Fault(Exception):
    """A key path (`alarm[0].period`) and what is wrong with it. The loader turns it into a SpecError."""

    def __init__(self, key: str, problem: str) -> None:
        self.key = key
        self.problem = problem
        super().__init__(f"{key}: {problem}")


_AT = re.compile(r"(?P<what>.*?) - at `(?:key in )?`?\$(?P<path>[^`]*)`", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_NAMED = re.compile(r"(?P<which>unknown|missing required) field `(?P<name>[^`]*)`")
_WORDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false"}
_TOML_WORDS = {"array": "an array", "object": "a table"}


def convert(value: Any, kind: type[T], at: Path) -> T:
    """msgspec.convert, its error turned into a Fault. at: where `value` stands in the file."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _fault(str(error), value, kind, at) from None


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'period'?` where one of the known words is near, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def key_path(steps: Path) -> str:
    """`("alarm", 0, "period")` -> `alarm[0].period`."""
    return (
        "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).replace(".[", "[").lstrip(".")
    )


def _fault(message: str, value: Any, kind: Any, at: Path) -> Fault:
    match = _AT.fullmatch(message)
    what = match["what"] if match else message
    for name, index in _STEP.findall(match["path"] if match else ""):
        step = int(index) if index else name
        value, kind = _below(value, step), _kind_below(kind, step)
        at = (*at, _label(value, step))
    if named := _NAMED.search(what):
        name, at = named["name"], (*at, named["name"])
        if named["which"] != "unknown":
            return Fault(key_path(at), "is missing")
        known = [field.name for field in msgspec.structs.fields(kind)]
        return Fault(key_path(at), f"is no key here; allowed are {', '.join(known)}{suggestion(name, known)}")
    return Fault(key_path(at), f"{value!r} is not allowed; expected {_expected(kind, what)}")


def _below(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _label(table: Any, step: str | int) -> str | int:
    """Tables of an array go by their name where they have one, since defaults may stand before them."""
    name = table.get("name") if isinstance(step, int) and isinstance(table, dict) else None
    return f"[{name}]" if isinstance(name, str) else step


def _kind_below(kind: Any, step: str | int) -> Any:
    for option in _options(kind):
        if isinstance(step, int) and typing.get_origin(option) is tuple:
            return typing.get_args(option)[0]
        if isinstance(option, type) and issubclass(option, msgspec.Struct):
            return next((f.type for f in msgspec.structs.fields(option) if f.name == step), Any)
    return Any


def _options(kind: Any) -> tuple[Any, ...]:
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return typing.get_args(kind) if union else (kind,)


def _expected(kind: Any, what: str) -> str:
    words: list[str] = []
    for option in _options(kind):
        if typing.get_origin(option) is Literal:
            words += [repr(choice) for choice in typing.get_args(option)]
        elif isinstance(option, type) and option.__name__ in _WORDS:
            words.append(_WORDS[option.__name__])
    if words:
        return " or ".join(words)
    wanted = re.search(r"`(\w+)`", what)
    return _TOML_WORDS.get(wanted[1], wanted[1]) if wanted else what
