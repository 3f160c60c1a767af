"""The SNS topics that alarms publish to, and who hears them."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Annotations, ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from inferwatch.cdk import targets
from inferwatch.cdk.slack import SlackChannels
from inferwatch.cloudwatch.names import Names, plain
from inferwatch.spec.alarm import AlarmSpec
from inferwatch.spec.composite_alarm import CompositeAlarmSpec
from inferwatch.spec.monitor_spec import MonitorSpec

DISPLAY_NAME_MAX = 100
KEY_WAITS = Duration.days(7)
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
        self._of: dict[tuple[str, ...], sns.ITopic] = {}
        self._given = topic is not None
        if topic is not None:
            self.shared = topic
            return
        key = self._key()
        self.shared = self._topic("Shared", called.topic, key)
        for names in sorted(self._smaller_sets()):
            joined = "-".join(names)
            self._of[names] = self._topic(joined, f"{called.topic}-{plain(joined)}", key)
        self._subscribe()
        for key_path, why in targets.unreached(spec).items():
            Annotations.of(self).add_warning_v2(f"inferwatch:{key_path}", f"{key_path}: {why}")

    def actions(self, alarm: AlarmSpec | CompositeAlarmSpec) -> tuple[str, ...]:
        """ARNs of what `alarm` publishes to: none where it notifies nobody."""
        if self._given:
            return () if alarm.notify == () else (self.shared.topic_arn,)
        wanted = targets.wanted(self._spec, alarm)
        if wanted is None:
            return (self.shared.topic_arn,)
        return (self._of[wanted].topic_arn,) if wanted else ()

    def _smaller_sets(self) -> set[tuple[str, ...]]:
        alarms: tuple[AlarmSpec | CompositeAlarmSpec, ...] = (*self._spec.alarms, *self._spec.composite_alarms)
        return {names for alarm in alarms if (names := targets.wanted(self._spec, alarm))}

    def _key(self) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the alarm notifications of {self._called.prefix}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
            pending_window=KEY_WAITS,
        )
        key.add_to_resource_policy(self._for_alarms(["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
        return key

    def _topic(self, id: str, name: str, key: kms.IKey) -> sns.Topic:
        display = f"{self._called.prefix} alarms"[:DISPLAY_NAME_MAX]  # an SMS begins with it
        topic = sns.Topic(self, id, topic_name=name, display_name=display, master_key=key, enforce_ssl=True)
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
        """Each address once a topic, and each Slack channel once, since it takes one configuration an account."""
        done: set[tuple[str, targets.Endpoint]] = set()
        slack: dict[targets.Channel, tuple[str, list[sns.ITopic]]] = {}
        for name in targets.reached(self._spec):
            target = self._spec.notify[name]
            for topic_id, topic in self._heard_by(name):
                if (endpoint := targets.endpoint(target)) and (topic_id, endpoint) not in done:
                    done.add((topic_id, endpoint))
                    subscription = f"{topic_id}-to-{name}"
                    sns.CfnSubscription(
                        self,
                        subscription,
                        topic_arn=topic.topic_arn,
                        protocol=endpoint.protocol,
                        endpoint=endpoint.address,
                    )
                if channel := targets.channel(target):
                    _, heard = slack.setdefault(channel, (name, []))
                    heard += [] if topic in heard else [topic]
        if slack:
            SlackChannels(self, "Slack", called=self._called, channels=slack)

    def _heard_by(self, target: str) -> Iterator[tuple[str, sns.ITopic]]:
        yield "Shared", self.shared
        for names, topic in self._of.items():
            if target in names:
                yield "-".join(names), topic
