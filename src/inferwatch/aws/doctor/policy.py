"""What a person must be allowed to do, to read, check, deploy and destroy one model, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from inferwatch.aws.doctor import policy_of_parts
from inferwatch.aws.doctor.permission import ANY, PARTITIONS, VIA, Permission, Use
from inferwatch.aws.resources import bootstrap
from inferwatch.aws.site import Site
from inferwatch.cloudwatch.names import REGISTRY_MODELS, REGISTRY_TABLE

_CDK_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")
_ROLE_STEM = 20
"""CloudFormation names a role by the stack's name, which it may shorten."""


def permissions(site: Site) -> tuple[Permission, ...]:
    """All that the commands with `--aws`, and `deploy` and `destroy`, do in the caller's own name."""
    return (*_read(site), *policy_of_parts.ask(site), *_check(site), *_deploy(site), *_destroy(site))


def document(wanted: Iterable[Permission]) -> dict[str, Any]:
    """The policy that allows them: a statement for each use and set of resources."""
    statements: dict[tuple[str, tuple[str, ...], str | None, tuple[str, ...]], list[str]] = {}
    for one in wanted:
        statements.setdefault((one.use, one.resources, one.via, one.partitions), []).append(one.action)
    listed: list[dict[str, Any]] = []
    for number, ((use, resources, via, partitions), actions) in enumerate(statements.items(), 1):
        named = resources[0] if len(resources) == 1 else list(resources)
        statement = {"Sid": f"{use.title()}{number}", "Effect": "Allow", "Action": actions, "Resource": named}
        condition = _condition(via, partitions)
        listed.append({**statement, "Condition": condition} if condition else statement)
    return {"Version": "2012-10-17", "Statement": listed}


def _condition(via: str | None, partitions: tuple[str, ...]) -> dict[str, Any]:
    if partitions:  # of a call without keys the first line alone would hold
        return {"ForAllValues:StringEquals": {PARTITIONS: list(partitions)}, "Null": {PARTITIONS: "false"}}
    return {} if via is None else {"StringEquals": {VIA: via}}


