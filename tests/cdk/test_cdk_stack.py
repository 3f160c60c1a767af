"""What `ModelStack` puts together, and the app around it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_model import small_model

from inferwatch.errors import SpecError

if TYPE_CHECKING:
    from small_stack import Made

pytestmark = pytest.mark.xdist_group("synth")

REST = '[api]\ntype = "rest"\n'

ALWAYS = {"ModelVersion", "DeploymentId", "FunctionName", "LogGroup", "Dashboard"}


def build(folder: Path, more: str = "", environment: str | None = None, **options: Any) -> Made:
    from aws_cdk import App
    from small_stack import Made

    from inferwatch.cdk import ModelStack

    app = App(builtin_cloud_formation_validation=False, outdir=str(folder / "cdk.out"))
    return Made(ModelStack(app, spec=small_model(folder / "model", more, environment), **options))


def test_its_outputs_say_where_things_are(tmp_path: Path) -> None:
    outputs = build(tmp_path, REST).outputs

    assert outputs.keys() == {*ALWAYS, "Url", "ApiKeyId"}
    assert (outputs["ModelVersion"], outputs["DeploymentId"]) == ("1", "1")
    assert outputs["FunctionName"] == "adder-Inference"
    assert outputs["LogGroup"] == "/abc_corp/claim/adder"
    assert (
        outputs["Url"].endswith(".execute-api.eu-central-1.amazonaws.com/dev/predict") or "/predict" in outputs["Url"]
    )
    assert outputs["Dashboard"] == (
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1"
        "#dashboards/dashboard/adder-Inference-Monitoring-Dashboard"
    )


def test_a_function_alone_has_no_url(tmp_path: Path) -> None:
    made = build(tmp_path, '[api]\ntype = "none"\n')

    assert made.outputs.keys() == ALWAYS
    assert [group["LogGroupName"] for group in made.all("Logs::LogGroup")] == ["/abc_corp/claim/adder"]


def test_everything_is_tagged_by_model_environment_and_node(tmp_path: Path) -> None:
    made = build(tmp_path, "[environment.prod]\n", "prod")

    assert {each["Key"]: each["Value"] for each in made.one("Lambda::Function")["Tags"]} == {
        "inferwatch:model": "adder",
        "inferwatch:environment": "prod",
        "inferwatch:node": "/abc_corp/claim",
    }


def test_one_key_encrypts_both_log_groups(tmp_path: Path) -> None:
    made = build(tmp_path, "[logs]\ncustomer_key = true\n")

    keys = {group["LogGroupName"]: group["KmsKeyId"] for group in made.all("Logs::LogGroup")}
    assert keys.keys() == {"/abc_corp/claim/adder", "/abc_corp/claim/adder/access"}
    assert len(set(keys.values())) == 1
    (contexts,) = [
        statement["Condition"]["StringEquals"]["kms:EncryptionContext:aws:logs:arn"]
        for key in made.all("KMS::Key")
        for statement in key["KeyPolicy"]["Statement"]
        if statement.get("Sid") == "TheseLogGroups"
    ]
    assert [arn.rpartition(":")[2] for arn in contexts] == list(keys)


def test_the_specs_alarms_turn_a_rollout_back(tmp_path: Path) -> None:
    made = build(tmp_path, '[function]\nrollout = "Canary10Percent5Minutes"\n')
    watched = made.one("CodeDeploy::DeploymentGroup")["AlarmConfiguration"]["Alarms"]

    assert {alarm["Name"] for alarm in watched} == {alarm["AlarmName"] for alarm in made.all("CloudWatch::Alarm")}
    assert len(watched) == 3


def test_dead_letters_of_days_ago_do_not_stop_a_rollout(tmp_path: Path) -> None:
    made = build(tmp_path, '[function]\nrollout = "Canary10Percent5Minutes"\n[queue]\n')
    watched = made.one("CodeDeploy::DeploymentGroup")["AlarmConfiguration"]["Alarms"]

    alarms = {alarm["AlarmName"] for alarm in made.all("CloudWatch::Alarm")}
    assert alarms - {alarm["Name"] for alarm in watched} == {"adder-Dead-Letter-Alarm"}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A stack with all that takes messages and keeps transactions."""
    return build(tmp_path_factory.mktemp("parts"), "[logs]\ncustomer_key = true\n[queue]\n[history]\n[lake]\n")


def test_its_outputs_say_where_its_parts_are(parts: Made) -> None:
    outputs = parts.outputs

    assert outputs["HistoryTable"] == "adder-Inference-History"
    assert "adder-Inference-Queue" in outputs["QueueUrl"]
    assert "adder-Inference-Dead-Letters" in outputs["DeadLetterQueueUrl"]
    assert outputs["LakeBucket"]


def test_lake_and_history_share_the_two_subscriptions_of_the_log_group(parts: Made) -> None:
    assert {each["LogGroupName"] for each in parts.all("Logs::SubscriptionFilter")} == {"/abc_corp/claim/adder"}
    assert {each["FilterName"] for each in parts.all("Logs::SubscriptionFilter")} == {"adder-History", "adder-Lake"}


def test_the_log_group_is_subscribed_to_by_one_after_the_other(parts: Made) -> None:
    resources = parts.template["Resources"]
    filters = {
        each["Properties"]["FilterName"]: (name, each.get("DependsOn", []))
        for name, each in resources.items()
        if each["Type"] == "AWS::Logs::SubscriptionFilter"
    }
    lake, _ = filters["adder-Lake"]
    _, awaited = filters["adder-History"]

    assert lake in awaited
    assert "AWS::Lambda::Permission" in {resources[name]["Type"] for name in awaited}


