"""Alarms in Slack, through Amazon Q Developer in chat applications, whose API is still called Chatbot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cdk.monitoring.targets import Channel
from inferwatch.cloudwatch.names import Names, plain

CONFIGURATION_NAME_MAX = 128
_CHARTS = ["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:GetMetricWidgetImage"]


class SlackChannel(NamedTuple):
    """A channel and what it hears. target: its name in the spec."""

    target: str
    channel: Channel
    topics: list[sns.ITopic]


class SlackChannels(Construct):
    """One configuration for each channel, and the role that they share.

    Without guardrails of its own a channel would have AdministratorAccess, so the role's one policy is its guardrail
    too: who writes in the channel can look at alarms and charts, and do nothing.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        called: Names,
        channels: Sequence[SlackChannel],
    ) -> None:
        super().__init__(scope, id)
        policy = self._policy()
        role = iam.Role(
            self,
            "Role",
            description=f"Shows the alarms of {called.prefix} in Slack",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            managed_policies=[policy],
        )
        configurations = Construct(self, "Channels")
        for target, channel, topics in channels:
            chatbot.CfnSlackChannelConfiguration(
                configurations,
                target,
                configuration_name=plain(f"{called.prefix}-{target}")[:CONFIGURATION_NAME_MAX],
                slack_workspace_id=channel.workspace_id,
                slack_channel_id=channel.channel_id,
                sns_topic_arns=[topic.topic_arn for topic in topics],
                iam_role_arn=role.role_arn,
                guardrail_policies=[policy.managed_policy_arn],
                logging_level="ERROR",
            )

    def _policy(self) -> iam.ManagedPolicy:
        alarms = Stack.of(self).format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        policy = iam.ManagedPolicy(
            self,
            "ShowAlarms",
            description="Look at alarms and at charts of metrics",
            statements=[
                iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=[alarms]),
                iam.PolicyStatement(actions=_CHARTS, resources=["*"]),
            ],
        )
        acknowledged.wildcard(
            policy, "*", "CloudWatch knows no resources in the calls that read metrics and draw charts."
        )
        acknowledged.wildcard(policy, alarms, "DescribeAlarms is allowed for all alarms of the account or for none.")
        return policy
