"""The API Gateway in front of a model's function."""

from __future__ import annotations

import json

from aws_cdk import Annotations, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.http_api import PredictHttpApi
from inferwatch.cdk.log_group import KEPT, log_group, log_key
from inferwatch.cdk.rest_api import PredictRestApi
from inferwatch.cloudwatch.access_log import access_log_format
from inferwatch.cloudwatch.names import Names, names
from inferwatch.errors import SpecError

WAITS = {"http": 30, "rest": 29}
"""Seconds until API Gateway answers 504 by itself, while the function goes on."""


class InferenceApi(Construct):
    """`POST /predict`, by the spec's `[api]`: an HTTP API or a REST API, its stage, its limits, its access log.

    function: what answers, best the alias of an InferenceFunction. access_log_group: one that is there already, else
    the organisation's is made, and stays when the stack goes (`removal_policy`). account_role: whether a REST API also
    sets the role by which API Gateway writes logs, one for the whole account and region. Raises SpecError.

    url (of the route), access_log_group, api (CDK's own construct), api_key (None without auth `api-key`).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: Given,
        function: lambda_.IFunction,
        called: Names | None = None,
        access_log_group: logs.ILogGroup | None = None,
        removal_policy: RemovalPolicy = KEPT,
        account_role: bool = True,
    ) -> None:
        super().__init__(scope, id)
        self._spec = as_spec(spec)
        self._called = called or names(self._spec)
        if self._spec.api.type == "none":
            raise SpecError(self._spec.file, "api.type", "'none' makes no API; allowed are 'http' and 'rest'")
        self.access_log_group = access_log_group or self._log_group(removal_policy)
        self._warn_of_long_timeouts()
        self.face = self._face(function, account_role)
        self.api, self.url = self.face.api, self.face.url
        self.api_key = self.face.api_key if isinstance(self.face, PredictRestApi) else None

    def _log_group(self, removal_policy: RemovalPolicy) -> logs.LogGroup:
        name = self._called.access_log_group
        key = log_key(self, "LogKey", spec=self._spec, groups=[name], removal_policy=removal_policy)
        return log_group(self, "AccessLog", spec=self._spec, name=name, key=key, removal_policy=removal_policy)

    def _face(self, function: lambda_.IFunction, account_role: bool) -> PredictHttpApi | PredictRestApi:
        line = json.dumps(access_log_format(self._spec))
        if self._spec.api.type == "http":
            return PredictHttpApi(
                self,
                "Http",
                spec=self._spec,
                called=self._called,
                function=function,
                access_log_group=self.access_log_group,
                access_log_format=line,
            )
        return PredictRestApi(
            self,
            "Rest",
            spec=self._spec,
            called=self._called,
            function=function,
            access_log_group=self.access_log_group,
            access_log_format=line,
            account_role=account_role,
        )

    def _warn_of_long_timeouts(self) -> None:
        """No error: a first start that takes longer than Lambda's init may needs a longer timeout than any answer."""
        waits, timeout = WAITS[self._spec.api.type], self._spec.function.timeout
        if timeout > waits:
            Annotations.of(self).add_warning_v2(
                "inferwatch:function.timeout",
                f"function.timeout: {timeout:g} s is longer than API Gateway waits: it answers 504 after {waits} s, "
                "and the function goes on",
            )
