"""Whether AWS may speak in a Slack channel: Amazon Q Developer in chat applications, AWS Chatbot by its old name."""

from __future__ import annotations

from typing import Any

import boto3

from inferwatch.aws.explained import explained

REGION = "us-east-2"
"""Of the service's API; what it knows is one for all regions."""

CONSOLE = "https://console.aws.amazon.com/chatbot/home"

WHERE_IDS_COME_FROM = (
    "workspace_id: open Slack in a browser; it stands in the URL, /client/T…. "
    "channel_id: the channel's name, About, at the end of the window, C…."
)


def workspace_problem(session: boto3.Session, workspace_id: str) -> str | None:
    """Why AWS cannot speak in the workspace, and what to do; None where it can. Raises AwsError."""
    pages = session.client("chatbot", region_name=REGION).get_paginator("describe_slack_workspaces")
    with explained("asking which Slack workspaces are authorised"):
        found = [one for page in pages.paginate() for one in page["SlackWorkspaces"]]
    known = {one["SlackTeamId"]: one for one in found}
    if workspace_id not in known:
        has = ", ".join(f"{one['SlackTeamId']} ({one['SlackTeamName']})" for one in found) or "none"
        return (
            f"the Slack workspace {workspace_id} is not authorised in this account (authorised: {has}). Once, by hand: "
            f"open {CONSOLE}, choose Slack, 'Configure client', and allow it in Slack. {WHERE_IDS_COME_FROM}"
        )
    if known[workspace_id].get("State") == "DISABLED":
        why = known[workspace_id].get("StateReason") or "a policy of the organisation forbids it"
        return f"the Slack workspace {workspace_id} is disabled in this account: {why}"
    return None


def channels(session: boto3.Session) -> list[dict[str, Any]]:
    """The configured channels, as DescribeSlackChannelConfigurations gives them. Raises AwsError."""
    pages = session.client("chatbot", region_name=REGION).get_paginator("describe_slack_channel_configurations")
    with explained("asking which Slack channels are configured"):
        return [one for page in pages.paginate() for one in page["SlackChannelConfigurations"]]


def channel_problem(session: boto3.Session, channel_id: str, topic: str) -> str | None:
    """Why the channel cannot be given to `topic` (its ARN), None where it can. Raises AwsError.

    A channel can have one configuration in an account, for all regions together, and CloudFormation fails at a second.
    """
    for one in channels(session):
        if one["SlackChannelId"] == channel_id and topic not in one.get("SnsTopicArns", ()):
            return (
                f"the Slack channel {channel_id} is configured already, by {one['ConfigurationName']!r}, and AWS takes "
                f"one configuration for a channel: choose another channel, or leave the ids out of the spec and add "
                f"the topic {topic.rpartition(':')[2]} to that configuration in {CONSOLE}"
            )
    return None
