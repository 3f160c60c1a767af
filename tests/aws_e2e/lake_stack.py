"""A lake alone, over a log group of a model that runs elsewhere."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_logs as logs

from inferwatch.cdk import TransactionLake
from inferwatch.spec.monitor_spec import MonitorSpec

ARTIFACT = "lake"


def synthesize(spec: MonitorSpec, folder: Path) -> None:
    """Write the assembly to `folder`."""
    app = App(builtin_cloud_formation_validation=False, outdir=str(folder))
    stack = Stack(app, ARTIFACT)
    group = logs.LogGroup(stack, "Lines", log_group_name=spec.identity.log_group, removal_policy=RemovalPolicy.DESTROY)
    lake = TransactionLake(stack, "Lake", spec=spec, log_group=group)
    CfnOutput(stack, "Bucket", value=lake.bucket.bucket_name)
    app.synth()
