"""Least privilege: what every policy of every template allows, judged by parliament and by rules of our own."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import policies
import pytest
from policies import Policy
from synthesis import Synthesized

pytestmark = pytest.mark.xdist_group("synth")

# Parliament reads policies of identities. A key's policy speaks of the key alone, whatever its Resource says.
_OF_KEYS = {"RESOURCE_STAR", "PERMISSIONS_MANAGEMENT_ACTIONS"}
# What SageMaker asks of an endpoint's role: to pull its image, and to be in a VPC.
_OF_ENDPOINTS = {"ecr:getauthorizationtoken", "ec2:createnetworkinterfacepermission"}


def findings(policy: Policy) -> list[str]:
    """What parliament says. A trust policy names no resource, since it stands on one."""
    if policy.kind == "trust":
        return []
    analyzed = policies.parliament().analyze_policy_string(json.dumps(policy.document), include_community_auditors=True)
    ignored = _OF_KEYS if policy.kind == "key" else set()
    return [
        f"{policy.where}: {found.issue} {found.detail}"
        for found in analyzed.findings
        if found.issue not in ignored and not set(found.location.get("actions", ("",))) <= _OF_ENDPOINTS
    ]


def identity(*statements: dict[str, Any]) -> Policy:
    return Policy("a", "identity", {"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **others: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **others}


def test_no_policy_is_wider_than_it_could_be(synthesized: Synthesized) -> None:
    every = [policy for template in synthesized.templates.values() for policy in policies.policies(template)]

    assert len(every) > len(synthesized.templates)
    assert [problem for policy in every for problem in (*policies.too_wide(policy), *findings(policy))] == []


def test_every_member_that_could_hold_a_policy_is_looked_at(synthesized: Synthesized) -> None:
    looked_at = {policy.where for t in synthesized.templates.values() for policy in policies.policies(t)}

    def holding(value: Any) -> bool:
        if isinstance(value, list):
            return any(holding(part) for part in value)
        return isinstance(value, dict) and ("Statement" in value or any(holding(part) for part in value.values()))

    for template in synthesized.templates.values():
        for logical, resource in template["Resources"].items():
            for member, value in resource.get("Properties", {}).items():
                if holding(value):
                    inline = [each["PolicyName"] for each in value] if member == "Policies" else [member]
                    assert {f"{logical}.{name}" for name in inline} <= looked_at


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (identity(allow("*")), "the action * is wider"),
        (identity(allow("s3:*", "arn:aws:s3:::b/*")), "the action s3:* is wider"),
        (identity(allow("s3:Get*", "arn:aws:s3:::b/*")), "the action s3:Get* is wider"),
        (identity(allow("s3:GetObject")), "s3:GetObject on every resource"),
        (identity(allow(["cloudwatch:GetMetricData", "logs:PutLogEvents"])), "logs:PutLogEvents on every resource"),
        (identity({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), "NotAction"),
        (Policy("a", "resource", {"Statement": [allow("sns:Publish", "arn:x", Principal="*")]}), "anybody may"),
        (Policy("a", "key", {"Statement": [allow("kms:*", Principal={"Service": "x.amazonaws.com"})]}), "kms:*"),
    ],
)
def test_what_is_too_wide_is_found(policy: Policy, said: str) -> None:
    assert said in "\n".join(policies.too_wide(policy))


def test_what_knows_no_resources_may_have_all_of_them() -> None:
    assert policies.too_wide(identity(allow(["cloudwatch:GetMetricData", "xray:PutTraceSegments"]))) == []


def test_only_one_route_of_one_api_calls_a_function(synthesized: Synthesized) -> None:
    template = deepcopy(synthesized.templates["digits"])
    assert [problem for each in synthesized.templates.values() for problem in policies.open_functions(each)] == []

    (permission,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Permission")
    del permission["Properties"]["SourceArn"]
    assert len(policies.open_functions(template)) == 1


def test_an_action_that_iam_does_not_have_is_found() -> None:
    assert "UNKNOWN_ACTION" in "\n".join(findings(identity(allow("cloudwatch:LookAtAlarms"))))