def test_the_topic_of_the_alarms_hears_of_dead_letters_and_of_a_history_that_is_not_written(parts: Made) -> None:
    alarms = {alarm["AlarmName"]: alarm["AlarmActions"] for alarm in parts.all("CloudWatch::Alarm")}
    topic = ["arn:aws:sns:eu-central-1:123456789012:adder-Inference-Alarms"]
    assert alarms["adder-Dead-Letter-Alarm"] == alarms["adder-History-Alarm"] == topic


def test_one_key_of_the_accounts_own_encrypts_messages_and_transactions(parts: Made) -> None:
    queues = {each["KmsMasterKeyId"] for each in parts.all("SQS::Queue")}
    assert {parts.one("DynamoDB::Table")["SSESpecification"]["KMSMasterKeyId"]} == queues
    rules = parts.one("S3::Bucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert {each["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] for each in rules} == queues
    kept = [key["DeletionPolicy"] for key in parts.resources("KMS::Key")]
    assert kept.count("RetainExceptOnCreate") == 2  # of the logs, and of the rest; the topics' goes with the stack


def test_what_holds_transactions_may_go_with_the_stack(tmp_path: Path) -> None:
    from aws_cdk import RemovalPolicy

    made = build(tmp_path, "[history]\n", removal_policy=RemovalPolicy.DESTROY)
    (table,) = made.resources("DynamoDB::Table")
    assert table["DeletionPolicy"] == "Delete"


def test_metrics_are_read_from_the_groups_that_it_makes(tmp_path: Path) -> None:
    made = build(tmp_path)

    filtered = {each["LogGroupName"] for each in made.all("Logs::MetricFilter")}
    assert filtered == {group["LogGroupName"] for group in made.all("Logs::LogGroup")}


def test_groups_may_go_with_the_stack(tmp_path: Path) -> None:
    from aws_cdk import RemovalPolicy

    groups = build(tmp_path, removal_policy=RemovalPolicy.DESTROY).resources("Logs::LogGroup")
    assert {group["DeletionPolicy"] for group in groups} == {"Delete"}


def test_the_environment_chooses_name_account_and_region(tmp_path: Path) -> None:
    more = '[environment.prod.aws]\naccount = "123456789012"\nregion = "eu-west-1"\n'
    build(tmp_path, more, "prod")
    from aws_cdk import App

    from inferwatch.cdk import ModelStack

    stack = ModelStack(App(), spec=small_model(tmp_path / "again", more, "prod"))
    assert (stack.stack_name, stack.account, stack.region) == (
        "abc-corp-claim-adder-prod", "123456789012", "eu-west-1",
    )  # fmt: skip


def test_a_spec_that_breaks_a_limit_makes_nothing(tmp_path: Path) -> None:
    alarm = '[[alarm]]\nname = "{}"\nmetric = "LatencyMs"\ncomparison = "GreaterThanThreshold"\nthreshold = 1\n'
    more = "".join(alarm.format(f"Alarm {n}") for n in range(8)) + '[function]\nrollout = "Canary10Percent5Minutes"\n'

    with pytest.raises(SpecError, match=r"alarm: 11 are too many for rollout"):
        build(tmp_path, more)


def test_the_app_of_a_folder_is_one_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inferwatch.cdk import model_app

    small_model(tmp_path / "model", "[environment.prod]\n", "prod")
    monkeypatch.setenv("INFERWATCH_ENVIRONMENT", "prod")
    model_app(tmp_path / "model", outdir=tmp_path / "out", builtin_cloud_formation_validation=False).synth()

    (template,) = (tmp_path / "out").glob("*.template.json")
    assert template.name == "abc-corp-claim-adder-prod.template.json"
    assert "adder-prod-Inference" in json.dumps(json.loads(template.read_bytes())["Resources"])


def test_the_reference_s_example_runs_and_shows_the_dockerfiles(tmp_path: Path) -> None:
    from inferwatch.cdk.package import endpoint_image, image
    from inferwatch.spec.function import FunctionSpec

    text = (Path(__file__).parents[2] / "docs/reference/cdk.md").read_text()
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.M | re.S)
    shown = dict(blocks)
    made = [each.dockerfile(FunctionSpec(), has_requirements=True) for each in (image, endpoint_image)]
    assert [block.splitlines() for kind, block in blocks if kind == "dockerfile"] == [
        [line for line in each.splitlines() if not line.startswith("#")] for each in made
    ]

    small_model(tmp_path / "doc_classification")
    environ = {**os.environ, "CDK_OUTDIR": str(tmp_path / "out"), "PATH": "/nowhere"}  # a machine without Node.js
    environ.pop("JSII_NODE", None)
    subprocess.run([sys.executable, "-c", shown["python"]], cwd=tmp_path, env=environ, check=True, capture_output=True)
    (template,) = (tmp_path / "out").glob("claims.template.json")
    kinds = [each["Type"] for each in json.loads(template.read_bytes())["Resources"].values()]
    assert kinds.count("AWS::Lambda::Function") == kinds.count("AWS::ApiGatewayV2::Api") == 1
    assert kinds.count("AWS::CloudWatch::Alarm") == 3
