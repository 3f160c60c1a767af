"""What `InferenceQueue` makes of `[queue]`."""

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

FULL = """
[function]
timeout = 7.5
[queue]
batch_size = 20
batching_window = 5
max_receive_count = 4
visibility_timeout = 90
retention_days = 2
dead_letter_retention_days = 10
maximum_concurrency = 6
"""
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:adder-Inference-Queue"
DEAD_LETTERS = "arn:aws:sqs:eu-central-1:123456789012:adder-Inference-Dead-Letters"


def build(folder: Path, more: str = "[queue]\n", **options: Any) -> Made:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from small_stack import made

    from inferwatch.cdk import InferenceQueue

    spec = small_model(folder / "model", more)

    def stack(stack: Stack) -> None:
        function = lambda_.Function(
            stack,
            "Function",
            code=lambda_.Code.from_inline("handler = None"),
            handler="index.handler",
            runtime=lambda_.Runtime.PYTHON_3_13,
        )
        given = dict(options)
        if given.pop("key", False):
            given["encryption_key"] = kms.Key(stack, "Ours")
        if given.pop("topic", False):
            given["topic"] = sns.Topic(stack, "Topic", topic_name="told")
        alias = lambda_.Alias(stack, "Alias", alias_name="live", version=function.current_version)
        InferenceQueue(stack, "Queue", spec=spec, function=alias, **given)

    return made(stack, folder)


def queues(made: Made) -> dict[str, dict[str, Any]]:
    return {each["QueueName"]: each for each in made.all("SQS::Queue")}


def test_both_queues_are_as_the_spec_says(tmp_path: Path) -> None:
    made = queues(build(tmp_path, FULL))
    queue, dead_letters = made["adder-Inference-Queue"], made["adder-Inference-Dead-Letters"]

    assert (queue["VisibilityTimeout"], queue["MessageRetentionPeriod"]) == (90, 2 * 86_400)
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": DEAD_LETTERS, "maxReceiveCount": 4}
    assert dead_letters["MessageRetentionPeriod"] == 10 * 86_400
    assert dead_letters["RedriveAllowPolicy"] == {"redrivePermission": "byQueue", "sourceQueueArns": [QUEUE]}


def test_without_a_word_messages_are_hidden_for_six_timeouts(tmp_path: Path) -> None:
    queue = queues(build(tmp_path, "[function]\ntimeout = 7.5\n[queue]\n"))["adder-Inference-Queue"]

    assert queue["VisibilityTimeout"] == 6 * 8


def test_the_alias_works_on_batches_and_says_which_messages_failed(tmp_path: Path) -> None:
    made = build(tmp_path, FULL)
    mapping = made.one("Lambda::EventSourceMapping")

    assert mapping["FunctionName"].endswith(":live")
    assert mapping["EventSourceArn"] == QUEUE
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (20, 5)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 6}


def test_without_a_limit_the_queue_takes_what_the_function_has(tmp_path: Path) -> None:
    assert "ScalingConfig" not in build(tmp_path).one("Lambda::EventSourceMapping")


def test_the_function_may_take_messages_of_this_queue_and_nothing_else(tmp_path: Path) -> None:
    made = build(tmp_path)

    (statement,) = made.statements()
    assert statement["Resource"] == QUEUE
    assert statement["Action"] == ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    (mapping,) = (r for r in made.template["Resources"].values() if r["Type"] == "AWS::Lambda::EventSourceMapping")
    (policy,) = (id for id, r in made.template["Resources"].items() if r["Type"] == "AWS::IAM::Policy")
    assert policy in mapping["DependsOn"]


def test_both_queues_are_encrypted_and_refuse_what_comes_without_tls(tmp_path: Path) -> None:
    made = build(tmp_path)

    assert {each["SqsManagedSseEnabled"] for each in made.all("SQS::Queue")} == {True}
    policies = made.all("SQS::QueuePolicy")
    denied = {s["Resource"]: s for p in policies for s in p["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"}
    assert denied.keys() == {QUEUE, DEAD_LETTERS}
    for statement in denied.values():
        assert (statement["Action"], statement["Principal"]) == ("sqs:*", {"AWS": "*"})
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_key_of_ones_own_encrypts_both_and_opens_the_queue_to_the_function(tmp_path: Path) -> None:
    made = build(tmp_path, key=True)

    assert len({each["KmsMasterKeyId"] for each in made.all("SQS::Queue")}) == 1
    assert ["kms:Decrypt"] in [
        s["Action"] if isinstance(s["Action"], list) else [s["Action"]] for s in made.statements()
    ]


def test_alone_it_watches_its_dead_letters(tmp_path: Path) -> None:
    alarm = build(tmp_path, topic=True).one("CloudWatch::Alarm")

    assert alarm["AlarmName"] == "adder-Dead-Letter-Alarm"
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": "adder-Inference-Dead-Letters"}]
    assert alarm["AlarmActions"] == ["arn:aws:sns:eu-central-1:123456789012:told"]


def test_alone_without_a_topic_its_alarm_tells_nobody(tmp_path: Path) -> None:
    assert build(tmp_path).one("CloudWatch::Alarm")["AlarmActions"] == []


def test_where_the_model_is_watched_it_makes_no_alarm(tmp_path: Path) -> None:
    assert build(tmp_path, watched=True).all("CloudWatch::Alarm") == []


def test_who_is_let_may_send_and_not_receive(tmp_path: Path) -> None:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from small_stack import made

    from inferwatch.cdk import InferenceQueue

    def build(stack: Stack) -> None:
        function = lambda_.Function.from_function_name(stack, "Function", "adder-Inference")
        queue = InferenceQueue(stack, "Queue", spec=small_model(tmp_path / "m", "[queue]\n"), function=function)
        queue.grant_send(iam.Role(stack, "Sender", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")))

    (statement,) = made(build, tmp_path).statements()
    assert statement["Resource"] == QUEUE
    assert "sqs:SendMessage" in statement["Action"]
    assert not {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"} & set(statement["Action"])


def test_a_spec_without_a_queue_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"queue: is missing; \[queue\]"):
        build(tmp_path, "")


def test_messages_that_come_back_while_they_are_tried_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"queue.visibility_timeout: 5 s is shorter than function.timeout"):
        build(tmp_path, "[queue]\nvisibility_timeout = 5\n")
