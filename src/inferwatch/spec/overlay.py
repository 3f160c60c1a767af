"""Environment overlays: `[environment.prod]` holds the same tables again, and what stands there wins."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeGuard

from inferwatch.spec.fault import Fault, suggestion

DEFAULT_ENVIRONMENT = "dev"


class Environment(NamedTuple):
    """One environment: `base`, what stands outside every overlay, and `over`, what its own overlay says."""

    name: str
    base: dict[str, Any]
    over: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """The spec's tables as they hold in this environment."""
        return overlaid(self.base, self.over)

    def placed(self, fault: Fault) -> Fault:
        """A fault of `document`, its key where the file has it; one of `base` says which environment minds it."""
        if _stands_in(self.over, self.base, fault.key):
            return Fault(f"environment.{self.name}.{fault.key}", fault.problem)
        return Fault(fault.key, f"{fault.problem} (in environment {self.name!r})") if self.over else fault


def environments(raw: dict[str, Any], wanted: str | None) -> list[Environment]:
    """Every declared environment, the wanted one first. Raises Fault where that one is not declared."""
    declared = raw.get("environment", {})
    base = {key: value for key, value in raw.items() if key != "environment"}
    if not isinstance(declared, dict) or not all(isinstance(t, dict) for t in declared.values()):
        raise Fault("environment", "must be tables, as in [environment.prod]")
    chosen = wanted or DEFAULT_ENVIRONMENT
    if not declared:
        return [Environment(chosen, base, {})]
    if chosen not in declared:
        known = ", ".join(declared)
        raise Fault("environment", f"{chosen!r} is not declared; declared are {known}{suggestion(chosen, declared)}")
    for name, over in declared.items():
        if "environment" in over:
            raise Fault(f"environment.{name}.environment", "an environment holds no environments of its own")
    return [Environment(name, base, declared[name]) for name in sorted(declared, key=lambda name: name != chosen)]


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


def _stands_in(over: Any, base: Any, key: str) -> bool:
    """Whether the value at `key` of what `overlaid` makes of the two comes from `over`.

    Names may hold dots, so the key is followed by what the tables have and not split.
    """
    below = _members(base)
    for label, value in _members(over).items():
        rest = key.removeprefix(label)
        if key.startswith(label) and rest[:1] in ("", ".", "["):
            return not rest or not _merge(below.get(label), value) or _stands_in(value, below[label], rest.lstrip("."))
    return False


def _members(value: Any) -> dict[str, Any]:
    """Of a table its keys, of an array of named tables `[name]`, as the keys of faults write them."""
    if isinstance(value, dict):
        return value
    return {f"[{item['name']}]": item for item in value} if _named_tables(value) else {}


def _merge(base: Any, over: Any) -> bool:
    """Whether `overlaid` looks into both; else `over` replaces `base`."""
    return (isinstance(base, dict) and isinstance(over, dict)) or (_named_tables(base) and _named_tables(over))
