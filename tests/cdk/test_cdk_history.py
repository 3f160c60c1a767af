"""What `InferenceHistory` makes of `[history]`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_model import small_model

from inferwatch.errors import SpecError

if TYPE_CHECKING:
    from aws_cdk import Stack
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/adder-Inference-History"
GROUP = "/abc_corp/claim/adder"


def build(
    folder: Path, more: str = "[history]\ndays = 30\n", context: dict[str, Any] | None = None, **options: Any
) -> Made:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sns as sns
    from small_stack import made

    from inferwatch.cdk import InferenceHistory

    spec = small_model(folder / "model", more)

    def stack(stack: Stack) -> None:
        for key, value in (context or {}).items():
            stack.node.set_context(key, value)
        given = dict(options)
        if given.pop("key", False):
            given["encryption_key"] = kms.Key(stack, "Ours")
        if given.pop("topic", False):
            given["topic"] = sns.Topic(stack, "Topic", topic_name="told")
        group = logs.LogGroup.from_log_group_name(stack, "Lines", GROUP)
        InferenceHistory(stack, "History", spec=spec, log_group=group, **given)

    return made(stack, folder)


def test_a_transaction_is_found_by_its_id_and_by_model_and_time(tmp_path: Path) -> None:
    table = build(tmp_path).one("DynamoDB::Table")

    assert table["TableName"] == "adder-Inference-History"
    assert table["KeySchema"] == [{"AttributeName": "transaction_id", "KeyType": "HASH"}]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "by-model-and-time"
    assert [(each["AttributeName"], each["KeyType"]) for each in index["KeySchema"]] == [
        ("model", "HASH"),
        ("start_at", "RANGE"),
    ]
    assert index["Projection"]["ProjectionType"] == "INCLUDE"
    assert "record" not in index["Projection"]["NonKeyAttributes"]
    assert {each["AttributeType"] for each in table["AttributeDefinitions"]} == {"S"}


def test_items_expire_and_can_be_brought_back(tmp_path: Path) -> None:
    made = build(tmp_path)
    (table,) = made.resources("DynamoDB::Table")

    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert made.one("Lambda::Function")["Environment"]["Variables"] == {
        "INFERWATCH_HISTORY_TABLE": "adder-Inference-History",
        "INFERWATCH_HISTORY_DAYS": "30",
    }


def test_the_records_of_the_log_group_go_to_the_writer_and_only_they(tmp_path: Path) -> None:
    made = build(tmp_path)
    subscription = made.one("Logs::SubscriptionFilter")

    assert subscription["LogGroupName"] == GROUP
    assert subscription["FilterName"] == "adder-History"
    assert subscription["FilterPattern"] == '{ $.type = "inference_transaction" }'
    assert subscription["DestinationArn"].endswith(":function:adder-History-Writer")
    permission = made.one("Lambda::Permission")
    assert permission["Principal"] == "logs.amazonaws.com"
    assert permission["SourceArn"] == f"arn:aws:logs:eu-central-1:123456789012:log-group:{GROUP}:*"


def test_the_writer_may_put_items_into_this_table_and_no_more(tmp_path: Path) -> None:
    allowed = {
        action: statement["Resource"]
        for statement in build(tmp_path).statements()
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }

    assert {action for action in allowed if action.startswith("dynamodb:")} == {"dynamodb:BatchWriteItem"}
    assert allowed["dynamodb:BatchWriteItem"] == TABLE
    assert allowed["sqs:SendMessage"].endswith(":adder-History-Writer-Failures")


def test_what_could_not_be_written_is_tried_again_then_kept_and_told(tmp_path: Path) -> None:
    made = build(tmp_path, topic=True)

    again = made.one("Lambda::EventInvokeConfig")
    assert again["MaximumRetryAttempts"] == 2
    queue = made.one("SQS::Queue")
    assert queue["QueueName"] == "adder-History-Writer-Failures"
    assert (queue["MessageRetentionPeriod"], queue["SqsManagedSseEnabled"]) == (14 * 86_400, True)
    assert again["DestinationConfig"]["OnFailure"]["Destination"].endswith(":adder-History-Writer-Failures")
    alarm = made.one("CloudWatch::Alarm")
    assert alarm["AlarmName"] == "adder-History-Alarm"
    assert [each["Value"] for each in alarm["Dimensions"]] == [queue["QueueName"]]
    assert alarm["AlarmActions"] == ["arn:aws:sns:eu-central-1:123456789012:told"]


def test_a_key_of_ones_own_encrypts_the_table_and_what_failed(tmp_path: Path) -> None:
    made = build(tmp_path, key=True)

    encryption = made.one("DynamoDB::Table")["SSESpecification"]
    assert encryption["SSEType"] == "KMS"
    assert made.one("SQS::Queue")["KmsMasterKeyId"] == encryption["KMSMasterKeyId"]


def test_a_table_that_is_there_is_used_and_not_made(tmp_path: Path) -> None:
    from inferwatch.cdk.existing import TABLES

    made = build(tmp_path, context={TABLES: ["adder-Inference-History"]})

    assert made.all("DynamoDB::Table") == []
    assert TABLE in [statement["Resource"] for statement in made.statements()]


def test_the_key_of_a_table_that_is_there_may_be_used_through_this_table_alone(tmp_path: Path) -> None:
    from inferwatch.cdk.existing import TABLES

    made = build(tmp_path, context={TABLES: ["adder-Inference-History"]})

    (of_keys,) = [each for each in made.statements() if "kms:Decrypt" in each["Action"]]
    assert of_keys["Condition"]["StringEquals"] == {
        "kms:ViaService": "dynamodb.eu-central-1.amazonaws.com",
        "kms:EncryptionContext:aws:dynamodb:tableName": "adder-Inference-History",
    }
    assert "kms:" not in str(build(tmp_path / "new").statements())


def test_readers_may_read_and_not_write(tmp_path: Path) -> None:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_logs as logs
    from small_stack import made

    from inferwatch.cdk import InferenceHistory

    def stack(stack: Stack) -> None:
        group = logs.LogGroup.from_log_group_name(stack, "Lines", GROUP)
        history = InferenceHistory(stack, "H", spec=small_model(tmp_path / "m", "[history]\n"), log_group=group)
        history.grant_read(iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")))

    (reader,) = [s for s in made(stack, tmp_path).statements() if "dynamodb:GetItem" in s["Action"]]
    assert reader["Action"] == ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
    assert reader["Resource"] == [TABLE, f"{TABLE}/index/by-model-and-time"]


def test_a_spec_without_a_history_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"history: is missing; \[history\]"):
        build(tmp_path, "")
