"""Which deployment the traffic of a model goes to on AWS, and moving it to another one that is still there."""

from __future__ import annotations

from collections.abc import Callable

from inferwatch.aws.resources import alias, function
from inferwatch.aws.site import Site
from inferwatch.errors import DeployError
from inferwatch.registry.records import Change, Deployment
from inferwatch.spec import numbers


def served(site: Site) -> int | None:
    """The id of the deployment that the alias points to, None where there is none that says so. Raises AwsError."""
    found = function.find(site.session, site.names.function, site.names.alias)
    said = found.environ.get(numbers.DEPLOYMENT_ID, "") if found is not None else ""
    return int(said) if said.isascii() and said.isdigit() else None


def move(site: Site, wanted: Deployment, change: Callable[[], Change]) -> Change:
    """Point the alias to the function's version of a deployment, and have the registry told by `change`.

    Where the registry refuses, the alias points back. So whoever ends it in between can do it again. Raises AwsError,
    DeployError where the deployment's version is not there any more, and what `change` raises.
    """
    if wanted.state in ("failed", "current"):
        return change()  # which says why not
    session, called = site.session, site.names
    version = _version(site, wanted)
    before = alias.find(session, called.function, called.alias)
    if before is None:
        raise DeployError(f"there is no alias {called.function}:{called.alias} in {site.where}: `inferwatch deploy`")
    if before.shifting:
        raise DeployError(
            f"{called.function}:{called.alias} is amidst a rollout: wait for its end, or stop it in CodeDeploy"
        )
    if before.version != version:
        alias.point(session, called.function, called.alias, version)
    try:
        return change()
    except BaseException:
        if before.version != version:
            alias.point(session, called.function, called.alias, before.version)
        raise


def _version(site: Site, wanted: Deployment) -> str:
    """Lambda's newest version of the deployment."""
    asked = site.spec.sagemaker
    if asked is not None and asked.endpoint is None:
        raise DeployError(
            f"the endpoint {site.names.endpoint} serves what was deployed last, whichever function asks it: check the "
            f"code of version {wanted.model_version} out, and `inferwatch deploy`"
        )
    own = {
        numbers.VERSION: str(wanted.model_version),
        numbers.DEPLOYMENT_ID: str(wanted.deployment_id),
    }
    for each in alias.published(site.session, site.names.function):
        if own.items() <= each.environ.items():
            return each.version
    raise DeployError(
        f"{site.names.function} in {site.where} has no version of deployment {wanted.deployment_id} any more: check "
        f"the code of version {wanted.model_version} out, and `inferwatch deploy` makes a new deployment of it"
    )
