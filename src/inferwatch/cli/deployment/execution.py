"""What a deployment has CDK do: bootstrap an account, show what is going to change, change it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from inferwatch.aws.resources import bootstrap, stack
from inferwatch.aws.site import Site
from inferwatch.cli import output
from inferwatch.cli.deployment import cdk_cli, synthesis
from inferwatch.cloudwatch.names import REGISTRY_STACK
from inferwatch.errors import AwsError, DeployError

REGISTRY_APP = (
    *(sys.executable, "-P", "-c"),
    "import sys; from aws_cdk import Environment; from inferwatch.cdk.registry import registry_app; "
    "registry_app(Environment(account=sys.argv[1], region=sys.argv[2]), sys.argv[3]).synth()",
)


def variables(where: Site) -> dict[str, str]:
    """Of a process that deploys: the region that was chosen, whatever the caller's settings say."""
    region = where.caller.region
    return {**os.environ, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}


def bootstrap_account(where: Site, environ: Mapping[str, str]) -> None:
    """Make what CDK needs in the account, where it is not there yet. Raises DeployError."""
    if bootstrap.problem(where.session, where.caller) is None:
        output.note("bootstrapped already")
        return
    environment = f"aws://{where.caller.account}/{where.caller.region}"
    with tempfile.TemporaryDirectory() as nowhere:  # where there is a cdk.json, its app would be run
        failed = cdk_cli.run(["bootstrap", environment, "--no-notices"], Path(nowhere), environ)
    if failed:
        raise DeployError(f"{environment} could not be bootstrapped; what CDK said stands above")


def make_registry(where: Site, environ: Mapping[str, str]) -> None:
    """Make the table of model versions and deployments, in a stack of its own. Raises DeployError."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "cdk.out"
        synthesis.run([*REGISTRY_APP, where.caller.account, where.caller.region, str(out)], folder, environ)
        arguments = ["deploy", "--app", str(out), "--all", "--require-approval", "never", "--no-notices"]
        failed = cdk_cli.run([*arguments, "--progress", "events"], Path(folder), environ)
    if failed:
        raise DeployError(f"the stack {REGISTRY_STACK} could not be made; what CDK said stands above")


def show_changes(where: Site, assembly: Path, environ: Mapping[str, str], stacks: Sequence[str]) -> None:
    """In what these stacks of the assembly, all where none is named, differ from those that are deployed, if any is.

    Templates are compared: a change set, which would know more of what is replaced, is a change of its own.
    """
    name = where.names.stack
    try:
        found = stack.find(where.session, name)
    except AwsError:  # it is CDK's roles that deploy, and they may look
        found = None
    if found is None or found.is_empty:
        return
    output.note(f"What is going to change in {name}:")
    arguments = ["diff", "--app", str(assembly), *stacks, "--method", "template", "--no-notices"]
    if cdk_cli.run(arguments, Path(where.spec.folder), environ):
        output.note("warning: that cannot be shown; what CDK said stands above")


def deploy(where: Site, assembly: Path, environ: Mapping[str, str], stacks: Sequence[str]) -> dict[str, str]:
    """Make these stacks of the assembly, all where none is named; gives the outputs of the site's.

    Raises DeployError with what CloudFormation says.
    """
    file = assembly / "outputs.json"
    arguments = ["deploy", "--app", str(assembly), *(stacks or ["--all"]), "--require-approval", "never"]
    arguments += ["--no-notices", "--progress", "events", "--outputs-file", str(file)]
    try:
        failed = cdk_cli.run(arguments, Path(where.spec.folder), environ)
    except KeyboardInterrupt:
        output.note("\nWhat CloudFormation has begun goes on: `inferwatch doctor --aws` says how the stack is.")
        raise
    if failed:
        raise DeployError(_failure(where))
    outputs: dict[str, dict[str, str]] = orjson.loads(file.read_bytes()) if file.exists() else {}
    return outputs.get(where.names.stack, {})


def _failure(where: Site) -> str:
    """What CloudFormation says went wrong, where it got that far."""
    name = where.names.stack
    try:
        now = stack.find(where.session, name)
        failed = [one for one in stack.resources(where.session, name) if one.status.endswith("_FAILED")]
    except AwsError:
        now, failed = None, []
    each = "".join(f"\n- {one.type} {one.physical_id or one.logical_id}: {one.reason}" for one in failed)
    state = f"the stack {name} is {now.status}" if now else f"there is no stack {name}"
    return f"the deployment failed; {state}, and what CDK said stands above{each}"
