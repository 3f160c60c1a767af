"""The evaluator of policies, against what AWS's pages say of each rule."""

from __future__ import annotations

from typing import Any

import pytest
from iam_evaluator import Request, actions, allowed

GROUP = "arn:aws:logs:eu-central-1:123456789012:log-group:/abc_corp/claim/doc:*"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("action", "resource", "says"),
    [
        ("logs:StartQuery", GROUP, True),
        ("LOGS:startquery", GROUP, True),  # actions are told apart by nothing but their letters
        ("logs:Start*", GROUP, True),
        ("logs:StartQuer?", GROUP, True),
        ("logs:StartQuery", GROUP.upper(), False),  # resources are told apart by case too
        ("logs:StartQuery", "arn:aws:logs:*:*:log-group:/abc_corp/*", True),  # a star spans slashes and colons
        ("logs:StartQuery", "arn:aws:logs:*:*:log-group:/abc_corp/claim", False),
        ("logs:StopQuery", GROUP, False),
        ("logs:StartQuery", ["arn:aws:s3:::b", GROUP], True),
    ],
)
def test_an_action_on_a_resource(action: str, resource: Any, says: bool) -> None:
    assert allowed([policy(allow(action, resource))], Request("logs:StartQuery", GROUP)) is says


def test_nothing_is_allowed_by_itself_and_a_denial_wins() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/a")
    assert not allowed([], request)
    assert not allowed([policy(allow("s3:*")), policy({**allow("s3:GetObject"), "Effect": "Deny"})], request)


@pytest.mark.parametrize(
    ("prefix", "says"),
    [("lake/model=a/", True), ("lake/model=a/dt=2026-11-21/", True), ("lake/model=ab/", False), ("", False)],
)
def test_a_condition_asks_for_one_of_its_values(prefix: str, says: bool) -> None:
    condition = {"StringLike": {"s3:prefix": ["lake/model=a/*", "results/*"]}}
    request = Request("s3:ListBucket", "arn:aws:s3:::b", {"s3:prefix": prefix})
    assert allowed([policy(allow("s3:ListBucket", "arn:aws:s3:::b", Condition=condition))], request) is says


def test_a_key_that_the_request_has_not_does_not_match() -> None:
    condition = {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}
    document = policy(allow("kms:Decrypt", Condition=condition))
    assert not allowed([document], Request("kms:Decrypt", "arn:aws:kms:::key/a"))
    through = {"kms:viaservice": "s3.eu-central-1.amazonaws.com"}
    assert allowed([document], Request("kms:Decrypt", "arn:aws:kms:::key/a", through))


@pytest.mark.parametrize(
    ("keys", "says", "alone"),
    [(("a",), True, True), (("a", "b"), True, True), (("a", "c"), False, False), ((), False, True)],
)
def test_all_values_of_a_key_are_asked_for_and_that_there_are_any(
    keys: tuple[str, ...], says: bool, alone: bool
) -> None:
    """alone: without the condition that there is one."""
    each = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a", "b"]}}
    both = {**each, "Null": {"dynamodb:LeadingKeys": "false"}}
    request = Request("dynamodb:Query", "*", {"dynamodb:LeadingKeys": keys} if keys else {})
    assert allowed([policy(allow("dynamodb:Query", Condition=both))], request) is says
    assert allowed([policy(allow("dynamodb:Query", Condition=each))], request) is alone


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        {"Effect": "Maybe", "Action": "s3:GetObject", "Resource": "*"},
        allow("s3:GetObject", Condition={"StringNotLike": {"s3:prefix": "a"}}),
        allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}"),
        allow("s3:GetObject", Principal="*"),
    ],
)
def test_what_it_does_not_know_is_an_error(statement: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"known|effect"):
        allowed([policy(statement)], Request("s3:GetObject", "arn:aws:s3:::b/a"))


def test_the_actions_of_policies_are_listed() -> None:
    assert actions([policy(allow("a:B")), policy(allow(["c:D", "a:B"]))]) == {"a:B", "c:D"}
