"""Which version and deployment the registry is going to have of what is served: looked up first, written once it is
meant."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from inferwatch.cli.registration import content
from inferwatch.ports import Registry
from inferwatch.registry import instant, rules
from inferwatch.registry.records import Deployment, EnvironmentVariable, Method, Model, ModelVersion, Strategy
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.numbers import Numbers


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be served, and how. variables: of its processes, None where they are not known yet; by: who asks;
    now_ms: when; description: of the version, where it is a new one."""

    spec: MonitorSpec
    method: Method
    strategy: Strategy = "all-at-once"
    variables: tuple[EnvironmentVariable, ...] | None = None
    description: str = ""
    by: str
    now_ms: int

    @property
    def model(self) -> Model:
        return Model(self.spec.identity.namespace, self.spec.identity.model_name)

    @property
    def environment(self) -> str:
        return self.spec.identity.environment


class Plan(msgspec.Struct, frozen=True):
    """The version and deployment as they are, or will be, in the registry. new_version, new_deployment: which of them
    it does not have yet."""

    version: ModelVersion
    deployment: Deployment
    new_version: bool
    new_deployment: bool

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.version.model_version, self.deployment.deployment_id)

    @property
    def is_current(self) -> bool:
        """Whether nothing changes: the registry's current deployment is the one that is meant."""
        return self.deployment.state == "current"

    def numbered(self, spec: MonitorSpec) -> MonitorSpec:
        """The spec of records that carry both numbers."""
        version, deployment_id = self.version.model_version, self.deployment.deployment_id
        identity = msgspec.structs.replace(spec.identity, model_version=version, deployment_id=deployment_id)
        return msgspec.structs.replace(spec, identity=identity)

    def says(self) -> str:
        """`version 3 (new), deployment 7 (new)`."""
        version = f"version {self.version.model_version}{' (new)' if self.new_version else ''}"
        deployment = f"deployment {self.deployment.deployment_id}{' (new)' if self.new_deployment else ''}"
        return f"{version}, {deployment}"


def plan(registry: Registry | None, asked: Asked, *, beside: Sequence[Plan] = (), goes_on: bool = False) -> Plan:
    """What the registry is going to have, by what it has. None: it is still to be made, and has nothing.

    Content that has a version keeps it, whichever it is. The current deployment stays as long as neither version nor
    configuration changes. beside: what is planned already, and not written; goes_on: one that the same `by` began, and
    that has not ended, is taken up again. Raises RegistryError, StoreError and AwsError.
    """
    model = asked.model
    versions = [
        *(registry.versions(model) if registry else ()),
        *(p.version for p in beside if p.version.model == model),
    ]
    every = [*(registry.deployments(model) if registry else ())]
    every += [p.deployment for p in beside if p.deployment.model == model]
    version = _version(versions, asked)
    deployment = _deployment(every, version, asked)
    rules.deployment(deployment)  # before a version is there for ever
    new_version = version not in versions
    kept = None if new_version else _kept(every, deployment, asked, goes_on=goes_on)
    return Plan(version, kept or deployment, new_version, kept is None)


def begin(registry: Registry, planned: Plan) -> Plan:
    """Write what the registry does not have yet, under the numbers that were planned.

    Raises RegistryError where another was faster, or a rule forbids it.
    """
    version, deployment = planned.version, planned.deployment
    if planned.new_version:
        version = registry.register_version(version)
    if planned.new_deployment:
        deployment = registry.register_deployment(deployment)
    return msgspec.structs.replace(planned, version=version, deployment=deployment)


def _version(versions: Sequence[ModelVersion], asked: Asked) -> ModelVersion:
    """The version that the content has, else the next one."""
    made_of = content.artifact(asked.spec)
    for each in versions:
        if any(artifact.sha256 == made_of.sha256 for artifact in each.artifacts):
            return each
    return ModelVersion(
        namespace=asked.model.namespace,
        model_name=asked.model.model_name,
        model_version=max((each.model_version for each in versions), default=0) + 1,
        description=asked.description,
        artifacts=(made_of,),
        create_at=instant.written(asked.now_ms),
        created_by=asked.by,
    )


def _deployment(every: Sequence[Deployment], version: ModelVersion, asked: Asked) -> Deployment:
    """The next one."""
    return Deployment(
        namespace=asked.model.namespace,
        model_name=asked.model.model_name,
        model_version=version.model_version,
        deployment_id=max((each.deployment_id for each in every), default=0) + 1,
        environment=asked.environment,
        environment_variables=asked.variables or (),
        deployment_method=asked.method,
        rolling_strategy=asked.strategy,
        configuration=content.configuration(asked.spec),
        state="pending",
        create_at=instant.written(asked.now_ms),
        created_by=asked.by,
    )


def _kept(every: Sequence[Deployment], wanted: Deployment, asked: Asked, *, goes_on: bool) -> Deployment | None:
    """The deployment that is the wanted one already."""
    members = ["environment", "model_version", "configuration", "deployment_method", "rolling_strategy"]
    members += ["environment_variables"] if asked.variables is not None else []
    alike = [each for each in every if all(getattr(each, member) == getattr(wanted, member) for member in members)]
    begun = [each for each in alike if goes_on and each.state == "pending" and each.created_by == asked.by]
    return next(iter([each for each in alike if each.state == "current"] + begun), None)
