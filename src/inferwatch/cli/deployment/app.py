"""A project's CDK apps, the model's and its pipeline's, and the spec and the names that each is deployed by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    from inferwatch.aws.site import Site


class App(NamedTuple):
    """file: of the project's folder; function: of `inferwatch.cdk`, which makes the app where there is no such file."""

    file: str
    function: str


MODEL = App("cdk_app.py", "model_app")
PIPELINE = App("pipeline_app.py", "pipeline_app")


def chosen(path: Path, environment: str | None, *, pipeline: bool) -> tuple[App, MonitorSpec]:
    """The model's app and its spec in `environment`; or the pipeline's, and the spec of the stage that it stands with.

    Raises SpecError.
    """
    if not pipeline:
        return MODEL, load_spec(path, environment)
    from inferwatch.cdk import pipeline_stages

    return PIPELINE, pipeline_stages.stages(path)[-1]


def at(site: Site, app: App) -> Site:
    """The site as the app deploys it: a pipeline has a stack and a log group of its own, and no parts of the model."""
    if app is MODEL:
        return site
    replace = msgspec.structs.replace
    called = replace(site.names, stack=site.names.pipeline_stack, log_group=f"{site.names.log_group}/delivery")
    alone = replace(
        site.spec,
        api=replace(site.spec.api, type="none"),
        function=replace(site.spec.function, insights=False),
        queue=None,
        sagemaker=None,
        history=None,
        lake=None,
    )
    return replace(site, spec=alone, names=called)
