"""Every policy of a template, and what is too wide in it."""

from __future__ import annotations

import fnmatch
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from intrinsics import Template, resolved

# Of AWS's own pages on keys that CloudWatch's alarms and logs use: each stands for the variants of one operation.
WILDCARD_ACTIONS = {"kms:GenerateDataKey*", "kms:ReEncrypt*"}
_ADMINISTRATION = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}


class Policy(NamedTuple):
    """One policy document. where: logical id and member; key: of a KMS key, whose `*` is the key itself."""

    where: str
    kind: str
    document: dict[str, Any]

    @property
    def statements(self) -> list[dict[str, Any]]:
        return listed(self.document["Statement"])


def policies(template: Template) -> Iterator[Policy]:
    """The policies, their intrinsic functions worked out. kind: identity, trust, key or resource."""
    for logical, resource in resolved(template)["Resources"].items():
        properties = resource.get("Properties", {})
        for member, kind in _MEMBERS.get(resource["Type"], {}).items():
            if member in properties:
                yield Policy(f"{logical}.{member}", kind, properties[member])
        if resource["Type"] == "AWS::IAM::Role":
            for inline in properties.get("Policies", ()):
                yield Policy(f"{logical}.{inline['PolicyName']}", "identity", inline["PolicyDocument"])


_MEMBERS = {
    "AWS::IAM::Policy": {"PolicyDocument": "identity"},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": "identity"},
    "AWS::IAM::Role": {"AssumeRolePolicyDocument": "trust"},
    "AWS::KMS::Key": {"KeyPolicy": "key"},
    "AWS::SNS::TopicPolicy": {"PolicyDocument": "resource"},
    "AWS::SQS::QueuePolicy": {"PolicyDocument": "resource"},
    "AWS::S3::BucketPolicy": {"PolicyDocument": "resource"},
    "AWS::ECR::Repository": {"RepositoryPolicyText": "resource"},
    "AWS::Logs::ResourcePolicy": {"PolicyDocument": "resource"},
    "AWS::ApiGateway::RestApi": {"Policy": "resource"},
}


def too_wide(policy: Policy) -> list[str]:
    """Wildcards that could be narrower: in actions any, in resources `*` where an action knows resources."""
    return [
        f"{policy.where}: {problem}"
        for statement in policy.statements
        if statement["Effect"] == "Allow" and not _administers_its_key(policy, statement)
        for problem in _statement_problems(policy, statement)
    ]


def _statement_problems(policy: Policy, statement: dict[str, Any]) -> Iterator[str]:
    actions = listed(statement.get("Action", []))
    if "NotAction" in statement or "NotResource" in statement:
        yield "NotAction and NotResource allow what nobody has thought of"
    for action in actions:
        if "*" in action and action not in WILDCARD_ACTIONS:
            yield f"the action {action} is wider than needed"
    if "*" in listed(statement.get("Resource", [])) and policy.kind != "key":
        narrower = [action for action in actions if knows_resources(action)]
        if narrower:
            yield f"{', '.join(narrower)} on every resource, and could be on some"
    if policy.kind in ("key", "resource", "trust") and _anybody(statement) and "Condition" not in statement:
        yield "anybody may"


def _administers_its_key(policy: Policy, statement: dict[str, Any]) -> bool:
    """KMS's own default: without it, nobody could change or delete the key any more."""
    principal = statement.get("Principal", {})
    root = isinstance(principal, dict) and str(principal.get("AWS", "")).endswith(":root")
    return policy.kind == "key" and root and _ADMINISTRATION.items() <= statement.items()


def _anybody(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    return principal == "*" or (isinstance(principal, dict) and "*" in listed(principal.get("AWS", [])))


# The streams of one log group, which stand for the group: there is no narrower source.
_STREAMS = r"arn:aws:logs:[a-z0-9-]+:\d{12}:log-group:[^*]+:\*"


def open_functions(template: Template) -> list[str]:
    """Permissions that let a service call a function on anybody's behalf, or by every way into one API."""
    return [
        f"{logical}: {properties['Principal']} for {source}"
        for logical, resource in resolved(template)["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Permission"
        for properties in [resource["Properties"]]
        for source in [properties.get("SourceArn", "anybody")]
        if source == "anybody" or ("*" in source and not re.fullmatch(_STREAMS, source))
    ]


def knows_resources(action: str) -> bool:
    """Whether IAM can tie `action` to resources, by the service authorization reference that parliament carries."""
    if action == "*":
        return True
    service, _, name = action.lower().partition(":")
    privileges = [
        privilege
        for definition in parliament().iam_definition
        if definition["prefix"] == service
        for privilege in definition["privileges"]
        if fnmatch.fnmatchcase(privilege["privilege"].lower(), name)
    ]
    if not privileges:
        raise ValueError(f"IAM has no action {action}")
    return any(kind["resource_type"] for privilege in privileges for kind in privilege["resource_types"])


def listed(value: Any) -> list[Any]:
    """A list as it is, a single value as a list of one."""
    return value if isinstance(value, list) else [value]


def parliament() -> ModuleType:
    """The linter. It asks setuptools for two files of its own, in a way that setuptools has given up."""
    if "parliament" not in sys.modules:
        stand_in = ModuleType("pkg_resources")
        stand_in.resource_filename = _resource_filename  # type: ignore[attr-defined]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it leaves both files open
            sys.modules["pkg_resources"] = stand_in
            try:
                import parliament  # noqa: F401
            finally:
                del sys.modules["pkg_resources"]
    return sys.modules["parliament"]


def _resource_filename(package: str, name: str) -> str:
    spec = sys.modules[package].__spec__
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).parent / name)
