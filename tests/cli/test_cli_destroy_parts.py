"""`inferwatch destroy` of what holds records beside the logs: the history's table, the lake's bucket, their keys."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import fake_app
import pytest
from click.testing import CliRunner, Result

from inferwatch.aws.resources import stack
from inferwatch.cli.commands import cli
from inferwatch.cli.deployment import question
from inferwatch.cli.deployment.removal_plan import Plan
from inferwatch.cli.deployment.stores import Store

REGION = "eu-central-1"
TABLE, BUCKET, GROUP = "claim-Inference-History", "test-claim-lake", "/test/claim"
PIPELINE = '\n[pipeline]\nsource = "codecommit"\nrepository = "claims"\n'


@pytest.fixture
def model(model: Path) -> Path:
    with (model / "inferwatch.toml").open("a") as spec:
        spec.write("[history]\n[lake]\n" + PIPELINE)
    return model


@pytest.fixture
def session(account: boto3.Session) -> boto3.Session:
    """Without the registry, so that every table is the model's."""
    return account


@pytest.fixture
def _at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question, "interactive", lambda: True)


def kept(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "DeletionPolicy": "Retain", "Properties": properties}


TEMPLATE = {
    "Group": kept("AWS::Logs::LogGroup", LogGroupName=GROUP),
    "Table": kept(
        "AWS::DynamoDB::Table",
        TableName=TABLE,
        KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    ),
    "LakeKey": kept("AWS::KMS::Key", KeyPolicy={}),
    "Bucket": kept(
        "AWS::S3::Bucket",
        BucketName=BUCKET,
        BucketEncryption={
            "ServerSideEncryptionConfiguration": [
                {
                    "ServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": {"Fn::GetAtt": ["LakeKey", "Arn"]},
                    }
                }
            ]
        },
    ),
}


@pytest.fixture
def deployed(session: boto3.Session) -> boto3.Session:
    """Two items, three files."""
    body = json.dumps({"Resources": TEMPLATE})
    session.client("cloudformation").create_stack(StackName=fake_app.STACK, TemplateBody=body)
    for one in ("a", "b"):
        session.client("dynamodb").put_item(TableName=TABLE, Item={"transaction_id": {"S": one}})
    for number in range(3):
        session.client("s3").put_object(Bucket=BUCKET, Key=f"lake/{number}.parquet", Body=b"PAR1")
    return session


def destroy(*arguments: str | Path, answers: str = "") -> Result:
    result = CliRunner().invoke(cli, ["destroy", *map(str, arguments)], input=answers)
    assert result.exit_code == 0, result.output
    return result


def left(session: boto3.Session) -> dict[str, list[str]]:
    """Names of what is there."""
    groups = session.client("logs").describe_log_groups()["logGroups"]
    kms = session.client("kms")
    states = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in kms.list_keys()["Keys"]]
    return {
        "groups": [group["logGroupName"] for group in groups],
        "tables": session.client("dynamodb").list_tables()["TableNames"],
        "buckets": [one["Name"] for one in session.client("s3").list_buckets()["Buckets"]],
        "keys": states,
    }


NOTHING = {"groups": [], "tables": [], "buckets": [], "keys": ["PendingDeletion"]}


def test_everything_goes_that_costs(model: Path, deployed: boto3.Session) -> None:
    said = destroy(model, "--yes").stderr
    assert left(deployed) == NOTHING
    assert stack.find(deployed, fake_app.STACK) is None
    assert f"gone: the table {TABLE}" in said
    assert f"gone: the bucket {BUCKET}" in said
    assert "left: the table" not in said
    assert "left for 35 days, free: the backup" in said


def test_data_may_stay_with_their_key(model: Path, deployed: boto3.Session) -> None:
    said = destroy(model, "--yes", "--keep-data").stderr
    assert left(deployed) == {"groups": [], "tables": [TABLE], "buckets": [BUCKET], "keys": ["Enabled"]}
    assert f"left: the table {TABLE}, at about 0.5 USD a GB and month" in said
    assert f"left: the bucket {BUCKET}, at about" in said
    assert "left, at about 1 USD a month: the key" in said


def test_a_key_goes_with_what_it_encrypts_though_logs_stay(model: Path, deployed: boto3.Session) -> None:
    destroy(model, "--yes", "--keep-logs")
    assert left(deployed) == {**NOTHING, "groups": [GROUP]}


@pytest.mark.usefixtures("_at_a_terminal")
def test_the_question_says_how_much_goes(model: Path, deployed: boto3.Session) -> None:
    said = destroy(model, answers="y\nn\ny\n").stderr
    assert f"Remove its data, {TABLE} (2 items, 0.0 MB), {BUCKET} (3 files, 0.0 MB), with all that is in it?" in said
    assert left(deployed) == {**NOTHING, "groups": [GROUP]}


@pytest.mark.usefixtures("_at_a_terminal")
def test_who_says_no_keeps_them(model: Path, deployed: boto3.Session) -> None:
    destroy(model, answers="y\ny\nn\n")
    assert left(deployed) == {"groups": [], "tables": [TABLE], "buckets": [BUCKET], "keys": ["Enabled"]}


@pytest.mark.usefixtures("_at_a_terminal")
@pytest.mark.parametrize(("answer", "tables"), [("y", []), ("n", [TABLE])])
def test_a_table_that_an_earlier_destroy_kept_goes_if_a_person_says_so(
    model: Path, deployed: boto3.Session, answer: str, tables: list[str]
) -> None:
    destroy(model, "--yes", "--keep-data")
    said = destroy(model, answers=f"{answer}\n").stderr
    assert f"has no stack {fake_app.STACK}; but there is the table {TABLE}" in said
    assert left(deployed)["tables"] == tables


def test_and_never_by_yes(model: Path, deployed: boto3.Session) -> None:
    destroy(model, "--yes", "--keep-data")
    assert f"left: the table {TABLE}" in destroy(model, "--yes").stderr
    assert left(deployed)["tables"] == [TABLE]


def test_the_pipeline_goes_alone(model: Path, deployed: boto3.Session) -> None:
    builds = {
        "Group": kept("AWS::Logs::LogGroup", LogGroupName=f"{GROUP}/delivery"),
        "Artifacts": kept("AWS::S3::Bucket", BucketName="artifacts"),
    }
    body = json.dumps({"Resources": builds})
    deployed.client("cloudformation").create_stack(StackName=f"{fake_app.STACK}-delivery", TemplateBody=body)
    deployed.client("s3").put_object(Bucket="artifacts", Key="source.zip", Body=b"")
    said = destroy(model, "--pipeline", "--yes").stderr
    assert f"gone: the stack {fake_app.STACK}-delivery" in said
    assert "gone: the bucket artifacts" in said
    assert left(deployed) == {"groups": [GROUP], "tables": [TABLE], "buckets": [BUCKET], "keys": ["Enabled"]}
    assert stack.find(deployed, fake_app.STACK) is not None


def test_a_key_that_encrypts_several_goes_with_the_last() -> None:
    def store(name: str, key: str | None) -> Store:
        return Store("log group", name, "", "", key)

    a, b, c = store("a", "arn:aws:kms:::key/k1"), store("b", "arn:aws:kms:::key/k1"), store("c", None)
    planned = Plan(None, (), (a, b), (c,), ("k1", "unknown"), (), (), frozenset())
    assert planned.keys_without([]) == ()
    assert planned.keys_without([a, c]) == ()
    assert planned.keys_without([a, b]) == ("k1",)
    assert planned.keys_without([a, b, c]) == ("k1", "unknown")
