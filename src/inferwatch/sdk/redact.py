"""Hiding parts of a record. It works on the JSON, so whatever the user's objects were, they stay untouched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

Path = tuple[str, ...]


def by_member(paths: Iterable[str]) -> dict[str, tuple[Path, ...]]:
    """Dotted paths, `requester.ip`, as the record's member and the ways below it."""
    members: dict[str, tuple[Path, ...]] = {}
    for path in paths:
        member, *below = path.split(".")
        members[member] = (*members.get(member, ()), tuple(below))
    return members


def redacted(json: bytes, paths: Iterable[Path]) -> bytes:
    """`json` with null at every path. A path goes through lists, into each of their values."""
    value = orjson.loads(json)
    for path in paths:
        value = _without(value, path)
    return orjson.dumps(value)


def _without(value: Any, path: Path) -> Any:
    if not path:
        return None
    if isinstance(value, list):
        return [_without(part, path) for part in value]
    if isinstance(value, dict):
        if path[0] in value:
            value[path[0]] = _without(value[path[0]], path[1:])
        return value
    # Text may hold what the path names, as a body that did not parse does, but cannot be searched: hide it whole.
    return None if isinstance(value, str) else value
