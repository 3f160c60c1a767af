"""A reader of one node in MiniStack, which enforces IAM: calls answer for its own node and are denied for a sibling.

MiniStack ties DescribeAlarms and GetDashboard to no resource, and so denies them where one is named: those are left to
the evaluator of tests/cdk/test_cdk_access.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError
from deployed_stack import create
from emulated_model import make_model
from ministack_process import ACCOUNT, REGION, MiniStack, session

from inferwatch.cloudwatch.names import HISTORY_INDEX, LAKE_TABLE, Names, names
from inferwatch.lake import layout
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

pytestmark = pytest.mark.xdist_group("ministack")

BUCKET, STREAM, READER = "lakes-of-all", "one", "reader-of-claim"
# What of the stack a reader's calls meet; the rest needs functions and log groups' subscriptions.
KEPT = ("DynamoDB::Table", "Glue::Database", "Glue::Table", "Athena::WorkGroup", "IAM::ManagedPolicy", "IAM::User")
OWN, SIBLING = ("/abc_corp/claim", "readable"), ("/abc_corp/claim_x", "hidden")
DENIED = {"AccessDenied", "AccessDeniedException", "403"}


class World(NamedTuple):
    """own, sibling: names of a model of either node; reader: a session of who may read the first."""

    url: str
    own: Names
    sibling: Names
    reader: boto3.Session

    def client(self, service: str) -> Any:
        return self.reader.client(service, endpoint_url=self.url)


@pytest.fixture(scope="module")
def world(cloud: MiniStack, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("access")
    specs = [_spec(folder / name, node, name) for node, name in (OWN, SIBLING)]
    cloud.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    failures = create(cloud, "readers", _template(specs, folder))
    assert not failures, failures
    for spec in specs:
        _fill(cloud, names(spec))
    key = cloud.client("iam").create_access_key(UserName=READER)["AccessKey"]
    own, sibling = map(names, specs)
    return World(cloud.url, own, sibling, session(key["AccessKeyId"], key["SecretAccessKey"]))


def _spec(folder: Path, node: str, name: str) -> MonitorSpec:
    make_model(folder)
    file = folder / "inferwatch.toml"
    text = file.read_text().replace('namespace = "/test/emulated"', f'namespace = "{node}"')
    text = text.replace('name = "doubler"', f'name = "{name}"', 1).partition("[environment")[0]
    file.write_text(text + "\n[history]\n[lake]\n")
    return load_spec(folder, environ={})


def _template(specs: list[MonitorSpec], folder: Path) -> dict[str, Any]:
    """Histories and lakes of both, and a user who may read the node of the first."""
    from aws_cdk import App, Environment, Stack, assertions
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_s3 as s3

    from inferwatch.cdk import InferenceHistory, ModelAccess, TransactionLake

    app = App(builtin_cloud_formation_validation=False, outdir=str(folder / "cdk.out"))
    stack = Stack(app, "readers", env=Environment(account=ACCOUNT, region=REGION))
    bucket = s3.Bucket.from_bucket_name(stack, "Lakes", BUCKET)
    lakes, histories = [], []
    for spec in specs:
        name = spec.identity.model_name
        lines = logs.LogGroup.from_log_group_name(stack, f"{name}-lines", spec.identity.log_group)
        histories.append(InferenceHistory(stack, f"{name}-history", spec=spec, log_group=lines))
        lakes.append(TransactionLake(stack, f"{name}-lake", spec=spec, log_group=lines, bucket=bucket))
    access = ModelAccess(stack, "Access", node=OWN[0], specs=specs[:1], lakes=lakes[:1], histories=histories[:1])
    access.grant(iam.User(stack, "Reader", user_name=READER))
    template: dict[str, Any] = assertions.Template.from_stack(stack).to_json()
    kept = {id: r for id, r in template["Resources"].items() if r["Type"].removeprefix("AWS::") in KEPT}
    return {"Resources": kept}


def _fill(cloud: MiniStack, called: Names) -> None:
    """Something to read of one model."""
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=called.log_group)
    logs.create_log_stream(logGroupName=called.log_group, logStreamName=STREAM)
    event = {"timestamp": time.time_ns() // 10**6, "message": called.prefix}
    logs.put_log_events(logGroupName=called.log_group, logStreamName=STREAM, logEvents=[event])
    cloud.client("s3").put_object(Bucket=BUCKET, Key=_file(called), Body=called.prefix.encode())
    item = {"transaction_id": {"S": "a"}, "says": {"S": called.prefix}}
    cloud.client("dynamodb").put_item(TableName=called.history, Item=item)


def _folder(called: Names) -> str:
    return f"{layout.FOLDER}/{layout.model_folder(called.log_group)}/"


def _file(called: Names) -> str:
    return f"{_folder(called)}dt=2026-11-21/a.parquet"


def _query(world: World, called: Names) -> Any:
    return world.client("dynamodb").query(
        TableName=called.history,
        IndexName=HISTORY_INDEX,
        KeyConditionExpression="model = :m",
        ExpressionAttributeValues={":m": {"S": called.log_group}},
    )


CALLS: dict[str, Callable[[World, Names], Any]] = {
    "logs:FilterLogEvents": lambda w, n: w.client("logs").filter_log_events(logGroupName=n.log_group)["events"],
    "logs:GetLogEvents": lambda w, n: w.client("logs").get_log_events(logGroupName=n.log_group, logStreamName=STREAM),
    "logs:DescribeLogStreams": lambda w, n: w.client("logs").describe_log_streams(logGroupName=n.log_group),
    "logs:DescribeMetricFilters": lambda w, n: w.client("logs").describe_metric_filters(logGroupName=n.log_group),
    "logs:StartQuery": lambda w, n: w.client("logs").start_query(
        logGroupName=n.log_group, startTime=0, endTime=1, queryString="fields @message"
    ),
    "dynamodb:GetItem": lambda w, n: w.client("dynamodb").get_item(
        TableName=n.history, Key={"transaction_id": {"S": "a"}}
    )["Item"],
    "dynamodb:Query": _query,
    "s3:ListBucket": lambda w, n: w.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=_folder(n))["Contents"],
    "s3:GetObject": lambda w, n: w.client("s3").get_object(Bucket=BUCKET, Key=_file(n)),
    "glue:GetTable": lambda w, n: w.client("glue").get_table(DatabaseName=n.lake_database, Name=LAKE_TABLE),
    "athena:GetWorkGroup": lambda w, n: w.client("athena").get_work_group(WorkGroup=n.lake),
}


@pytest.mark.parametrize("action", CALLS)
def test_a_call_answers_for_the_reader_s_own_node_and_not_for_a_sibling(world: World, action: str) -> None:
    assert CALLS[action](world, world.own)
    with pytest.raises(ClientError) as caught:
        CALLS[action](world, world.sibling)
    assert caught.value.response["Error"]["Code"] in DENIED


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("logs", "describe_log_groups", {}),
        ("cloudwatch", "list_metrics", {}),
        ("cloudwatch", "list_dashboards", {}),
        ("s3", "list_objects_v2", {"Bucket": BUCKET}),
        ("s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": "lake/"}),
        ("dynamodb", "list_tables", {}),
        ("iam", "list_users", {}),
    ],
)
def test_nothing_tells_of_all_that_there_is(
    world: World, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(world.client(service), operation)(**arguments)
    assert caught.value.response["Error"]["Code"] in DENIED
