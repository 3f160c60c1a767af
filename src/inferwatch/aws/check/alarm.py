"""The link from an alarm to its topic: one alarm is forced, and CloudWatch's own history says what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from inferwatch.aws.alarms import deployed as deployed_alarms
from inferwatch.aws.alarms.deployed import topics
from inferwatch.aws.alarms.history import Action, action
from inferwatch.aws.check.answers import LEEWAY_MS
from inferwatch.aws.explained import explained
from inferwatch.aws.patience import Patience
from inferwatch.aws.site import Site
from inferwatch.aws.timestamp import instant
from inferwatch.finding import Finding

EVERY_S = 2.0
AT_MOST_MS = 60_000
REASON = "A test by inferwatch check: nothing is wrong."
OVER = "The test by inferwatch check is over."


def forced(site: Site, patience: Patience, wait_ms: int) -> tuple[Finding, tuple[str, ...] | None]:
    """Force one alarm and put it back; also the ARNs of all topics that alarms publish to. Raises AwsError."""
    alarms = list(deployed_alarms.declared(site).values())
    if not site.spec.alarms:
        return Finding("alarm", "warning", "the spec declares no alarm"), None
    if not alarms:
        expected = site.names.alarm(site.spec.alarms[0].name)
        return Finding("alarm", "wrong", f"there is no alarm {expected} in {site.where}: deploy again"), None
    telling = [alarm for alarm in alarms if topics([alarm])]
    if not telling:
        return Finding("alarm", "warning", "no alarm has an action, so none can tell anybody: see [notify.*]"), None
    heard = topics(telling)
    silent = [alarm for alarm in telling if alarm["StateValue"] != "ALARM"]
    if not silent:
        names = ", ".join(alarm["AlarmName"] for alarm in telling)
        return Finding("alarm", "not yet", f"in ALARM already, so that none can be forced: {names}"), heard
    alarm = silent[0]
    if not alarm["ActionsEnabled"]:
        says = (
            f"the actions of {alarm['AlarmName']} are switched off, so it tells nobody; `inferwatch deploy` sets them"
        )
        return Finding("alarm", "wrong", says), heard
    return _force(site, alarm, patience, wait_ms), heard


def _force(site: Site, alarm: dict[str, Any], patience: Patience, wait_ms: int) -> Finding:
    name, wanted = alarm["AlarmName"], set(topics([alarm]))
    since = instant(patience.now_ms() - LEEWAY_MS)

    def look() -> list[Action] | None:
        found = [one for one in _actions(site, name, since) if one.resource in wanted]
        return found if {one.resource for one in found} >= wanted else None

    with _in_alarm(site, alarm):
        found = patience.until(look, every_s=EVERY_S, at_most_ms=min(wait_ms, AT_MOST_MS))
    if found is None:
        says = f"{name} was set to ALARM and back, and its history tells of no action so far"
        return Finding("alarm", "not yet", says)
    for error in filter(None, (one.error for one in found)):
        return Finding("alarm", "wrong", f"{name} was set to ALARM, and could not publish: {error}. {_advice(error)}")
    told = ", ".join(sorted(arn.rpartition(":")[2] for arn in wanted))
    return Finding("alarm", "ok", f"{name} was set to ALARM, published to {told}, and was set back")


@contextmanager
def _in_alarm(site: Site, alarm: dict[str, Any]) -> Iterator[None]:
    """Set it to ALARM, and afterwards back, come what may; CloudWatch's next evaluation would do so too."""
    cloudwatch = site.session.client("cloudwatch")
    name, before = alarm["AlarmName"], alarm["StateValue"]
    with explained(f"forcing the alarm {name}"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=REASON)
    try:
        yield
    finally:
        with explained(f"setting the alarm {name} back; CloudWatch does so at its next evaluation"):
            (now,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
            if now["StateReason"] == REASON:
                cloudwatch.set_alarm_state(AlarmName=name, StateValue=before, StateReason=OVER)


def _actions(site: Site, name: str, since: datetime) -> list[Action]:
    with explained(f"reading the history of {name}"):
        said = site.session.client("cloudwatch").describe_alarm_history(
            AlarmName=name, HistoryItemType="Action", StartDate=since, MaxRecords=100
        )
    return [action(item) for item in said["AlarmHistoryItems"]]


def _advice(error: str) -> str:
    if "encryption key" in error or "KMS" in error or "kms:" in error:
        return (
            "The key of the topic must allow kms:Decrypt and kms:GenerateDataKey* to cloudwatch.amazonaws.com;"
            " AWS's own key of SNS cannot: deploy again"
        )
    if "SNS:Publish" in error or "sns:Publish" in error:
        return "The topic's policy must allow sns:Publish to cloudwatch.amazonaws.com: deploy again"
    return "Look at the topic's policy and key, or deploy again"
