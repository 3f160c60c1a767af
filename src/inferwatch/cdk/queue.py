"""The queue in front of a model's function, and the one for messages that it could not take."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from inferwatch.cdk.given import Given, as_spec, asked
from inferwatch.cdk.members import arguments
from inferwatch.cdk.sqs_queue import grant_send, sqs_queue
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.names import Names, names
from inferwatch.spec import record

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: what Lambda does with the function's role.
_CONSUME = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


class InferenceQueue(Construct):
    """A queue whose messages the model works on, by the spec's `[queue]`, and its dead-letter queue.

    function: what works on the messages, best the alias of an InferenceFunction; only the messages that it names as
    failed are tried again. encryption_key: a key of the account's own, else SQS's. watched: whether a ModelMonitoring
    watches the same spec; else the spec's alarms on what waits, and on dead letters, are made here, and publish to
    `topic`. Raises SpecError.

    queue, dead_letters, alarms (by the names they have in the spec; none where `watched`).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        function: lambda_.IFunction,
        called: Names | None = None,
        encryption_key: kms.IKey | None = None,
        watched: bool = False,
        topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._spec = as_spec(spec)
        limits.check(self._spec)
        self._called = called or names(self._spec)
        self._asked = asked(self._spec, "queue", self._spec.queue)
        self.dead_letters = self._dead_letters(encryption_key)
        self.queue = self._queue(encryption_key)
        self._consume(function)
        self.alarms = {} if watched else self._alarms(topic)

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` put messages in."""
        return grant_send(self.queue, grantee)

    def _dead_letters(self, key: kms.IKey | None) -> sqs.Queue:
        # By its name: the two queues could not refer to each other.
        arn = Stack.of(self).format_arn(service="sqs", resource=self._called.queue)
        only = sqs.RedriveAllowPolicy(
            redrive_permission=sqs.RedrivePermission.BY_QUEUE,
            source_queues=[sqs.Queue.from_queue_arn(self, "Source", arn)],
        )
        return sqs_queue(
            self,
            "DeadLetters",
            name=self._called.dead_letters,
            retention_days=self._asked.dead_letter_retention_days,
            key=key,
            redrive_allow_policy=only,
        )

    def _queue(self, key: kms.IKey | None) -> sqs.Queue:
        return sqs_queue(
            self,
            "Queue",
            name=self._called.queue,
            retention_days=self._asked.retention_days,
            key=key,
            visibility_timeout=Duration.seconds(self._asked.visibility(self._spec.function.timeout)),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=self._asked.max_receive_count
            ),
        )

    def _consume(self, function: lambda_.IFunction) -> None:
        mapping = lambda_.EventSourceMapping(
            self,
            "Messages",
            target=function,
            event_source_arn=self.queue.queue_arn,
            batch_size=self._asked.batch_size,
            max_batching_window=Duration.seconds(self._asked.batching_window),
            max_concurrency=self._asked.maximum_concurrency,
            report_batch_item_failures=True,
        )
        iam.Grant.add_to_principal(
            grantee=function, actions=_CONSUME, resource_arns=[self.queue.queue_arn]
        ).apply_before(mapping)
        if self.queue.encryption_master_key is not None:
            self.queue.encryption_master_key.grant_decrypt(function)

    def _alarms(self, topic: sns.ITopic | None) -> dict[str, cloudwatch.CfnAlarm]:
        alarms = Construct(self, "Alarms")
        actions = () if topic is None else (topic.topic_arn,)
        made = {}
        for alarm in self._spec.alarms:
            if alarm.metric in record.GAUGES:
                members = alarm_properties(self._spec, alarm, actions=actions, called=self._called)
                made[alarm.name] = cloudwatch.CfnAlarm(alarms, alarm.name, **arguments(members))
        return made
