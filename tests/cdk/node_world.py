"""Models below nodes of an organisation, what of them there is on AWS, and policies that read a node."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from aws_cdk import App, Environment, Stack, assertions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct
from iam_evaluator import Request
from intrinsics import ACCOUNT, REGION, resolved
from small_model import small_model

from inferwatch.cdk import InferenceHistory, ModelAccess, TransactionLake
from inferwatch.cloudwatch.names import HISTORY_INDEX, LAKE_ALIAS, LAKE_TABLE, Names, names
from inferwatch.lake import layout
from inferwatch.spec.monitor_spec import MonitorSpec

PARTS = '[sagemaker]\nendpoint = "of-{}"\n[history]\n[lake]\n[queue]\n'
BUCKET, KEY = "lakes-of-all", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/lakes"
THROUGH_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}


def model(folder: Path, node: str, name: str) -> MonitorSpec:
    """A model with every part that keeps something."""
    spec = small_model(folder, PARTS.format(name))
    return belonging(spec, node, name)


def belonging(spec: MonitorSpec, node: str, name: str) -> MonitorSpec:
    """The same model under another name, below another node."""
    identity = msgspec.structs.replace(spec.identity, namespace=node, model_name=name, metric_namespace=node.strip("/"))
    named = "of-" + name.replace("_", "u5f")  # SageMaker knows no underscores, and two models are not to have one
    endpoint = msgspec.structs.replace(spec.sagemaker, endpoint=named) if spec.sagemaker else None
    return msgspec.structs.replace(spec, identity=identity, sagemaker=endpoint)


def stack_in(folder: Path) -> Stack:
    app = App(builtin_cloud_formation_validation=False, outdir=str(folder / "cdk.out"))
    return Stack(app, "organisation", env=Environment(account=ACCOUNT, region=REGION))


class Kept(Construct):
    """History and lake of one model, over a log group and a bucket that are there already."""

    def __init__(self, stack: Stack, spec: MonitorSpec) -> None:
        super().__init__(stack, names(spec).stack)
        lines = logs.LogGroup.from_log_group_name(self, "Lines", spec.identity.log_group)
        bucket = s3.Bucket.from_bucket_name(self, "Lakes", BUCKET)
        self.history = InferenceHistory(self, "History", spec=spec, log_group=lines)
        self.lake = TransactionLake(self, "Lake", spec=spec, log_group=lines, bucket=bucket)


def documents(access: ModelAccess, *, whole: bool = False) -> list[dict[str, Any]]:
    """Its policies, as IAM gets them in the made-up account. whole: where they refer to what else is in the stack."""
    stack = Stack.of(access)
    template = assertions.Template.from_stack(stack).to_json() if whole else {"Resources": {}, "Parameters": {}}
    return [resolved(template, stack.resolve(policy.document)) for policy in access.policies]


def requests(spec: MonitorSpec) -> Iterator[Request]:
    """Every way to read something of one model, by every action that reads."""
    called = names(spec)
    yield from _of_logs(called)
    for alarm in spec.alarms:
        for action in ("DescribeAlarms", "DescribeAlarmHistory"):
            yield Request(f"cloudwatch:{action}", _arn("cloudwatch", f"alarm:{called.alarm(alarm.name)}"))
    dashboard = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{called.dashboard}"
    yield Request("cloudwatch:GetDashboard", dashboard)
    table = _arn("dynamodb", f"table/{called.history}")
    for action in ("GetItem", "BatchGetItem", "Query"):
        yield Request(f"dynamodb:{action}", table)
    yield Request("dynamodb:Query", f"{table}/index/{HISTORY_INDEX}")
    yield from _of_lake(called)


def _of_logs(called: Names) -> Iterator[Request]:
    side = (f"/aws/lambda/{name}" for name in (called.history_writer, called.lake_transform))
    for group in (called.log_group, called.access_log_group, called.endpoint_log_group, *side):
        arn = _arn("logs", f"log-group:{group}")
        for action in ("DescribeMetricFilters", "DescribeSubscriptionFilters", "FilterLogEvents", "StartQuery"):
            yield Request(f"logs:{action}", f"{arn}:*")
        for action in ("DescribeLogStreams", "GetLogGroupFields", "GetLogRecord", "StartLiveTail"):
            yield Request(f"logs:{action}", f"{arn}:log-stream:")
        yield Request("logs:GetLogEvents", f"{arn}:log-stream:2026/11/21/[1]a")


def _of_lake(called: Names) -> Iterator[Request]:
    workgroup = _arn("athena", f"workgroup/{called.lake}")
    for action in ("GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution"):
        yield Request(f"athena:{action}", workgroup)
    yield Request("glue:GetDatabase", _arn("glue", f"database/{called.lake_database}"))
    for table in (LAKE_TABLE, LAKE_ALIAS):
        for action in ("GetTable", "GetPartitions"):
            yield Request(f"glue:{action}", _arn("glue", f"table/{called.lake_database}/{table}"))
    prefix = f"{layout.FOLDER}/{layout.model_folder(called.log_group)}/"
    bucket = f"arn:aws:s3:::{BUCKET}"
    for below in (prefix, f"{prefix}dt=2026-11-21/"):
        yield Request("s3:ListBucket", bucket, {"s3:prefix": below})
    yield Request("s3:GetObject", f"{bucket}/{prefix}dt=2026-11-21/a.parquet")
    results = f"athena-results/{called.lake}/"
    yield Request("s3:ListBucket", bucket, {"s3:prefix": results})
    for action in ("AbortMultipartUpload", "GetObject", "ListMultipartUploadParts", "PutObject"):
        yield Request(f"s3:{action}", f"{bucket}/{results}a.csv")


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"
