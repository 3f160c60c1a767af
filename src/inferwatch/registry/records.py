"""A version of a model, and its deployments, as the registry keeps them. Times are ISO 8601, UTC, with milliseconds."""

from __future__ import annotations

from typing import Literal

import msgspec

Method = Literal["Lambda", "SageMaker", "ECS", "EKS", "local", "other"]
Strategy = Literal["blue-green", "canary", "linear", "rolling", "all-at-once"]
State = Literal["pending", "current", "superseded", "failed"]
"""pending: begun, nothing serves by it yet; current: what serves its environment, one at most; superseded: served it
once; failed: was begun and never served."""


class Model(msgspec.Struct, frozen=True, order=True):
    """Whose versions: `/abc_corp/claim` and `doc_classification`."""

    namespace: str
    model_name: str


class Artifact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file or folder that the version is made of. sha256: of its bytes, in hexadecimal digits."""

    name: str
    uri: str
    sha256: str | None = None


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """Immutable. model_version: 1, 2, ... within its model, given by the registry; metrics: of its training."""

    namespace: str
    model_name: str
    model_version: int
    description: str = ""
    artifacts: tuple[Artifact, ...] = ()
    metrics: dict[str, float] = {}
    create_at: str
    created_by: str

    @property
    def model(self) -> Model:
        return Model(self.namespace, self.model_name)


class EnvironmentVariable(msgspec.Struct, frozen=True):
    name: str
    value: str


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """One version, put to work in one environment. deployment_id: 1, 2, ... within its model, given by the registry.

    endpoint: where it answers, None where it does not by itself; configuration: sha256 of what the spec says of
    serving, besides the version; None where nobody said.
    """

    namespace: str
    model_name: str
    model_version: int
    deployment_id: int
    environment: str
    endpoint: str | None = None
    environment_variables: tuple[EnvironmentVariable, ...] = ()
    deployment_method: Method
    rolling_strategy: Strategy = "all-at-once"
    configuration: str | None = None
    state: State
    create_at: str
    created_by: str

    @property
    def model(self) -> Model:
        return Model(self.namespace, self.model_name)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which another deployment became the current one of its environment. why: `deployed`, `promoted`,
    `rolled back`; before: the deployment_id that was current until then, None where none was."""

    at_ms: int
    environment: str
    deployment_id: int
    model_version: int
    before: int | None
    why: Literal["deployed", "promoted", "rolled back"]
    by: str
