"""`inferwatch deploy`: the model as its spec says, on AWS."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inferwatch.cli import options, output
from inferwatch.cli.synth import describe, show
from inferwatch.cloudwatch import limits
from inferwatch.errors import AwsError, DeployError
from inferwatch.finding import Finding

if TYPE_CHECKING:
    from inferwatch.aws.site import Site
    from inferwatch.cli.deployment.app import App
    from inferwatch.cli.registration.deploying import Registration
    from inferwatch.spec.monitor_spec import MonitorSpec


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@options.environment
@options.region
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--bootstrap", is_flag=True, help="First make CDK's bucket, repository and roles, if they are not there.")
@click.option("--existing-log-group", is_flag=True, help="Use the log group that is there already, as it is.")
@click.option("--existing-table", is_flag=True, help="Use the history's table that is there already, as it is.")
@options.description
@options.app
def command(
    *,
    path: Path,
    environment: str | None,
    region: str | None,
    yes: bool,
    bootstrap: bool,
    description: str,
    app: str,
    **existing: bool,
) -> None:
    """Make or change the model in PATH on AWS: function, parts, logs, metrics, dashboard, alarms, notifications.

    What is missing is said before anything is made. A container image needs Docker here. What is deployed is
    registered: code that is not the code of a version yet becomes the next one.
    """
    from inferwatch.aws.site import open_site
    from inferwatch.cli.deployment import app as apps
    from inferwatch.cli.deployment import execution, outcome, preflight, question
    from inferwatch.cli.registration import deploying

    one, spec = apps.chosen(path, environment, app)
    _check(spec, region)
    where = apps.at(open_site(spec, region), one)
    variables = execution.variables(where)
    output.note(f"Looking at {where.where}, as {where.caller.arn} ...")
    _say(preflight.findings(where, variables, app=one, bootstraps=bootstrap, **existing))
    registration = deploying.registration(where, one, description)
    assembly = _synthesized(where, one, variables, registration)
    describe(spec, one)
    if registration is not None:
        output.note(f"  {'registers':10} {registration.says()}")
    stacks = [] if one is apps.MODEL else [where.names.stack]  # a model's own app may call its stacks as it likes
    execution.show_changes(where, assembly, variables, stacks)
    if not question.agreed(f"Deploy to {where.where}?", yes=yes):
        raise click.Abort
    if bootstrap:
        execution.bootstrap_account(where, variables)
    outputs = deploying.deployed(
        registration,
        make=lambda: execution.make_registry(where, variables),
        deploy=lambda: execution.deploy(where, assembly, variables, stacks),
    )
    output.note(f"{where.names.stack} is deployed to {where.where}.")
    for what, says in outcome.lines(where, outputs, one):
        click.echo(f"  {what:10} {says}")


def _check(spec: MonitorSpec, region: str | None) -> None:
    limits.check(spec)
    if region is not None and spec.aws.region not in (None, region):
        raise DeployError(
            f"the spec's aws.region is {spec.aws.region}: change it there, or leave out --region {region}"
        )


def _synthesized(where: Site, one: App, variables: dict[str, str], registration: Registration | None) -> Path:
    """Make the templates with the numbers that the deployment is going to have, and show them; gives their folder."""
    from inferwatch.cli.deployment import synthesis

    assembly = (Path(where.spec.folder) / synthesis.OUTPUT).resolve()
    target, used = synthesis.Target(where.caller.account, where.caller.region), _to_use(where)
    while True:
        numbers = registration.variables() if registration is not None else {}
        stacks = synthesis.synthesize(where.spec, assembly, target, {**variables, **numbers}, app=one, **used)
        if registration is None or registration.fits(stacks):
            break
    for stack in stacks:
        show(stack)
    return assembly


def _say(findings: Iterable[Finding]) -> None:
    """What is to be known before anything is made. Raises DeployError for what is in the way."""
    found = list(findings)
    for finding in found:
        if finding.verdict == "warning":
            output.note(f"warning: {finding.what}: {finding.says}")
    wrong = [finding.says for finding in found if finding.verdict == "wrong"]
    if wrong:
        raise DeployError("nothing was made.\n" + "\n".join(f"- {says}" for says in wrong))


def _to_use(where: Site) -> dict[str, tuple[str, ...]]:
    """The log groups and tables that are there already. Where they were in the way, that was said before."""
    from inferwatch.aws import explained
    from inferwatch.cli.deployment import log_groups, tables

    found: dict[str, tuple[str, ...]] = {}
    for what, look in (("existing_log_groups", log_groups.not_ours), ("existing_tables", tables.not_ours)):
        try:
            found[what] = look(where)
        except AwsError as error:
            if error.code not in explained.DENIED:
                raise
    return found
