"""The model as a Lambda function."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import CfnResource, Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.interfaces.aws_cloudwatch import IAlarmRef
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.endpoint.access import grant_invoke
from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.log_group import KEPT, log_group, log_key
from inferwatch.cdk.package.code import Packaged, packaged
from inferwatch.cdk.rollout import GradualRollout
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.names import Names, names
from inferwatch.errors import SpecError
from inferwatch.serving import cors, endpoint
from inferwatch.spec import numbers

INSIGHTS = lambda_.LambdaInsightsVersion.VERSION_1_0_498_0
_ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}


class InferenceFunction(Construct):
    """The function that runs a model, with what belongs to it: log group, role, version, alias, rollout.

    spec: read already, or the model's folder; its folder is what is deployed. called: names other than the spec's own;
    log_group: one that is there already, else the organisation's is made, and stays when the stack goes
    (`removal_policy`); environment: variables of the model's own; options: further properties of
    `aws_lambda.Function`, such as `vpc`. Where the spec has an endpoint, the function may ask that one and no other.
    Raises SpecError, DeployError.

    function, alias (what is called, and shifted to a new version), log_group, rollout (None for AllAtOnce).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        called: Names | None = None,
        log_group: logs.ILogGroup | None = None,
        removal_policy: RemovalPolicy = KEPT,
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(scope, id)
        self._spec = as_spec(spec)
        limits.check(self._spec)
        self._called = called or names(self._spec)
        if self._spec.model.predict is None and self._spec.sagemaker is None:
            raise SpecError(self._spec.file, "model.predict", 'is missing: what shall be served? As in "app:predict"')
        self.log_group = log_group or self._log_group(removal_policy)
        self.role = self._role()
        code = packaged(self._spec)
        self.function = lambda_.Function(self, "Function", **{**self._properties(code, environment or {}), **options})
        self.alias = lambda_.Alias(
            self,
            "Alias",
            alias_name=self._called.alias,
            version=self.function.current_version,
            provisioned_concurrent_executions=self._spec.function.provisioned_concurrency,
        )
        self.rollout = self._rollout()
        self._acknowledge()

    def roll_back_on(self, alarms: Iterable[IAlarmRef]) -> None:
        """Let CodeDeploy turn back when one of these goes off meanwhile. With AllAtOnce there is no meanwhile."""
        if self.rollout is not None:
            for alarm in alarms:
                self.rollout.deployment_group.add_alarm(alarm)

    def _log_group(self, removal_policy: RemovalPolicy) -> logs.LogGroup:
        name = self._called.log_group
        key = log_key(self, "LogKey", spec=self._spec, groups=[name], removal_policy=removal_policy)
        return log_group(self, "LogGroup", spec=self._spec, name=name, key=key, removal_policy=removal_policy)

    def _role(self) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            description=f"{self._called.function}: writes to its log group"
            + (", asks its endpoint" if self._spec.sagemaker is not None else ""),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        self.log_group.grant_write(role)
        if self._spec.sagemaker is not None:
            grant_invoke(self, role, self._called.endpoint)
        return role

    def _properties(self, code: Packaged, environment: Mapping[str, str]) -> dict[str, Any]:
        identity, function = self._spec.identity, self._spec.function
        return {
            "function_name": self._called.function,
            "description": f"Inference of {identity.model_name} ({identity.environment}), watched by InferWatch",
            "code": code.code,
            "handler": code.handler,
            "runtime": code.runtime,
            "architecture": _ARCHITECTURES[function.architecture],
            "role": self.role,
            "memory_size": function.memory,
            "timeout": Duration.seconds(math.ceil(function.timeout)),  # Lambda's is in whole seconds
            "ephemeral_storage_size": Size.mebibytes(function.ephemeral_storage),
            "reserved_concurrent_executions": function.reserved_concurrency,
            "environment": {
                "INFERWATCH_ENVIRONMENT": identity.environment,
                # By which a version of the function tells which deployment it is of.
                numbers.VERSION: str(identity.model_version),
                numbers.DEPLOYMENT_ID: str(identity.deployment_id),
                cors.VARIABLE: ",".join(self._spec.api.allow_origins),
                **({} if self._spec.sagemaker is None else {endpoint.VARIABLE: self._called.endpoint}),
                **environment,
            },
            "log_group": self.log_group,
            # platform.report, of which memory and init time are read, is of level INFO, and so are our lines.
            "logging_format": lambda_.LoggingFormat.JSON,
            "system_log_level_v2": lambda_.SystemLogLevel.INFO,
            "application_log_level_v2": lambda_.ApplicationLogLevel.INFO,
            "insights_version": INSIGHTS if function.insights else None,
            # CloudFormation would delete what it has published before, to which a roll back goes.
            "current_version_options": lambda_.VersionOptions(removal_policy=KEPT),
        }

    def _rollout(self) -> GradualRollout | None:
        rollout = self._spec.function.rollout
        if rollout == "AllAtOnce":
            return None
        return GradualRollout(self, "Rollout", function=self.function, alias=self.alias, rollout=rollout)

    def _acknowledge(self) -> None:
        resource = self.function.node.default_child
        assert isinstance(resource, CfnResource)
        # CDK says of every function that it depends on its role, which its Role property says already.
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})
        if self._spec.function.package == "zip":
            reason = "function.python of the spec chooses the version: the one that the model's libraries are made for."
            acknowledged.rule(self.function, "L1", reason)
        if self._spec.function.insights:
            policy = "CloudWatchLambdaInsightsExecutionRolePolicy"
            reason = "AWS's own for Lambda Insights: it may write to /aws/lambda-insights and nothing else."
            acknowledged.managed_policy(self.role, policy, reason)
