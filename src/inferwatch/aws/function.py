"""A model's Lambda as it is deployed."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.explained import explained


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
