"""`inferwatch synth`: the templates of a model, and what they would make."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inferwatch.cli import options, output
from inferwatch.cli.deployment.wording import counted
from inferwatch.cloudwatch import limits, queries

if TYPE_CHECKING:
    from inferwatch.cli.deployment.app import App
    from inferwatch.cli.deployment.assembly import StackTemplate
    from inferwatch.spec.monitor_spec import MonitorSpec


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.environment
@options.app
@click.option(
    "--output", "out", type=click.Path(path_type=Path, file_okay=False), help="[default: cdk.out in the model's folder]"
)
@click.option(
    "--register", is_flag=True, help="With --pipeline, in its build: have the registry number what it is to deploy."
)
def command(path: Path, environment: str | None, app: str, out: Path | None, register: bool) -> None:
    """Write the templates of the model in PATH, and say what they would make. Needs no account.

    Runs the model's own CDK app (cdk.json, or cdk_app.py; endpoint_app.py, pipeline_app.py) where it has one.
    """
    from inferwatch.cli.deployment import app as apps
    from inferwatch.cli.deployment import synthesis

    one, spec = apps.chosen(path, environment, app)
    if register and one is not apps.PIPELINE:
        raise click.UsageError("--register goes with --pipeline; `inferwatch deploy` registers by itself")
    limits.check(spec)
    folder = out or Path(spec.folder) / synthesis.OUTPUT
    if register:
        stacks = _registered(spec, folder, one)
    else:
        stacks = synthesis.synthesize(spec, folder, synthesis.Target(), os.environ, app=one)
    for stack in stacks:
        show(stack)
    describe(spec, one)
    output.note(f"{spec.identity.log_group}, {spec.identity.environment}: in {folder}")
    if not register:
        _say_numbers(spec)


def _registered(spec: MonitorSpec, folder: Path, one: App) -> tuple[StackTemplate, ...]:
    """The templates of a pipeline, whose stages have the numbers that the registry gives."""
    from inferwatch.aws.site import open_site
    from inferwatch.cdk.pipeline.stages import stages
    from inferwatch.cli.deployment import assembly, synthesis
    from inferwatch.cli.registration import elsewhere
    from inferwatch.cli.registration.building import BuildRegistration

    if (whom := elsewhere.by_whom(spec, os.environ)) is not None:
        output.note(f"{whom} gives the numbers: nothing is registered")
        return synthesis.synthesize(spec, folder, synthesis.Target(), os.environ, app=one)
    registration = BuildRegistration(open_site(spec), stages(spec))
    while True:
        environ = {**os.environ, **registration.variables()}
        stacks = synthesis.synthesize(spec, folder, synthesis.Target(), environ, app=one)
        if registration.fits(assembly.of_stages(folder)):
            break
    registration.begin()
    return stacks


def _say_numbers(spec: MonitorSpec) -> None:
    from inferwatch.cli.registration import elsewhere

    if elsewhere.by_whom(spec, os.environ) is None:
        identity = spec.identity
        number = f"version {identity.model_version}, deployment {identity.deployment_id}"
        output.note(f"{number} stand in for the numbers that the registry gives when it is deployed")


def show(stack: StackTemplate) -> None:
    """What the stack would make, by kind; and what its app remarks."""
    kinds = stack.kinds()
    number = sum(len(names) for names in kinds.values())
    rows = [(kind.removeprefix("AWS::"), str(len(names)), _listed(names)) for kind, names in kinds.items()]
    uploads = ", ".join(counted(n, what) for n, what in ((len(stack.images), "image"), (len(stack.files), "file")) if n)
    output.note(f"stack {stack.name}: {counted(number, 'resource')}, {uploads} to upload")
    output.table(("Kind", "", "Names"), rows)
    for remark in stack.remarks:
        output.note(f"{remark.level}: {remark.says}")


def describe(spec: MonitorSpec, one: App) -> None:
    """What the app makes, in people's words."""
    from inferwatch.cli.deployment import parts

    for what, says in parts.described(spec, one):
        output.note(f"  {what:10} {says}")
    for name, problem in queries.unsaid(spec):
        output.note(f"warning: the query {name!r} is no saved query of CloudWatch's: {problem}")


def _listed(names: list[str]) -> str:
    return ", ".join(sorted(filter(None, names)))
