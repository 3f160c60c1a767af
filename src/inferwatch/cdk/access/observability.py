"""A node's metrics and logs in an account of their own: CloudWatch's cross-account observability.

GetMetricData knows neither resources nor namespaces as conditions, so who may read one metric of an account may read
all of them. A link shows an account the metrics of some namespaces and the log groups of some names, and no others.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-oam-link-linkfilter.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_oam as oam
from constructs import Construct

from inferwatch.cdk.access import reads
from inferwatch.cloudwatch.names import names
from inferwatch.errors import DeployError
from inferwatch.spec import identity
from inferwatch.spec.monitor_spec import MonitorSpec

FILTER_MAX = 2000
"""Characters of either filter."""

_SHARED = ["AWS::CloudWatch::Metric", "AWS::Logs::LogGroup"]
_OF_METRICS = [
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:GetMetricWidgetImage",
    "cloudwatch:ListMetrics",
]


class NodeSink(Construct):
    """The other end of the link, in the account from which a node is looked at: an account and region have one.

    accounts: those whose ModelAccess may link to it, each with its own `sink_arn`. Whoever may read metrics here reads
    those of the node, so the account should have none that are another's.

    sink_arn: for ModelAccess; policy: what `grant` gives.
    """

    def __init__(self, scope: Construct, id: str, *, node: str, accounts: Sequence[str]) -> None:
        super().__init__(scope, id)
        self._node = reads.checked(node)
        self._accounts = tuple(accounts)
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": list(accounts)},
            "Action": ["oam:CreateLink", "oam:UpdateLink"],
            "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {"oam:ResourceTypes": _SHARED}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.sink = oam.CfnSink(self, "Sink", name=_label(self._node), policy=policy)
        self.sink_arn = self.sink.attr_arn

        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            description=f"Reads the metrics that are here, and the logs of {self._node} where they are",
            document=iam.PolicyDocument(minimize=True),
        )
        self._read()

    def grant(self, *readers: iam.IIdentity) -> None:
        """Let roles, groups and users read the metrics that are here, and the node's log groups where they are."""
        for reader in readers:
            reader.add_managed_policy(self.policy)

    def _read(self) -> None:
        stack = Stack.of(self)
        regions = (stack.region,)
        below = [
            arn for account in self._accounts for arn in reads.log_groups(stack, regions, f"{self._node}/*", account)
        ]
        metrics = iam.PolicyStatement(actions=_OF_METRICS, resources=["*"])
        self.policy.add_statements(metrics, *reads.logs(stack, regions, below))
        reads.acknowledge_logs(self.policy, stack, regions, below)


def link(scope: Construct, id: str, *, node: str, specs: Sequence[MonitorSpec], sink_arn: str) -> oam.CfnLink:
    """Show the node's metrics and log groups to the account of the sink. Raises DeployError.

    specs: models whose metric namespace is not the node's, or whose endpoint logs elsewhere.
    """
    filters = {"metrics": metric_filter(node, specs), "log groups": log_group_filter(node, specs)}
    for what, text in filters.items():
        if len(text) > FILTER_MAX:
            raise DeployError(f"the link of {node} names too many {what}: its filter is longer than {FILTER_MAX}")
    return oam.CfnLink(
        scope,
        id,
        resource_types=_SHARED,
        sink_identifier=sink_arn,
        label_template="$AccountName",
        link_configuration=oam.CfnLink.LinkConfigurationProperty(
            metric_configuration=oam.CfnLink.LinkFilterProperty(filter=filters["metrics"]),
            log_group_configuration=oam.CfnLink.LinkFilterProperty(filter=filters["log groups"]),
        ),
    )


def metric_filter(node: str, specs: Sequence[MonitorSpec]) -> str:
    """The node's own namespace, those below it, and those that its models say otherwise."""
    own = identity.metric_namespace(node)
    exact = dict.fromkeys((own, *(spec.identity.metric_namespace for spec in specs)))
    return _any_of("Namespace", [name for name in exact if not name.startswith(f"{own}/")], f"{own}/")


def log_group_filter(node: str, specs: Sequence[MonitorSpec]) -> str:
    """What lies below the node, and the logs of its models' endpoints."""
    endpoints = [names(spec).endpoint_log_group for spec in specs if spec.sagemaker is not None]
    return _any_of("LogGroupName", endpoints, f"{node}/")


def _any_of(term: str, exact: Sequence[str], prefix: str) -> str:
    named = f"{term} IN ({', '.join(map(_quoted, exact))}) OR " if exact else ""
    return f"{named}{term} LIKE {_quoted(prefix + '%')}"


def _quoted(text: str) -> str:
    return f"'{text}'"


def _label(node: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", ".", node.strip("/"))
