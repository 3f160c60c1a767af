"""One model in one environment, as a stack."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from inferwatch.cdk.api.api import InferenceApi
from inferwatch.cdk.data_key import data_key
from inferwatch.cdk.endpoint.sagemaker import SageMakerInference
from inferwatch.cdk.function import InferenceFunction
from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.history import InferenceHistory
from inferwatch.cdk.lake.lake import TransactionLake
from inferwatch.cdk.log_group import KEPT
from inferwatch.cdk.model_logs import ModelLogs
from inferwatch.cdk.monitoring.monitoring import ModelMonitoring
from inferwatch.cdk.outputs import outputs
from inferwatch.cdk.queue import InferenceQueue
from inferwatch.cdk.tagged import tag
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.names import names
from inferwatch.spec import record


class ModelStack(Stack):
    """All parts that one spec asks for. Its alarms turn a rollout back, but for those on what waits in queues.

    The stack's name, and the account and region of `[aws]`, are the spec's unless `options`, a Stack's own, say
    otherwise. removal_policy: of the log groups, history, lake and their keys. Raises SpecError, DeployError.

    logs, function, monitoring; outputs, by name; api, endpoint, queue, history, lake: None where the spec has none, or
    names an endpoint that is there already.
    """

    def __init__(
        self,
        scope: Construct,
        id: str | None = None,
        *,
        spec: Given,
        removal_policy: RemovalPolicy = KEPT,
        **options: Any,
    ) -> None:
        self.spec = as_spec(spec)
        limits.check(self.spec)
        self.called = names(self.spec)
        identity = self.spec.identity
        own = {
            "stack_name": self.called.stack,
            "env": Environment(account=self.spec.aws.account, region=self.spec.aws.region),
            "description": f"{identity.model_name} ({identity.environment}) of {identity.namespace}, by InferWatch",
        }
        super().__init__(scope, id or self.called.stack, **{**own, **options})
        self.logs = ModelLogs(self, "Logs", spec=self.spec, called=self.called, removal_policy=removal_policy)
        self.function = InferenceFunction(self, "Function", spec=self.spec, log_group=self.logs.records)
        self.api = self._api()
        self.monitoring = ModelMonitoring(
            self, "Monitoring", spec=self.spec, log_group=self.logs.records, access_log_group=self.logs.access
        )
        key = data_key(self, "DataKey", spec=self.spec, removal_policy=removal_policy)
        self.endpoint = self._endpoint(key, removal_policy)
        self.queue = self._queue(key)
        self.history = self._history(key, removal_policy)
        self.lake = self._lake(key, removal_policy)
        self._subscribe_in_turn()
        self._roll_back()
        tag(self, self.spec.identity)
        self.outputs = {name: CfnOutput(self, name, value=value) for name, value in outputs(self).items()}

    def _api(self) -> InferenceApi | None:
        if self.spec.api.type == "none":
            return None
        function, access = self.function.alias, self.logs.access
        return InferenceApi(self, "Api", spec=self.spec, function=function, access_log_group=access)

    def _endpoint(self, key: kms.IKey | None, removal_policy: RemovalPolicy) -> SageMakerInference | None:
        asked = self.spec.sagemaker
        if asked is None or asked.endpoint is not None:
            return None
        endpoint = SageMakerInference(
            self, "Endpoint", spec=self.spec, removal_policy=removal_policy, encryption_key=key
        )
        # Nobody calls the alias before the endpoint can be asked.
        self.function.alias.node.add_dependency(endpoint.endpoint)
        return endpoint

    def _queue(self, key: kms.IKey | None) -> InferenceQueue | None:
        if self.spec.queue is None:
            return None
        function = self.function.alias
        return InferenceQueue(self, "Queue", spec=self.spec, function=function, encryption_key=key, watched=True)

    def _history(self, key: kms.IKey | None, removal_policy: RemovalPolicy) -> InferenceHistory | None:
        if self.spec.history is None:
            return None
        return InferenceHistory(
            self,
            "History",
            spec=self.spec,
            log_group=self.logs.records,
            removal_policy=removal_policy,
            encryption_key=key,
            topic=self.monitoring.topic,
        )

    def _lake(self, key: kms.IKey | None, removal_policy: RemovalPolicy) -> TransactionLake | None:
        if self.spec.lake is None:
            return None
        return TransactionLake(
            self,
            "Lake",
            spec=self.spec,
            log_group=self.logs.records,
            encryption_key=key,
            removal_policy=removal_policy,
        )

    def _subscribe_in_turn(self) -> None:
        """A log group takes one change at a time. The lake's comes first: while its stream is made, the permission by
        which the log tries the history's writer becomes known everywhere.
        """
        if self.history is not None and self.lake is not None:
            self.history.subscription.node.add_dependency(self.lake.subscription)

    def _roll_back(self) -> None:
        """By the alarms that a new version can set off. Dead letters of days ago would stop every rollout."""
        made = self.monitoring.alarms
        alarms = [made[alarm.name] for alarm in self.spec.alarms if alarm.metric not in record.GAUGES]
        self.function.roll_back_on(alarms)
        if self.endpoint is not None:
            self.endpoint.roll_back_on(alarms)
