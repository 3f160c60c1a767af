"""Whether CDK's bootstrap stack, which holds what a deployment uploads, is in the account and region."""

from __future__ import annotations

import boto3

from inferwatch.aws.explained import explained
from inferwatch.aws.session import Caller

QUALIFIER = "hnb659fds"
"""CDK's own, unless an organisation bootstraps by another."""

OLDEST_VERSION = 6
"""Of the bootstrap stack, that the templates of aws-cdk-lib 2 ask for."""


def version(session: boto3.Session) -> int | None:
    """The bootstrap stack's version, None where there is none. Raises AwsError."""
    ssm = session.client("ssm")
    with explained("looking for CDK's bootstrap stack"):
        try:
            found = ssm.get_parameter(Name=f"/cdk-bootstrap/{QUALIFIER}/version")
        except ssm.exceptions.ParameterNotFound:
            return None
    return int(found["Parameter"]["Value"])


def problem(session: boto3.Session, caller: Caller) -> str | None:
    """Why the account cannot take a deployment yet, and what to do; None where it can. Raises AwsError."""
    found = version(session)
    if found is not None and found >= OLDEST_VERSION:
        return None
    where = f"account {caller.account} in {caller.region}"
    lacks = (
        f"{where} is not bootstrapped for CDK"
        if found is None
        else f"CDK's bootstrap stack in {where} has version {found}, and {OLDEST_VERSION} is needed"
    )
    return f"{lacks}: `inferwatch deploy --bootstrap` does it, once for each account and region"


def bucket(caller: Caller) -> str:
    """Where CDK puts templates and zips."""
    return f"cdk-{QUALIFIER}-assets-{caller.account}-{caller.region}"


def repository(caller: Caller) -> str:
    """Where CDK puts images."""
    return f"cdk-{QUALIFIER}-container-assets-{caller.account}-{caller.region}"
