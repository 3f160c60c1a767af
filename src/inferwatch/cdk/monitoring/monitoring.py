"""What watches one model on AWS: its metrics, alarms, dashboard, queries, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from aws_cdk import CfnResource, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.members import arguments
from inferwatch.cdk.monitoring.topics import AlarmTopics
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.alarms import alarm_properties
from inferwatch.cloudwatch.composites import composite_properties, health_properties
from inferwatch.cloudwatch.dashboard.dashboard import dashboard_body
from inferwatch.cloudwatch.filters import metric_filters
from inferwatch.cloudwatch.names import Names, names
from inferwatch.cloudwatch.queries import saved_queries
from inferwatch.spec import composite_rule


class ModelMonitoring(Construct):
    """The metric filters, alarms, dashboard, saved queries and notifications of one spec.

    It needs nothing of the other constructs: `log_group` is where the model's lines are, `access_log_group` where the
    API's access log is, if there is one; `called` says what an existing function is called. With `topic`, alarms
    publish there, and who hears it is its owner's matter; else topics are made, and the spec's `[notify]` hears them.

    alarms and composite_alarms: each by the name it has in the spec; health_alarm: in ALARM while any of them is.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        log_group: logs.ILogGroup,
        access_log_group: logs.ILogGroup | None = None,
        called: Names | None = None,
        topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._spec = spec = as_spec(spec)
        limits.check(spec)
        self._called = _as_given(called or names(spec), log_group)
        self._log_groups = {self._called.log_group: log_group.log_group_name}
        if access_log_group is not None:
            self._log_groups[self._called.access_log_group] = access_log_group.log_group_name
        if spec.sagemaker is not None:
            self._log_groups[self._called.endpoint_log_group] = self._called.endpoint_log_group
        self._topics = AlarmTopics(self, "Topics", spec=spec, called=self._called, topic=topic)
        self.topic = self._topics.shared
        self._metric_filters()
        self._queries()
        self.alarms = dict(self._metric_alarms())
        self.composite_alarms = dict(self._composites())
        self.health_alarm = self._health()
        self._order()
        self.dashboard = self._dashboard()

    def _metric_filters(self) -> None:
        filters = Construct(self, "Filters")
        for each in metric_filters(self._spec, called=self._called):
            if each.log_group in self._log_groups:
                logs.CfnMetricFilter(
                    filters,
                    each.metric,
                    filter_name=each.name,
                    log_group_name=self._log_groups[each.log_group],
                    filter_pattern=each.pattern,
                    metric_transformations=[
                        logs.CfnMetricFilter.MetricTransformationProperty(
                            metric_namespace=each.namespace,
                            metric_name=each.metric,
                            metric_value=each.value,
                            unit=each.unit,
                            dimensions=[
                                logs.CfnMetricFilter.DimensionProperty(key=key, value=value)
                                for key, value in each.dimensions.items()
                            ]
                            or None,
                        )
                    ],
                )

    def _queries(self) -> None:
        queries = Construct(self, "Queries")
        for each in saved_queries(self._spec, called=self._called):
            if self._log_groups.keys() >= set(each.log_groups):
                logs.CfnQueryDefinition(
                    queries,
                    each.name.rpartition("/")[2],
                    name=each.name,
                    query_string=each.text,
                    log_group_names=[self._log_groups[name] for name in each.log_groups],
                )

    def _metric_alarms(self) -> Iterator[tuple[str, cloudwatch.CfnAlarm]]:
        alarms = Construct(self, "Alarms")
        for alarm in self._spec.alarms:
            actions = self._topics.actions(alarm)
            members = alarm_properties(self._spec, alarm, actions=actions, called=self._called)
            yield alarm.name, cloudwatch.CfnAlarm(alarms, alarm.name, **arguments(members))

    def _composites(self) -> Iterator[tuple[str, cloudwatch.CfnCompositeAlarm]]:
        composites = Construct(self, "CompositeAlarms")
        for composite in self._spec.composite_alarms:
            actions = self._topics.actions(composite)
            members = composite_properties(self._spec, composite, actions=actions, called=self._called)
            yield composite.name, cloudwatch.CfnCompositeAlarm(composites, composite.name, **arguments(members))

    def _health(self) -> cloudwatch.CfnCompositeAlarm:
        members = health_properties(self._spec, called=self._called)
        return cloudwatch.CfnCompositeAlarm(self, "Health", **arguments(members))

    def _order(self) -> None:
        """CloudWatch refuses a rule over alarms that are not there yet."""
        made: dict[str, CfnResource] = {**self.alarms, **self.composite_alarms}
        for composite in self._spec.composite_alarms:
            for name in composite_rule.alarms(composite_rule.parse(composite.rule)):
                self.composite_alarms[composite.name].add_resource_dependency(made[name])
        for alarm in self.alarms.values():
            self.health_alarm.add_resource_dependency(alarm)

    def _dashboard(self) -> cloudwatch.CfnDashboard:
        stack = Stack.of(self)
        body = dashboard_body(self._spec, stack.region, stack.account, called=self._called, partition=stack.partition)
        return cloudwatch.CfnDashboard(
            self, "Dashboard", dashboard_name=self._called.dashboard, dashboard_body=stack.to_json_string(body)
        )


def _as_given(called: Names, log_group: logs.ILogGroup) -> Names:
    """The names with the log group's own, where it is known before the deployment."""
    if Token.is_unresolved(log_group.log_group_name):
        return called
    return msgspec.structs.replace(called, log_group=log_group.log_group_name)
