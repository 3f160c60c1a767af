"""Where on AWS one model runs, and who asks."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.session import Caller, caller, open_session
from inferwatch.cloudwatch.names import Names, names
from inferwatch.spec.monitor_spec import MonitorSpec


class Site(msgspec.Struct, frozen=True):
    """One model in one account and region. names: of its resources there; session: in the caller's region."""

    spec: MonitorSpec
    names: Names
    session: boto3.Session
    caller: Caller

    @property
    def where(self) -> str:
        """For messages: the two that a person mixes up when something is not found."""
        return f"account {self.caller.account}, region {self.caller.region}"

    def arn(self, service: str, resource: str) -> str:
        """Of a resource in this account and region: `arn("sns", "topic")`."""
        return f"arn:{self.partition}:{service}:{self.caller.region}:{self.caller.account}:{resource}"

    @property
    def partition(self) -> str:
        """`aws`, or `aws-cn` and the like, as the caller's own ARN has it."""
        return self.caller.arn.split(":")[1]


def open_site(spec: MonitorSpec, region: str | None = None, session: boto3.Session | None = None) -> Site:
    """The site of a spec. session: one that is open already.

    Raises AwsError where there is no region, no credentials, or those of another account than the spec's.
    """
    session = session or open_session(spec.aws, region)
    return Site(spec, names(spec), session, caller(session, spec.aws))
