"""What the caller may not do, and what the function may not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from inferwatch.aws.doctor.permission import PARTITIONS, USES, VIA, Permission
from inferwatch.aws.doctor.policy import permissions, principal
from inferwatch.aws.explained import DENIED, explained
from inferwatch.aws.resources import function
from inferwatch.aws.site import Site
from inferwatch.errors import AwsError
from inferwatch.finding import Finding

_ALLOWED = "allowed"
_WORDS = {
    "read": "read logs, metrics and alarms",
    "ask": "asking Athena",
    "check": "`inferwatch check --aws`",
    "deploy": "`inferwatch deploy`",
    "destroy": "`inferwatch destroy`",
}

Look = Callable[[Site], object]
Context = dict[str, Any]
"""What IAM is to suppose that a call comes with."""


def of_caller(site: Site) -> Iterator[Finding]:
    """One finding for each use. Looked up in IAM where the caller may; else each reading call is tried."""
    if site.caller.arn.endswith(":root"):
        yield Finding("permissions", "warning", "these are the account's root credentials: use a role or a user of IAM")
        return
    wanted = permissions(site)
    try:
        denied = _looked_up(site, wanted)
    except AwsError as error:
        if error.code not in (*DENIED, "NoSuchEntity", "NoPrincipal"):
            raise
        yield _tried(site)
        return
    for use in USES:
        if of_use := [one for one in wanted if one.use == use]:
            yield _finding(use, of_use, denied)


def of_function(site: Site, there: function.Function) -> Iterator[Finding]:
    """Whether the function may write its log. Nothing where the caller may not look that up."""
    group = site.arn("logs", f"log-group:{site.names.log_group}:log-stream:")
    actions = ("logs:CreateLogStream", "logs:PutLogEvents")
    try:
        decisions = _simulated(site, there.role, actions, group)
    except AwsError:
        return
    denied = [action for action in actions if decisions.get(action, _ALLOWED) != _ALLOWED]
    role = there.role.rpartition("/")[2]
    if denied:
        says = f"the function's role {role} lacks {', '.join(denied)} on {site.names.log_group}: `inferwatch deploy`"
        yield Finding("function's role", "wrong", says)
    else:
        yield Finding("function's role", "ok", f"{role} may write to {site.names.log_group}")


def _finding(use: str, wanted: list[Permission], denied: Mapping[str, str]) -> Finding:
    what = f"may {use}"
    lacking = [one for one in wanted if one.action in denied]
    if not lacking:
        return Finding(what, "ok", f"all {len(wanted)} actions that {_WORDS[use]} needs")
    listed = ", ".join(f"{one.action} on {one.resources[0]}{_why(denied[one.action])}" for one in lacking)
    says = f"{_WORDS[use]} lacks {listed}; `inferwatch doctor --aws --policy` prints the policy"
    return Finding(what, "wrong" if use == "read" else "warning", says)


def _why(decision: str) -> str:
    return " (denied explicitly)" if decision == "explicitDeny" else ""


def _looked_up(site: Site, wanted: Iterable[Permission]) -> dict[str, str]:
    """IAM's decisions, by action, of those that are not allowed. Raises AwsError."""
    who = _principal(site)
    by_example: dict[tuple[str, str | None, tuple[str, ...]], list[str]] = {}
    for one in wanted:
        by_example.setdefault((one.example, one.via, one.partitions), []).append(one.action)
    found: dict[str, str] = {}
    for (example, via, partitions), actions in by_example.items():
        found |= _simulated(site, who, actions, example, [*_via(via), *_partitions(partitions)])
    return {action: decision for action, decision in found.items() if decision != _ALLOWED}


def _principal(site: Site) -> str:
    """The caller's user or role by its whole ARN, of which a session tells no path."""
    known = principal(site)
    if known is None:
        raise AwsError(f"IAM has no policies of {site.caller.arn}", code="NoPrincipal")
    if "*" not in known:
        return known
    with explained("looking at the caller's role"):
        role = site.session.client("iam").get_role(RoleName=known.rpartition("*")[2])
    return str(role["Role"]["Arn"])


def _via(service: str | None) -> Iterator[Context]:
    if service is not None:
        yield {"ContextKeyName": VIA, "ContextKeyValues": [service], "ContextKeyType": "string"}


def _partitions(keys: tuple[str, ...]) -> Iterator[Context]:
    if keys:
        yield {"ContextKeyName": PARTITIONS, "ContextKeyValues": list(keys), "ContextKeyType": "stringList"}


def _simulated(
    site: Site, who: str, actions: Iterable[str], resource: str, context: Sequence[Context] = ()
) -> dict[str, str]:
    pages = site.session.client("iam").get_paginator("simulate_principal_policy")
    asked: dict[str, Any] = {"PolicySourceArn": who, "ActionNames": list(actions), "ResourceArns": [resource]}
    if context:
        asked["ContextEntries"] = list(context)
    with explained("looking up permissions in IAM"):
        results = [one for page in pages.paginate(**asked) for one in page["EvaluationResults"]]
    return {one["EvalActionName"]: one["EvalDecision"] for one in results}


def _tried(site: Site) -> Finding:
    """Each reading call, made for its refusal alone."""
    denied = [action for action, look in _CALLS.items() if _is_denied(site, look)]
    rest = "the rest is not known, since iam:SimulatePrincipalPolicy is not allowed either"
    if denied:
        says = f"{', '.join(denied)} is not allowed ({rest}); `inferwatch doctor --aws --policy` prints the policy"
        return Finding("may read", "wrong", says)
    return Finding("may read", "ok", f"logs, metrics and alarms can be read; {rest}")


def _is_denied(site: Site, look: Look) -> bool:
    try:
        with explained("trying"):
            look(site)
    except AwsError as error:
        return error.code in DENIED
    return False


def _logs(site: Site) -> Any:
    return site.session.client("logs")


def _cloudwatch(site: Site) -> Any:
    return site.session.client("cloudwatch")


_CALLS: dict[str, Look] = {
    "logs:DescribeLogGroups": lambda site: _logs(site).describe_log_groups(limit=1),
    "logs:FilterLogEvents": lambda site: _logs(site).filter_log_events(
        logGroupName=site.names.log_group, startTime=1, endTime=2, limit=1
    ),
    "logs:DescribeMetricFilters": lambda site: _logs(site).describe_metric_filters(logGroupName=site.names.log_group),
    "cloudwatch:ListMetrics": lambda site: _cloudwatch(site).list_metrics(
        Namespace=site.spec.identity.metric_namespace
    ),
    "cloudwatch:DescribeAlarms": lambda site: _cloudwatch(site).describe_alarms(MaxRecords=1),
    "cloudformation:DescribeStacks": lambda site: site.session.client("cloudformation").describe_stacks(
        StackName=site.names.stack
    ),
    "lambda:GetFunctionConfiguration": lambda site: site.session.client("lambda").get_function_configuration(
        FunctionName=site.names.function, Qualifier=site.names.alias
    ),
    "sns:ListSubscriptionsByTopic": lambda site: site.session.client("sns").list_subscriptions_by_topic(
        TopicArn=site.arn("sns", site.names.topic)
    ),
}
