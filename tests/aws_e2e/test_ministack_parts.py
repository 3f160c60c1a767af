"""Real messages through the deployed queue: function, dead letters, log, subscription, writer, table, all in MiniStack.

MiniStack hands log lines to functions without IAM, and reads patterns by the tests' own model (`run.py`).
"""

from __future__ import annotations

import json
from typing import Any

import emf_rules
import pytest
from deployed_stack import DeployedStack
from log_lines import json_lines
from ministack_process import MiniStack
from patience import eventually

pytestmark = pytest.mark.xdist_group("ministack")

LOG_GROUP = "/test/parts/doubler"
GOOD = [{"x": n} for n in range(1, 24)]
REFUSED = [{"y": 1}, {"x": "one"}]
FAILING = {"x": -1}
Lines = list[dict[str, Any]]
Item = dict[str, dict[str, Any]]


def lines(cloud: MiniStack) -> Lines:
    """What the function wrote, oldest first."""
    return [json.loads(line) for line in json_lines(cloud, LOG_GROUP)]


def records(cloud: MiniStack) -> Lines:
    return [line for line in lines(cloud) if line["type"] == "inference_transaction"]


def waiting(cloud: MiniStack, url: str) -> int:
    """Messages of a queue, hidden ones too."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = cloud.client("sqs", tls=True).get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in found.values())


def taken(cloud: MiniStack, url: str) -> list[Any]:
    """The bodies of all messages of a queue, which are taken from it."""
    sqs = cloud.client("sqs", tls=True)
    bodies = []
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [json.loads(message["Body"]) for message in found]
    return bodies


@pytest.fixture(scope="module")
def sent(cloud: MiniStack, parts: DeployedStack) -> dict[str, Any]:
    """The messages, by their ids, after all of them have been worked on."""
    sqs, url = cloud.client("sqs", tls=True), parts.outputs["QueueUrl"]
    bodies = [*GOOD[:12], *REFUSED, FAILING, *GOOD[12:]]
    sent = {sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))["MessageId"]: body for body in bodies}
    eventually(lambda: waiting(cloud, parts.outputs["DeadLetterQueueUrl"]), lambda n: n >= 1 + len(REFUSED))
    eventually(lambda: waiting(cloud, url), lambda n: n == 0)
    return sent


def test_the_queues_are_as_declared(cloud: MiniStack, parts: DeployedStack) -> None:
    sqs = cloud.client("sqs", tls=True)
    made = {}
    for output in ("QueueUrl", "DeadLetterQueueUrl"):
        url = parts.outputs[output]
        made[url.rpartition("/")[2]] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    queue, dead_letters = made["doubler-parts-Inference-Queue"], made["doubler-parts-Inference-Dead-Letters"]

    assert (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"]) == ("3", str(4 * 86_400))
    redrive = json.loads(queue["RedrivePolicy"])
    assert (redrive["deadLetterTargetArn"], int(redrive["maxReceiveCount"])) == (dead_letters["QueueArn"], 2)
    assert json.loads(dead_letters["RedriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [queue["QueueArn"]],
    }
    (key,) = {attributes["KmsMasterKeyId"] for attributes in made.values()}
    assert cloud.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Description"].startswith("Encrypts the messages")


def test_the_alias_works_on_the_queue_as_declared(cloud: MiniStack, parts: DeployedStack) -> None:
    (mapping,) = cloud.client("lambda").list_event_source_mappings(FunctionName="doubler-parts-Inference:live")[
        "EventSourceMappings"
    ]
    assert mapping["EventSourceArn"].endswith(":doubler-parts-Inference-Queue")
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10, 1)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["FunctionArn"].endswith(":doubler-parts-Inference:live")


def test_the_log_group_hands_its_records_to_history_and_lake(cloud: MiniStack, parts: DeployedStack) -> None:
    found = cloud.client("logs").describe_subscription_filters(logGroupName=LOG_GROUP)["subscriptionFilters"]

    assert {each["filterName"]: each["destinationArn"].split(":")[2] for each in found} == {
        "doubler-parts-History": "lambda",
        "doubler-parts-Lake": "firehose",
    }
    assert {each["filterPattern"] for each in found} == {'{ $.type = "inference_transaction" }'}


def test_what_comes_without_tls_is_refused(cloud: MiniStack, parts: DeployedStack) -> None:
    sqs = cloud.client("sqs")
    for output in ("QueueUrl", "DeadLetterQueueUrl"):
        with pytest.raises(sqs.exceptions.ClientError, match="AccessDenied"):
            sqs.send_message(QueueUrl=parts.outputs[output], MessageBody="{}")


def test_poison_lies_in_the_dead_letter_queue_and_the_others_are_deleted(
    cloud: MiniStack, parts: DeployedStack, sent: dict[str, Any]
) -> None:
    dead = taken(cloud, parts.outputs["DeadLetterQueueUrl"])

    assert sorted(map(json.dumps, dead)) == sorted(map(json.dumps, [*REFUSED, FAILING]))
    assert waiting(cloud, parts.outputs["QueueUrl"]) == 0


def test_each_message_is_one_record_and_a_refused_one_is_none(cloud: MiniStack, sent: dict[str, Any]) -> None:
    found = [record for record in records(cloud) if record["message_id"] in sent]

    assert len({record["transaction_id"] for record in found}) == len(found) == len(GOOD) + 1
    by_message = {record["message_id"]: record for record in found}
    for message, body in sent.items():
        if body in GOOD:
            assert (by_message[message]["status"], by_message[message]["prediction"]) == ("succeeded", body["x"] * 2)
    (failed,) = [record for record in found if record["status"] != "succeeded"]
    assert (failed["status"], failed["error"]["type"], failed["receive_count"]) == ("failed", "ValueError", 2)


def test_refusals_and_retries_are_counted_once(cloud: MiniStack, sent: dict[str, Any]) -> None:
    attempts = [line for line in lines(cloud) if line["type"] == "inference_attempt" and line["message_id"] in sent]

    assert sum(line.get("RejectedCount", 0) for line in attempts) == len(REFUSED)
    assert sum(line.get("RetriedCount", 0) for line in attempts) == len(REFUSED) + 1
    assert {line["final"] for line in attempts if "RejectedCount" in line} == {True}


def test_every_line_is_a_valid_event_with_metrics(cloud: MiniStack, sent: dict[str, Any]) -> None:
    found = json_lines(cloud, LOG_GROUP)
    now_ms = max(json.loads(line)["_aws"]["Timestamp"] for line in found)

    assert [problem for line in found for problem in emf_rules.problems(line, now_ms)] == []


def test_every_record_is_found_in_the_history_by_its_id(
    cloud: MiniStack, parts: DeployedStack, sent: dict[str, Any]
) -> None:
    expected = {record["transaction_id"]: record for record in records(cloud) if record["message_id"] in sent}
    dynamodb, table = cloud.client("dynamodb"), parts.outputs["HistoryTable"]

    def item(identity: str) -> Item:
        found = dynamodb.get_item(TableName=table, Key={"transaction_id": {"S": identity}})
        return dict(found.get("Item", {}))

    for identity, record in expected.items():
        kept = eventually(lambda identity=identity: item(identity), bool)  # type: ignore[misc]
        assert json.loads(kept["record"]["S"]) == {name: v for name, v in record.items() if name != "_aws"}
        assert kept["status"] == {"S": record["status"]}
        days = (int(kept["expires_at"]["N"]) - record["_aws"]["Timestamp"] / 1000) / 86_400
        assert days == pytest.approx(30, abs=0.01)


def test_the_history_of_a_model_is_found_by_time(cloud: MiniStack, parts: DeployedStack, sent: dict[str, Any]) -> None:
    expected = sorted((r["start_at"], r["transaction_id"]) for r in records(cloud) if r["message_id"] in sent)
    first, last = expected[3][0], expected[-4][0]

    def between() -> list[Item]:
        pages = (
            cloud.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=parts.outputs["HistoryTable"],
                IndexName="by-model-and-time",
                KeyConditionExpression="#model = :model AND start_at BETWEEN :first AND :last",
                ExpressionAttributeNames={"#model": "model"},
                ExpressionAttributeValues={
                    ":model": {"S": f"{LOG_GROUP}#parts"},
                    ":first": {"S": first},
                    ":last": {"S": last},
                },
            )
        )
        return [item for page in pages for item in page["Items"]]

    wanted = [(at, identity) for at, identity in expected if first <= at <= last]
    found = eventually(between, lambda items: len(items) >= len(wanted))
    assert sorted((item["start_at"]["S"], item["transaction_id"]["S"]) for item in found) == wanted
    assert [item["start_at"]["S"] for item in found] == sorted(at for at, _ in wanted)
    assert "record" not in found[0]


def test_a_message_that_comes_again_is_the_same_transaction(cloud: MiniStack, parts: DeployedStack) -> None:
    """SQS delivers at least once. Here the same message is given to the function as SQS would give it again."""
    lambda_ = cloud.client("lambda")
    for received in ("1", "2"):
        message = {
            "messageId": "5fea7756-0ea4-451a-a703-a558b933e274",
            "receiptHandle": received,
            "body": '{"x": 41}',
            "attributes": {"ApproximateReceiveCount": received, "SentTimestamp": "1795274305524", "SenderId": "me"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-central-1:111122223333:doubler-parts-Inference-Queue",
            "awsRegion": "eu-central-1",
        }
        answer = lambda_.invoke(
            FunctionName="doubler-parts-Inference", Qualifier="live", Payload=json.dumps({"Records": [message]})
        )
        assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}

    twice = [record for record in records(cloud) if record["message_id"] == message["messageId"]]
    (identity,) = {record["transaction_id"] for record in twice}
    assert len(twice) == 2  # readers know them by their id

    def kept() -> list[Item]:
        items = cloud.client("dynamodb").scan(TableName=parts.outputs["HistoryTable"])["Items"]
        return [item for item in items if item["transaction_id"]["S"] == identity]

    (item,) = eventually(kept, lambda items: any('receive_count":2' in each["record"]["S"] for each in items))
    assert json.loads(item["record"]["S"])["prediction"] == 82


def test_a_batch_that_cannot_be_written_is_kept_whole(cloud: MiniStack, parts: DeployedStack) -> None:
    event = {"awslogs": {"data": "no batch of log events"}}
    cloud.client("lambda").invoke(
        FunctionName="doubler-parts-History-Writer", InvocationType="Event", Payload=json.dumps(event)
    )
    sqs = cloud.client("sqs", tls=True)
    url = sqs.get_queue_url(QueueName="doubler-parts-History-Writer-Failures")["QueueUrl"]

    eventually(lambda: waiting(cloud, url), lambda n: n > 0)
    (failure,) = taken(cloud, url)
    assert failure["requestPayload"] == event
