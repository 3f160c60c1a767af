"""What `InferenceFunction` makes, alone in a stack."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from small_model import small_model

from inferwatch.cloudwatch.names import names
from inferwatch.errors import SpecError

if TYPE_CHECKING:
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

GROUP = "/abc_corp/claim/adder"
GROUP_ARN = f"arn:aws:logs:eu-central-1:123456789012:log-group:{GROUP}:*"
FUNCTION_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:adder-Inference"
Build = Callable[..., "Made"]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """What the function of a small model makes. more: TOML; options: of the construct."""
    from small_stack import made

    from inferwatch.cdk import InferenceFunction

    def built(more: str = "", **options: Any) -> Made:
        spec = small_model(tmp_path / "model", more)
        return made(lambda stack: InferenceFunction(stack, "Function", spec=spec, **options), tmp_path)

    return built


def test_the_spec_says_how_large_and_how_long(build: Build) -> None:
    function = build(
        '[function]\nmemory = 1024\ntimeout = 2.5\narchitecture = "arm64"\nephemeral_storage = 2048\n'
        "reserved_concurrency = 7\n"
    ).one("Lambda::Function")

    assert function["FunctionName"] == "adder-Inference"
    assert function["MemorySize"] == 1024
    assert function["Timeout"] == 3  # Lambda's is in whole seconds
    assert function["Architectures"] == ["arm64"]
    assert function["EphemeralStorage"] == {"Size": 2048}
    assert function["ReservedConcurrentExecutions"] == 7


def test_it_is_an_image_of_the_functions_machine(build: Build, tmp_path: Path) -> None:
    function = build('[function]\narchitecture = "arm64"\n').one("Lambda::Function")

    assert function["PackageType"] == "Image"
    assert {"Handler", "Runtime"}.isdisjoint(function)
    (manifest,) = (tmp_path / "cdk.out").glob("*.assets.json")
    (asset,) = msgspec.json.decode(manifest.read_bytes())["dockerImages"].values()
    assert asset["source"]["platform"] == "linux/arm64"
    assert (tmp_path / "cdk.out" / asset["source"]["directory"] / "Dockerfile").exists()


def test_or_a_zip_that_says_its_handler(build: Build) -> None:
    function = build('[function]\npackage = "zip"\npython = "3.12"\n').one("Lambda::Function")

    assert function["Handler"] == "inferwatch.serving.aws_lambda.handler"
    assert function["Runtime"] == "python3.12"
    assert function["Code"]["S3Key"].endswith(".zip")


def test_lines_go_to_the_organisations_group_and_the_report_with_them(build: Build) -> None:
    made = build("[logs]\nretention_days = 7\n")
    (group,) = made.resources("Logs::LogGroup")

    assert group["Properties"] == {"LogGroupName": GROUP, "RetentionInDays": 7}
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    # At WARN there would be no platform.report, and no line of ours.
    assert made.one("Lambda::Function")["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": GROUP,
        "SystemLogLevel": "INFO",
        "ApplicationLogLevel": "INFO",
    }


def test_its_role_may_write_to_that_group_and_nothing_else(build: Build) -> None:
    made = build()

    assert made.statements() == [
        {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": GROUP_ARN}
    ]
    assert "ManagedPolicyArns" not in made.one("IAM::Role")


def test_a_customers_key_is_good_for_that_group_alone(build: Build) -> None:
    made = build("[logs]\ncustomer_key = true\n")
    (key,) = made.resources("KMS::Key")

    assert made.one("Logs::LogGroup")["KmsKeyId"].startswith("arn:aws:kms:")
    (_, statement) = key["Properties"]["KeyPolicy"]["Statement"]
    assert statement["Principal"] == {"Service": "logs.eu-central-1.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:aws:logs:arn": [GROUP_ARN.removesuffix(":*")]}
    }
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "RetainExceptOnCreate"  # without it nobody can read what was kept


def test_a_group_that_is_there_already_is_used(tmp_path: Path) -> None:
    from aws_cdk import Stack
    from aws_cdk import aws_logs as logs
    from small_stack import made

    from inferwatch.cdk import InferenceFunction

    def build(stack: Stack) -> None:
        there = logs.LogGroup.from_log_group_name(stack, "There", "/ours/logs")
        InferenceFunction(stack, "Function", spec=small_model(tmp_path / "model"), log_group=there)

    result = made(build, tmp_path)
    assert result.all("Logs::LogGroup") == []
    assert result.one("Lambda::Function")["LoggingConfig"]["LogGroup"] == "/ours/logs"


def test_the_service_is_told_environment_and_origins(build: Build) -> None:
    made = build('[api]\nallow_origins = ["https://a.example", "https://b.example"]\n', environment={"OWN": "1"})

    assert made.one("Lambda::Function")["Environment"]["Variables"] == {
        "INFERWATCH_ENVIRONMENT": "dev",
        "INFERWATCH_MODEL_VERSION": "1",
        "INFERWATCH_DEPLOYMENT_ID": "1",
        "INFERWATCH_ALLOW_ORIGIN": "https://a.example,https://b.example",
        "OWN": "1",
    }


def test_a_version_tells_its_deployment_and_outlives_the_next_one(
    tmp_path: Path,
) -> None:
    """So that a roll back finds it, and has something to go to."""

    def version(folder: str, **environ: str) -> tuple[str, str, str]:
        from small_stack import made

        from inferwatch.cdk import InferenceFunction
        from inferwatch.spec import load_spec

        small_model(tmp_path / folder)
        spec = load_spec(tmp_path / folder, None, environ)
        template = made(
            lambda stack: InferenceFunction(stack, "Function", spec=spec), tmp_path / f"{folder}-out"
        ).template
        found = template["Resources"]
        ((name, one),) = [(name, each) for name, each in found.items() if each["Type"] == "AWS::Lambda::Version"]
        (function,) = [each for each in found.values() if each["Type"] == "AWS::Lambda::Function"]
        return (
            name,
            one["DeletionPolicy"],
            function["Properties"]["Environment"]["Variables"]["INFERWATCH_DEPLOYMENT_ID"],
        )

    before = version("model", INFERWATCH_MODEL_VERSION="3", INFERWATCH_DEPLOYMENT_ID="7")
    after = version("model", INFERWATCH_MODEL_VERSION="3", INFERWATCH_DEPLOYMENT_ID="8")
    assert [before[1:], after[1:]] == [("RetainExceptOnCreate", "7"), ("RetainExceptOnCreate", "8")]
    assert before[0] != after[0]


def test_without_origins_no_page_may_call(build: Build) -> None:
    variables = build().one("Lambda::Function")["Environment"]["Variables"]
    assert variables["INFERWATCH_ALLOW_ORIGIN"] == ""  # left out, it would be any


def test_an_alias_is_what_is_called(build: Build) -> None:
    made = build("[function]\nprovisioned_concurrency = 3\n")
    alias = made.one("Lambda::Alias")

    assert (alias["Name"], alias["FunctionName"]) == ("live", "adder-Inference")
    assert alias["ProvisionedConcurrencyConfig"] == {"ProvisionedConcurrentExecutions": 3}
    assert len(made.all("Lambda::Version")) == 1


def test_a_new_model_is_a_new_version(build: Build, tmp_path: Path) -> None:
    def versions() -> set[str]:
        resources = build().template["Resources"].items()
        return {logical_id for logical_id, each in resources if each["Type"] == "AWS::Lambda::Version"}

    before, again = versions(), versions()
    (tmp_path / "model" / "model.ubj").write_text("trained again")

    assert before == again
    assert before.isdisjoint(versions())


def test_all_at_once_needs_no_codedeploy(build: Build) -> None:
    made = build()

    assert made.all("CodeDeploy::DeploymentGroup") == []
    assert "UpdatePolicy" not in made.resources("Lambda::Alias")[0]


@pytest.mark.parametrize("rollout", ["Canary10Percent5Minutes", "Linear10PercentEvery10Minutes"])
def test_a_rollout_goes_by_codedeploys_own_name(build: Build, rollout: str) -> None:
    made = build(f'[function]\nrollout = "{rollout}"\n')
    group = made.one("CodeDeploy::DeploymentGroup")

    assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{rollout}"
    assert group["AutoRollbackConfiguration"]["Events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]
    assert "CodeDeployLambdaAliasUpdate" in made.resources("Lambda::Alias")[0]["UpdatePolicy"]


def test_codedeploy_may_change_this_function_alone(build: Build) -> None:
    made = build('[function]\nrollout = "Canary10Percent5Minutes"\n')

    assert {
        "Effect": "Allow",
        "Action": ["lambda:GetAlias", "lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig"],
        "Resource": [FUNCTION_ARN, f"{FUNCTION_ARN}:*"],
    } in made.statements()
    assert [role for role in made.all("IAM::Role") if "ManagedPolicyArns" in role] == []


def test_the_first_rollout_waits_for_codedeploys_permissions(build: Build) -> None:
    """The alias names the group, so it comes after the group; what the group's role may do would else come any time."""
    made = build('[function]\nrollout = "Canary10Percent5Minutes"\n')
    (group,) = made.resources("CodeDeploy::DeploymentGroup")
    (policy,) = (
        logical
        for logical, each in made.template["Resources"].items()
        if each["Type"] == "AWS::IAM::Policy" and "lambda:UpdateAlias" in str(each["Properties"])
    )

    assert policy in group["DependsOn"]


