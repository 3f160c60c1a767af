"""cfn-lint, which knows CloudFormation's schemas, has nothing to say about any template."""

from __future__ import annotations

import json

import pytest
from cfnlint import api
from intrinsics import REGION
from synthesis import Synthesized

pytestmark = pytest.mark.xdist_group("synth")


def findings(template: dict[str, object]) -> list[str]:
    return [str(match) for match in api.lint(json.dumps(template), regions=[REGION])]


def test_no_template_has_a_finding(synthesized: Synthesized) -> None:
    assert {name: findings(template) for name, template in synthesized.templates.items()} == {
        name: [] for name in synthesized.templates
    }


def test_it_would_see_a_member_that_is_not_there() -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"Name": "alarms"}}

    (found,) = findings({"Resources": {"Topic": topic}})

    assert "'Name' was unexpected" in found
