"""What a log group hands its lines on to. It takes two subscriptions, a quota that cannot be raised."""

from __future__ import annotations

import boto3
import msgspec

from inferwatch.aws.explained import explained
from inferwatch.aws.site import Site

AT_MOST = 2


class Subscription(msgspec.Struct, frozen=True):
    """name: of the filter; pattern: of the lines it hands on; destination: ARN."""

    name: str
    pattern: str
    destination: str


def find(session: boto3.Session, log_group: str) -> tuple[Subscription, ...]:
    """Those of the log group, none where it is not there. Raises AwsError."""
    client = session.client("logs")
    with explained(f"looking at the subscriptions of {log_group}"):
        try:
            found = client.describe_subscription_filters(logGroupName=log_group)["subscriptionFilters"]
        except client.exceptions.ResourceNotFoundException:
            return ()
    return tuple(Subscription(one["filterName"], one["filterPattern"], one["destinationArn"]) for one in found)


def wanted(site: Site) -> tuple[str, ...]:
    """Names of those that the spec's parts make."""
    spec, called = site.spec, site.names
    pairs = ((spec.history, called.history_subscription), (spec.lake, called.lake_subscription))
    return tuple(name for part, name in pairs if part is not None)


def problem(site: Site) -> str | None:
    """Why the log group cannot take the spec's, and what to do; None where it can. Raises AwsError."""
    ours = wanted(site)
    if not ours:
        return None
    others = [one.name for one in find(site.session, site.names.log_group) if one.name not in ours]
    if len(others) + len(ours) <= AT_MOST:
        return None
    listed = ", ".join(others)
    return (
        f"{site.names.log_group} has the subscriptions of others, {listed}, and {len(ours)} are to be added: a log "
        f"group takes {AT_MOST}. Remove one (`aws logs delete-subscription-filter`), or leave out [history] or [lake]"
    )
