"""Who hears an alarm: each notification target of the spec, as AWS knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from inferwatch.aws.explained import explained
from inferwatch.aws.notifications import slack
from inferwatch.aws.site import Site
from inferwatch.finding import Finding
from inferwatch.spec.notify import NotifySpec

PENDING = "PendingConfirmation"


def findings(site: Site, topics: Iterable[str]) -> Iterator[Finding]:
    """One for each target. topics: ARNs of those that the alarms publish to, none for the spec's. Raises AwsError."""
    wanted = tuple(topics) or (site.arn("sns", site.names.topic),)
    if not site.spec.notify:
        yield Finding("notify", "warning", "no [notify.*] table: nobody is told of an alarm")
    for name, target in site.spec.notify.items():
        what = f"notify.{name}"
        if target.type == "slack":
            yield _slack(site, what, target, wanted)
        elif target.type in ("email", "sms"):
            yield _subscribed(site, what, target, wanted)
        else:
            yield Finding(what, "warning", f"a {target.type} is told by `inferwatch up`, not by AWS")


def _slack(site: Site, what: str, target: NotifySpec, topics: tuple[str, ...]) -> Finding:
    workspace, channel = target.workspace_id, target.channel_id
    if workspace is None or channel is None:
        says = f"AWS does not know where to write: give workspace_id and channel_id. {slack.WHERE_IDS_COME_FROM}"
        return Finding(what, "warning", says)
    if problem := slack.workspace_problem(site.session, workspace):
        return Finding(what, "wrong", problem)
    ours = [
        one
        for one in slack.channels(site.session)
        if one["SlackChannelId"] == channel and one["SlackTeamId"] == workspace
    ]
    hears = [one for one in ours if set(topics) & set(one["SnsTopicArns"])]
    if not ours:
        return Finding(what, "wrong", f"no configuration writes to the channel {channel}: `inferwatch deploy` makes it")
    if not hears:
        names = ", ".join(one["ConfigurationName"] for one in ours)
        return Finding(what, "wrong", f"the channel {channel} ({names}) does not hear {_names(topics)}: deploy again")
    if hears[0].get("State") == "DISABLED":
        return Finding(what, "wrong", f"the channel {channel} is disabled: {hears[0].get('StateReason', '')}")
    name, team = hears[0].get("SlackChannelName", channel), hears[0].get("SlackTeamName", workspace)
    says = f"{name} in {team} hears {_names(topics)}; into a private channel the app must be invited: /invite @Amazon Q"
    return Finding(what, "ok", says)


def _subscribed(site: Site, what: str, target: NotifySpec, topics: tuple[str, ...]) -> Finding:
    address = target.address or target.phone or ""
    found = [one for topic in topics for one in _subscriptions(site, topic) if one["Endpoint"] == address]
    if not found:
        return Finding(what, "wrong", f"{address} is not subscribed to {_names(topics)}: `inferwatch deploy` does it")
    if any(one["SubscriptionArn"] == PENDING for one in found):
        says = (
            f"{address} has not confirmed yet: the link is in the mail 'AWS Notification - Subscription Confirmation'"
        )
        return Finding(what, "not yet", says)
    sandbox = "; an account in SNS's SMS sandbox reaches verified numbers only" if target.type == "sms" else ""
    return Finding(what, "ok", f"{address} is subscribed to {_names(topics)}{sandbox}")


def _subscriptions(site: Site, topic: str) -> list[dict[str, Any]]:
    pages = site.session.client("sns").get_paginator("list_subscriptions_by_topic")
    with explained(f"listing who hears {topic}"):
        return [one for page in pages.paginate(TopicArn=topic) for one in page["Subscriptions"]]


def _names(topics: tuple[str, ...]) -> str:
    return ", ".join(arn.rpartition(":")[2] for arn in topics)
