"""The registry's table: how it is kept, and what its grants allow, and of whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import iam_evaluator
import pytest
from iam_evaluator import Request

from inferwatch.aws.registry import items
from inferwatch.errors import DeployError

if TYPE_CHECKING:
    from aws_cdk import Stack
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

TABLE = "arn:aws:dynamodb:eu-central-1:123456789012:table/inferwatch-registry"
READS = {"dynamodb:GetItem", "dynamodb:Query"}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"}


def build(
    folder: Path, *, key: bool = False, read: str | None = None, write: str | None = None, **options: Any
) -> Made:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from small_stack import made

    from inferwatch.cdk import ModelRegistry

    def stack(stack: Stack) -> None:
        given = {**options, **({"encryption_key": kms.Key(stack, "Ours")} if key else {})}
        registry = ModelRegistry(stack, "Registry", **given)
        role = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
        if read is not None:
            registry.grant_read(role, node=read)
        if write is not None:
            registry.grant_write(role, node=write)

    return made(stack, folder)


def test_the_table_is_the_one_that_the_registry_asks(tmp_path: Path) -> None:
    table = build(tmp_path).one("DynamoDB::Table")
    assert table["TableName"] == "inferwatch-registry"
    assert [each["AttributeName"] for each in table["KeySchema"]] == list(items.key("/a", "b"))
    assert {each["AttributeType"] for each in table["AttributeDefinitions"]} == {"S"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_it_is_kept(tmp_path: Path) -> None:
    (table,) = build(tmp_path).resources("DynamoDB::Table")
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_one_that_shall_go_can(tmp_path: Path) -> None:
    from aws_cdk import RemovalPolicy

    (table,) = build(tmp_path, removal_policy=RemovalPolicy.DESTROY, table_name="mine").resources("DynamoDB::Table")
    assert (table["DeletionPolicy"], table["Properties"]["DeletionProtectionEnabled"]) == ("Delete", False)
    assert table["Properties"]["TableName"] == "mine"


def test_a_key_of_the_accounts_own(tmp_path: Path) -> None:
    made = build(tmp_path, key=True, read="/", write="/")
    assert made.one("DynamoDB::Table")["SSESpecification"]["SSEType"] == "KMS"
    granted = {action for s in made.statements() for action in s["Action"] if action.startswith("kms:")}
    assert "kms:Decrypt" in granted
    assert any(action.startswith("kms:GenerateDataKey") for action in granted)
    assert "kms:*" not in granted


def test_readers_read_and_writers_write_and_nobody_deletes(tmp_path: Path) -> None:
    reader = build(tmp_path / "reader", read="/").statements()
    writer = build(tmp_path / "writer", write="/").statements()
    assert [(set(s["Action"]), s["Resource"]) for s in reader] == [(READS, TABLE)]
    assert [(set(s["Action"]), s["Resource"]) for s in writer] == [(READS | WRITES, TABLE)]
    assert "Condition" not in reader[0] | writer[0]


def test_who_writes_a_node_s_models_writes_no_others(tmp_path: Path) -> None:
    (statement,) = build(tmp_path, write="/abc_corp/claim/").statements()
    condition = statement.pop("Condition")
    assert set(condition) == {"ForAllValues:StringLike", "Null"}
    assert condition["Null"] == {"dynamodb:LeadingKeys": "false"}
    plain = {"StringLike": condition["ForAllValues:StringLike"]}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": plain}]}

    def may(key: str, action: str = "dynamodb:PutItem") -> bool:
        return iam_evaluator.allowed([document], Request(action, TABLE, {"dynamodb:LeadingKeys": key}))

    assert all(may(key) for key in ("/abc_corp/claim/doc", "/abc_corp/claim/a/doc", "/abc_corp/claim", "models"))
    assert not any(may(key) for key in ("/abc_corp/claims/doc", "/abc_corp/housing/x", "/abc_corp", "/"))
    assert not may("/abc_corp/claim/doc", "dynamodb:DeleteItem")
    assert not may("/abc_corp/claim/doc", "dynamodb:Scan")


def test_what_is_no_node_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="is no node of an organisation"):
        build(tmp_path, read="abc")


def test_the_app_alone(tmp_path: Path) -> None:
    from aws_cdk import Environment
    from small_stack import Made

    from inferwatch.cdk import RegistryStack, registry_app

    env = Environment(account="123456789012", region="eu-central-1")
    app = registry_app(env, tmp_path / "cdk.out", builtin_cloud_formation_validation=False)
    (stack,) = (each for each in app.node.children if isinstance(each, RegistryStack))
    assert (stack.stack_name, stack.region) == ("InferWatch-Registry", "eu-central-1")
    assert stack.termination_protection is True
    made = Made(stack)
    assert made.one("DynamoDB::Table")["Tags"] == [{"Key": "inferwatch:part", "Value": "registry"}]
    assert set(made.outputs) == {"TableName"}
