"""A project's CDK apps: of the model, its endpoint alone, its pipeline; the spec and names that each is deployed by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from inferwatch.errors import SpecError
from inferwatch.spec import load_spec
from inferwatch.spec.monitor_spec import MonitorSpec

if TYPE_CHECKING:
    from inferwatch.aws.site import Site


class App(NamedTuple):
    """file: of the project's folder; function: of `inferwatch.cdk`, which makes the app where there is no such file."""

    file: str
    function: str


MODEL = App("cdk_app.py", "model_app")
ENDPOINT = App("endpoint_app.py", "endpoint_app")
PIPELINE = App("pipeline_app.py", "pipeline_app")
_APPS = {"model": MODEL, "endpoint": ENDPOINT, "pipeline": PIPELINE}


def chosen(path: Path, environment: str | None, app: str) -> tuple[App, MonitorSpec]:
    """The app by its name, and its spec: in `environment`, but a pipeline's is that of the stage that it stands with.

    Raises SpecError.
    """
    one = _APPS[app]
    if one is PIPELINE:
        from inferwatch.cdk.pipeline.stages import stages

        return one, stages(path)[-1]
    spec = load_spec(path, environment)
    if one is ENDPOINT and spec.sagemaker is None:
        raise SpecError(spec.file, "sagemaker", "is missing; [sagemaker], be it empty, asks for an endpoint")
    return one, spec


def at(site: Site, app: App) -> Site:
    """The site as the app deploys it: endpoint and pipeline have stacks of their own, without the model."""
    if app is MODEL:
        return site
    replace, called, spec = msgspec.structs.replace, site.names, site.spec
    alone = replace(
        spec,
        api=replace(spec.api, type="none"),
        function=replace(spec.function, package="zip", insights=False),
        queue=None,
        sagemaker=None,
        history=None,
        lake=None,
    )
    if app is PIPELINE:
        named = replace(called, stack=called.pipeline_stack, log_group=f"{called.log_group}/delivery")
        return replace(site, spec=alone, names=named)
    named = replace(called, stack=f"{called.stack}-endpoint", log_group=called.endpoint_log_group)
    made = replace(spec.sagemaker, endpoint=None) if spec.sagemaker else None  # it is the one that the spec names
    return replace(site, spec=replace(alone, sagemaker=made), names=named)
