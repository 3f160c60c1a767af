"""A model's Lambda as it is deployed."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site

DEPLOY = "`inferwatch deploy` sets it"


class Function(msgspec.Struct, frozen=True):
    """package: image or zip; role: ARN; log_group: where Lambda sends what it logs; log_format: JSON or Text; environ:
    its variables.
    """

    name: str
    package: str
    role: str
    log_group: str
    log_format: str
    environ: dict[str, str]


def find(session: boto3.Session, name: str, alias: str | None = None) -> Function | None:
    """The function, or the version that its alias names; None where there is none. Raises AwsError."""
    client = session.client("lambda")
    which = {} if alias is None else {"Qualifier": alias}
    with explained(f"looking at the function {name}"):
        try:
            found = client.get_function_configuration(FunctionName=name, **which)
        except client.exceptions.ResourceNotFoundException:
            return None
    logging = found.get("LoggingConfig", {})
    return Function(
        name=name,
        package=found.get("PackageType", "Zip").lower(),
        role=found["Role"],
        log_group=logging.get("LogGroup", f"/aws/lambda/{name}"),
        log_format=logging.get("LogFormat", "Text"),
        environ=found.get("Environment", {}).get("Variables", {}),
    )


def place_problem(site: Site, found: Function | None) -> str | None:
    """Why the function's lines are not where the spec looks for them, and what to do; None where they should be."""
    if found is None:
        name = f"{site.names.function}:{site.names.alias}"
        return f"there is no function {name} in {site.where}: `inferwatch deploy` makes it"
    if found.log_group != site.names.log_group:
        return f"the function logs to {found.log_group}, and the spec's log group is {site.names.log_group}; {DEPLOY}"
    environment, wanted = found.environ.get("INFERWATCH_ENVIRONMENT"), site.spec.identity.environment
    if environment not in (None, wanted):
        return f"the function runs as environment {environment}, not {wanted}; {DEPLOY}"
    return None


def format_problem(found: Function) -> str | None:
    """Why the runtime's reports cannot be read, and what to do; None where they can."""
    if found.log_format == "JSON":
        return None
    return f"the function logs as {found.log_format}, so that its memory and init time are not read; {DEPLOY}"
