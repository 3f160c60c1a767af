"""The last transactions of a model by their ids, in DynamoDB."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as logs_destinations
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from inferwatch.cdk import acknowledged, existing
from inferwatch.cdk.given import Given, as_spec, asked
from inferwatch.cdk.key import WRITE_TABLE
from inferwatch.cdk.log_group import KEPT
from inferwatch.cdk.side_function import SideFunction
from inferwatch.cdk.sqs_queue import grant_send, sqs_queue
from inferwatch.cdk.subscription import TRANSACTIONS
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.names import HISTORY_ALARM, HISTORY_INDEX, Names, names
from inferwatch.serving import history_writer

HANDLER = "inferwatch.serving.history_writer.handler"
TIMEOUT = 60
EVENT_AGE = 6 * 3600
"""Seconds: how long Lambda tries a batch where it may not start the function."""
FAILURES_KEPT_DAYS = 14
# Short ones: with the keys, an entry of the index is less than a kilobyte, so that it costs one write unit.
_IN_INDEX = ["status", "elapse", "confidence", "model_version"]


class InferenceHistory(Construct):
    """A table of the transactions of the last days, by the spec's `[history]`, and what writes it off the request path.

    log_group: where the model's lines are; it gives one of its two subscriptions. removal_policy: of the table, which
    stays when the stack goes; one that is there already is used where the context says so (`existing.TABLES`).
    encryption_key: of the account's own, else AWS's. topic: hears that records could not be written.
    Raises SpecError, DeployError.

    called (its names), table, writer (the function), subscription, failures (the queue of what it could not write),
    alarm (on what waits there).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        log_group: logs.ILogGroup,
        called: Names | None = None,
        removal_policy: RemovalPolicy = KEPT,
        encryption_key: kms.IKey | None = None,
        topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._spec = as_spec(spec)
        limits.check(self._spec)
        self.called = called or names(self._spec)
        wanted = asked(self._spec, "history", self._spec.history)
        self._there = self.called.history in existing.tables(self.node)
        self.table = (
            dynamodb.Table.from_table_name(self, "Table", self.called.history)
            if self._there
            else self._table(removal_policy, encryption_key)
        )
        self._failures_name = self.called.history_failures
        self.failures = self._failures(encryption_key)
        self.writer = self._writer(wanted.days)
        self.subscription = logs.SubscriptionFilter(
            self,
            "Records",
            log_group=log_group,
            filter_name=self.called.history_subscription,
            filter_pattern=logs.FilterPattern.literal(TRANSACTIONS),
            destination=logs_destinations.LambdaDestination(self.writer.function),
        )
        self.alarm = self._alarm(topic)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` look for transactions, by id and by model and time."""
        self._let_use_key(grantee, ["kms:Decrypt"])
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"],
            resource_arns=[self.table.table_arn, f"{self.table.table_arn}/index/{HISTORY_INDEX}"],
        )

    def _table(self, removal_policy: RemovalPolicy, key: kms.IKey | None) -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        table = dynamodb.Table(
            self,
            "Table",
            table_name=self.called.history,
            partition_key=dynamodb.Attribute(name=history_writer.KEY, type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute=history_writer.EXPIRY,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.DEFAULT if key is None else dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            # No deletion protection: a table of a deployment that failed must go, or it could not be tried again.
            removal_policy=removal_policy,
        )
        table.add_global_secondary_index(
            index_name=HISTORY_INDEX,
            partition_key=dynamodb.Attribute(name=history_writer.MODEL, type=text),
            sort_key=dynamodb.Attribute(name=history_writer.START, type=text),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=_IN_INDEX,
        )
        return table

    def _failures(self, key: kms.IKey | None) -> sqs.Queue:
        queue = sqs_queue(
            self,
            "Failures",
            name=self._failures_name,
            retention_days=FAILURES_KEPT_DAYS,
            key=key,
        )
        acknowledged.rule(queue, "SQS3", "It is the last station itself: it holds what the function could not write.")
        return queue

    def _writer(self, days: int) -> SideFunction:
        side = SideFunction(
            self,
            "Writer",
            spec=self._spec,
            name=self.called.history_writer,
            description=f"Writes the transactions of {self.called.prefix} into their history",
            handler=HANDLER,
            timeout=TIMEOUT,
        )
        side.function.add_environment(history_writer.TABLE_VARIABLE, self.table.table_name)
        side.function.add_environment(history_writer.DAYS_VARIABLE, str(days))
        lambda_.CfnEventInvokeConfig(
            self,
            "Tries",
            function_name=side.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=EVENT_AGE,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.failures.queue_arn)
            ),
        ).node.add_dependency(grant_send(self.failures, side.role))
        iam.Grant.add_to_principal(
            grantee=side.role, actions=["dynamodb:BatchWriteItem"], resource_arns=[self.table.table_arn]
        )
        self._let_use_key(side.role, WRITE_TABLE)
        return side

    def _let_use_key(self, grantee: iam.IGrantable, actions: Sequence[str]) -> None:
        """Of the table; of one that was there already it is not known, nor whether it has one of the account's own."""
        if self.table.encryption_key is not None:
            self.table.encryption_key.grant(grantee, *actions)
        elif self._there:
            stack = Stack.of(self)
            keys = stack.format_arn(service="kms", resource="key", resource_name="*")
            # What DynamoDB says with each use: encryption.usagenotes.html, "DynamoDB encryption context".
            through = {
                "kms:ViaService": f"dynamodb.{stack.region}.{stack.url_suffix}",
                "kms:EncryptionContext:aws:dynamodb:tableName": self.called.history,
            }
            # DescribeKey says nothing, and so would not be allowed by it; DynamoDB needs it to make a table, not here.
            named = [action for action in actions if action != "kms:DescribeKey"]
            grantee.grant_principal.add_to_principal_policy(
                iam.PolicyStatement(actions=named, resources=[keys], conditions={"StringEquals": through})
            )
            acknowledged.wildcard(self, keys, "The key of the table that is there is used for this table alone.")

    def _alarm(self, topic: sns.ITopic | None) -> cloudwatch.CfnAlarm:
        actions = [] if topic is None else [topic.topic_arn]
        return cloudwatch.CfnAlarm(
            self,
            "Alarm",
            alarm_name=self.called.alarm(HISTORY_ALARM),
            alarm_description="Records could not be written into the history. They wait in the queue"
            f" {self._failures_name}, each batch as requestPayload; the log of {self.called.history_writer}"
            " says why.",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="QueueName", value=self._failures_name)],
            statistic="Maximum",
            period=60,
            evaluation_periods=1,
            threshold=0,
            comparison_operator="GreaterThanThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=actions,
            ok_actions=actions,
        )
