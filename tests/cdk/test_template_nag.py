"""cdk-nag's AwsSolutions: no finding but what the constructs acknowledge, by its exact id and with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthesis import Synthesized

pytestmark = pytest.mark.xdist_group("synth")

# Where in a stack, and what. A new line here is a decision: what is wider than it should be, and why must it be?
ACKNOWLEDGED = {
    ("Monitoring/Topics/Slack/ShowAlarms", "IAM5[Resource::*]"),
    (
        "Monitoring/Topics/Slack/ShowAlarms",
        "IAM5[Resource::arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:*]",
    ),
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
    acknowledged = {
        (violation["acknowledgedAt"].partition("/")[2], violation["ruleName"].removeprefix("AwsSolutions-"))
        for violation in entries(synthesized, "suppressedViolations")
    }

    assert acknowledged == ACKNOWLEDGED


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
