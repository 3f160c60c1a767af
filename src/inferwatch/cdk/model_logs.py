"""The log groups of one model: its records', and its API's access log."""

from __future__ import annotations

from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk import existing
from inferwatch.cdk.log_group import log_group, log_key
from inferwatch.cloudwatch.names import Names
from inferwatch.spec.monitor_spec import MonitorSpec


class ModelLogs(Construct):
    """Both log groups, with one key where the spec asks for one. A group that is there already stays as it is.

    records, access (None where the spec has no API).
    """

    def __init__(
        self, scope: Construct, id: str, *, spec: MonitorSpec, called: Names, removal_policy: RemovalPolicy
    ) -> None:
        super().__init__(scope, id)
        has_api = spec.api.type != "none"
        ids = {"Records": called.log_group} | ({"Access": called.access_log_group} if has_api else {})
        shared: dict[str, Any] = {"spec": spec, "removal_policy": removal_policy}
        there = existing.log_groups(self.node)
        new = [name for name in ids.values() if name not in there]
        key = log_key(self, "Key", groups=new, **shared) if new else None
        found: dict[str, logs.ILogGroup] = {
            id: log_group(self, id, name=name, key=key, **shared)
            if name in new
            else logs.LogGroup.from_log_group_name(self, id, name)
            for id, name in ids.items()
        }
        self.records = found["Records"]
        self.access = found.get("Access")
