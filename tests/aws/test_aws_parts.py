"""What AWS tells of queue, endpoint, history and lake; names that others have, subscriptions that are full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deployed_model import ACCOUNT, REGION, SPEC, World, account, refuse
from model_parts import WITH_PARTS, Parts

from inferwatch.aws.resources import bucket, delivery_stream, queue, sagemaker, stack, subscriptions, table, taken
from inferwatch.errors import AwsError


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with account():
        yield World(tmp_path, WITH_PARTS)


@pytest.fixture
def parts(world: World) -> Parts:
    return Parts(world).deploy()


def functions(world: World, *names: str) -> None:
    """Let there be functions of these names alone."""
    world.replies(
        "lambda.GetFunctionConfiguration",
        lambda asked: (
            {"Role": "arn"} if asked["FunctionName"] in names else refuse("ResourceNotFoundException", status=404)
        ),
    )


def test_of_what_is_not_there_nothing_is_found(world: World) -> None:
    session, names = world.session, world.names
    assert queue.find(session, names.queue) is None
    assert sagemaker.find(session, names.endpoint) is None
    assert table.find(session, names.history) is None
    assert delivery_stream.find(session, names.lake) is None
    assert bucket.find(session, "no-such-bucket") is None
    assert subscriptions.find(session, "/no/such/group") == ()


def test_a_queue_is_found_with_what_waits_in_it(world: World, parts: Parts) -> None:
    there = queue.find(world.session, world.names.queue)
    assert there is not None
    assert (there.waiting, there.in_flight) == (0, 0)
    assert there.arn == f"arn:aws:sqs:{REGION}:{ACCOUNT}:sleep-Inference-Queue"
    sent = queue.send(world.session, there.url, '{"payload": "8"}')
    there = queue.find(world.session, world.names.queue)
    assert there is not None
    assert there.waiting == 1
    (message,) = world.session.client("sqs").receive_message(QueueUrl=there.url)["Messages"]
    assert (message["MessageId"], message["Body"]) == (sent, '{"payload": "8"}')
    now = queue.find(world.session, world.names.queue)
    assert now is not None
    assert (now.waiting, now.in_flight) == (0, 1)


def test_it_is_known_who_works_on_a_queue(world: World, parts: Parts) -> None:
    there, other = (queue.find(world.session, name) for name in (world.names.queue, world.names.dead_letters))
    assert there is not None
    assert other is not None
    assert queue.consumer(world.site, there) == queue.Consumer("Enabled", "OK")
    assert queue.consumer(world.site, other) is None


def test_an_endpoint_is_found_with_its_state(world: World, parts: Parts) -> None:
    there = sagemaker.Endpoint("sleep-Endpoint", "InService", on_machines=True)
    assert sagemaker.find(world.session, world.names.endpoint) == there


def test_an_endpoint_that_may_not_be_looked_at_is_not_taken_for_one_that_is_not_there(world: World) -> None:
    world.denies("sagemaker.DescribeEndpoint")
    with pytest.raises(AwsError, match="DescribeEndpoint is not allowed"):
        sagemaker.find(world.session, world.names.endpoint)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"EndpointStatus": "InService"}, None),
        ({"EndpointStatus": "Creating"}, "is Creating: wait"),
        ({"EndpointStatus": "Failed", "FailureReason": "no image"}, "is Failed (no image): it serves nobody"),
        (refuse("ValidationException", 'Could not find endpoint "mine".'), "there is no such endpoint in eu-central-1"),
    ],
)
def test_an_endpoint_that_a_spec_names_must_serve(world: World, said: Any, problem: str | None) -> None:
    world.replies("sagemaker.DescribeEndpoint", lambda _: said)
    found = sagemaker.problem(world.session, "mine")
    assert (found is None) is (problem is None)
    assert (problem or "") in (found or "")


@pytest.mark.parametrize(
    ("variant", "instance_type", "says"),
    [
        ({"CurrentInstanceCount": 2}, None, "the endpoint mine has machines, and SageMaker does not make such a one"),
        ({"CurrentInstanceCount": 2}, "ml.m5.large", None),
        ({"CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}, None, None),
        ({"CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}, "ml.m5.large", None),
    ],
)
def test_machines_do_not_become_serverless(
    world: World, variant: dict[str, Any], instance_type: str | None, says: str | None
) -> None:
    said = {"EndpointStatus": "InService", "ProductionVariants": [{"VariantName": "AllTraffic", **variant}]}
    world.replies("sagemaker.DescribeEndpoint", lambda _: said)
    found = sagemaker.conversion_problem(world.session, "mine", instance_type)
    assert (found is None) is (says is None)
    assert (says or "") in (found or "")


def test_an_endpoint_that_is_not_there_yet_may_become_anything(world: World) -> None:
    assert sagemaker.conversion_problem(world.session, "mine", None) is None


def test_a_table_is_found_counted_asked_and_deleted(world: World, parts: Parts) -> None:
    session, name = world.session, world.names.history
    assert not table.has(session, name, "transaction_id", "a")
    session.client("dynamodb").put_item(TableName=name, Item={"transaction_id": {"S": "a"}, "record": {"S": "{}"}})
    assert table.has(session, name, "transaction_id", "a")
    there = table.find(session, name)
    assert there is not None
    assert (there.status, there.items, there.kms_key) == (table.ACTIVE, 1, None)
    for _ in range(2):  # it may be gone already
        table.delete(session, name)
    assert table.find(session, name) is None


def test_a_bucket_goes_with_every_version_of_every_object(world: World) -> None:
    s3 = world.session.client("s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"once", b"again"):
        s3.put_object(Bucket="lake", Key="dt=2026-11-21/a.parquet", Body=body)
    s3.put_object(Bucket="lake", Key="b", Body=b"")
    s3.delete_object(Bucket="lake", Key="b")
    there = bucket.find(world.session, "lake")
    assert there is not None
    assert (there.objects, there.stored_bytes) == (4, 9)
    for _ in range(2):
        bucket.delete(world.session, "lake")
    assert bucket.find(world.session, "lake") is None


def test_a_bucket_tells_the_key_that_it_is_encrypted_with(world: World) -> None:
    s3 = world.session.client("s3")
    s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:key"}}
    s3.put_bucket_encryption(Bucket="lake", ServerSideEncryptionConfiguration={"Rules": [rule]})
    there = bucket.find(world.session, "lake")
    assert there is not None
    assert there.kms_key == "arn:key"


def test_names_that_nobody_has_are_no_problem(world: World) -> None:
    functions(world)
    assert taken.problem(world.site) is None


def test_every_name_that_another_has_is_said(world: World, parts: Parts) -> None:
    functions(world, world.names.history_writer)
    problem = taken.problem(world.site) or ""
    for name in (
        *("queue sleep-Inference-Queue", "queue sleep-Inference-Dead-Letters", "endpoint sleep-Endpoint"),
        *("function sleep-History-Writer", "delivery stream sleep-Inference-Lake"),
    ):
        assert name in problem
    assert "sleep-Lake-Transform" not in problem


def test_the_stack_s_own_names_are_no_problem(world: World, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    names = world.names
    functions(world, names.history_writer, names.lake_transform)
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}"
    own = [
        ("AWS::SQS::Queue", f"{url}/{names.queue}"),
        ("AWS::SQS::Queue", f"{url}/{names.dead_letters}"),
        ("AWS::SageMaker::Endpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{names.endpoint.lower()}"),
        ("AWS::DynamoDB::Table", names.history),
        ("AWS::Lambda::Function", names.history_writer),
        ("AWS::Lambda::Function", names.lake_transform),
        ("AWS::KinesisFirehose::DeliveryStream", names.lake),
    ]
    there = tuple(stack.Resource(name, name, kind, "CREATE_COMPLETE", "") for kind, name in own)
    monkeypatch.setattr(stack, "resources", lambda *_: there)
    assert taken.problem(world.site) is None
    monkeypatch.setattr(stack, "resources", lambda *_: there[1:])
    assert "a queue sleep-Inference-Queue in" in (taken.problem(world.site) or "")


def test_an_endpoint_that_the_spec_names_is_not_in_the_way(tmp_path: Path) -> None:
    with account():
        world = World(tmp_path / "named", SPEC + '[sagemaker]\nendpoint = "mine"\n')
        Parts(world).endpoint("mine")
        assert taken.problem(world.site) is None


@pytest.mark.parametrize(("others", "full"), [([], False), (["a"], True), (["a", "b"], True)])
def test_a_log_group_takes_two_subscriptions(world: World, others: list[str], full: bool) -> None:
    parts = Parts(world)
    for name in others:
        parts.subscribed(name)
    problem = subscriptions.problem(world.site)
    assert (problem is not None) is full
    if problem is not None:
        assert f"the subscriptions of others, {', '.join(others)}, and 2 are to be added" in problem


def test_its_own_subscriptions_are_not_counted_twice(world: World, parts: Parts) -> None:
    assert subscriptions.problem(world.site) is None
    assert [one.name for one in subscriptions.find(world.session, world.names.log_group)] == [
        "sleep-History",
        "sleep-Lake",
    ]


def test_a_model_without_history_and_lake_needs_none(tmp_path: Path) -> None:
    with account():
        world = World(tmp_path / "plain", SPEC)
        parts = Parts(world)
        parts.subscribed("a")
        parts.subscribed("b")
        assert subscriptions.problem(world.site) is None
