"""What `deploy` registers in the registry of an account and region, before and after CloudFormation's work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from inferwatch.aws.registry import DynamoRegistry, or_none
from inferwatch.aws.resources import stack
from inferwatch.aws.site import Site
from inferwatch.cli import output
from inferwatch.cli.clock import now_ms
from inferwatch.cli.deployment import traffic
from inferwatch.cli.deployment.assembly import StackTemplate
from inferwatch.cli.registration.plan import Asked, Plan, begin, plan
from inferwatch.cloudwatch.names import REGISTRY_TABLE
from inferwatch.errors import AwsError
from inferwatch.ports import Registry
from inferwatch.registry.records import Deployment, EnvironmentVariable, Method, Model, Strategy
from inferwatch.spec import numbers
from inferwatch.spec.monitor_spec import MonitorSpec

_OURS = "INFERWATCH_"
_FUNCTION = "AWS::Lambda::Function"


class RemoteRegistration:
    """One deployment of the model at a site. Making it writes nothing but what has come true of an earlier one.

    plan: the version and deployment to be; is_made: whether the registry's table is there. Raises AwsError,
    RegistryError.
    """

    def __init__(self, site: Site, description: str = "") -> None:
        self._site = site
        self._registry: Registry = DynamoRegistry(site.session)
        self._asked = asked(site.spec, by=site.caller.arn, description=description)
        self.is_made = is_made(self._registry, self._asked)
        if self.is_made:
            self._catch_up()
        self.plan: Plan = plan(self._registry if self.is_made else None, self._asked)

    def says(self) -> str:
        return self.plan.says() if self.is_made else f"{self.plan.says()}. {missing()}"

    def variables(self) -> dict[str, str]:
        """For the CDK app: the numbers."""
        version, deployment_id = self.plan.numbers
        return {numbers.VERSION: str(version), numbers.DEPLOYMENT_ID: str(deployment_id)}

    def fits(self, stacks: Iterable[StackTemplate]) -> bool:
        """Take the function's own variables from the templates; False where another deployment is planned by
        now, so that the templates are to be made again. Raises RegistryError where they hold secrets.
        """
        before, own = self.plan.numbers, own_variables(stacks, self._site.names.function)
        self._asked = msgspec.structs.replace(self._asked, variables=own)
        self.plan = plan(self._registry if self.is_made else None, self._asked)
        return self.plan.numbers == before

    def begin(self) -> None:
        """Write it down as planned: from here on the numbers are taken. Raises RegistryError where they were before."""
        self.plan = begin(self._registry, self.plan)

    def serves(self, endpoint: str | None) -> None:
        """It is deployed: all traffic goes to it."""
        promote(self._registry, self.plan.deployment, endpoint, by=self._asked.by)

    def ended(self) -> None:
        """CDK has failed. What is at work still, or stands all the same, has not."""
        model, deployment = self._asked.model, self.plan.deployment
        if self.plan.is_current:
            return
        try:
            found = stack.find(self._site.session, self._site.names.stack)
            if found is not None and found.is_at_work:
                self.left()
            elif traffic.served(self._site) == deployment.deployment_id:
                output.note(f"deployment {deployment.deployment_id} serves all the same")
                self.serves(None)
            else:
                self._registry.fail(model, deployment.deployment_id)
                output.note(f"deployment {deployment.deployment_id} is registered as failed")
        except AwsError as error:
            output.note(f"warning: the registry still calls deployment {deployment.deployment_id} pending: {error}")

    def left(self) -> None:
        """Nobody waits for what becomes of it."""
        if not self.plan.is_current:
            pending = f"deployment {self.plan.deployment.deployment_id} stays pending in the registry"
            output.note(f"{pending} until the next `inferwatch deploy`, which looks what became of it.")

    def _catch_up(self) -> None:
        """Of a deployment whose end nobody waited for, and that serves."""
        served = traffic.served(self._site)
        for each in self._registry.deployments(self._asked.model, self._asked.environment):
            if each.deployment_id == served and each.state == "pending":
                self._registry.promote(self._asked.model, served, now_ms=now_ms(), by=self._asked.by)
                output.note(f"deployment {served} serves since it was left: now the registry says so")


def asked(
    spec: MonitorSpec,
    *,
    by: str,
    description: str = "",
    variables: tuple[EnvironmentVariable, ...] | None = None,
) -> Asked:
    """What a deployment to AWS asks for."""
    method: Method = "Lambda" if spec.sagemaker is None else "SageMaker"
    return Asked(
        spec=spec,
        method=method,
        strategy=strategy(spec.function.rollout),
        variables=variables,
        description=description,
        by=by,
        now_ms=now_ms(),
    )


def strategy(rollout: str) -> Strategy:
    """CodeDeploy's way, in the registry's words."""
    if rollout.startswith("Canary"):
        return "canary"
    return "linear" if rollout.startswith("Linear") else "all-at-once"


def is_made(registry: Registry, asked: Asked) -> bool:
    """Whether the registry's table is there. Raises AwsError."""
    return or_none(registry.versions, asked.model) is not None


def promote(registry: Registry, deployment: Deployment, endpoint: str | None, *, by: str) -> None:
    """A deployment serves; earlier ones that the same one began, and that have not ended, never will."""
    model = deployment.model
    if endpoint is not None and endpoint != deployment.endpoint:
        registry.set_endpoint(model, deployment.deployment_id, endpoint)
    if deployment.state != "current":
        registry.promote(model, deployment.deployment_id, now_ms=now_ms(), by=by)
    for each in registry.deployments(model, deployment.environment):
        earlier = each.deployment_id < deployment.deployment_id
        if earlier and each.state == "pending" and each.created_by == deployment.created_by:
            registry.fail(model, each.deployment_id)


def retire(site: Site) -> Deployment | None:
    """The model is taken from a site; gives the deployment that served, None where none was registered.

    Raises AwsError, and RegistryError.
    """
    identity = site.spec.identity
    model = Model(identity.namespace, identity.model_name)
    return or_none(DynamoRegistry(site.session).retire, model, identity.environment)


def own_variables(stacks: Iterable[StackTemplate], function: str) -> tuple[EnvironmentVariable, ...]:
    """The function's own variables, as the templates have them: those whose values are known before a deployment."""
    found: Mapping[str, object] = {}
    for each in stacks:
        for resource in each.template.get("Resources", {}).values():
            properties = resource.get("Properties", {})
            if resource["Type"] == _FUNCTION and properties.get("FunctionName") == function:
                found = properties.get("Environment", {}).get("Variables", {})
    return tuple(
        EnvironmentVariable(name, value)
        for name, value in sorted(found.items())
        if isinstance(value, str) and not name.startswith(_OURS)
    )


def missing() -> str:
    """What is to be said of a registry that is still to be made."""
    return f"There is no registry yet: the table {REGISTRY_TABLE} is made first, for all models of account and region"
