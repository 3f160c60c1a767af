"""The session with AWS: whose credentials, which account, which region."""

from __future__ import annotations

import os

import boto3
import botocore.session
import msgspec
from botocore.config import Config

from inferwatch.aws.explained import explained
from inferwatch.errors import AwsError
from inferwatch.spec.account import AccountSpec

CONNECT_S = 5
READ_S = 15
"""botocore waits a minute for a connection, and for an answer, and tries five times: too long for a person to wait."""


class Caller(msgspec.Struct, frozen=True):
    """Who asks: the account's 12 digits, the principal's ARN, the region."""

    account: str
    arn: str
    region: str


def open_session(declared: AccountSpec, region: str | None = None) -> boto3.Session:
    """A session in `region`, else the spec's, else the one of the caller's own settings.

    Raises AwsError where there is no region, or AWS has none of that name.
    """
    with explained("opening a session"):
        core = botocore.session.get_session()
        core.set_default_client_config(Config(connect_timeout=CONNECT_S, read_timeout=READ_S))
        named = region or declared.region or os.environ.get("AWS_REGION")  # AWS's tools read it, botocore does not
        session = boto3.Session(botocore_session=core, region_name=named)
        if session.region_name is None:
            raise AwsError("no region is given: set aws.region in the spec, --region or AWS_REGION", code="NoRegion")
        partition_regions = [
            name
            for partition in session.get_available_partitions()
            for name in session.get_available_regions("cloudwatch", partition)
        ]
    if session.region_name not in partition_regions:
        raise AwsError(f"{session.region_name!r} is no region of AWS's", code="NoRegion")
    return session


def caller(session: boto3.Session, declared: AccountSpec) -> Caller:
    """Who the credentials are. Raises AwsError where there are none, or they are of another account than the spec's."""
    with explained("asking who the credentials are"):
        identity = session.client("sts").get_caller_identity()
    account = identity["Account"]
    if declared.account is not None and account != declared.account:
        problem = f"the credentials are of account {account}, and the spec's aws.account is {declared.account}"
        raise AwsError(f"{problem}: choose another profile (AWS_PROFILE)", code="WrongAccount")
    return Caller(account=account, arn=identity["Arn"], region=session.region_name)
