"""The API Gateway in front of a model's function."""

from __future__ import annotations

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from inferwatch.cdk.api.http_api import PredictHttpApi
from inferwatch.cdk.api.rest_api import PredictRestApi
from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.log_group import KEPT, log_group, log_key
from inferwatch.cloudwatch import limits
from inferwatch.cloudwatch.access_log import access_log_format
from inferwatch.cloudwatch.names import Names, names
from inferwatch.errors import SpecError


class InferenceApi(Construct):
    """`POST /predict`, by the spec's `[api]`: an HTTP API or a REST API, its stage, its limits, its access log.

    function: what answers, best the alias of an InferenceFunction. access_log_group: one that is there already, else
    the organisation's is made, and stays when the stack goes (`removal_policy`). account_role: whether a REST API also
    sets the role by which API Gateway writes logs, one for the whole account and region. Raises SpecError.

    url and route_arn (of the route), access_log_group, api (CDK's own), api_key (None without auth `api-key`).
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
        limits.check(self._spec)
        self._called = called or names(self._spec)
        if self._spec.api.type == "none":
            raise SpecError(self._spec.file, "api.type", "'none' makes no API; allowed are 'http' and 'rest'")
        self.access_log_group = access_log_group or self._log_group(removal_policy)
        face = self._face(function, account_role)
        self.api, self.url, self.route_arn = face.api, face.url, face.route_arn
        self.api_key = face.api_key if isinstance(face, PredictRestApi) else None

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` send requests, where the authorization is IAM."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:Invoke"], resource_arns=[self.route_arn]
        )

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
