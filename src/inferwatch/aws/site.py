"""Where on AWS one model runs, and who asks."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.session import Caller
from inferwatch.cloudwatch.names import Names
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
