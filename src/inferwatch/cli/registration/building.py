"""What a pipeline registers: its build, for the templates of all stages; each stage, once it is deployed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.aws.site import Site
from inferwatch.cli import output
from inferwatch.cli.deployment.assembly import StackTemplate
from inferwatch.cli.registration import remote
from inferwatch.cli.registration.plan import Plan, begin, plan
from inferwatch.cloudwatch.names import names
from inferwatch.errors import RegistryError
from inferwatch.ports import Registry
from inferwatch.registry import rules
from inferwatch.registry.records import EnvironmentVariable, Model
from inferwatch.spec import numbers
from inferwatch.spec.monitor_spec import MonitorSpec

_COMMIT = "CODEBUILD_RESOLVED_SOURCE_VERSION"


class BuildRegistration:
    """The stages of one run. A build that is run again, since the pipeline has changed itself, takes up what it began.

    site: of the pipeline, whose registry is that of all stages. Raises AwsError, RegistryError.
    """

    def __init__(self, site: Site, specs: Sequence[MonitorSpec]) -> None:
        self._registry: Registry = DynamoRegistry(site.session)
        self._by = by(site)
        self._specs = specs
        self._variables: dict[str, tuple[EnvironmentVariable, ...]] = {}
        self._plans = self._planned()

    def variables(self) -> dict[str, str]:
        """For the CDK app: the numbers of every stage."""
        return numbers.variables({each.deployment.environment: each.numbers for each in self._plans})

    def fits(self, stacks: Iterable[StackTemplate]) -> bool:
        """As that of one deployment. stacks: of all stages."""
        listed = list(stacks)
        for spec in self._specs:
            own = remote.own_variables(listed, names(spec).function)
            self._variables[spec.identity.environment] = own
        before, self._plans = self._plans, self._planned()
        return [each.numbers for each in self._plans] == [each.numbers for each in before]

    def begin(self) -> None:
        """Write down every stage's deployment, as pending. Raises RegistryError where another was faster."""
        for each in self._plans:
            begin(self._registry, each)
            output.note(f"{each.deployment.environment}: {each.says()}")

    def _planned(self) -> list[Plan]:
        commit = os.environ.get(_COMMIT)
        plans: list[Plan] = []
        for spec in self._specs:
            asked = remote.asked(
                spec,
                by=self._by,
                description=f"commit {commit}" if commit else "",
                variables=self._variables.get(spec.identity.environment),
            )
            plans.append(plan(self._registry, asked, beside=plans, goes_on=True))
        return plans


def by(site: Site) -> str:
    """Who made what a pipeline registers."""
    return f"pipeline {site.names.pipeline}"


def deployed(site: Site, spec: MonitorSpec, deployment_id: int, endpoint: str | None) -> None:
    """A stage is deployed. Raises AwsError, RegistryError."""
    registry = DynamoRegistry(site.session)
    model = Model(spec.identity.namespace, spec.identity.model_name)
    every = registry.deployments(model, spec.identity.environment)
    found = next((each for each in every if each.deployment_id == deployment_id), None)
    if found is None:
        raise rules.no_deployment(deployment_id, model)
    if found.state == "failed":
        raise RegistryError(f"deployment {deployment_id} stands in the registry as failed; deploy the commit anew")
    remote.promote(registry, found, endpoint, by=by(site))
    output.note(f"deployment {deployment_id} (version {found.model_version}) serves {found.environment}")
