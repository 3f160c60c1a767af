"""One model in one environment, as a stack."""

from __future__ import annotations

import re
from typing import Any

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack, Tags
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk import existing
from inferwatch.cdk.api import InferenceApi
from inferwatch.cdk.function import InferenceFunction
from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.log_group import KEPT, log_group, log_key
from inferwatch.cdk.monitoring import ModelMonitoring
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.names import names

_NO_TAG = re.compile(r"[^\w .:/=+@-]")


class ModelStack(Stack):
    """Function, API and monitoring of one spec; its alarms turn a rollout back.

    The stack's name, and the account and region of `[aws]`, are the spec's unless `options`, a Stack's own, say
    otherwise. removal_policy: of the log groups and their key. Raises SpecError, DeployError.

    function, api (None where the spec has none), monitoring.
    """

    def __init__(
        self,
        scope: Construct,
        id: str | None = None,
        *,
        spec: Given,
        removal_policy: RemovalPolicy = KEPT,
        **options: Any,
    ) -> None:
        self.spec = as_spec(spec)
        limits.check(self.spec)
        self.called = names(self.spec)
        identity = self.spec.identity
        own = {
            "stack_name": self.called.stack,
            "env": Environment(account=self.spec.aws.account, region=self.spec.aws.region),
            "description": f"{identity.model_name} ({identity.environment}) of {identity.namespace}, by InferWatch",
        }
        super().__init__(scope, id or self.called.stack, **{**own, **options})
        has_api = self.spec.api.type != "none"
        self.log_group, self.access_log_group = self._log_groups(has_api, removal_policy)
        self.function = InferenceFunction(self, "Function", spec=self.spec, log_group=self.log_group)
        self.api = (
            InferenceApi(
                self, "Api", spec=self.spec, function=self.function.alias, access_log_group=self.access_log_group
            )
            if has_api
            else None
        )
        self.monitoring = ModelMonitoring(
            self, "Monitoring", spec=self.spec, log_group=self.log_group, access_log_group=self.access_log_group
        )
        self.function.roll_back_on(self.monitoring.alarms.values())
        self._tag()
        self._outputs()

    def _log_groups(self, has_api: bool, removal_policy: RemovalPolicy) -> tuple[logs.ILogGroup, logs.ILogGroup | None]:
        """The records', and the API's access log, with one key for both. One that is there already stays as it is."""
        ids = {"Records": self.called.log_group} | ({"Access": self.called.access_log_group} if has_api else {})
        shared: dict[str, Any] = {"spec": self.spec, "removal_policy": removal_policy}
        scope = Construct(self, "Logs")
        there = existing.log_groups(self.node)
        new = [name for name in ids.values() if name not in there]
        key = log_key(scope, "Key", groups=new, **shared) if new else None
        found: dict[str, logs.ILogGroup] = {
            id: log_group(scope, id, name=name, key=key, **shared)
            if name in new
            else logs.LogGroup.from_log_group_name(scope, id, name)
            for id, name in ids.items()
        }
        return found["Records"], found.get("Access")

    def _tag(self) -> None:
        identity = self.spec.identity
        for name, value in (
            ("model", identity.model_name),
            ("environment", identity.environment),
            ("node", identity.namespace),
        ):
            Tags.of(self).add(f"inferwatch:{name}", _NO_TAG.sub("-", value))

    def _outputs(self) -> None:
        outputs = {
            "FunctionName": self.function.function.function_name,
            "LogGroup": self.function.log_group.log_group_name,
            "Dashboard": f"https://{self.region}.console.aws.amazon.com/cloudwatch/home?region={self.region}"
            f"#dashboards/dashboard/{self.called.dashboard}",
        }
        if self.api is not None:
            outputs["Url"] = self.api.url
            if self.api.api_key is not None:
                outputs["ApiKeyId"] = self.api.api_key.key_id
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
