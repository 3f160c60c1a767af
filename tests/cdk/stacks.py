"""The stacks that the tests look at: one App, checked by cdk-nag's AwsSolutions."""

from __future__ import annotations

from pathlib import Path

import msgspec
from aws_cdk import App, ArnFormat, Environment, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from cdk_nag import AwsSolutionsChecks
from synthesis import SPECS

from inferwatch.cdk import (
    EndpointStack,
    InferenceHistory,
    InferenceQueue,
    ModelMonitoring,
    ModelRegistry,
    ModelStack,
    RegistryStack,
    SageMakerInference,
    TransactionLake,
)
from inferwatch.cdk.endpoint.role import Network
from inferwatch.cloudwatch.names import names
from inferwatch.spec import load_spec
from inferwatch.spec.api import ApiSpec
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.sagemaker import SageMakerSpec

EXAMPLES = SPECS.parents[2] / "examples"
MODELS = {
    "digits": (EXAMPLES / "digits", "dev"),  # an image behind an HTTP API
    "rich": (SPECS / "rich", "prod"),  # a zip behind a REST API, and all that a spec can turn on
    "bare": (SPECS / "bare", "dev"),  # a function alone
    "parts": (SPECS / "parts", "prod"),  # a zip behind an HTTP API and a queue, with all that keeps its records
}
# The other ways to ask who calls, before a function that is an image.
APIS = {
    "http-jwt": ApiSpec(
        auth="jwt", jwt_issuer="https://id.example.com", jwt_audience=("claims",), allow_origins=("https://a.example",)
    ),
    "http-open": ApiSpec(auth="none"),
    "rest-iam": ApiSpec(type="rest", auth="iam", validate=False, allow_origins=("*",)),
}
FRANKFURT = Environment(account="123456789012", region="eu-central-1")


def synthesize(folder: Path) -> None:
    """Write the assembly of all stacks to `folder`, with the report of what cdk-nag found."""
    app = App(builtin_cloud_formation_validation=False, outdir=str(folder))
    for name, (folder_of_model, environment) in MODELS.items():
        ModelStack(app, name, spec=load_spec(folder_of_model, environment, {}))
    for name, api in APIS.items():
        ModelStack(app, name, spec=_behind(api))
    _alone(app)
    _watched(app)
    _given_topic(app)
    _beside(app)
    _endpoints(app)
    _registry(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError:
        if not (folder / "validation-report.json").exists():  # what was found is a test's to say
            raise


def _behind(api: ApiSpec) -> MonitorSpec:
    spec = load_spec(SPECS / "bare", None, {})
    function = msgspec.structs.replace(spec.function, package="image", insights=True)
    return msgspec.structs.replace(spec, api=api, function=function)


def _alone(app: App) -> None:
    """Monitoring over a function and a log group that are there already."""
    spec = load_spec(SPECS / "alone")
    stack = Stack(app, "alone")
    there = logs.LogGroup.from_log_group_name(stack, "There", "/pricing/quotes")
    called = msgspec.structs.replace(names(spec), function="quotes-of-old")
    ModelMonitoring(stack, "Monitoring", spec=spec, log_group=there, called=called)


def _watched(app: App) -> None:
    """Monitoring with all that a spec can ask for, over log groups that the stack makes. The spec is a path."""
    stack = Stack(app, "watched")
    ModelMonitoring(
        stack,
        "Monitoring",
        spec=SPECS / "rich",
        log_group=logs.LogGroup(stack, "Lines", log_group_name="/abc_corp/claim/doc_classification"),
        access_log_group=logs.LogGroup(stack, "Access"),
    )


def _given_topic(app: App) -> None:
    """Monitoring that publishes to a topic of the user's own, in a stack whose account and region are known."""
    spec = load_spec(SPECS / "rich", "prod")
    stack = Stack(app, "given-topic", env=FRANKFURT)
    group = logs.LogGroup(stack, "Lines")
    topic = sns.Topic.from_topic_arn(stack, "Ours", "arn:aws:sns:eu-central-1:123456789012:ours")
    ModelMonitoring(stack, "Monitoring", spec=spec, log_group=group, topic=topic)


def _beside(app: App) -> None:
    """The parts beside a function and a log group that are there already, each alone."""
    stack = Stack(app, "beside")
    group = logs.LogGroup.from_log_group_name(stack, "Lines", "/abc_corp/housing/house_value")
    function = lambda_.Function.from_function_attributes(
        stack,
        "Function",
        function_arn=stack.format_arn(
            service="lambda", resource="function", resource_name="ours", arn_format=ArnFormat.COLON_RESOURCE_NAME
        ),
        role=iam.Role.from_role_name(stack, "Role", "ours"),
        same_environment=True,
    )
    topic = sns.Topic.from_topic_arn(stack, "Ours", "arn:aws:sns:eu-central-1:123456789012:ours")
    spec = load_spec(SPECS / "parts", "prod", {})
    InferenceQueue(stack, "Queue", spec=spec, function=function, topic=topic)
    InferenceHistory(stack, "History", spec=spec, log_group=group, topic=topic)
    bucket = s3.Bucket.from_bucket_name(stack, "Bucket", "ours")
    TransactionLake(stack, "Lake", spec=spec, log_group=group, bucket=bucket)


def _registry(app: App) -> None:
    """The registry as it is deployed, and one with a key of the account's own that the people of one node write."""
    RegistryStack(app, "registry")
    stack = Stack(app, "registry-of-a-node")
    registry = ModelRegistry(
        stack, "Registry", table_name="ours", encryption_key=kms.Key(stack, "Key", enable_key_rotation=True)
    )
    people = iam.Role(stack, "People", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    registry.grant_read(people, node="/abc_corp")
    registry.grant_write(people, node="/abc_corp/claim")


def _endpoints(app: App) -> None:
    """Endpoints alone: a serverless one of the model's folder, and machines in a VPC with an image that is there."""
    bare = load_spec(SPECS / "bare", None, {})
    EndpointStack(app, "endpoint", spec=msgspec.structs.replace(bare, sagemaker=SageMakerSpec()))
    asked = SageMakerSpec(
        image="123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/sums:7",
        model_data="s3://models/sums/7/model.tar.gz",
        instance_type="ml.m5.large",
        instances=2,
        capture_percent=20,
    )
    stack = Stack(app, "endpoint-machines", env=FRANKFURT)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123abcd",
        availability_zones=["eu-central-1a"],
        private_subnet_ids=["subnet-0123abcd"],
    )
    inference = SageMakerInference(
        stack,
        "Endpoint",
        spec=msgspec.structs.replace(bare, sagemaker=asked),
        encryption_key=kms.Key(stack, "Key", enable_key_rotation=True),
        network=Network(vpc),
    )
    alarm = cloudwatch.Alarm.from_alarm_arn(
        stack, "Alarm", "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:sums-High-Latency-Alarm"
    )
    inference.roll_back_on([alarm])