def test_alarms_turn_a_rollout_back(tmp_path: Path) -> None:
    from aws_cdk import Stack
    from aws_cdk import aws_cloudwatch as cloudwatch
    from small_stack import made

    from inferwatch.cdk import InferenceFunction

    def build(stack: Stack) -> None:
        for rollout in ("Canary10Percent5Minutes", "AllAtOnce"):
            spec = small_model(tmp_path / rollout, f'[function]\nrollout = "{rollout}"\n')
            function = InferenceFunction(stack, rollout, spec=spec)
            function.roll_back_on([cloudwatch.Alarm.from_alarm_name(stack, f"{rollout}Alarm", "slow")])

    group = made(build, tmp_path).one("CodeDeploy::DeploymentGroup")
    assert group["AlarmConfiguration"] == {"Alarms": [{"Name": "slow"}], "Enabled": True}
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


def test_insights_brings_its_layer_and_awss_policy(build: Build) -> None:
    made = build('[function]\npackage = "zip"\ninsights = true\n')

    assert len(made.one("Lambda::Function")["Layers"]) == 1
    assert made.one("IAM::Role")["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy"
    ]


def test_an_image_with_insights_has_no_layer(build: Build) -> None:
    assert "Layers" not in build("[function]\ninsights = true\n").one("Lambda::Function")


def test_further_properties_are_lambdas_own(build: Build) -> None:
    from aws_cdk import aws_lambda as lambda_

    made = build(tracing=lambda_.Tracing.ACTIVE)
    assert made.one("Lambda::Function")["TracingConfig"] == {"Mode": "Active"}


def test_other_names_may_be_given(tmp_path: Path, build: Build) -> None:
    called = msgspec.structs.replace(names(small_model(tmp_path / "other")), function="mine", alias="stable")
    made = build(called=called)

    assert made.one("Lambda::Function")["FunctionName"] == "mine"
    assert made.one("Lambda::Alias")["Name"] == "stable"


def test_a_model_that_is_not_served_makes_no_function(tmp_path: Path) -> None:
    from aws_cdk import App, Stack

    from inferwatch.cdk import InferenceFunction

    (tmp_path / "inferwatch.toml").write_text('[model]\nnamespace = "/a"\nname = "m"\n')
    with pytest.raises(SpecError, match=r"inferwatch\.toml: model\.predict: is missing"):
        InferenceFunction(Stack(App(outdir=str(tmp_path / "out")), "s"), "Function", spec=tmp_path)
