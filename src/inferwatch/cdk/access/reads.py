"""The statements by which one may read a node's logs, and what else of a model AWS names by the model.

Which action knows which resource: AWS's Service Authorization Reference, of CloudWatch Logs and of CloudWatch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from inferwatch.cdk import acknowledged
from inferwatch.cloudwatch.names import Names
from inferwatch.errors import DeployError
from inferwatch.spec import limits
from inferwatch.spec.monitor_spec import MonitorSpec

OF_LOG_GROUPS = (
    "logs:DescribeLogStreams",
    "logs:DescribeMetricFilters",
    "logs:DescribeSubscriptionFilters",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogGroupFields",
    "logs:GetLogRecord",
    "logs:StartLiveTail",
    "logs:StartQuery",
)
"""Without DescribeLogGroups and DescribeQueries, which tell of all log groups of the account or of none."""

OF_ALARMS = ("cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms")
_AROUND, _QUOTED = 60, 3


def checked(node: str) -> str:
    """The node without a slash at its end. Raises DeployError for what is none."""
    name = node.rstrip("/")
    problem = limits.log_group_problem(name) if name else "is the whole account"
    if problem:
        raise DeployError(f"{node!r} is no node of an organisation, as in '/abc_corp/claim': it {problem}")
    return name


def log_groups(stack: Stack, regions: Sequence[str], name: str, account: str | None = None) -> list[str]:
    """ARNs of the log groups of that name, which may hold a wildcard, and of what is in them."""
    return [
        stack.format_arn(
            service="logs",
            region=region,
            account=account,
            resource="log-group",
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for region in regions
    ]


def logs(stack: Stack, regions: Sequence[str], below: Sequence[str]) -> list[iam.PolicyStatement]:
    """To read the log groups `below`, also by Logs Insights."""
    return [
        _allow(OF_LOG_GROUPS, below),
        _allow(("logs:GetQueryResults",), (*below, *query_results(stack, regions))),
        _allow(("logs:StopQuery",), ("*",)),
    ]


def query_results(stack: Stack, regions: Sequence[str]) -> list[str]:
    """What GetQueryResults asks for: a log group without a name, since a query may be of several."""
    return log_groups(stack, regions, ":log-stream:*")


def acknowledge_logs(policy: Construct, stack: Stack, regions: Sequence[str], below: Sequence[str]) -> None:
    """The wildcards of `logs`."""
    for arn in below:
        acknowledged.wildcard(policy, arn, "All that lies below the node is to be read, also what is made later.")
    for arn in query_results(stack, regions):
        acknowledged.wildcard(
            policy, arn, "The result of a query is of no log group, and for who knows the query's id."
        )
    acknowledged.wildcard(policy, "*", "StopQuery, and the reading of metrics, are tied to no resources by IAM.")


def model(stack: Stack, regions: Sequence[str], spec: MonitorSpec, called: Names) -> list[iam.PolicyStatement]:
    """To read what one model's resources are named by the model, each by its whole name: `doc-*` would be `doc-2` too.

    Composite alarms are shown to those alone who may see every alarm.
    """
    alarms = [
        stack.format_arn(
            service="cloudwatch",
            region=region,
            resource="alarm",
            resource_name=called.alarm(alarm.name),
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for region in regions
        for alarm in spec.alarms
    ]
    dashboard = stack.format_arn(service="cloudwatch", region="", resource="dashboard", resource_name=called.dashboard)
    groups = [arn for name in beside(spec, called) for arn in log_groups(stack, regions, f"{name}:*")]
    statements = [_allow(("cloudwatch:GetDashboard",), (dashboard,))]
    if alarms:
        statements.append(_allow(OF_ALARMS, alarms))
    if groups:
        statements.append(_allow(OF_LOG_GROUPS, groups))
    return statements


def databases(stack: Stack, models: Sequence[Names]) -> iam.PolicyStatement:
    """To list Glue's databases. IAM asks for the catalog, and whoever may list that is shown the names of all."""
    catalog = stack.format_arn(service="glue", resource="catalog")
    named = sorted({called.lake_database for called in models})
    return _allow(
        ("glue:GetDatabases",),
        (catalog, *(stack.format_arn(service="glue", resource="database", resource_name=name) for name in named)),
    )


def length(statement: iam.PolicyStatement) -> int:
    """Characters of it in a policy, at most: account, region and partition are shorter than what stands for them."""
    return _AROUND + sum(len(part) + _QUOTED for part in (*statement.actions, *statement.resources))


def beside(spec: MonitorSpec, called: Names) -> Iterator[str]:
    """Log groups of the model that do not lie below its node, since AWS names them."""
    if spec.sagemaker is not None:
        yield called.endpoint_log_group
    if spec.history is not None:
        yield f"/aws/lambda/{called.history_writer}"
    if spec.lake is not None:
        yield f"/aws/lambda/{called.lake_transform}"


def _allow(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))
