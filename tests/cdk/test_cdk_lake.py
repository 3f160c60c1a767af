"""What `TransactionLake` makes of `[lake]`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_model import small_model

from inferwatch.errors import SpecError
from inferwatch.lake.columns import GLUE_COLUMNS

if TYPE_CHECKING:
    from aws_cdk import Stack
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

GROUP = "/abc_corp/claim/adder"
MODEL = "model=%2Fabc_corp%2Fclaim%2Fadder"
BUCKET = "arn:aws:s3:::LakeBucketB1D32E10"
STREAM = "arn:aws:firehose:eu-central-1:123456789012:deliverystream/adder-Inference-Lake"
TABLE = "arn:aws:glue:eu-central-1:123456789012:table/abc_corp_claim_adder/transactions"
SPEC = """
[lake]
days = 30
buffer_seconds = 60
buffer_mb = 64
scan_limit_gb = 0.5
[features]
a = "number"
kind = "string?"
pixels = "number[4]"
"""


def build(folder: Path, more: str = SPEC, given: str | None = None) -> Made:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_s3 as s3
    from small_stack import made

    from inferwatch.cdk import TransactionLake

    spec = small_model(folder / "model", more)

    def stack(stack: Stack) -> None:
        group = logs.LogGroup.from_log_group_name(stack, "Lines", GROUP)
        bucket = s3.Bucket.from_bucket_name(stack, "Ours", given) if given else None
        lake = TransactionLake(stack, "Lake", spec=spec, log_group=group, bucket=bucket)
        lake.grant_read(iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal()))

    return made(stack, folder)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return build(tmp_path_factory.mktemp("lake"))


def destination(lake: Made) -> dict[str, Any]:
    found: dict[str, Any] = lake.one("KinesisFirehose::DeliveryStream")["ExtendedS3DestinationConfiguration"]
    return found


def role_of(lake: Made, service: str) -> dict[str, Any]:
    """The role that a service of AWS assumes, which has its policy in itself."""
    (role,) = (
        role
        for role in lake.all("IAM::Role")
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"].get("Service") == service
    )
    return role


def allowed(role: dict[str, Any]) -> dict[str, Any]:
    """What a role may do: action -> its resources."""
    (policy,) = role["Policies"]
    found: dict[str, Any] = {}
    for statement in policy["PolicyDocument"]["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        found |= dict.fromkeys(actions, statement["Resource"])
    return found


def tables(lake: Made) -> dict[str, dict[str, Any]]:
    return {table["TableInput"]["Name"]: table["TableInput"] for table in lake.all("Glue::Table")}


def test_the_bucket_is_closed_encrypted_and_stays(lake: Made) -> None:
    (resource,) = lake.resources("S3::Bucket")
    bucket = resource["Properties"]
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert rule["BucketKeyEnabled"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert lake.one("KMS::Key")["EnableKeyRotation"]
    (tls,) = lake.one("S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_files_go_with_their_time(lake: Made) -> None:
    rules = lake.one("S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule} == {
        f"lake/{MODEL}/": 30,
        f"errors/{MODEL}/": 30,
        "athena-results/adder-Inference-Lake/": 1,
    }
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)


def test_errors_are_not_kept_longer_than_transactions(tmp_path: Path) -> None:
    rules = build(tmp_path, "[lake]\ndays = 5\n").one("S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert {rule["ExpirationInDays"] for rule in rules if rule.get("Prefix", "").startswith("errors/")} == {5}


def test_the_stream_writes_parquet_by_the_table_of_the_catalog(lake: Made) -> None:
    made = destination(lake)
    conversion = made["DataFormatConversionConfiguration"]

    assert made["Prefix"] == f"lake/{MODEL}/dt=!{{timestamp:yyyy-MM-dd}}/"
    assert made["ErrorOutputPrefix"].startswith(f"errors/{MODEL}/!{{firehose:error-output-type}}/")
    assert made["BufferingHints"] == {"IntervalInSeconds": 60, "SizeInMBs": 64}
    assert made["CloudWatchLoggingOptions"]["Enabled"]
    assert lake.one("KinesisFirehose::DeliveryStream")["DeliveryStreamEncryptionConfigurationInput"]
    assert conversion["OutputFormatConfiguration"]["Serializer"]["ParquetSerDe"]["Compression"] == "GZIP"
    schema = conversion["SchemaConfiguration"]
    assert (schema["DatabaseName"], schema["TableName"]) == ("abc_corp_claim_adder", "transactions")


def test_what_firehose_could_not_do_is_kept_as_long_as_other_lines(lake: Made) -> None:
    groups = {group["LogGroupName"]: group["RetentionInDays"] for group in lake.all("Logs::LogGroup")}
    assert groups == {"/aws/lambda/adder-Lake-Transform": 90, "/aws/kinesisfirehose/adder-Inference-Lake": 90}
    assert lake.one("Logs::LogStream")["LogStreamName"] == "Delivery"


def test_the_function_knows_the_table_s_columns(lake: Made) -> None:
    function = lake.one("Lambda::Function")
    columns = tables(lake)["transactions"]["StorageDescriptor"]["Columns"]
    (processor,) = destination(lake)["ProcessingConfiguration"]["Processors"]
    given = {each["ParameterName"]: each["ParameterValue"] for each in processor["Parameters"]}

    assert function["Handler"] == "inferwatch.serving.lake_transform.handler"
    assert function["Environment"]["Variables"] == {"INFERWATCH_FEATURE_COLUMNS": "feature_a,category_kind"}
    assert {column["Name"]: column["Type"] for column in columns} == {
        **GLUE_COLUMNS,
        "feature_a": "double",
        "category_kind": "string",
    }
    assert given["LambdaArn"].endswith(":function:adder-Lake-Transform")


def test_days_need_not_be_added_to_the_table(lake: Made) -> None:
    table = tables(lake)["transactions"]
    parameters = table["Parameters"]

    assert [key["Name"] for key in table["PartitionKeys"]] == ["model", "dt"]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.model.values"] == MODEL.removeprefix("model=")
    assert parameters["projection.dt.range"] == "NOW-32DAYS,NOW"
    template = parameters["storage.location.template"]
    assert template == "s3://LakeBucketB1D32E10/lake/model=${model}/dt=${dt}/"
    written = destination(lake)["Prefix"].replace("!{timestamp:yyyy-MM-dd}", "${dt}")
    assert template.replace("${model}", parameters["projection.model.values"]).endswith(written)


def test_the_other_name_is_the_same_table_for_readers_alone(lake: Made) -> None:
    found = tables(lake)
    names_apart = {"Name": "", "Description": ""}
    assert list(found) == ["transactions", "model_monitoring_logs"]
    assert found["transactions"] | names_apart == found["model_monitoring_logs"] | names_apart
    alias = TABLE.replace("transactions", "model_monitoring_logs")
    assert alias not in json.dumps(role_of(lake, "firehose.amazonaws.com"))
    (policy,) = (each for each in lake.all("IAM::Policy") if "Reader" in each["PolicyName"])
    (glue,) = (s for s in policy["PolicyDocument"]["Statement"] if "glue:GetTable" in s["Action"])
    assert glue["Resource"][-2:] == [TABLE, alias]
    (default,) = (s for s in policy["PolicyDocument"]["Statement"] if s["Action"] == "glue:GetDatabase")
    assert "arn:aws:glue:eu-central-1:123456789012:database/default" in default["Resource"]  # Athena asks for it too


def test_questions_have_a_limit_and_answers_are_encrypted(lake: Made) -> None:
    (resource,) = lake.resources("Athena::WorkGroup")
    workgroup = resource["Properties"]
    configuration = workgroup["WorkGroupConfiguration"]

    assert workgroup["Name"] == "adder-Inference-Lake"
    assert configuration["EnforceWorkGroupConfiguration"]
    assert configuration["BytesScannedCutoffPerQuery"] == 500_000_000
    result = configuration["ResultConfiguration"]
    assert result["OutputLocation"] == "s3://LakeBucketB1D32E10/athena-results/adder-Inference-Lake/"
    assert result["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"


def test_the_log_group_hands_over_records_alone(lake: Made) -> None:
    subscribed = lake.one("Logs::SubscriptionFilter")
    role = role_of(lake, "logs.amazonaws.com")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert subscribed["LogGroupName"] == GROUP
    assert subscribed["FilterName"] == "adder-Lake"
    assert subscribed["FilterPattern"] == '{ $.type = "inference_transaction" }'
    assert trust["Condition"] == {"StringLike": {"aws:SourceArn": "arn:aws:logs:eu-central-1:123456789012:*"}}
    assert allowed(role) == dict.fromkeys(("firehose:PutRecord", "firehose:PutRecordBatch"), STREAM)


def test_iam_has_long_known_the_roles_of_the_stream_when_it_is_made(lake: Made) -> None:
    function = "arn:aws:lambda:eu-central-1:123456789012:function:adder-Lake-Transform"
    may = allowed(role_of(lake, "firehose.amazonaws.com"))

    assert may["lambda:InvokeFunction"] == [function, f"{function}:$LATEST"]
    # A role that names the function by a reference would be made after it, and right before the stream.
    roles = {name: json.dumps(each) for name, each in lake.template["Resources"].items() if "Delivery" in name}
    assert not [name for name, each in roles.items() if "Role" in name and "TransformFunction" in each]


def test_firehose_may_write_this_model_s_files_and_no_others(lake: Made) -> None:
    may = allowed(role_of(lake, "firehose.amazonaws.com"))

    assert may["s3:PutObject"] == [f"{BUCKET}/lake/{MODEL}/*", f"{BUCKET}/errors/{MODEL}/*"]
    assert may["glue:GetTableVersions"][-1] == TABLE
    assert may["logs:PutLogEvents"].endswith(":/aws/kinesisfirehose/adder-Inference-Lake:log-stream:Delivery")
    assert not [action for action in may if action.startswith(("s3:Delete", "glue:Create", "glue:Update"))]


def test_a_reader_may_ask_and_not_change(lake: Made) -> None:
    (policy,) = (each for each in lake.all("IAM::Policy") if "Reader" in each["PolicyName"])
    statements = policy["PolicyDocument"]["Statement"]
    writing = [s for s in statements if "s3:PutObject" in s["Action"]]

    assert [s["Resource"] for s in writing] == [f"{BUCKET}/athena-results/adder-Inference-Lake/*"]
    assert [s["Resource"] for s in statements if s["Action"] == "s3:GetObject"] == [f"{BUCKET}/lake/{MODEL}/*"]
    (listing,) = (s for s in statements if s["Action"] == "s3:ListBucket")
    assert listing["Condition"] == {
        "StringLike": {"s3:prefix": [f"lake/{MODEL}/*", "athena-results/adder-Inference-Lake/*"]}
    }
    assert "firehose" not in json.dumps(statements)


def test_a_bucket_of_the_user_s_own_keeps_its_rules(tmp_path: Path) -> None:
    lake = build(tmp_path, given="ours")

    assert lake.all("S3::Bucket") == lake.all("KMS::Key") == []
    assert destination(lake)["BucketARN"] == "arn:aws:s3:::ours"
    configuration = lake.one("Athena::WorkGroup")["WorkGroupConfiguration"]["ResultConfiguration"]
    assert configuration["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert "kms:" not in json.dumps(lake.template)


def test_without_its_table_in_the_spec_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"lake: is missing; \[lake\], be it empty, asks for one"):
        build(tmp_path, "")
