"""The spec's notification targets as AWS can reach them: Slack channels, addresses, telephones."""

from __future__ import annotations

from typing import Literal, NamedTuple

from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.notify import NotifySpec


class Channel(NamedTuple):
    """A Slack channel, by the ids that Slack gives it."""

    workspace_id: str
    channel_id: str


class Endpoint(NamedTuple):
    """What a topic sends to by itself."""

    protocol: Literal["email", "sms"]
    address: str


def channel(target: NotifySpec) -> Channel | None:
    """The channel of a Slack target, None for every other one and where the spec does not say which."""
    if target.type == "slack" and target.workspace_id and target.channel_id:
        return Channel(target.workspace_id, target.channel_id)
    return None


def endpoint(target: NotifySpec) -> Endpoint | None:
    """The address of an e-mail or SMS target, None for every other one."""
    if target.type == "email" and target.address:
        return Endpoint("email", target.address)
    return Endpoint("sms", target.phone) if target.type == "sms" and target.phone else None


def reached(spec: MonitorSpec) -> tuple[str, ...]:
    """The names of the targets that AWS delivers to, sorted."""
    return tuple(sorted(name for name, target in spec.notify.items() if channel(target) or endpoint(target)))


def unreached(spec: MonitorSpec) -> dict[str, str]:
    """What AWS does not deliver to: the spec's key, and why."""
    return {
        f"notify.{name}": _why_not(target)
        for name, target in spec.notify.items()
        if not channel(target) and not endpoint(target)
    }


def wanted(spec: MonitorSpec, alarm: AlarmSpec | CompositeAlarmSpec) -> tuple[str, ...] | None:
    """The targets that `alarm` names and a topic can reach, sorted; None where it goes to all there are.

    A topic reaches a Slack channel that the spec does not know too, once somebody adds it to the channel's
    configuration, of which an account has one; a webhook never.
    """
    if alarm.notify is None:
        return None
    every = {name for name, target in spec.notify.items() if target.type != "webhook"}
    named = every & set(alarm.notify)
    return None if named and named == every else tuple(sorted(named))


def _why_not(target: NotifySpec) -> str:
    if target.type == "slack":
        ids = "AWS knows no channel without workspace_id and channel_id"
        return f"{ids}; give them, or add the topic to a channel's configuration by hand"
    return f"AWS does not deliver to a target of type {target.type!r}; only `inferwatch up` does"
