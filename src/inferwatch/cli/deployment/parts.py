"""A model's parts in people's words: what a deployment makes of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inferwatch.cli.deployment.app import ENDPOINT, MODEL, PIPELINE, App
from inferwatch.cli.deployment.wording import counted
from inferwatch.cloudwatch.names import names
from inferwatch.spec.monitor_spec import MonitorSpec
from inferwatch.spec.sagemaker import SageMakerSpec

_APIS = {"http": "an HTTP API", "rest": "a REST API"}


def described(spec: MonitorSpec, app: App) -> Iterator[tuple[str, str]]:
    """Each part that the app makes: what it is, and what the spec asks of it."""
    yield from _PARTS[app](spec)


def _of_model(spec: MonitorSpec) -> Iterator[tuple[str, str]]:
    called = names(spec)
    yield "function", f"{called.function}, {spec.function.memory} MB, {spec.function.package}"
    if spec.api.type != "none":
        yield "API", f"{_APIS[spec.api.type]}, {called.api}, asked by {spec.api.authorization}"
    if spec.queue is not None:
        tries = "one try" if spec.queue.max_receive_count == 1 else f"{spec.queue.max_receive_count} tries"
        yield "queue", f"{called.queue}; after {tries} a message goes to {called.dead_letters}"
    if spec.sagemaker is not None and spec.sagemaker.endpoint is not None:
        yield "endpoint", f"{called.endpoint}, which is there already"
    else:
        yield from _of_endpoint(spec)
    if spec.history is not None:
        yield "history", f"the table {called.history}, which keeps transactions for {counted(spec.history.days, 'day')}"
    if spec.lake is not None:
        yield "lake", f"Parquet in S3 for {counted(spec.lake.days, 'day')}, asked by the workgroup {called.lake}"


def _of_endpoint(spec: MonitorSpec) -> Iterator[tuple[str, str]]:
    if spec.sagemaker is not None:
        yield "endpoint", f"{names(spec).endpoint}, {_machines(spec.sagemaker)}"


def _of_pipeline(spec: MonitorSpec) -> Iterator[tuple[str, str]]:
    """Where the code comes from, and where it goes."""
    asked = spec.pipeline
    if asked is None:
        return
    yield "pipeline", f"{names(spec).pipeline}, for {asked.branch} of {asked.repository} ({asked.source})"
    stages = asked.stages or spec.environments or (spec.identity.environment,)
    listed = [f"{one}, once a person approves" if one in asked.approve else one for one in stages]
    yield "stages", "; ".join(listed)


def _machines(asked: SageMakerSpec) -> str:
    if asked.instance_type is not None:
        return f"{asked.instances} x {asked.instance_type}, paid for by the hour"
    return f"serverless, {asked.memory} MB"


_PARTS: dict[App, Callable[[MonitorSpec], Iterator[tuple[str, str]]]] = {
    MODEL: _of_model,
    ENDPOINT: _of_endpoint,
    PIPELINE: _of_pipeline,
}
