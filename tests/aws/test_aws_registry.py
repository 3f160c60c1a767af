"""The registry in DynamoDB: what it asks for, what it is told, and that nothing is written whose conditions fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aws_world import answering, refused
from botocore.exceptions import ClientError
from registry_world import MODEL, a_deployment, a_version, dynamo

from inferwatch.aws.registry import DynamoRegistry
from inferwatch.aws.registry.dynamo import TRIES
from inferwatch.errors import AwsError, RegistryError
from inferwatch.registry.records import Model


@pytest.fixture
def session() -> Iterator[boto3.Session]:
    with dynamo() as opened:
        yield opened


@pytest.fixture
def registry(session: boto3.Session) -> DynamoRegistry:
    return DynamoRegistry(session)


def items(session: boto3.Session) -> dict[tuple[str, str], dict[str, Any]]:
    found = session.client("dynamodb").scan(TableName="inferwatch-registry")["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}


def cancelled(*reasons: str) -> ClientError:
    error = refused("TransactWriteItems", "TransactionCanceledException")
    error.response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return error


def test_where_each_record_lies(session: boto3.Session, registry: DynamoRegistry) -> None:
    registry.register_version(a_version())
    registry.register_deployment(a_deployment(1, environment="prod #1", endpoint="https://a.example"))
    registry.promote(MODEL, 1, now_ms=5, by="alice")
    group = "/abc_corp/claim/doc"
    found = items(session)
    assert set(found) == {
        (group, "version#000000001"),
        (group, "deployment#000000001"),
        (group, "change#prod%20%231#000000001"),
        ("models", group),
    }
    assert found[group, "deployment#000000001"]["state"] == {"S": "current"}
    assert found[group, "deployment#000000001"]["endpoint"] == {"S": "https://a.example"}


def test_all_that_is_read_is_read_as_it_is_now(registry: DynamoRegistry) -> None:
    asked: list[dict[str, Any]] = []

    def note(given: dict[str, Any]) -> None:
        asked.append(given)

    with answering(GetItem=note, Query=note):
        registry.register_version(a_version())
        registry.register_deployment(a_deployment(1))
        registry.promote(MODEL, 1, now_ms=1, by="alice")
        registry.versions(MODEL)
        registry.deployments(MODEL, "prod")
        registry.history(MODEL, "prod")
        registry.models("/")
    assert len(asked) > 8
    assert all(each["ConsistentRead"] is True for each in asked)


def test_a_write_has_a_token_so_that_it_is_done_once_though_its_answer_is_lost(registry: DynamoRegistry) -> None:
    bodies: list[bytes] = []
    client = registry._table._client
    client.meta.events.register("before-send.dynamodb", lambda request, **_: bodies.append(request.body))
    registry.register_version(a_version())
    assert len([body for body in bodies if b'"ClientRequestToken"' in bytes(body)]) == 1


def test_moto_keeps_the_conditions_that_the_registry_relies_on(session: boto3.Session) -> None:
    """Each alone, and that of a transaction nothing is done where one of its conditions fails."""
    table = DynamoRegistry(session)._table
    item = {"pk": {"S": "/a"}, "sk": {"S": "one"}, "state": {"S": "pending"}}
    other = {"pk": {"S": "/a"}, "sk": {"S": "two"}}
    assert table.write([table.put(item)])
    before = items(session)
    for fails in (
        table.put(item),
        table.there("/a", "none"),
        table.change("/a", "none", "state", "failed"),
        table.change("/a", "one", "state", "failed", of=("current", "superseded")),
    ):
        assert not table.write([table.put(other), fails])
        assert not table.write([fails, table.put(other)])
        assert items(session) == before
    assert table.write([table.put(other), table.change("/a", "one", "state", "failed", of=("current", "pending"))])
    assert table.item("/a", "one") == {**item, "state": {"S": "failed"}}


def test_where_there_is_no_table_yet(session: boto3.Session) -> None:
    empty = DynamoRegistry(session, "another")
    for call in (lambda: empty.versions(MODEL), lambda: empty.register_version(a_version())):
        with pytest.raises(AwsError, match="there is no registry another in region eu-central-1 yet") as told:
            call()
        assert told.value.code == "NoRegistry"


def test_who_may_not_read_is_told(registry: DynamoRegistry) -> None:
    def denied(_: dict[str, Any]) -> None:
        raise refused("Query", "AccessDeniedException", "not authorized")

    with answering(Query=denied), pytest.raises(AwsError, match="Query is not allowed") as told:
        registry.versions(MODEL)
    assert "reading the registry inferwatch-registry" in str(told.value)


def test_a_write_that_met_another_one_is_tried_again(registry: DynamoRegistry) -> None:
    lost = iter(["TransactionConflict", "ConditionalCheckFailed", "TransactionConflict"])

    def sometimes(_: dict[str, Any]) -> None:
        if (reason := next(lost, None)) is not None:
            raise cancelled("None", reason)

    with answering(TransactWriteItems=sometimes):
        assert registry.register_version(a_version()).model_version == 1
    assert next(lost, None) is None


def test_what_is_lost_all_the_time_ends(registry: DynamoRegistry) -> None:
    tries = 0

    def always(_: dict[str, Any]) -> None:
        nonlocal tries
        tries += 1
        raise cancelled("TransactionConflict", "None")

    with answering(TransactWriteItems=always), pytest.raises(AwsError, match="changed by others all the time") as told:
        registry.register_version(a_version())
    assert (tries, told.value.code) == (TRIES, "RegistryBusy")


@pytest.mark.parametrize("reason", ["ValidationError", "ThrottlingError", "ItemCollectionSizeLimitExceeded"])
def test_a_write_that_is_cancelled_for_another_reason_is_told(registry: DynamoRegistry, reason: str) -> None:
    def fails(_: dict[str, Any]) -> None:
        raise cancelled(reason, "None")

    with answering(TransactWriteItems=fails), pytest.raises(AwsError, match="TransactWriteItems was refused"):
        registry.register_version(a_version())


def test_a_number_that_is_taken_between_looking_and_writing_is_told_or_passed(registry: DynamoRegistry) -> None:
    """Another writer has it just before the write: with a number given the slower is told, without it goes on."""
    other = DynamoRegistry(boto3.Session(region_name="eu-central-1"))
    for number in (1, 0):
        overtake = iter([True])

        def first(_: dict[str, Any], overtake: Iterator[bool] = overtake) -> None:
            if next(overtake, False):
                other.register_version(a_version(created_by="bob"))

        with answering(TransactWriteItems=first):
            if number:
                with pytest.raises(RegistryError, match="version 1 of /abc_corp/claim/doc was taken by bob"):
                    registry.register_version(a_version(number))
            else:
                assert registry.register_version(a_version()).model_version == 3
    assert [v.created_by for v in registry.versions(MODEL)] == ["alice", "bob", "bob"]


def test_a_promotion_that_is_overtaken_by_a_failure_is_refused(registry: DynamoRegistry) -> None:
    registry.register_version(a_version())
    registry.register_deployment(a_deployment(1))
    overtake = iter([True])

    def first(_: dict[str, Any]) -> None:
        if next(overtake, False):
            registry.fail(MODEL, 1)

    with answering(TransactWriteItems=first), pytest.raises(RegistryError, match=r"deployment 1 .* failed before"):
        registry.promote(MODEL, 1, now_ms=1, by="alice")
    assert registry.history(MODEL, "prod") == []


def test_a_failure_that_is_overtaken_by_a_promotion_is_refused(registry: DynamoRegistry) -> None:
    registry.register_version(a_version())
    registry.register_deployment(a_deployment(1))
    overtake = iter([True])

    def first(_: dict[str, Any]) -> None:
        if next(overtake, False):
            registry.promote(MODEL, 1, now_ms=1, by="alice")

    with (
        answering(TransactWriteItems=first),
        pytest.raises(RegistryError, match="serves prod and cannot"),
    ):
        registry.fail(MODEL, 1)
    assert [each.state for each in registry.deployments(MODEL)] == ["current"]


def test_the_models_of_a_node_are_asked_for_by_the_node(registry: DynamoRegistry) -> None:
    asked: list[dict[str, Any]] = []
    for namespace in ("/a", "/a/b", "/ab"):
        registry.register_version(a_version(model=Model(namespace, "m")))
    with answering(Query=asked.append):
        assert registry.models("/a/") == [Model("/a/b", "m"), Model("/a", "m")]
    assert asked[0]["ExpressionAttributeValues"] == {":pk": {"S": "models"}, ":sk": {"S": "/a"}}
