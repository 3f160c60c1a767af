"""The pipeline of a model as a stack, and the app that `inferwatch deploy --pipeline` runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from aws_cdk import App, CfnOutput, Environment, Stack
from constructs import Construct

from inferwatch.cdk.given import Given
from inferwatch.cdk.pipeline import stages
from inferwatch.cdk.pipeline.pipeline import DeliveryPipeline
from inferwatch.cdk.tagged import tag
from inferwatch.cloudwatch.names import names


class PipelineStack(Stack):
    """A DeliveryPipeline alone, where its last stage is deployed to unless `options`, a Stack's own, say otherwise.

    build: arguments of the DeliveryPipeline. Raises SpecError, DeployError.

    delivery: the pipeline; outputs: PipelineName, and Console, its page.
    """

    def __init__(
        self,
        scope: Construct,
        id: str | None = None,
        *,
        spec: Given,
        build: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        last = stages.stages(spec)[-1]
        called = names(last)
        own = {
            "stack_name": called.pipeline_stack,
            "env": Environment(account=last.aws.account, region=last.aws.region),
            "description": f"Tests and deploys {last.identity.model_name} of {last.identity.namespace}, by InferWatch",
        }
        super().__init__(scope, id or called.pipeline_stack, **{**own, **options})
        tag(self, last.identity, of_all_environments=True)
        self.delivery = DeliveryPipeline(self, "Pipeline", spec=spec, **(build or {}))
        page = f"https://{self.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/{called.pipeline}/view"
        CfnOutput(self, "PipelineName", value=called.pipeline)
        CfnOutput(self, "Console", value=page)


def pipeline_app(spec: Given, outdir: str | os.PathLike[str] | None = None, **options: Any) -> App:
    """An app with the pipeline of `spec`, a spec or a model's folder. options: an App's own.

    Raises SpecError, DeployError.
    """
    app = App(outdir=None if outdir is None else os.fspath(outdir), **options)
    PipelineStack(app, spec=spec)
    return app
