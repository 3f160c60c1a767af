"""What the caller and the function may do: by IAM's own answer, or by trying."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from deployed_model import ACCOUNT, REGION, SPEC, World, account, refuse

from inferwatch.aws.doctor import permissions
from inferwatch.aws.resources import function
from inferwatch.aws.session import Caller
from inferwatch.aws.site import Site

SIMULATE = "iam.SimulatePrincipalPolicy"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with account():
        yield World(tmp_path)


def decides(world: World, *denied: str, how: str = "implicitDeny") -> list[dict[str, Any]]:
    """Let IAM deny some actions; what it is asked is kept."""
    asked: list[dict[str, Any]] = []

    def simulate(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params)
        results = [
            {"EvalActionName": action, "EvalDecision": how if action in denied else "allowed"}
            for action in params["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    world.replies(SIMULATE, simulate)
    return asked


def as_caller(world: World, arn: str) -> Site:
    return msgspec.structs.replace(world.site, caller=Caller(account=ACCOUNT, arn=arn, region=REGION))


def test_all_that_is_allowed_is_one_finding_for_each_use(world: World) -> None:
    asked = decides(world)
    found = list(permissions.of_caller(world.site))
    assert [(one.what, one.verdict) for one in found] == [
        (f"may {use}", "ok") for use in ("read", "check", "deploy", "destroy")
    ]
    assert {one["PolicySourceArn"] for one in asked} == {world.site.caller.arn}
    assert all(len(one["ResourceArns"]) == 1 for one in asked)


def test_a_missing_permission_is_named_with_its_resource(world: World) -> None:
    decides(world, "logs:FilterLogEvents", "sts:AssumeRole")
    found = {one.what: one for one in permissions.of_caller(world.site)}
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/abc_corp/health/sleep:*"
    assert found["may read"].verdict == "wrong"
    assert f"lacks logs:FilterLogEvents on {group}; `inferwatch doctor --aws --policy`" in found["may read"].says
    assert found["may check"].verdict == "ok"
    assert found["may deploy"].verdict == "warning"
    assert "role/cdk-hnb659fds-deploy-role-123456789012-eu-central-1" in found["may deploy"].says


def test_an_explicit_denial_is_told_as_one(world: World) -> None:
    decides(world, "cloudwatch:ListMetrics", how="explicitDeny")
    found = next(permissions.of_caller(world.site))
    assert "cloudwatch:ListMetrics on * (denied explicitly)" in found.says


def test_a_permission_by_way_of_a_service_is_looked_up_as_that_service_asks(tmp_path: Path) -> None:
    with account():
        world = World(tmp_path / "keyed", SPEC + "[logs]\ncustomer_key = true\n[queue]\n")
        asked = decides(world)
        list(permissions.of_caller(world.site))
    supposed = [(one, entry) for one in asked for entry in one.get("ContextEntries", ())]
    ((by_way, entry),) = [(one, entry) for one, entry in supposed if entry["ContextKeyType"] == "string"]
    assert (entry["ContextKeyName"], entry["ContextKeyValues"]) == ("kms:ViaService", [f"sqs.{REGION}.amazonaws.com"])
    assert set(by_way["ActionNames"]) == {"kms:GenerateDataKey", "kms:Decrypt"}
    of_table = {tuple(entry["ContextKeyValues"]) for _, entry in supposed if entry["ContextKeyType"] == "stringList"}
    assert of_table == {("/abc_corp/health/sleep", "models"), ("/abc_corp/health/sleep",)}


def test_the_role_behind_a_session_is_asked_for_with_its_path(world: World) -> None:
    asked = decides(world)
    world.session.client("iam").create_role(RoleName="Watch", Path="/team/", AssumeRolePolicyDocument="{}")
    site = as_caller(world, f"arn:aws:sts::{ACCOUNT}:assumed-role/Watch/alice")
    list(permissions.of_caller(site))
    assert {one["PolicySourceArn"] for one in asked} == {f"arn:aws:iam::{ACCOUNT}:role/team/Watch"}


def test_the_root_is_warned_of(world: World) -> None:
    (found,) = permissions.of_caller(as_caller(world, f"arn:aws:iam::{ACCOUNT}:root"))
    assert (found.verdict, "root credentials" in found.says) == ("warning", True)


def test_who_may_not_ask_iam_has_each_reading_call_tried(world: World) -> None:
    world.denies(SIMULATE)
    (found,) = permissions.of_caller(world.site)
    assert (found.what, found.verdict) == ("may read", "ok")
    assert "iam:SimulatePrincipalPolicy is not allowed either" in found.says
    world.denies("cloudwatch-logs.FilterLogEvents")
    world.denies("cloudwatch.ListMetrics")
    (found,) = permissions.of_caller(world.site)
    assert found.verdict == "wrong"
    assert found.says.startswith("logs:FilterLogEvents, cloudwatch:ListMetrics is not allowed")


def test_a_caller_of_whom_iam_has_no_policies_has_calls_tried(world: World) -> None:
    (found,) = permissions.of_caller(as_caller(world, f"arn:aws:sts::{ACCOUNT}:federated-user/bob"))
    assert (found.what, found.verdict) == ("may read", "ok")


@pytest.mark.parametrize(("denied", "verdict"), [((), "ok"), (("logs:PutLogEvents",), "wrong")])
def test_the_function_s_role_must_write_its_log(world: World, denied: tuple[str, ...], verdict: str) -> None:
    asked = decides(world, *denied)
    there = function.find(world.session, world.names.function, world.names.alias)
    assert there is not None
    (found,) = permissions.of_function(world.site, there)
    assert (found.what, found.verdict) == ("function's role", verdict)
    assert asked[0]["PolicySourceArn"] == there.role
    if denied:
        assert "role model lacks logs:PutLogEvents on /abc_corp/health/sleep" in found.says


def test_nothing_is_said_of_a_role_that_may_not_be_looked_up(world: World) -> None:
    world.replies(SIMULATE, lambda _: refuse("AccessDenied"))
    there = function.find(world.session, world.names.function, world.names.alias)
    assert there is not None
    assert list(permissions.of_function(world.site, there)) == []
