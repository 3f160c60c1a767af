"""What `SageMakerInference` makes, alone in a stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_model import small_model

from inferwatch.cdk.package import endpoint_image
from inferwatch.errors import SpecError

if TYPE_CHECKING:
    from aws_cdk import Stack
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

NAME = "adder-Endpoint"
GROUP = f"/aws/sagemaker/Endpoints/{NAME}"
GROUP_ARN = f"arn:aws:logs:eu-central-1:123456789012:log-group:{GROUP}:*"
ARN = "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/adder-endpoint"
INSTANCES = '[sagemaker]\ninstance_type = "ml.m5.large"\ninstances = 2\n'
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/adder:7"
Build = Callable[..., "Made"]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """What the endpoint of a small model makes. more: TOML; options: of the construct."""
    from small_stack import made

    from inferwatch.cdk import SageMakerInference

    def built(more: str = "[sagemaker]\n", then: Callable[[Any], object] | None = None, **options: Any) -> Made:
        spec = small_model(tmp_path / "model", more)

        def stack(scope: Stack) -> None:
            inference = SageMakerInference(scope, "Endpoint", spec=spec, **options)
            if then is not None:
                then(inference)

        return made(stack, tmp_path)

    return built


def allowed(made: Made) -> dict[str, list[str]]:
    """Actions by the resources on which they are allowed."""
    found: dict[str, list[str]] = {}
    for statement in made.statements():
        resource = json.dumps(statement["Resource"])
        actions = statement["Action"]
        found.setdefault(resource, []).extend([actions] if isinstance(actions, str) else actions)
    return found


def test_an_endpoint_is_serverless_unless_the_spec_names_machines(build: Build) -> None:
    made = build("[sagemaker]\nmemory = 4096\nmax_concurrency = 20\n")

    (variant,) = made.one("SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MaxConcurrency": 20, "MemorySizeInMB": 4096}
    assert variant["VariantName"] == "AllTraffic"
    assert not {"InstanceType", "InitialInstanceCount"} & variant.keys()
    assert made.one("SageMaker::Endpoint")["EndpointName"] == NAME


def test_machines_by_the_spec(build: Build) -> None:
    (variant,) = build(INSTANCES).one("SageMaker::EndpointConfig")["ProductionVariants"]

    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", 2)
    assert "ServerlessConfig" not in variant


def test_what_cannot_be_changed_has_no_name_of_its_own(build: Build) -> None:
    """CloudFormation replaces models and configurations, and could not where the new one is called as the old."""
    made = build()

    assert "ModelName" not in made.one("SageMaker::Model")
    assert "EndpointConfigName" not in made.one("SageMaker::EndpointConfig")


def test_the_log_group_is_there_before_sagemaker_makes_one_without_retention(build: Build) -> None:
    made = build("[sagemaker]\n[logs]\nretention_days = 30\n")

    assert made.one("Logs::LogGroup") == {"LogGroupName": GROUP, "RetentionInDays": 30}
    (endpoint,) = made.resources("SageMaker::Endpoint")
    assert any("LogGroup" in each for each in endpoint["DependsOn"])


def test_the_log_group_is_encrypted_where_the_spec_wants_it(build: Build) -> None:
    made = build("[sagemaker]\n[logs]\ncustomer_key = true\n")

    assert "KmsKeyId" in made.one("Logs::LogGroup")
    conditions = [s.get("Condition") for s in made.one("KMS::Key")["KeyPolicy"]["Statement"]]
    assert {"StringEquals": {"kms:EncryptionContext:aws:logs:arn": [GROUP_ARN[:-2]]}} in conditions


def test_a_log_group_that_is_there_is_used(build: Build, tmp_path: Path) -> None:
    from aws_cdk import App, Stack
    from small_stack import Made

    from inferwatch.cdk import SageMakerInference

    context = {"inferwatch:existing-log-groups": [GROUP]}
    stack = Stack(App(context=context, builtin_cloud_formation_validation=False, outdir=str(tmp_path / "out")), "small")
    SageMakerInference(stack, "Endpoint", spec=small_model(tmp_path / "there", "[sagemaker]\n"))

    assert Made(stack).all("Logs::LogGroup") == []


def test_the_container_may_be_pulled_and_write_its_log_and_nothing_else(build: Build) -> None:
    made = build()

    repository = "arn:aws:ecr:eu-central-1:123456789012:repository/cdk-hnb659fds-container-assets-"
    found = allowed(made)
    (pulled,) = [actions for resource, actions in found.items() if repository in resource]
    assert sorted(pulled) == ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    assert sorted(found[json.dumps(GROUP_ARN)]) == [
        "logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents",
    ]  # fmt: skip
    assert sorted(found['"*"']) == ["cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"]
    assert len(found) == 3
    (metrics,) = [s for s in made.statements() if s["Action"] == "cloudwatch:PutMetricData"]
    assert metrics["Condition"] == {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}}


def test_the_model_is_made_when_its_role_may_do_what_it_needs(build: Build) -> None:
    (model,) = build().resources("SageMaker::Model")

    assert any("RoleDefaultPolicy" in each for each in model["DependsOn"])


def test_an_image_of_ones_own_and_its_data(build: Build) -> None:
    made = build(f'[sagemaker]\nimage = "{IMAGE}"\nmodel_data = "s3://models/adder/7/model.tar.gz"\n')

    container = made.one("SageMaker::Model")["PrimaryContainer"]
    assert container["Image"] == IMAGE
    assert container["ModelDataUrl"] == "s3://models/adder/7/model.tar.gz"
    found = allowed(made)
    assert found['"arn:aws:s3:::models/adder/7/model.tar.gz"'] == ["s3:GetObject"]
    assert "ecr:BatchGetImage" in found['"arn:aws:ecr:eu-west-1:123456789012:repository/team/adder"']


@pytest.mark.parametrize("image", ["docker.io/library/python:3.13", "adder:7"])
def test_an_image_that_sagemaker_cannot_pull_is_refused(build: Build, image: str) -> None:
    with pytest.raises(SpecError, match=r"sagemaker\.image: .* is no image of ECR"):
        build(f'[sagemaker]\nimage = "{image}"\n')


def test_docker_makes_the_form_of_image_that_sagemaker_takes(build: Build, tmp_path: Path) -> None:
    build()

    assets = json.loads((tmp_path / "cdk.out" / "small.assets.json").read_bytes())
    (image,) = assets["dockerImages"].values()
    assert image["source"]["dockerOutputs"] == ["type=docker"]
    assert image["source"]["dockerFile"] == "Dockerfile.endpoint"
    assert image["source"]["platform"] == "linux/amd64"


@pytest.mark.parametrize(
    ("instance_type", "arm"),
    [
        (None, False),
        ("ml.m5.large", False),
        ("ml.g4dn.xlarge", False),
        ("ml.inf2.xlarge", False),
        ("ml.c7g.large", True),
        ("ml.m6gd.xlarge", True),
        ("ml.g5g.xlarge", True),
    ],
)
def test_the_image_is_for_the_machines_processors(instance_type: str | None, arm: bool) -> None:
    assert endpoint_image.is_arm(instance_type) is arm


def test_captured_data_lie_encrypted_in_a_bucket_of_their_own_and_for_a_time(build: Build) -> None:
    made = build(f"{INSTANCES}capture_percent = 20\n[logs]\nretention_days = 30\n")

    captured = made.one("SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert captured["InitialSamplingPercentage"] == 20
    assert captured["CaptureOptions"] == [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    bucket = made.one("S3::Bucket")
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (written,) = [resource for resource, actions in allowed(made).items() if actions == ["s3:PutObject"]]
    assert written.endswith('/captured/*"')


def test_captured_data_under_a_key_of_the_accounts_own(build: Build) -> None:
    from aws_cdk import App, Stack
    from aws_cdk import aws_kms as kms

    arn = "arn:aws:kms:eu-central-1:123456789012:key/ours"
    key = kms.Key.from_key_arn(Stack(App(), "other"), "Key", arn)
    made = build(f"{INSTANCES}capture_percent = 20\n", encryption_key=key)

    assert made.one("SageMaker::EndpointConfig")["DataCaptureConfig"]["KmsKeyId"] == arn
    assert sorted(allowed(made)[json.dumps(arn)]) == ["kms:Decrypt", "kms:GenerateDataKey"]


def test_alarms_turn_a_deployment_to_new_machines_back(build: Build) -> None:
    from aws_cdk import Stack as CdkStack
    from aws_cdk import aws_cloudwatch as cloudwatch

    def watch(inference: Any) -> None:
        stack = CdkStack.of(inference)
        inference.roll_back_on(
            cloudwatch.CfnAlarm(
                stack,
                f"A{number}",
                comparison_operator="GreaterThanThreshold",
                evaluation_periods=1,
                alarm_name=f"a{number}",
            )
            for number in range(12)
        )

    made = build(INSTANCES, watch)
    deployment = made.one("SageMaker::Endpoint")["DeploymentConfig"]
    assert allowed(made)['"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*"'] == ["cloudwatch:DescribeAlarms"]
    assert len(deployment["AutoRollbackConfiguration"]["Alarms"]) == 10
    assert deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    serverless = build("[sagemaker]\n", watch)
    assert "DeploymentConfig" not in serverless.one("SageMaker::Endpoint")
    assert "DescribeAlarms" not in json.dumps(serverless.statements())


def test_a_container_in_a_vpc(build: Build, tmp_path: Path) -> None:
    from aws_cdk import App, Stack
    from aws_cdk import aws_ec2 as ec2
    from small_stack import Made

    from inferwatch.cdk import SageMakerInference
    from inferwatch.cdk.endpoint.role import Network

    stack = Stack(App(builtin_cloud_formation_validation=False, outdir=str(tmp_path / "out")), "small")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["eu-central-1a", "eu-central-1b"],
        private_subnet_ids=["subnet-a", "subnet-b"],
    )
    SageMakerInference(stack, "Endpoint", spec=small_model(tmp_path / "model", INSTANCES), network=Network(vpc))

    made = Made(stack)
    config = made.one("SageMaker::Model")["VpcConfig"]
    assert (config["Subnets"], len(config["SecurityGroupIds"])) == (["subnet-a", "subnet-b"], 1)
    (create,) = [s for s in made.statements() if s["Action"] == "ec2:CreateNetworkInterface"]
    assert len(create["Resource"]) == 4
    assert "*" not in create["Resource"]
    serverless = small_model(tmp_path / "serverless", "[sagemaker]\n")
    with pytest.raises(SpecError, match=r"sagemaker\.instance_type: is missing: no VPC takes a serverless endpoint"):
        SageMakerInference(stack, "Other", spec=serverless, network=Network(vpc))


def test_who_may_ask_may_ask_this_endpoint_only(build: Build) -> None:
    from aws_cdk import Stack as CdkStack
    from aws_cdk import aws_iam as iam

    def grant(inference: Any) -> None:
        user = iam.Role(CdkStack.of(inference), "User", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
        inference.grant_invoke(user)

    (statement,) = [s for s in build(then=grant).statements() if s["Action"] == "sagemaker:InvokeEndpoint"]
    assert statement["Resource"] == ARN  # in small letters, as SageMaker writes it


def test_without_the_table_there_is_no_endpoint_to_make(build: Build) -> None:
    with pytest.raises(SpecError, match="sagemaker: is missing"):
        build("")


def test_the_endpoint_alone_is_a_stack_that_says_its_name(tmp_path: Path) -> None:
    from small_stack import Made

    from inferwatch.cdk.endpoint.stack import endpoint_app

    spec = small_model(tmp_path / "model", '[sagemaker]\nendpoint = "adders"\n')
    app = endpoint_app(spec, tmp_path / "out", builtin_cloud_formation_validation=False)
    (stack,) = app.node.children

    made = Made(stack)  # type: ignore[arg-type]
    assert stack.stack_name == "abc-corp-claim-adder-endpoint"  # type: ignore[attr-defined]
    assert made.outputs["EndpointName"] == "adders"
    assert made.one("SageMaker::Endpoint")["EndpointName"] == "adders"


# The image
