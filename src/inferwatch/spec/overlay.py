"""Environment overlays: `[environment.prod]` holds the same tables again, and what stands there wins."""

from __future__ import annotations

from typing import Any, TypeGuard

from inferwatch.spec.fault import Fault, suggestion

DEFAULT_ENVIRONMENT = "dev"


def environment_named(raw: dict[str, Any], wanted: str | None) -> tuple[str, dict[str, Any]]:
    """The environment's name and the document with its overlay merged in. Raises Fault for an undeclared one."""
    declared = raw.get("environment", {})
    base = {key: value for key, value in raw.items() if key != "environment"}
    if not isinstance(declared, dict) or not all(isinstance(t, dict) for t in declared.values()):
        raise Fault("environment", "must be tables, as in [environment.prod]")
    name = wanted or DEFAULT_ENVIRONMENT
    if not declared:
        return name, base
    if name not in declared:
        known = ", ".join(declared)
        raise Fault("environment", f"{name!r} is not declared; declared are {known}{suggestion(name, declared)}")
    return name, overlaid(base, declared[name])


def overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` on top of `base`: tables merge key by key, arrays of named tables by name, all else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = base.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = overlaid(below, value)
        elif _named_tables(below) and _named_tables(value):
            merged[key] = _by_name(below, value)
        else:
            merged[key] = value
    return merged


def _named_tables(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(item, dict) and "name" in item for item in value)


def _by_name(base: list[dict[str, Any]], over: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rest = list(over)
    merged = []
    for item in base:
        twin = next((o for o in rest if o["name"] == item["name"]), None)
        if twin is not None:
            rest.remove(twin)
        merged.append(item if twin is None else overlaid(item, twin))
    return merged + rest
