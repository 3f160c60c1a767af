"""Versions and deployments as JSON objects, and back. Everything here raises RegistryError."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from inferwatch.errors import RegistryError
from inferwatch.registry import rules, spelling
from inferwatch.registry.records import Artifact, Deployment, EnvironmentVariable, ModelVersion
from inferwatch.spec.fault import Fault, convert, suggestion

T = TypeVar("T", bound=msgspec.Struct)


def version(document: object, **absent: Any) -> ModelVersion:
    """The version that a JSON object is, in its canonical form. absent: what holds where the object has no such member.

    A model_version that is not given is 0, the next free one.
    """
    given = {"model_version": 0, **absent, **_object(document, ModelVersion)}
    _each(given, "artifacts", Artifact)
    metrics = given.get("metrics", {})
    for name, value in metrics.items() if isinstance(metrics, dict) else ():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise RegistryError(f"metrics.{name}: {value!r} is not allowed; expected a number")
    return rules.version(_converted(given, ModelVersion))


def deployment(document: object, **absent: Any) -> Deployment:
    """The deployment that a JSON object is, in its canonical form. absent: as for `version`.

    Methods and strategies may be spelled as people and AWS's services do. A deployment_id that is not given is 0, the
    next free one; without a state it is pending.
    """
    given = {"deployment_id": 0, "state": "pending", **absent, **_object(document, Deployment)}
    _each(given, "environment_variables", EnvironmentVariable)
    for variable in given.get("environment_variables", ()):
        for key, value in variable.items():
            if not isinstance(value, str):  # said here, since msgspec's message would hold the value
                raise RegistryError(f"environment_variables: {key} of {_name(variable)} must be text")
    for key, meaning in (("deployment_method", spelling.method), ("rolling_strategy", spelling.strategy)):
        if isinstance(given.get(key), str):
            given[key] = meaning(given[key])
    return rules.deployment(_converted(given, Deployment))


def as_json(record: ModelVersion | Deployment) -> dict[str, Any]:
    """The JSON object of a record, which `version` or `deployment` reads back as it was."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    return found


def _name(variable: Mapping[str, Any]) -> str:
    name = variable.get("name")
    return name if isinstance(name, str) else "a variable"


def _object(document: object, kind: type[msgspec.Struct], where: str = "") -> dict[str, Any]:
    """Its members; those that are null as if they were not there, where that means the same."""
    if not isinstance(document, dict):
        raise RegistryError(f"{where or 'the file'}: must be a JSON object, the shape of a {kind.__name__}")
    known = kind.__struct_fields__
    for key in document:
        if key not in known:
            place = f"{where}.{key}" if where else str(key)
            near = suggestion(str(key), known)
            raise RegistryError(f"{place}: is no member of a {kind.__name__}; it has {', '.join(known)}{near}")
    return {key: value for key, value in document.items() if value is not None}


def _each(given: dict[str, Any], key: str, kind: type[msgspec.Struct]) -> None:
    if key not in given:
        return
    if not isinstance(given[key], Iterable) or isinstance(given[key], str | Mapping):
        raise RegistryError(f"{key}: must be a list of objects with {' and '.join(kind.__struct_fields__)}")
    given[key] = [_object(each, kind, f"{key}[{index}]") for index, each in enumerate(given[key])]


def _converted(given: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return convert(dict(given), kind, ())
    except Fault as fault:
        raise RegistryError(str(fault)) from None
