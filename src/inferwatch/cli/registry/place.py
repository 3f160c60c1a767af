"""Which registry a command means, a data folder's or that of an account and region, and whose versions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from inferwatch.cli import options
from inferwatch.cli.deployed import Deployed
from inferwatch.cli.options import HERE
from inferwatch.errors import RegistryError
from inferwatch.ports import Registry
from inferwatch.registry import rules
from inferwatch.registry.records import Deployment, Model
from inferwatch.spec import FILE_NAME
from inferwatch.spec.fault import suggestion
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    from inferwatch.aws.site import Site


class Opened(NamedTuple):
    """A registry that can be asked. where: for messages; by: who asks it; site: of the model on AWS, None on this
    machine and where the command was given no spec."""

    registry: Registry
    where: str
    by: str
    on_aws: bool = False
    site: Site | None = None


class Place(NamedTuple):
    """What the options say. node: of `--model`; path: of `--spec`; environment, region: None for the defaults."""

    data: Path
    aws: bool
    node: str | None
    path: Path
    environment: str | None
    region: str | None

    def spec(self) -> MonitorSpec | None:
        """The spec that is meant; None where `--model` says whose versions, or there is none here. Raises SpecError."""
        from inferwatch.spec import load_spec

        if self.node is not None or (self.path == HERE and not (HERE / FILE_NAME).exists()):
            return None
        return load_spec(self.path, self.environment)

    def open(self) -> Opened:
        """Raises SpecError, AwsError, and MissingExtraError without the extra `aws`."""
        if self.aws:
            return self._open_on_aws()
        from inferwatch.cli.registration.local import user
        from inferwatch.store.registry import LocalRegistry

        return Opened(LocalRegistry(self.data), str(self.data), user())

    def models(self, registry: Registry) -> list[Model]:
        """The models that are meant: the spec's, or those below the node, or all. RegistryError for a node of none."""
        spec = self.spec()
        if spec is not None:
            return [Model(spec.identity.namespace, spec.identity.model_name)]
        found = list(registry.models(self.node or "/"))
        if not found and self.node is not None:
            raise _unknown(self.node, registry)
        return found

    def whose(self) -> str:
        """ " of /abc_corp/claim" where the spec, or a node, says whose versions are meant, for messages; "" for all."""
        spec = self.spec()
        named = self.node if spec is None else spec.identity.log_group
        return f" of {named}" if named else ""

    def model(self, opened: Opened) -> Model:
        """The one model that is meant. Raises RegistryError where there are several, or none."""
        found = self.models(opened.registry)
        if not found:
            raise RegistryError(f"{opened.where} has no version of any model yet")
        if len(found) > 1:
            known = ", ".join(rules.group(model) for model in found)
            raise RegistryError(f"which model is meant? --model takes one of {known}")
        return found[0]

    def _open_on_aws(self) -> Opened:
        from inferwatch.aws.registry import DynamoRegistry

        if self.spec() is not None:
            site = Deployed(self.path, self.environment, self.region).site()
            return Opened(DynamoRegistry(site.session), site.where, site.caller.arn, True, site)
        from inferwatch.aws.session import caller, open_session
        from inferwatch.spec.account import AccountSpec

        session = open_session(AccountSpec(), self.region)
        who = caller(session, AccountSpec())
        return Opened(DynamoRegistry(session), f"account {who.account}, region {who.region}", who.arn, True)


def on_registry(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command of the registry: it is given `place`."""

    @options.data
    @options.aws
    @click.option("--model", "node", help="A model or a node above it, as in /abc_corp/claim. [default: the spec's]")
    @options.spec
    @options.region
    @options.any_environment
    @wraps(command)
    def with_place(
        *,
        data: Path,
        aws: bool,
        node: str | None,
        spec_path: Path,
        region: str | None,
        environment: str | None,
        **given: Any,
    ) -> Any:
        if not aws and region is not None:
            raise click.UsageError("--region goes with --aws")
        if node is not None and not node.startswith("/"):
            raise click.BadParameter(f"{node!r} is no node, as in /abc_corp/claim; --spec takes a folder")
        if node is not None and spec_path != HERE:
            raise click.UsageError("--model and --spec both say whose versions; one is enough")
        return command(place=Place(data, aws, node, spec_path, environment, region), **given)

    return with_place


def deployment(opened: Opened, model: Model, deployment_id: int) -> Deployment:
    """Raises RegistryError where the model has none of that number."""
    for each in opened.registry.deployments(model):
        if each.deployment_id == deployment_id:
            return each
    raise rules.no_deployment(deployment_id, model)


def _unknown(node: str, registry: Registry) -> RegistryError:
    known = [rules.group(model) for model in registry.models("/")]
    has = f"it has {', '.join(known)}{suggestion(node, known)}" if known else "it has none yet"
    return RegistryError(f"the registry has no model at or below {node!r}; {has}")
