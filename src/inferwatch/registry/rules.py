"""What a version and a deployment must be, wherever they are kept. Pure. Everything here raises RegistryError."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from inferwatch.errors import RegistryError
from inferwatch.registry import instant, secrets
from inferwatch.registry.records import Artifact, Deployment, EnvironmentVariable, Model, ModelVersion
from inferwatch.spec import limits
from inferwatch.spec.identity import log_group

T = TypeVar("T", ModelVersion, Deployment)

NUMBER_MAX = 999_999_999
RECORD_BYTES_MAX = 256 * 1024
"""Of one version or deployment as JSON: DynamoDB takes items of 400 KB."""
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def group(model: Model) -> str:
    """The log group of the model, by which the registry keeps it: a slash at the namespace's end is none of it."""
    return log_group(model.namespace, model.model_name)


def below(node: str, model: Model) -> bool:
    """Whether the model is the node, or lies below it."""
    name, top = group(model), node.rstrip("/")
    return name == top or name.startswith(f"{top}/")


def version(given: ModelVersion) -> ModelVersion:
    """The version in its canonical form: create_at in UTC, sha256 in small letters, no slash at the namespace's end."""
    model = _model(given.model)
    _number("model_version", given.model_version)
    _text("created_by", given.created_by)
    _unique("artifacts", (artifact.name for artifact in given.artifacts))
    for name, value in given.metrics.items():
        if not name.strip():
            raise RegistryError("metrics: a metric must have a name")
        if not math.isfinite(value):
            raise RegistryError(f"metrics.{name}: {value} is no finite number; leave the metric out")
    return _small(
        msgspec.structs.replace(
            given,
            namespace=model.namespace,
            artifacts=tuple(_artifact(each) for each in given.artifacts),
            create_at=instant.canonical(given.create_at),
        )
    )


def deployment(given: Deployment) -> Deployment:
    """The deployment in its canonical form. Secrets in its environment variables or endpoint are refused."""
    model = _model(given.model)
    _number("deployment_id", given.deployment_id)
    if given.model_version < 1:
        raise RegistryError(f"model_version: {given.model_version} is no version; a deployment names the one it is of")
    _number("model_version", given.model_version)
    environment(given.environment)
    _text("created_by", given.created_by)
    if given.endpoint is not None:
        endpoint(given.endpoint)
    _variables(given.environment_variables)
    return _small(
        msgspec.structs.replace(given, namespace=model.namespace, create_at=instant.canonical(given.create_at))
    )


def environment(name: str) -> None:
    """Refuse what cannot be an environment's name."""
    if problem := limits.printable_ascii_problem(name, limits.METRIC_NAME_MAX):
        raise RegistryError(f"environment: {name!r} {problem}")


def endpoint(address: str) -> None:
    """Refuse an endpoint that is none, or that holds a password."""
    _text("endpoint", address)
    if what := secrets.in_text(address):
        raise RegistryError(f"endpoint: holds {what}; give the address without it")


def can_fail(given: Deployment) -> None:
    """Refuse to call a deployment failed that has served."""
    if given.state in ("current", "superseded"):
        served = "serves" if given.state == "current" else "has served"
        raise RegistryError(
            f"deployment {given.deployment_id} {served} {given.environment} and cannot become failed; promote another"
        )


def taken(kind: str, number: int, model: Model, by: str, at: str) -> RegistryError:
    """What the slower of two writers is told. kind: `version` or `deployment`."""
    return RegistryError(
        f"{kind} {number} of {group(model)} was taken by {by} at {at}, and stays as it is; leave the number out, and"
        " the next free one is given"
    )


def no_version(number: int, model: Model, known: Iterable[int]) -> RegistryError:
    """Of a deployment that names a version which is not there. known: those that are."""
    has = ", ".join(str(each) for each in known) or "none yet: register one with `inferwatch versions add`"
    return RegistryError(f"{group(model)} has no version {number}; it has {has}")


def no_deployment(number: int, model: Model) -> RegistryError:
    return RegistryError(f"{group(model)} has no deployment {number}; `inferwatch deployments` lists what it has")


def _model(given: Model) -> Model:
    if not given.model_name or "/" in given.model_name:
        raise RegistryError(f"model_name: {given.model_name!r} must not be empty and must hold no '/'")
    if not given.namespace:
        raise RegistryError("namespace: must not be empty; it is the node that owns the model, '/abc_corp/claim'")
    if problem := limits.log_group_problem(group(given)):
        raise RegistryError(f"namespace, model_name: {group(given)!r} as the name of a log group {problem}")
    return Model(given.namespace.rstrip("/") or "/", given.model_name)


def _artifact(given: Artifact) -> Artifact:
    _text("artifacts: name", given.name)
    _text(f"artifacts[{given.name}].uri", given.uri)
    if what := secrets.in_text(given.uri):
        raise RegistryError(f"artifacts[{given.name}].uri: holds {what}; give the address without it")
    if given.sha256 is None:
        return given
    if not _SHA256.fullmatch(given.sha256):
        raise RegistryError(f"artifacts[{given.name}].sha256: {given.sha256!r} must be 64 hexadecimal digits")
    return msgspec.structs.replace(given, sha256=given.sha256.lower())


def _variables(given: Iterable[EnvironmentVariable]) -> None:
    variables = tuple(given)
    for variable in variables:
        if not _VARIABLE.fullmatch(variable.name):
            raise RegistryError(f"environment_variables: {variable.name!r} is no name of an environment variable")
    _unique("environment_variables", (variable.name for variable in variables))
    for variable in variables:
        secrets.refuse(variable)


def _number(key: str, number: int) -> None:
    if not 0 <= number <= NUMBER_MAX:
        raise RegistryError(f"{key}: {number} must be 1 to {NUMBER_MAX}, or 0 for the next free one")


def _text(key: str, text: str) -> None:
    if not text.strip():
        raise RegistryError(f"{key}: must not be empty")


def _unique(key: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise RegistryError(f"{key}: {name!r} stands {count} times; once is allowed")


def _small(given: T) -> T:
    try:
        size = len(msgspec.json.encode(given))
    except UnicodeEncodeError as error:
        raise RegistryError(
            f"it holds half of a character, {error.object[error.start]!r}, which no text can hold"
        ) from None
    if size > RECORD_BYTES_MAX:
        raise RegistryError(f"it is {size // 1024} KB as JSON; at most {RECORD_BYTES_MAX // 1024} KB are allowed")
    return given
