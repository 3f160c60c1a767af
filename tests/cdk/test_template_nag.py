"""cdk-nag's AwsSolutions: no finding but what the constructs acknowledge, by its exact id and with a reason."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from synthesis import Synthesized

pytestmark = pytest.mark.xdist_group("synth")

ALL_ALARMS = "IAM5[Resource::arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*]"
MANAGED = "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{}]"
# By what it concerns. A new line here is a decision: what is wider than it should be, and why must it be?
ACKNOWLEDGED = {
    "Api/Http/Route": {"APIG4"},  # where the spec says that anybody may call
    "Api/Rest/Api": {"APIG2"},  # where the spec says that the function checks the request itself
    "Api/Rest/Api/DeploymentStage.dev": {"APIG3", "APIG6"},
    "Api/Rest/Api/Default/predict/POST": {"APIG4", "COG4"},
    "Api/Rest/Api/DeploymentStage.prod": {"APIG3", "APIG6"},
    "Api/Rest/LogsRole": {MANAGED.format("service-role/AmazonAPIGatewayPushToCloudWatchLogs")},
    "Endpoint/Captured/Bucket": {"S1"},
    "Endpoint/Role": {
        "IAM5[Resource::*]",  # metrics of one namespace, ECR's token, looking at a network
        "IAM5[Resource::<EndpointCapturedBucketC8C9BC52.Arn>/captured/*]",
        "IAM5[Resource::arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*]",  # of its rollback
        "IAM5[Resource::arn:<AWS::Partition>:cloudwatch:eu-central-1:123456789012:alarm:*]",
        "IAM5[Resource::arn:<AWS::Partition>:ec2:eu-central-1:123456789012:network-interface/*]",
    },
    "Function/Function": {"L1"},
    "History/Failures": {"SQS3"},
    "History/Writer/Function": {"L1"},
    "Function/Role": {MANAGED.format("CloudWatchLambdaInsightsExecutionRolePolicy")},
    "Function/Rollout/Role": {"IAM5[Resource::<Function6B188E59.Arn>:*]", ALL_ALARMS},
    "Lake/Bucket": {"S1"},
    "Lake/Delivery/Role": {
        f"IAM5[Resource::{bucket}/{place}/model=%2Fabc_corp%2Fhousing%2Fhouse_value/*]"
        for bucket in ("<LakeBucketB1D32E10.Arn>", "arn:<AWS::Partition>:s3:::ours")
        for place in ("lake", "errors")
    },
    "Lake/Transform/Function": {"L1"},
    "Monitoring/Topics/Slack/ShowAlarms": {"IAM5[Resource::*]", ALL_ALARMS},
}


def entries(synthesized: Synthesized, member: str) -> list[dict[str, Any]]:
    (plugin,) = synthesized.report["pluginReports"]
    assert plugin["pluginName"] == "AwsSolutions"
    return list(plugin[member])


def test_nothing_is_found_that_is_not_acknowledged(synthesized: Synthesized) -> None:
    assert [
        (violation["ruleName"], construct["constructPath"])
        for violation in entries(synthesized, "violations")
        for construct in violation["violatingConstructs"]
    ] == []


def test_what_is_acknowledged_is_this_list_and_no_more(synthesized: Synthesized) -> None:
    acknowledged: dict[str, set[str]] = defaultdict(set)
    for violation in entries(synthesized, "suppressedViolations"):
        where = violation["acknowledgedAt"].partition("/")[2]
        acknowledged[where].add(violation["ruleName"].removeprefix("AwsSolutions-"))

    assert acknowledged == ACKNOWLEDGED


def test_nothing_is_acknowledged_that_is_not_found(synthesized: Synthesized) -> None:
    found = {(v["acknowledgedAt"], v["acknowledgedId"]) for v in entries(synthesized, "suppressedViolations")}

    assert {each for name in synthesized.templates for each in synthesized.acknowledged(name)} == found


def test_every_acknowledgment_gives_its_reason_in_a_sentence(synthesized: Synthesized) -> None:
    reasons = {violation["reason"] for violation in entries(synthesized, "suppressedViolations")}

    assert [reason for reason in reasons if len(reason.split()) < 5 or not reason.endswith(".")] == []


def test_a_finding_stops_the_synth(tmp_path: Path) -> None:
    from aws_cdk import App, Stack, Validations
    from aws_cdk import aws_sns as sns
    from cdk_nag import AwsSolutionsChecks

    app = App(builtin_cloud_formation_validation=False, outdir=str(tmp_path / "cdk.out"))
    sns.CfnTopic(Stack(app, "careless"), "Topic")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))

    with pytest.raises(RuntimeError, match="AwsSolutions-SNS3"):
        app.synth()