def _read(site: Site) -> Iterator[Permission]:
    names = site.names
    group = site.arn("logs", f"log-group:{names.log_group}")
    for action in ("DescribeLogStreams", "FilterLogEvents", "StartQuery"):
        yield Permission("read", f"logs:{action}", (f"{group}:*",), f"{group}:log-stream:")
    access = site.arn("logs", f"log-group:{names.access_log_group}:*")
    yield Permission("read", "logs:DescribeMetricFilters", (f"{group}:*", access), f"{group}:log-stream:")
    groups = site.arn("logs", "log-group:*")
    yield Permission("read", "logs:GetQueryResults", (groups,), groups)  # its ARN has no name of a group
    for action in ("logs:DescribeLogGroups", "logs:StopQuery", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"):
        yield Permission("read", action, (ANY,), ANY)
    alarms = site.arn("cloudwatch", "alarm:*")  # composite alarms are only shown to those who may see all
    for action in ("DescribeAlarms", "DescribeAlarmHistory"):
        yield Permission("read", f"cloudwatch:{action}", (alarms,), alarms)
    function = site.arn("lambda", f"function:{names.function}")
    alias = f"{function}:{names.alias}"
    yield Permission("read", "lambda:GetFunctionConfiguration", (function, alias), alias)
    stacks = _stacks(site)
    for action in ("DescribeStacks", "ListStackResources"):
        yield Permission("read", f"cloudformation:{action}", stacks, stacks[0])
    topic = site.arn("sns", names.topic)
    yield Permission("read", "sns:ListSubscriptionsByTopic", (topic, f"{topic}-*"), topic)
    for action in ("DescribeSlackWorkspaces", "DescribeSlackChannelConfigurations"):
        yield Permission("read", f"chatbot:{action}", (ANY,), ANY)
    version = site.arn("ssm", f"parameter/cdk-bootstrap/{bootstrap.QUALIFIER}/version")
    yield Permission("read", "ssm:GetParameter", (version,), version)
    yield from _registry(site, "read", "GetItem", "Query")
    yield from policy_of_parts.read(site)
    yield from _simulate(site)


def _registry(site: Site, use: Use, *actions: str) -> Iterator[Permission]:
    """Of DynamoDB, on the registry's table. A transaction asks for the actions of its parts.

    All models can be read, since commands list those of a node, and this one's can be written.
    """
    table = site.arn("dynamodb", f"table/{REGISTRY_TABLE}")
    own = site.names.log_group
    written = {"read": (), "destroy": (own,)}.get(use, (own, REGISTRY_MODELS))
    for action in actions:
        yield Permission(use, f"dynamodb:{action}", (table,), table, partitions=written)


def _stacks(site: Site) -> tuple[str, ...]:
    """The model's, and those of an endpoint alone and of a pipeline where it has them."""
    named = [site.names.stack]
    named += [f"{site.names.stack}-endpoint"] if site.spec.sagemaker is not None else []
    named += [site.names.pipeline_stack] if site.spec.pipeline is not None else []
    return tuple(site.arn("cloudformation", f"stack/{name}/*") for name in named)


def _simulate(site: Site) -> Iterator[Permission]:
    """To look one's own permissions up, and those of the function's role."""
    stem = f"arn:{site.partition}:iam::{site.caller.account}:role/{site.names.stack[:_ROLE_STEM]}*"
    own = principal(site)
    roles = (stem,) if own is None else (own, stem)
    yield Permission("read", "iam:SimulatePrincipalPolicy", roles, roles[0])
    if own is not None and ":role/" in own:
        yield Permission("read", "iam:GetRole", (own,), own)


def principal(site: Site) -> str | None:
    """The user or role that the caller is, as IAM knows it; None for what IAM has no policies of, such as the root.

    The path of an assumed role is not known from its session, and its place is held by a wildcard.
    """
    arn = site.caller.arn
    service, kind = arn.split(":")[2], arn.split(":")[5]
    if service == "iam" and kind.startswith("user/"):
        return arn
    if service == "sts" and kind.startswith("assumed-role/"):
        return f"arn:{site.partition}:iam::{site.caller.account}:role/*{kind.split('/')[1]}"
    return None


def _check(site: Site) -> Iterator[Permission]:
    names, api = site.names, site.spec.api
    alarm = site.arn("cloudwatch", f"alarm:{names.prefix}-*")
    yield Permission("check", "cloudwatch:SetAlarmState", (alarm,), alarm)
    if api.type == "none":
        alias = site.arn("lambda", f"function:{names.function}:{names.alias}")
        yield Permission("check", "lambda:InvokeFunction", (alias,), alias)
    elif api.authorization == "iam":
        route = site.arn("execute-api", f"*/{names.stage}/POST/predict")  # API Gateway makes up the first part
        yield Permission("check", "execute-api:Invoke", (route,), route)
    elif api.authorization == "api-key":
        keys = f"arn:{site.partition}:apigateway:{site.caller.region}::/apikeys/*"
        yield Permission("check", "apigateway:GET", (keys,), keys)
    yield from policy_of_parts.check(site)


def _deploy(site: Site) -> Iterator[Permission]:
    """CDK does the rest in the names of the roles that its bootstrap stack made."""
    account, region = site.caller.account, site.caller.region
    stem = f"arn:{site.partition}:iam::{account}:role/cdk-{bootstrap.QUALIFIER}"
    roles = tuple(f"{stem}-{name}-role-{account}-{region}" for name in _CDK_ROLES)
    yield Permission("deploy", "sts:AssumeRole", roles, roles[0])
    function = site.arn("lambda", f"function:{site.names.function}")
    for action in ("GetFunctionConcurrency", "ListVersionsByFunction", "GetAlias", "UpdateAlias"):
        yield Permission("deploy", f"lambda:{action}", (function,), function)
    yield Permission("deploy", "lambda:GetAccountSettings", (ANY,), ANY)
    yield from _registry(site, "deploy", "ConditionCheckItem", "PutItem", "UpdateItem")
    yield from policy_of_parts.deploy(site)


def _destroy(site: Site) -> Iterator[Permission]:
    names = site.names
    own = _stacks(site)
    for action in ("DeleteStack", "DescribeStackEvents"):
        yield Permission("destroy", f"cloudformation:{action}", own, own[0])
    stacks = site.arn("cloudformation", "stack/*/*")  # whether another stack uses the same upload
    yield Permission("destroy", "cloudformation:GetTemplate", (stacks,), stacks)
    yield Permission("destroy", "cloudformation:ListStacks", (ANY,), ANY)
    named = [names.log_group, names.access_log_group]
    named += [names.endpoint_log_group] if site.spec.sagemaker is not None else []
    named += [f"{names.log_group}/delivery"] if site.spec.pipeline is not None else []
    groups = tuple(site.arn("logs", f"log-group:{name}:*") for name in named)
    yield Permission("destroy", "logs:DeleteLogGroup", groups, groups[0])
    keys = site.arn("kms", "key/*")  # KMS makes up its ids
    yield Permission("destroy", "kms:ScheduleKeyDeletion", (keys,), keys)
    images = site.arn("ecr", f"repository/{bootstrap.repository(site.caller)}")
    yield Permission("destroy", "ecr:BatchDeleteImage", (images,), images)
    bucket = f"arn:{site.partition}:s3:::{bootstrap.bucket(site.caller)}"
    yield Permission("destroy", "s3:ListBucketVersions", (bucket,), bucket)
    for action in ("DeleteObject", "DeleteObjectVersion"):
        yield Permission("destroy", f"s3:{action}", (f"{bucket}/*",), f"{bucket}/*")
    yield from _registry(site, "destroy", "UpdateItem")
    yield from policy_of_parts.destroy(site)
