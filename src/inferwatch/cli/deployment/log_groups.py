"""The log groups of a model that a deployment finds: the stack's own, others to be used, others in the way."""

from __future__ import annotations

from inferwatch.aws.resources import log_group, stack
from inferwatch.aws.site import Site

FUNCTION = "AWS::Lambda::Function"
LOG_GROUP = "AWS::Logs::LogGroup"


def names(site: Site) -> tuple[str, ...]:
    """Of the records, of the API's access log where there is an API, and of the endpoint where one is made."""
    spec, called = site.spec, site.names
    own = [called.log_group]
    own += [called.access_log_group] if spec.api.type != "none" else []
    own += [called.endpoint_log_group] if spec.sagemaker is not None and spec.sagemaker.endpoint is None else []
    return tuple(dict.fromkeys(own))


def not_ours(site: Site) -> tuple[str, ...]:
    """Those that are there, and that the stack did not make. Raises AwsError."""
    return tuple(
        name
        for name in names(site)
        if log_group.find(site.session, name) is not None
        and not stack.holds(site.session, site.names.stack, LOG_GROUP, name)
    )


def in_use(site: Site) -> bool:
    """Whether the stack has its function: then it was told before to use the groups that it did not make."""
    return stack.holds(site.session, site.names.stack, FUNCTION, site.names.function)


def problem(site: Site) -> str | None:
    """Why the stack cannot make its log groups, and what to do; None where it can. Raises AwsError."""
    if in_use(site) or not (found := not_ours(site)):
        return None
    return (
        f"log groups are there already that the stack {site.names.stack} did not make, {' and '.join(found)}: an "
        "earlier `destroy` kept them, another stack has them, or something logged there before; `inferwatch deploy "
        "--existing-log-group` uses them as they are, `aws logs delete-log-group` removes one with every line in it"
    )
