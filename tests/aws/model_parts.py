"""The parts of a model in an account of moto's: queues and who works on them, endpoint, table, stream."""

from __future__ import annotations

from typing import Any

import orjson
from deployed_model import ACCOUNT, REGION, SPEC, World

ROLE = f"arn:aws:iam::{ACCOUNT}:role/model"
PARTS = "\n[queue]\nmax_receive_count = 1\n\n[sagemaker]\n\n[history]\n\n[lake]\n"
WITH_PARTS = SPEC + PARTS


class Parts:
    """What is deployed of them; `subscriptions` and `mapping` are what AWS tells of the log group and the queue."""

    def __init__(self, world: World) -> None:
        self._world, self._names = world, world.names
        self.subscriptions: list[dict[str, Any]] = []
        self.mapping: dict[str, Any] | None = {"State": "Enabled", "LastProcessingResult": "OK"}
        arn = world.site.arn("sqs", world.names.queue)
        world.replies(
            "lambda.ListEventSourceMappings",
            lambda asked: {
                "EventSourceMappings": [self.mapping] if self.mapping and asked["EventSourceArn"] == arn else []
            },
        )
        world.replies(
            "cloudwatch-logs.DescribeSubscriptionFilters", lambda _: {"subscriptionFilters": self.subscriptions}
        )

    def deploy(self) -> Parts:
        """All of them."""
        self.queues()
        self.endpoint()
        self.history()
        self.lake()
        return self

    def queues(self) -> None:
        sqs = self._client("sqs")
        for name in (self._names.queue, self._names.dead_letters):
            sqs.create_queue(QueueName=name)

    def endpoint(self, name: str | None = None) -> None:
        sagemaker, called = self._client("sagemaker"), name or self._names.endpoint
        image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/model:1"
        sagemaker.create_model(ModelName=called, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": image})
        variant = {"VariantName": "AllTraffic", "ModelName": called, "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(
            EndpointConfigName=called, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
        sagemaker.create_endpoint(EndpointName=called, EndpointConfigName=called)

    def history(self) -> None:
        self._client("dynamodb").create_table(
            TableName=self._names.history,
            KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.subscribed(self._names.history_subscription)

    def lake(self) -> None:
        to = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"}
        self._client("firehose").create_delivery_stream(
            DeliveryStreamName=self._names.lake, ExtendedS3DestinationConfiguration=to
        )
        self.subscribed(self._names.lake_subscription)

    def subscribed(self, name: str) -> None:
        pattern = '{ $.type = "inference_transaction" }'
        said = {"filterName": name, "filterPattern": pattern, "destinationArn": f"arn:aws:lambda:{name}"}
        self.subscriptions.append(said)

    def _client(self, service: str) -> Any:
        return self._world.session.client(service)

    def waiting(self) -> list[dict[str, Any]]:
        """The messages of the queue."""
        url = self._client("sqs").get_queue_url(QueueName=self._names.queue)["QueueUrl"]
        found: list[dict[str, Any]] = self._client("sqs").receive_message(QueueUrl=url).get("Messages", [])
        return found

    def dead_letter(self, body: str) -> None:
        url = self._client("sqs").get_queue_url(QueueName=self._names.dead_letters)["QueueUrl"]
        self._client("sqs").send_message(QueueUrl=url, MessageBody=body)

    def answers_messages(self, lag_s: float = 8.0, status: str = "succeeded", kind: str = "transaction") -> None:
        """Let each message that is sent leave a line in the log, as its record or its attempt."""
        sqs, world = self._client("sqs"), self._world

        def logged(parsed: dict[str, Any], **_: object) -> None:
            error = {} if status == "succeeded" else {"error": {"type": "InvalidFeatures", "message": "no hours"}}
            line = {"type": f"inference_{kind}", "status": status, "message_id": parsed["MessageId"], **error}
            world.clock.after(lag_s, lambda: world.logged(orjson.dumps(line)))

        sqs.meta.events.register("after-call.sqs.SendMessage", logged)

    def writes_history(self, lag_s: float = 20.0) -> None:
        """Let each record come into the table some time after it was made."""
        infer, world = self._world.infer, self._world

        def infer_and_write(body: bytes) -> dict[str, Any]:
            said = infer(body)
            item = {"transaction_id": {"S": orjson.loads(said["body"])["transaction_id"]}}
            put = self._client("dynamodb").put_item
            world.clock.after(lag_s, lambda: put(TableName=self._names.history, Item=item))
            return said

        world.infer = infer_and_write  # type: ignore[method-assign]

    def behind(self, seconds: float) -> None:
        """What Firehose measures."""
        dimensions = [{"Name": "DeliveryStreamName", "Value": self._names.lake}]
        datum = {"MetricName": "DeliveryToS3.DataFreshness", "Value": seconds, "Dimensions": dimensions}
        self._client("cloudwatch").put_metric_data(Namespace="AWS/Firehose", MetricData=[datum])
