"""How traffic goes over to a new version: CodeDeploy, which an alarm stops and turns back."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.spec.function import Rollout


class GradualRollout(Construct):
    """CodeDeploy's shifting of `alias` to each new version of `function`; rollout: its name of the way."""

    def __init__(
        self, scope: Construct, id: str, *, function: lambda_.IFunction, alias: lambda_.Alias, rollout: Rollout
    ) -> None:
        super().__init__(scope, id)
        configuration = codedeploy.LambdaDeploymentConfig.from_lambda_deployment_config_name(
            self, "Configuration", f"CodeDeployDefault.Lambda{rollout}"
        )
        role = self._role(function)
        self.deployment_group = codedeploy.LambdaDeploymentGroup(
            self,
            "Group",
            alias=alias,
            deployment_config=configuration,
            role=role.without_policy_updates(),  # else AWS's wider policy would be added
            auto_rollback=codedeploy.AutoRollbackConfig(failed_deployment=True, stopped_deployment=True),
        )
        # The alias waits for the group, and so for the policy, without which its first rollout would fail.
        self.deployment_group.node.add_dependency(role.node.find_child("DefaultPolicy"))

    def _role(self, function: lambda_.IFunction) -> iam.Role:
        """For this function alone. The policy that AWS manages lets CodeDeploy change every alias of the account."""
        alarms = Stack.of(self).format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        versions = f"{function.function_arn}:*"
        role = iam.Role(
            self,
            "Role",
            description="Shifts an alias to a new version, and looks at alarms meanwhile",
            assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"],
                resources=[function.function_arn, versions],
            )
        )
        role.add_to_policy(iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=[alarms]))
        acknowledged.wildcard(role, versions, "Lambda numbers the versions; the function is this one.")
        acknowledged.wildcard(role, alarms, "DescribeAlarms is allowed for all alarms of the account or for none.")
        return role
