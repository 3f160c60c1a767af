"""The SNS topics that alarms publish to, and who hears them."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Annotations, ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from inferwatch.cdk.key import new_key
from inferwatch.cdk.monitoring import targets
from inferwatch.cdk.monitoring.slack import SlackChannel, SlackChannels
from inferwatch.cloudwatch.names import Names, plain
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec

DISPLAY_NAME_MAX = 100
_ALARMS = "cloudwatch.amazonaws.com"


class AlarmTopics(Construct):
    """One topic that all targets hear, and one for each smaller set of targets that an alarm names.

    They are encrypted by a key of their own, since alarms cannot publish through the one that AWS manages. Where a
    `topic` is given, alarms publish to it, and who hears it is its owner's matter: nothing is made.
    """

    def __init__(
        self, scope: Construct, id: str, *, spec: MonitorSpec, called: Names, topic: sns.ITopic | None = None
    ) -> None:
        super().__init__(scope, id)
        self._spec = spec
        self._called = called
        self._only: dict[tuple[str, ...], sns.ITopic] = {}
        self._given = topic is not None
        if topic is not None:
            self.shared = topic
            return
        key = self._key()
        self.shared = self._topic(self, "Shared", called.topic, key)
        only = Construct(self, "Only")
        for names in sorted(self._smaller_sets()):
            name = plain("-".join((called.topic, *names)))
            self._only[names] = self._topic(only, _id(names), name, key)
        self._subscribe()
        self._show_in_slack()
        for key_path, why in targets.unreached(spec).items():
            Annotations.of(self).add_warning_v2(f"inferwatch:{key_path}", f"{key_path}: {why}")

    def actions(self, alarm: AlarmSpec | CompositeAlarmSpec) -> tuple[str, ...]:
        """ARNs of what `alarm` publishes to: none where it notifies nobody."""
        if self._given:
            return () if alarm.notify == () else (self.shared.topic_arn,)
        wanted = targets.wanted(self._spec, alarm)
        if wanted is None:
            return (self.shared.topic_arn,)
        return (self._only[wanted].topic_arn,) if wanted else ()

    def _smaller_sets(self) -> set[tuple[str, ...]]:
        alarms: tuple[AlarmSpec | CompositeAlarmSpec, ...] = (*self._spec.alarms, *self._spec.composite_alarms)
        return {names for alarm in alarms if (names := targets.wanted(self._spec, alarm))}

    def _key(self) -> kms.Key:
        description = f"Encrypts the alarm notifications of {self._called.prefix}"
        key = new_key(self, "Key", description=description, removal_policy=RemovalPolicy.DESTROY)
        key.add_to_resource_policy(self._for_alarms(["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
        return key

    def _topic(self, scope: Construct, id: str, name: str, key: kms.IKey) -> sns.Topic:
        display = f"{self._called.prefix} alarms"[:DISPLAY_NAME_MAX]  # an SMS begins with it
        topic = sns.Topic(scope, id, topic_name=name, display_name=display, master_key=key, enforce_ssl=True)
        topic.add_to_resource_policy(self._for_alarms(["sns:Publish"], topic.topic_arn))
        return topic

    def _for_alarms(self, actions: list[str], resource: str) -> iam.PolicyStatement:
        """Leave for this model's alarms, in this account, and nobody else."""
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{self._called.prefix}-*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return iam.PolicyStatement(
            sid="ThisModelsAlarms",
            principals=[iam.ServicePrincipal(_ALARMS)],
            actions=actions,
            resources=[resource],
            conditions={
                "StringEquals": {"aws:SourceAccount": stack.account},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        )

    def _subscribe(self) -> None:
        """Each address once a topic, whatever number of targets name it."""
        subscriptions = Construct(self, "Subscriptions")
        done: set[tuple[targets.Endpoint, sns.ITopic]] = set()
        for name in targets.reached(self._spec):
            endpoint = targets.endpoint(self._spec.notify[name])
            for id, topic in self._heard_by(name):
                if endpoint and (endpoint, topic) not in done:
                    done.add((endpoint, topic))
                    sns.CfnSubscription(
                        subscriptions,
                        f"{name} to {id}",
                        topic_arn=topic.topic_arn,
                        protocol=endpoint.protocol,
                        endpoint=endpoint.address,
                    )

    def _show_in_slack(self) -> None:
        """Each channel once, since it takes one configuration an account, whatever number of targets name it."""
        channels: dict[targets.Channel, SlackChannel] = {}
        for name in targets.reached(self._spec):
            if channel := targets.channel(self._spec.notify[name]):
                heard = channels.setdefault(channel, SlackChannel(name, channel, [])).topics
                heard += [topic for _, topic in self._heard_by(name) if topic not in heard]
        if channels:
            SlackChannels(self, "Slack", called=self._called, channels=tuple(channels.values()))

    def _heard_by(self, target: str) -> Iterator[tuple[str, sns.ITopic]]:
        """The topics, each with its construct's id."""
        yield "Shared", self.shared
        for names, topic in self._only.items():
            if target in names:
                yield _id(names), topic


def _id(targets: tuple[str, ...]) -> str:
    """The construct's id of the topic that these targets alone hear."""
    return "+".join(targets)
