"""Versions and deployments in a file: one JSON object, or a list of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import orjson

from inferwatch.errors import RegistryError

T = TypeVar("T")


def read(path: Path, shape: Callable[[object], T]) -> list[T]:
    """What `shape` makes of each. `-` is standard input. Nothing is given back where one of them cannot stand.

    Raises RegistryError, which says where in the file, and OSError.
    """
    name = "standard input" if str(path) == "-" else str(path)
    text = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RegistryError(f"{name} is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    several = isinstance(document, list)
    if document == []:
        raise RegistryError(f"{name} holds an empty list: there is nothing to register")
    found = []
    for index, each in enumerate(document if several else [document]):
        try:
            found.append(shape(each))
        except RegistryError as error:
            raise RegistryError(f"{name}: {f'[{index}]: ' if several else ''}{error}") from None
    return found
