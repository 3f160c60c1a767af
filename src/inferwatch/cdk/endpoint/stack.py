"""The endpoint of a model as a stack, and the app that deploys it alone."""

from __future__ import annotations

import os
from typing import Any

from aws_cdk import App, CfnOutput, Environment, RemovalPolicy, Stack
from constructs import Construct

from inferwatch.cdk.endpoint.sagemaker import SageMakerInference
from inferwatch.cdk.given import Given, as_spec
from inferwatch.cdk.log_group import KEPT
from inferwatch.cdk.tagged import tag
from inferwatch.cloudwatch.names import names


class EndpointStack(Stack):
    """A SageMakerInference alone: for a model whose endpoint has a life of its own, beside the function that asks it.

    The spec that names this endpoint (`sagemaker.endpoint`) has the ModelStack make none. The stack's name, and the
    account and region of `[aws]`, are the spec's unless `options`, a Stack's own, say otherwise. removal_policy: of the
    log group. Raises SpecError, DeployError.

    inference; outputs: EndpointName, EndpointLogGroup.
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
        read = as_spec(spec)
        identity = read.identity
        name = f"{names(read).stack}-endpoint"
        own = {
            "stack_name": name,
            "env": Environment(account=read.aws.account, region=read.aws.region),
            "description": f"Endpoint of {identity.model_name} ({identity.environment}) of {identity.namespace}",
        }
        super().__init__(scope, id or name, **{**own, **options})
        tag(self, identity)
        self.inference = SageMakerInference(self, "Endpoint", spec=read, removal_policy=removal_policy)
        CfnOutput(self, "EndpointName", value=self.inference.name)
        CfnOutput(self, "EndpointLogGroup", value=self.inference.log_group.log_group_name)


def endpoint_app(spec: Given, outdir: str | os.PathLike[str] | None = None, **options: Any) -> App:
    """An app with the endpoint of `spec`, a spec or a model's folder. options: an App's own.

    Where the folder is given, `INFERWATCH_ENVIRONMENT` says which environment. Raises SpecError, DeployError.
    """
    app = App(outdir=None if outdir is None else os.fspath(outdir), **options)
    EndpointStack(app, spec=spec)
    return app
